/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of the day on which ABI 0 was first promised: consumer.s is what a compiler made of it then, and stays. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#define NBLOCKS  8u
#define DEADLINE 20000000000ull

struct session {
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp;
	unsigned char *wrote, *read;
	size_t bytes;
};

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, upnvme_last_error());
	exit(1);
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	uint32_t *blocks = arg;

	check(!done->status && !done->flags, "status");
	*blocks += done->blocks;
}

static void wait_for(struct session *s, const uint32_t *blocks)
{
	while (*blocks != NBLOCKS)
		check(upnvme_poll(s->qp, 0) >= 0, "poll");
}

static void open_session(struct session *s)
{
	struct upnvme_open_opts open_opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	void *wrote, *read;

	open_opts.nqpairs = 2;
	open_opts.admin_timeout_ns = DEADLINE;
	check(upnvme_open(&s->ctrlr, "soft:ram?size=1MiB&block=512&serial=FROZEN", &open_opts) == 0,
	      "open");
	check(upnvme_ns_get(&s->ns, s->ctrlr, 1) == 0, "namespace");
	opts.entries = 16;
	check(upnvme_qpair_create(&s->qp, s->ctrlr, &opts) == 0, "queue pair");
	s->bytes = (size_t)NBLOCKS * upnvme_ns_block_size(s->ns);
	check(upnvme_dma_alloc(&wrote, s->ctrlr, s->bytes, 0) == 0, "memory");
	check(upnvme_dma_alloc(&read, s->ctrlr, s->bytes, 0) == 0, "memory");
	s->wrote = wrote;
	s->read = read;
}

static void look_at_records(struct session *s)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_ns_info ns_info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_error error;

	check(upnvme_abi_version() == UPNVME_ABI_VERSION, "version");
	check(upnvme_ctrlr_info_get(s->ctrlr, &info) == 0 && !strcmp(info.serial, "FROZEN") &&
		      info.ns_count == 1 && info.size == UPNVME_CTRLR_INFO_SIZE,
	      "controller");
	check(upnvme_ns_info_get(s->ns, &ns_info) == 0 && ns_info.nsid == 1 &&
		      ns_info.block_bytes == 512 && ns_info.block_count == 2048,
	      "namespace");
	check(upnvme_read(s->qp, s->ns, s->read, 2048, 1, on_done, NULL) < 0, "past the end");
	check(upnvme_error_get(&error) == 0 && error.code == UPNVME_ERR_LBA_RANGE, "error");
}

static void write_and_read(struct session *s)
{
	uint32_t written = 0, read = 0;

	for (size_t i = 0; i < s->bytes; i++)
		s->wrote[i] = (unsigned char)(i * 7 + i / 512);
	check(upnvme_write(s->qp, s->ns, s->wrote, 40, NBLOCKS, on_done, &written) == 0, "write");
	wait_for(s, &written);
	check(upnvme_read(s->qp, s->ns, s->read, 40, NBLOCKS, on_done, &read) == 0, "read");
	wait_for(s, &read);
	check(!memcmp(s->wrote, s->read, s->bytes), "data of a read");
}

/* One read for each block, the last block first. */
static void fill_ops(const struct session *s, struct upnvme_op *ops)
{
	memset(ops, 0, NBLOCKS * sizeof(*ops));
	for (uint32_t i = 0; i < NBLOCKS; i++) {
		ops[i].opcode = UPNVME_OP_READ;
		ops[i].nsid = upnvme_ns_id(s->ns);
		ops[i].lba = 40 + NBLOCKS - 1 - i;
		ops[i].blocks = 1;
		ops[i].tag = 1000 + i;
		ops[i].buf = s->read + (NBLOCKS - 1 - i) * s->bytes / NBLOCKS;
	}
}

static void check_batch(const struct session *s, const struct upnvme_completion *done)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < NBLOCKS; i++) {
		check(!done[i].status && done[i].blocks == 1, "status of a batch");
		sum += done[i].tag - 1000;
	}
	check(sum == NBLOCKS * (NBLOCKS - 1) / 2, "tags");
	check(!memcmp(s->wrote, s->read, s->bytes), "data of a batch");
	memset(s->read, 0, s->bytes);
}

static void batch_and_exec(struct session *s)
{
	struct upnvme_qpair_stats stats = { .size = UPNVME_QPAIR_STATS_SIZE };
	struct upnvme_op ops[NBLOCKS];
	struct upnvme_completion done[NBLOCKS];
	uint32_t n = 0;
	int rc;

	memset(s->read, 0, s->bytes);
	fill_ops(s, ops);
	check(upnvme_submit(s->qp, ops, NBLOCKS) == (int)NBLOCKS, "submit");
	while (n < NBLOCKS) {
		rc = upnvme_reap(s->qp, done + n, NBLOCKS - n);
		check(rc >= 0, "reap");
		n += (uint32_t)rc;
	}
	check_batch(s, done);
	check(upnvme_exec(s->qp, ops, NBLOCKS, done, NBLOCKS, DEADLINE) == (int)NBLOCKS, "exec");
	check_batch(s, done);
	check(upnvme_qpair_stats_get(s->qp, &stats) == 0 && stats.completed == 2 + 2 * NBLOCKS &&
		      !stats.errors,
	      "counters");
}

int main(void)
{
	struct session s;

	open_session(&s);
	look_at_records(&s);
	write_and_read(&s);
	batch_and_exec(&s);
	check(upnvme_dma_free(s.ctrlr, s.wrote) == 0 && upnvme_dma_free(s.ctrlr, s.read) == 0,
	      "free");
	check(upnvme_qpair_close(s.qp) == 0 && upnvme_close(s.ctrlr) == 0, "close");
	puts("all as it was");
	return 0;
}
