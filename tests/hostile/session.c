/* SPDX-License-Identifier: BSD-3-Clause */
/* The session, from upnvme_open to upnvme_close. The session allocates nothing, since its own calls
 * would be counted. */
#include "session.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme.h>

#define NIOS        64u
#define NOPS        8u
#define READ_AT     (SMALL_BYTES / 2) /* where a read does not meet a write that is under way */
#define SMALL_BYTES 65536u
#define LARGE_BYTES (4u << 20)   /* more than an arena of DMA memory has */
#define SPLIT_BYTES (256u << 10) /* more than a command takes */
#define LOG_BYTES \
	65536u /* as much as a command of such a controller may have: it takes many pages */
#define SECOND_NS       1000000000ull
#define DEADLINE_NS     (60 * SECOND_NS)
#define WATCHDOG_S      300u
#define FID_TEMPERATURE 0x04u
#define OP_IDENTIFY     0x06u

struct io {
	_Atomic unsigned ndone;
	bool accepted;
	uint16_t status;
	uint16_t flags;
	uint32_t blocks;
};

struct session {
	const struct session_plan *plan;
	const struct inject_plan *inject;
	struct session_result *result;
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp;
	uint32_t block;
	char *small; /* null if it was not to be had */
	char *large;
	bool registered;
	bool clean; /* no command has ended with an error so far */
	unsigned nios;
	struct io ios[NIOS];
	_Atomic unsigned nevents;
	_Atomic unsigned nlogged;
};

static _Alignas(4096) char mine[SMALL_BYTES];
static char answer[LOG_BYTES];
static const char *running = "nothing";
static const char *running_uri = "";

/* --- failing -------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

#define FAIL(s, format, ...)                                                                 \
	do {                                                                                 \
		inject_disarm();                                                             \
		fail_msg("%s: %s: " format, (s)->plan->uri, inject_describe(), __VA_ARGS__); \
	} while (0)

/* A call that never returns. */
static void on_alarm(int signal)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s: hangs in %s: %s\n", running_uri, running,
			 inject_describe());

	(void)signal;
	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		_exit(2);
	abort();
}

/* --- calls ---------------------------------------------------------------------------------------- */

/* Sets an error that no call of the session has, so that a failure without a record of its own is
 * seen. */
static void mark(const char *what)
{
	running = what;
	upnvme_error_get(NULL);
}

static void check_sentence(struct session *s, int rc, const char *what)
{
	struct upnvme_error error;

	upnvme_error_get(&error);
	if (error.err != rc || error.code == UPNVME_ERR_NULL || error.code == UPNVME_ERR_NONE ||
	    strlen(error.text) < 10)
		FAIL(s, "%s: %d, but the record has %d, %s, \"%s\"", what, rc, error.err,
		     upnvme_error_name(error.code), error.text);
	if (s->result->nrefused++ == 0) {
		s->result->first_err = rc;
		s->result->first_code = error.code;
	}
	if (getenv("UPNVME_TEST_VERBOSE"))
		print_message("  %s: %s: %d %s\n", inject_describe(), what, rc, error.text);
}

/* True if the call went well. A failed call must say so as the interface promises, and must have
 * had a reason. */
static bool did(struct session *s, int rc, const char *what, bool again)
{
	if (rc >= 0)
		return true;
	check_sentence(s, rc, what);
	if (!inject_fired())
		FAIL(s, "%s: %d without a reason: %s", what, rc, upnvme_last_error());
	if (!again)
		return false;
	s->result->nlost++;
	if (s->inject->mode == INJECT_ONCE)
		FAIL(s, "%s fails again: %d: %s", what, rc, upnvme_last_error());
	return false;
}

