/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps that are commands: by callback, by tag in batches, by exec. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "run.h"

#define OPS_MAX        64u
#define IOV_MAX_PIECES 64u

/* iovecs must stay until their commands are done: one place for each name of a command is enough. */
struct vector {
	struct iovec iov[IOV_MAX_PIECES];
};

static const struct {
	const char *name;
	uint8_t opcode;
} opcodes[] = {
	{ "read", UPNVME_OP_READ },
	{ "write", UPNVME_OP_WRITE },
	{ "compare", UPNVME_OP_COMPARE },
	{ "flush", UPNVME_OP_FLUSH },
	{ "write_zeroes", UPNVME_OP_WRITE_ZEROES },
	{ "deallocate", UPNVME_OP_DATASET_MANAGEMENT },
	{ "verify", UPNVME_OP_VERIFY },
};

static bool opcode_of(const char *name, uint8_t *opcode)
{
	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		if (strcmp(opcodes[i].name, name) == 0) {
			*opcode = opcodes[i].opcode;
			return true;
		}
	return false;
}

static uint16_t flags_of(const struct json *step)
{
	static const struct {
		const char *name;
		uint16_t flag;
	} flags[] = { { "fua", UPNVME_FUA },
		      { "limited_retry", UPNVME_LIMITED_RETRY },
		      { "deallocate_zeroes", UPNVME_DEALLOCATE_ZEROES },
		      { "fused_first", UPNVME_FUSED_FIRST },
		      { "no_split", UPNVME_NO_SPLIT } };
	const struct json *list = json_get(step, "flags");
	uint16_t all = 0;

	for (const struct json *one = list ? list->children : NULL; one; one = one->next)
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (strcmp(flags[i].name, one->string) == 0)
				all |= flags[i].flag;
	return all;
}

static char *buf_at(struct run *run, const char *name, uint64_t at)
{
	struct named *named = named_find(run, NAMED_BUF, name);

	return named ? (char *)named->handle + at : NULL;
}

/* [[buffer, at, bytes], ...]; the array lives as long as the case. */
static void fill_iov(struct run *run, const struct json *list, struct upnvme_op *op)
{
	static struct vector vectors[NAMED_MAX];
	static unsigned next;
	struct iovec *iov = vectors[next++ % NAMED_MAX].iov;
	uint16_t n = 0;

	for (const struct json *one = list->children; one && n < IOV_MAX_PIECES; one = one->next) {
		const struct json *name = one->children;

		iov[n].iov_base = buf_at(run, name->string, quantity(run, name->next, 0));
		iov[n++].iov_len = quantity(run, name->next->next, 0);
	}
	op->form = UPNVME_FORM_IOV;
	op->buf = iov;
	op->niov = n;
}

bool fill_op(struct run *run, const struct json *step, uint8_t opcode, struct upnvme_op *op)
{
	const struct json *iov = json_get(step, "iov");
	upnvme_ns *ns = step_handle(run, NAMED_NS, "ns", "ns");

	memset(op, 0, sizeof(*op));
	op->opcode = (uint8_t)json_number(step, "opcode", opcode);
	op->form = (uint8_t)json_number(step, "form", 0);
	op->flags = flags_of(step);
	op->nsid = (uint32_t)json_number(step, "nsid", upnvme_ns_id(ns));
	op->lba = lba_of(run, step);
	op->blocks = (uint32_t)json_number(step, "blocks", 1);
	op->dtype = (uint8_t)json_number(step, "dtype", 0);
	op->tag = (uint64_t)json_number(step, "tag", 0);
	if (iov)
		fill_iov(run, iov, op);
	else if (json_get(step, "buf"))
		op->buf = buf_at(run, json_string(step, "buf", ""),
				 quantity(run, json_get(step, "at"), 0));
	return true;
}

bool expect_completion(struct run *run, const struct json *expected,
		       const struct upnvme_completion *done)
{
	const char *status = json_string(expected, "status", "Successful Completion");
	const char *got = upnvme_status_name(done->status);
	int64_t blocks = json_number(expected, "done_blocks", done->blocks);

	if (strcmp(json_string(expected, "status", ""), "any") == 0)
		return true;
	if (strcmp(status, got) != 0)
		return run_fail(run, "status is \"%s\" (%#x), not \"%s\"", got, done->status,
				status);
	if (done->blocks != blocks)
		return run_fail(run, "%u blocks, not %lld", done->blocks, (long long)blocks);
	return true;
}

