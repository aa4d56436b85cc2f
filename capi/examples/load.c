/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load: writes a file to the beginning of a namespace.
 *
 * The example shows upnvme_exec, which submits a batch and waits for the batch with a deadline, all in one call, and
 * the flag that makes a write durable before the write completes.
 *
 *	load disk.img soft:/path/of/the/medium.img
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <upnvme.h>

#define BATCH       16u
#define CHUNK_BYTES (128u * 1024)
#define TIMEOUT_NS  10000000000ull

/* Reads until `room` is full or the file ends; fills up the last block with zeroes. Returns the number of blocks. */
static uint32_t fill(int file, char *room, uint32_t block_bytes)
{
	size_t have = 0;
	ssize_t n;

	do {
		n = read(file, room + have, BATCH * CHUNK_BYTES - have);
		if (n < 0)
			err(1, "reading the file");
		have += (size_t)n;
	} while (n && have < BATCH * CHUNK_BYTES);
	n = (ssize_t)(have % block_bytes);
	if (n) {
		memset(room + have, 0, block_bytes - (size_t)n);
		have += block_bytes - (size_t)n;
	}
	return (uint32_t)(have / block_bytes);
}

/* Writes `blocks` blocks in one batch, and waits for all of them. */
static void store(upnvme_qpair *qp, upnvme_ns *ns, char *data, uint64_t lba, uint32_t blocks)
{
	uint32_t chunk = CHUNK_BYTES / upnvme_ns_block_size(ns), n = 0;
	struct upnvme_completion done[BATCH];
	struct upnvme_op ops[BATCH];
	int rc;

	for (uint32_t first = 0; first < blocks; first += chunk, n++)
		ops[n] = (struct upnvme_op){
			.opcode = UPNVME_OP_WRITE,
			.flags = UPNVME_FUA,
			.nsid = upnvme_ns_id(ns),
			.lba = lba + first,
			.blocks = blocks - first < chunk ? blocks - first : chunk,
			.tag = n,
			.buf = data + (uint64_t)n * CHUNK_BYTES,
		};
	rc = upnvme_exec(qp, ops, n, done, n, TIMEOUT_NS);
	if (rc < 0)
		errx(1, "%s", upnvme_last_error());
	for (int i = 0; i < rc; i++)
		if (done[i].status)
			errx(1, "LBA %llu: %s", (unsigned long long)ops[done[i].tag].lba,
			     upnvme_status_text(done[i].status));
	if (rc < (int)n)
		errx(1, "%d of %u writes were done: %s", rc, n, upnvme_last_error());
}

int main(int argc, char **argv)
{
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	uint64_t lba = 0;
	uint32_t blocks;
	void *memory;
	int file;

	if (argc != 3)
		errx(2, "usage: load FILE URI");
	file = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (file < 0)
		err(1, "%s", argv[1]);
	if (upnvme_open(&ctrlr, argv[2], NULL) < 0 || upnvme_ns_get(&ns, ctrlr, 1) < 0 ||
	    upnvme_qpair_create(&qp, ctrlr, NULL) < 0 ||
	    upnvme_dma_alloc(&memory, ctrlr, BATCH * CHUNK_BYTES, 0) < 0)
		errx(1, "%s", upnvme_last_error());
	while ((blocks = fill(file, memory, upnvme_ns_block_size(ns)))) {
		store(qp, ns, memory, lba, blocks);
		lba += blocks;
	}
	printf("%llu blocks\n", (unsigned long long)lba);
	close(file);
	upnvme_dma_free(ctrlr, memory);
	if (upnvme_qpair_close(qp) < 0 || upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return 0;
}