/* Whether the call went well, if need be at the second attempt. */
#define TRY(s, call)                                                     \
	({                                                               \
		bool did_ = (mark(#call), did(s, call, #call, false)) || \
			    (mark(#call), did(s, call, #call, true));    \
		did_;                                                    \
	})

/* A call that never fails, whatever fails beside it. */
#define MUST(s, call)                                                           \
	do {                                                                    \
		int rc_ = (mark(#call), (call));                                \
		if (rc_ < 0)                                                    \
			FAIL(s, "%s: %d: %s", #call, rc_, upnvme_last_error()); \
	} while (0)

static void poll_all(struct session *s)
{
	mark("upnvme_poll");
	did(s, upnvme_poll(s->qp, 0), "upnvme_poll", false);
	mark("upnvme_ctrlr_poll");
	did(s, upnvme_ctrlr_poll(s->ctrlr), "upnvme_ctrlr_poll", false);
}

/* --- commands ------------------------------------------------------------------------------------- */

static void on_done(void *arg, const struct upnvme_completion *done)
{
	struct io *io = arg;

	io->status = done->status;
	io->flags = done->flags;
	io->blocks = done->blocks;
	atomic_fetch_add(&io->ndone, 1);
}

static struct io *io_next(struct session *s)
{
	struct io *io = &s->ios[s->nios];

	if (s->nios == NIOS)
		FAIL(s, "more than %u commands", NIOS);
	memset(io, 0, sizeof(*io));
	return io;
}

/* The queue is full: it is emptied, and the command is given once more. */
static bool is_full(struct session *s, int rc)
{
	if (rc == -EAGAIN)
		poll_all(s);
	return rc == -EAGAIN;
}

#define START(s, call)                                           \
	do {                                                     \
		struct io *io = io_next(s);                      \
		uint64_t deadline_ = now_ns() + DEADLINE_NS;     \
		int rc_;                                         \
		do                                               \
			rc_ = (mark(#call), (call));             \
		while (is_full(s, rc_) && now_ns() < deadline_); \
		if (rc_ < 0 && !did(s, rc_, #call, false))       \
			rc_ = (mark(#call), (call));             \
		io->accepted = did(s, rc_, #call, true);         \
		(s)->nios++;                                     \
	} while (0)

static bool all_done(struct session *s)
{
	for (unsigned i = 0; i < s->nios; i++)
		if (s->ios[i].accepted && atomic_load(&s->ios[i].ndone) == 0)
			return false;
	return true;
}

static void check_once(struct session *s)
{
	for (unsigned i = 0; i < s->nios; i++) {
		const struct io *io = &s->ios[i];

		if (atomic_load(&s->ios[i].ndone) != (io->accepted ? 1u : 0u))
			FAIL(s, "command %u, %s, has completed %u times", i,
			     io->accepted ? "accepted" : "refused", s->ios[i].ndone);
		if (io->accepted && io->status) {
			s->clean = false;
			s->result->nerrors++;
			if (!inject_fired())
				FAIL(s, "command %u: %s without a reason", i,
				     upnvme_status_name(io->status));
		}
	}
	s->nios = 0;
}

static void finish(struct session *s)
{
	uint64_t deadline = now_ns() + DEADLINE_NS;

	while (!all_done(s)) {
		poll_all(s);
		if (now_ns() > deadline)
			FAIL(s, "commands are lost, of %u", s->nios);
	}
	check_once(s);
}

/* --- the parts ------------------------------------------------------------------------------------ */

static void on_event(void *arg, const struct upnvme_event *event)
{
	struct session *s = arg;

	(void)event;
	atomic_fetch_add(&s->nevents, 1);
}

static void on_log(void *arg, uint32_t level, const char *message)
{
	struct session *s = arg;

	(void)level;
	(void)message;
	atomic_fetch_add(&s->nlogged, 1);
}

static bool begin(struct session *s)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };

	opts.flags = s->plan->open_flags;
	opts.nqpairs = 2;
	if (!TRY(s, upnvme_open(&s->ctrlr, s->plan->uri, &opts)))
		return false;
	MUST(s, upnvme_ctrlr_on_event(s->ctrlr, on_event, s));
	MUST(s, upnvme_ctrlr_info_get(s->ctrlr, &info));
	MUST(s, upnvme_ns_get(&s->ns, s->ctrlr, upnvme_ns_next(s->ctrlr, 0)));
	s->block = upnvme_ns_block_size(s->ns);
	TRY(s, upnvme_ns_info_get(s->ns, &ns_info));
	return true;
}

/* A threshold below the temperature is an event, whose log page is read by the poll that finds it. */
static void events(struct session *s)
{
	uint64_t deadline = now_ns() + DEADLINE_NS;
	unsigned before = atomic_load(&s->nevents);

	if (!TRY(s, upnvme_feature_set(s->ctrlr, 0, FID_TEMPERATURE, 300, 0, NULL, 0)))
		return;
	do {
		mark("upnvme_ctrlr_poll");
		did(s, upnvme_ctrlr_poll(s->ctrlr), "upnvme_ctrlr_poll", false);
	} while (atomic_load(&s->nevents) == before && !inject_fired() && now_ns() < deadline);
	if (atomic_load(&s->nevents) == before && !inject_fired())
		FAIL(s, "%s", "no event came");
	TRY(s, upnvme_feature_set(s->ctrlr, 0, FID_TEMPERATURE, 400, 0, NULL, 0));
}

static void admin(struct session *s)
{
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_firmware firmware = { .size = UPNVME_FIRMWARE_SIZE };
	static struct upnvme_error_entry entries[8];
	struct upnvme_raw raw = { .cdw = { [0] = OP_IDENTIFY, [10] = 1 },
				  .data = answer,
				  .data_bytes = 4096,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	uint32_t value;

	TRY(s, upnvme_identify(s->ctrlr, 1, 0, answer));
	TRY(s, upnvme_feature_get(s->ctrlr, 0, FID_TEMPERATURE, 0, &value, NULL, 0));
	TRY(s, upnvme_smart_get(s->ctrlr, &smart));
	TRY(s, upnvme_firmware_get(s->ctrlr, &firmware));
	TRY(s, upnvme_error_log(s->ctrlr, entries, 8));
	/* More than two pages: with a PRP list of its own. */
	TRY(s, upnvme_log_page(s->ctrlr, 0xffffffff, 0x01, 0, answer, 4096));
	if (s->plan->keeps_data)
		TRY(s, upnvme_log_page(s->ctrlr, 0xffffffff, 0x01, 0, answer, LOG_BYTES));
	START(s, upnvme_admin_submit(s->ctrlr, &raw, on_done, io));
	for (uint64_t deadline = now_ns() + DEADLINE_NS; !all_done(s);) {
		mark("upnvme_ctrlr_poll");
		did(s, upnvme_ctrlr_poll(s->ctrlr), "upnvme_ctrlr_poll", false);
		if (now_ns() > deadline)
			FAIL(s, "%s", "an admin command is lost");
	}
	check_once(s);
}

static bool prepare(struct session *s)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	upnvme_qpair *second = NULL;
	void *buf = NULL;

	if (!TRY(s, upnvme_qpair_create(&s->qp, s->ctrlr, NULL)))
		return false;
	opts.entries = 8;
	opts.flags = UPNVME_QPAIR_HISTOGRAM;
	if (TRY(s, upnvme_qpair_create(&second, s->ctrlr, &opts)))
		MUST(s, upnvme_qpair_close(second));
	if (TRY(s, upnvme_dma_alloc(&buf, s->ctrlr, SMALL_BYTES, 4096)))
		s->small = buf;
	if (TRY(s, upnvme_dma_alloc(&buf, s->ctrlr, LARGE_BYTES, 4096)))
		s->large = buf;
	s->registered = TRY(s, upnvme_mem_register(s->ctrlr, mine, sizeof(mine)));
	return true;
}

static void check_data(struct session *s, const char *buf, char want, size_t bytes,
		       const char *what)
{
	if (!s->clean || !s->plan->keeps_data)
		return;
	for (size_t i = 0; i < bytes; i++)
		if (buf[i] != want)
			FAIL(s, "%s: byte %zu is %02x instead of %02x", what, i, (uint8_t)buf[i],
			     (uint8_t)want);
}

static void transfers(struct session *s)
{
	uint32_t blocks = SMALL_BYTES / s->block;

	if (!s->small)
		return;
	memset(s->small, 0x5a, SMALL_BYTES);
	START(s, upnvme_write(s->qp, s->ns, s->small, 0, blocks, on_done, io));
	START(s, upnvme_write(s->qp, s->ns, s->small, blocks, 1, on_done, io));
	finish(s);
	memset(s->small, 0, SMALL_BYTES);
	START(s, upnvme_read(s->qp, s->ns, s->small, 0, blocks, on_done, io));
	finish(s);
	check_data(s, s->small, 0x5a, SMALL_BYTES, "read");
	memset(s->small, 0x5a, SMALL_BYTES);
	if (s->plan->keeps_data)
		START(s, upnvme_compare(s->qp, s->ns, s->small, 0, 4, on_done, io));
	finish(s);
}

static void splits(struct session *s)
{
	uint32_t blocks = SPLIT_BYTES / s->block;

	if (!s->large)
		return;
	memset(s->large, 0x33, SPLIT_BYTES);
	START(s, upnvme_write(s->qp, s->ns, s->large, 256, blocks, on_done, io));
	finish(s);
	memset(s->large, 0, SPLIT_BYTES);
	START(s, upnvme_read(s->qp, s->ns, s->large, 256, blocks, on_done, io));
	finish(s);
	check_data(s, s->large, 0x33, SPLIT_BYTES, "split read");
}

static void vectors(struct session *s)
{
	struct iovec iov[3] = { { mine, s->block },
				{ mine + 8192, s->block * 2 },
				{ mine + 32768, s->block } };

	if (!s->registered)
		return;
	memset(mine, 0x77, sizeof(mine));
	START(s, upnvme_writev(s->qp, s->ns, iov, 3, 16, 4, on_done, io));
	finish(s);
	memset(mine, 0, sizeof(mine));
	START(s, upnvme_readv(s->qp, s->ns, iov, 3, 16, 4, on_done, io));
	finish(s);
	check_data(s, mine, 0x77, s->block, "first segment");
	check_data(s, mine + 8192, 0x77, s->block * 2, "second segment");
}

static void without_data(struct session *s)
{
	struct upnvme_op fua = { .opcode = UPNVME_OP_WRITE,
				 .flags = UPNVME_FUA,
				 .nsid = 1,
				 .lba = 40,
				 .blocks = 2,
				 .buf = s->small };

	START(s, upnvme_write_zeroes(s->qp, s->ns, 0, 16, on_done, io));
	START(s, upnvme_deallocate(s->qp, s->ns, 16, 16, on_done, io));
	START(s, upnvme_verify(s->qp, s->ns, 0, 64, on_done, io));
	finish(s);
	if (s->small) {
		START(s, upnvme_io(s->qp, &fua, on_done, io));
		START(s, upnvme_read(s->qp, s->ns, s->small + READ_AT, 0, 8, on_done, io));
	}
	START(s, upnvme_flush(s->qp, s->ns, on_done, io));
	finish(s);
	if (s->small)
		check_data(s, s->small + READ_AT, 0, 8 * s->block, "write zeroes");
}

/* By tags, with a queue pair that was released; each op comes back once. */
static void batch(struct session *s)
{
	struct upnvme_completion done[NOPS];
	struct upnvme_op ops[NOPS];
	unsigned seen = 0;
	int n;

	if (!s->small)
		return;
	memset(ops, 0, sizeof(ops));
	for (unsigned i = 0; i < NOPS; i++)
		ops[i] = (struct upnvme_op){ .opcode = UPNVME_OP_READ,
					     .nsid = 1,
					     .lba = i,
					     .blocks = 1,
					     .tag = i,
					     .buf = s->small + i * s->block };
	MUST(s, upnvme_qpair_release(s->qp));
	mark("upnvme_exec");
	n = upnvme_exec(s->qp, ops, NOPS, done, NOPS, DEADLINE_NS);
	did(s, n, "upnvme_exec", false);
	for (int i = 0; i < n; i++) {
		seen |= 1u << done[i].tag;
		s->result->nerrors += done[i].status != 0;
	}
	if (n >= 0 && seen != (1u << NOPS) - 1)
		FAIL(s, "%d completions, of the tags %x", n, seen);
	MUST(s, upnvme_qpair_adopt(s->qp));
}

/* The controller is closed, but the flush at the end may have failed, which must be said. */
static void end_ctrlr(struct session *s)
{
	struct upnvme_error error;
	int rc = (mark("upnvme_close"), upnvme_close(s->ctrlr));

	if (rc >= 0)
		return;
	check_sentence(s, rc, "upnvme_close");
	upnvme_error_get(&error);
	if (!inject_fired() || rc != -EIO || error.code != UPNVME_ERR_NOT_DURABLE)
		FAIL(s, "upnvme_close: %d: %s", rc, error.text);
}

/* Buffers are freed and the queue pair stopped under commands in flight. */
static void end(struct session *s)
{
	if (s->qp && s->small) {
		START(s, upnvme_write(s->qp, s->ns, s->small, 64, 8, on_done, io));
		START(s, upnvme_read(s->qp, s->ns, s->small + READ_AT, 0, 8, on_done, io));
	}
	if (s->small)
		MUST(s, upnvme_dma_free(s->ctrlr, s->small));
	if (s->large)
		MUST(s, upnvme_dma_free(s->ctrlr, s->large));
	if (s->qp) {
		MUST(s, upnvme_qpair_stop(s->qp));
		if (!all_done(s))
			FAIL(s, "%s", "upnvme_qpair_stop leaves a command");
		for (unsigned i = 0; i < s->nios; i++)
			if (s->ios[i].flags & UPNVME_DONE_ABORTED)
				s->ios[i].status = 0; /* an aborted command is expected here */
		check_once(s);
		MUST(s, upnvme_qpair_close(s->qp));
	}
	if (s->registered)
		TRY(s, upnvme_mem_unregister(s->ctrlr, mine, sizeof(mine)));
	end_ctrlr(s);
}

static void run_parts(struct session *s)
{
	if (!begin(s))
		return;
	events(s);
	admin(s);
	if (prepare(s)) {
		transfers(s);
		splits(s);
		vectors(s);
		without_data(s);
		batch(s);
	}
	end(s);
}

static void check_balance(struct session *s, const struct inject_balance *before)
{
	struct inject_balance after;

	inject_balance_get(&after);
	if (after.blocks != before->blocks || after.mapped_bytes != before->mapped_bytes ||
	    after.threads != before->threads || after.locks != before->locks ||
	    after.files != before->files)
		FAIL(s,
		     "left behind: %ld blocks, %ld mapped bytes, %ld threads, %ld locks, %ld files",
		     after.blocks - before->blocks, after.mapped_bytes - before->mapped_bytes,
		     after.threads - before->threads, after.locks - before->locks,
		     after.files - before->files);
}

void session_check(const struct session_plan *plan)
{
	static const struct inject_plan never = { .mode = INJECT_ONCE };
	static struct session session;
	struct session_result result = { 0 };
	void *buf;

	memset(&session, 0, sizeof(session));
	session.plan = plan;
	session.inject = &never;
	session.result = &result;
	session.clean = true;
	inject_arm(&never);
	MUST(&session, upnvme_open(&session.ctrlr, plan->uri, NULL));
	MUST(&session, upnvme_ns_get(&session.ns, session.ctrlr, 1));
	MUST(&session, upnvme_qpair_create(&session.qp, session.ctrlr, NULL));
	MUST(&session, upnvme_dma_alloc(&buf, session.ctrlr, 65536, 0));
	START(&session, upnvme_write(session.qp, session.ns, buf, 3, 1, on_done, io));
	START(&session,
	      upnvme_read(session.qp, session.ns, (char *)buf + 32768, 3, 1, on_done, io));
	finish(&session);
	MUST(&session, upnvme_qpair_close(session.qp));
	MUST(&session, upnvme_close(session.ctrlr));
	inject_disarm();
}

void session_run(const struct session_plan *plan, const struct inject_plan *inject,
		 struct session_result *result)
{
	static const struct inject_plan never = { .mode = INJECT_ONCE };
	static struct session session;
	struct inject_balance before;

	memset(&session, 0, sizeof(session));
	memset(result, 0, sizeof(*result));
	session.plan = plan;
	session.inject = inject ? inject : &never;
	session.result = result;
	session.clean = true;
	running_uri = plan->uri;
	inject_balance_get(&before);
	signal(SIGALRM, on_alarm);
	alarm(WATCHDOG_S);
	upnvme_log_set(on_log, &session, UPNVME_LOG_WARN);
	inject_arm(session.inject);
	run_parts(&session);
	inject_disarm();
	upnvme_log_set(NULL, NULL, UPNVME_LOG_ERROR);
	alarm(0);
	result->nlogged = atomic_load(&session.nlogged);
	check_balance(&session, &before);
}