static void io_done(void *arg, const struct upnvme_completion *done)
{
	struct named *io = arg;
	const struct json *before = io->run->step, *inner = json_get(io->step, "in_callback");

	io->ndone++;
	io->done = *done;
	if (inner)
		run_steps(io->run, inner);
	io->run->step = before;
}

static bool io_wait(struct run *run, upnvme_qpair *qp, struct named *io)
{
	uint64_t start = clock_ns();

	while (io->ndone == 0) {
		int rc = upnvme_poll(qp, 0);

		if (rc < 0)
			return run_fail(run, "poll: %s", upnvme_last_error());
		if (rc == 0 && deadline_is_over(start))
			return run_fail(run, "not done after 20 s");
	}
	if (*run->failure || !expect_completion(run, io->step, &io->done))
		return false;
	io->taken = true;
	return io->ndone == 1 || run_fail(run, "done %u times", io->ndone);
}

/* By the short forms where they can say it, so that both ways are seen. */
static int submit_short(upnvme_qpair *qp, upnvme_ns *ns, const struct upnvme_op *op, upnvme_cb cb,
			void *arg)
{
	bool iov = op->form == UPNVME_FORM_IOV;

	switch (op->opcode) {
	case UPNVME_OP_READ:
		return iov ? upnvme_readv(qp, ns, op->buf, op->niov, op->lba, op->blocks, cb, arg) :
			     upnvme_read(qp, ns, op->buf, op->lba, op->blocks, cb, arg);
	case UPNVME_OP_WRITE:
		return iov ? upnvme_writev(qp, ns, op->buf, op->niov, op->lba, op->blocks, cb,
					   arg) :
			     upnvme_write(qp, ns, op->buf, op->lba, op->blocks, cb, arg);
	case UPNVME_OP_COMPARE:
		return upnvme_compare(qp, ns, op->buf, op->lba, op->blocks, cb, arg);
	case UPNVME_OP_FLUSH:
		return upnvme_flush(qp, ns, cb, arg);
	case UPNVME_OP_WRITE_ZEROES:
		return upnvme_write_zeroes(qp, ns, op->lba, op->blocks, cb, arg);
	case UPNVME_OP_DATASET_MANAGEMENT:
		return upnvme_deallocate(qp, ns, op->lba, op->blocks, cb, arg);
	default:
		return upnvme_verify(qp, ns, op->lba, op->blocks, cb, arg);
	}
}

static bool needs_op(const struct json *step, const struct upnvme_op *op)
{
	static const char *const keys[] = { "opcode", "form", "flags", "nsid", "dtype" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_get(step, keys[i]))
			return true;
	return op->opcode == UPNVME_OP_COMPARE && op->form == UPNVME_FORM_IOV;
}

static bool step_command(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	upnvme_ns *ns = step_handle(run, NAMED_NS, "ns", "ns");
	const char *start = json_string(step, "start", NULL);
	struct named *io;
	struct upnvme_op op;
	uint8_t opcode = 0;
	int rc;

	opcode_of(json_string(step, "do", ""), &opcode);
	fill_op(run, step, opcode, &op);
	io = named_add(run, NAMED_IO, start ? start : "(waited for)");
	io->step = step;
	rc = needs_op(step, &op) ? upnvme_io(qp, &op, io_done, io) :
				   submit_short(qp, ns, &op, io_done, io);
	if (rc) {
		named_remove(io);
		return expect_result(run, step, rc);
	}
	if (json_get(step, "error"))
		return run_fail(run, "was accepted, instead of %s", json_string(step, "error", ""));
	if (start)
		return true;
	if (!io_wait(run, qp, io))
		return false;
	named_remove(io);
	return true;
}

static bool step_wait(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	const struct json *list = json_get(step, "for");

	for (const struct json *one = list ? list->children : NULL; one; one = one->next) {
		struct named *io = named_find(run, NAMED_IO, one->string);

		if (!io)
			return run_fail(run, "no command \"%s\"", one->string);
		if (!io_wait(run, qp, io))
			return false;
	}
	return true;
}

/* Polls until it returns what is expected, if "until" says so, for it may take a while. */
static bool step_poll(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	uint64_t start = clock_ns();
	int rc;

	do
		rc = upnvme_poll(qp, (uint32_t)json_number(step, "max", 0));
	while (rc == 0 && json_get(step, "until") && !deadline_is_over(start));
	return expect_result(run, step, rc);
}

static unsigned ops_of(struct run *run, const struct json *list, struct upnvme_op *ops)
{
	unsigned n = 0;

	for (const struct json *one = list ? list->children : NULL; one && n < OPS_MAX;
	     one = one->next) {
		uint8_t opcode = 0;
		unsigned times = (unsigned)json_number(one, "times", 1);

		opcode_of(json_string(one, "do", ""), &opcode);
		for (unsigned i = 0; i < times && n < OPS_MAX; i++, n++) {
			fill_op(run, one, opcode, &ops[n]);
			ops[n].tag += i;
		}
	}
	return n;
}

static bool step_submit(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	struct upnvme_op ops[OPS_MAX];
	unsigned n = ops_of(run, json_get(step, "ops"), ops);

	return expect_result(run, step, upnvme_submit(qp, ops, n));
}

/* Every expected completion comes once, in any order. */
static bool match(struct run *run, const struct json *expected, struct upnvme_completion *done,
		  int n)
{
	int left = n;

	for (const struct json *one = expected ? expected->children : NULL; one; one = one->next) {
		int64_t times = json_number(one, "times", 1);

		for (int64_t t = 0; t < times; t++) {
			uint64_t tag = (uint64_t)(json_number(one, "tag", 0) + t);
			int i = 0;

			while (i < left && done[i].tag != tag)
				i++;
			if (i == left)
				return run_fail(run, "no completion with tag %llu",
						(unsigned long long)tag);
			if (!expect_completion(run, one, &done[i]))
				return false;
			done[i] = done[--left];
		}
	}
	return left == 0 || run_fail(run, "%d completions more, tag %llu", left,
				     (unsigned long long)done[0].tag);
}

static int expected_count(const struct json *expected)
{
	int n = 0;

	for (const struct json *one = expected ? expected->children : NULL; one; one = one->next)
		n += (int)json_number(one, "times", 1);
	return n;
}

static bool step_reap(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	const struct json *expected = json_get(step, "expect");
	struct upnvme_completion done[OPS_MAX];
	int room = (int)json_number(step, "room", OPS_MAX), n = 0, wanted;
	uint64_t start = clock_ns();

	wanted = expected_count(expected);
	do {
		int rc = upnvme_reap(qp, done + n, (uint32_t)(room - n));

		if (rc < 0 || json_get(step, "error"))
			return expect_result(run, step, rc);
		n += rc;
	} while (n < wanted && !deadline_is_over(start));
	return match(run, expected, done, n);
}

static bool step_exec(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	struct upnvme_completion done[OPS_MAX];
	struct upnvme_op ops[OPS_MAX];
	unsigned n = ops_of(run, json_get(step, "ops"), ops);
	unsigned room = (unsigned)json_number(step, "room", OPS_MAX);
	int rc = upnvme_exec(qp, ops, n, done, room, 20000000000ull);

	if (rc < 0 || json_get(step, "error"))
		return expect_result(run, step, rc);
	return match(run, json_get(step, "expect"), done, rc);
}

/* A command dword by dword. */
static bool step_raw(struct run *run, const struct json *step)
{
	upnvme_qpair *qp = step_handle(run, NAMED_QPAIR, "qpair", "qpair");
	const struct json *cdw = json_get(step, "cdw");
	struct upnvme_raw raw = { 0 };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	struct named *io;
	unsigned n = 0;
	int rc;

	for (const struct json *one = cdw ? cdw->children : NULL; one && n < 16; one = one->next)
		raw.cdw[n++] = (uint32_t)one->number;
	if (json_get(step, "buf"))
		raw.data = buf_at(run, json_string(step, "buf", ""),
				  quantity(run, json_get(step, "at"), 0));
	raw.data_bytes = (uint32_t)quantity(run, json_get(step, "bytes"), 0);
	raw.direction = (uint32_t)json_number(step, "direction", 0);
	io = named_add(run, NAMED_IO, "(raw)");
	io->step = step;
	rc = upnvme_io(qp, &op, io_done, io);
	if (rc || json_get(step, "error")) {
		named_remove(io);
		return expect_result(run, step, rc);
	}
	if (!io_wait(run, qp, io))
		return false;
	named_remove(io);
	return true;
}

const struct step_kind steps_io[] = {
	{ "read", step_command },
	{ "write", step_command },
	{ "compare", step_command },
	{ "flush", step_command },
	{ "write_zeroes", step_command },
	{ "deallocate", step_command },
	{ "verify", step_command },
	{ "op", step_command },
	{ "raw", step_raw },
	{ "wait", step_wait },
	{ "poll", step_poll },
	{ "submit", step_submit },
	{ "reap", step_reap },
	{ "exec", step_exec },
	{ NULL, NULL },
};
