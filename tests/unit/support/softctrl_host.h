/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host for the software controller's tests: memory with bus addresses, and queues whose entries the test writes by
 * hand. The host shares nothing with the driver.
 */
#ifndef UPNVME_TESTS_SOFTCTRL_HOST_H
#define UPNVME_TESTS_SOFTCTRL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/maker.h"
#include "softctrl/softctrl.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>

#define HOST_IOVA       UINT64_C(0x4000000000) /* where the memory begins on the bus */
#define HOST_BYTES      (64ull << 20)
#define HOST_PAGE       4096u
#define HOST_NQUEUES    9
#define HOST_PATIENCE_S 60u /* a busy machine may take as long */

struct host_queue {
	struct upnvme_spec_sqe *sq;
	struct upnvme_spec_cqe *cq;
	uint64_t sq_iova;
	uint64_t cq_iova;
	uint32_t nsqes;
	uint32_t ncqes;
	uint32_t tail;
	uint32_t head;
	uint16_t phase;
	uint16_t cqid; /* the completion queue that the submission queue uses */
};

struct host {
	struct softctrl *sc;
	struct softctrl_config config;
	struct media_config media[4];
	uint8_t *memory;
	uint64_t used;
	uint64_t page_bytes;
	uint32_t admin_entries;
	uint16_t next_cid;
	struct host_queue queues[HOST_NQUEUES];
};

/* The defaults: one namespace in memory, 16 MiB of 512-byte blocks. Change config and media, then host_create. */
void host_init(struct host *host);
void host_create(struct host *host); /* makes the controller, not enabled */
void host_enable(struct host *host); /* sets up the admin queue and waits for CSTS.RDY */
/* Looks at CSTS until (CSTS & mask) is `wanted`; false when patience is over. */
bool host_status_becomes(struct host *host, uint32_t mask, uint32_t wanted);
void host_disable(struct host *host);
void host_destroy(struct host *host);
/* init, create and enable */
void host_open(struct host *host);

/*
 * For cmocka: a host in *state, with the defaults, enabled; host_setup_io makes I/O queue pair 1 of 16 entries as well.
 */
int host_setup(void **state);
int host_setup_io(void **state);
int host_teardown(void **state);

/* Zeroed memory, aligned to a power of two. */
void *host_alloc(struct host *host, uint64_t bytes, uint64_t align, uint64_t *iova);
void *host_ptr(struct host *host, uint64_t iova);
void *host_page(struct host *host, uint64_t *iova);

void host_ring_sq(struct host *host, uint16_t qid, uint32_t value);
void host_ring_cq(struct host *host, uint16_t cqid, uint32_t value);
/* Writes one entry without ringing; sets and returns the entry's CID. */
uint16_t host_put(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe);
uint16_t host_submit(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe);
void host_process(struct host *host, uint16_t qid);
/* Takes the next completion of the queue's own completion queue, if there is one; moves the head and rings. */
bool host_reap(struct host *host, uint16_t qid, struct upnvme_spec_cqe *cqe);
/* The same, but waits for a completion, and fails the test when patience is over. */
struct upnvme_spec_cqe host_wait(struct host *host, uint16_t qid);
/* Submit and wait: checks SQID and CID; gives status and dword 0. */
struct upnvme_spec_cqe host_run(struct host *host, uint16_t qid, struct upnvme_spec_sqe sqe);
uint16_t host_status(struct host *host, uint16_t qid,
		     struct upnvme_spec_sqe sqe); /* type and code */

struct upnvme_spec_sqe host_create_cq(uint16_t qid, uint32_t nentries, uint64_t iova);
struct upnvme_spec_sqe host_create_sq(uint16_t qid, uint32_t nentries, uint64_t iova,
				      uint16_t cqid);
/* Creates both queues with that identifier. */
void host_queue_pair(struct host *host, uint16_t qid, uint32_t nsqes, uint32_t ncqes);
/* As host_queue_pair, with further bits of the completion queue's dword 11. */
void host_queue_pair_with(struct host *host, uint16_t qid, uint32_t nsqes, uint32_t ncqes,
			  uint32_t cq_dword11);
void host_queue_pair_delete(struct host *host, uint16_t qid);
struct upnvme_spec_sqe host_rw(uint8_t opcode, uint32_t nsid, uint64_t slba, uint32_t nblocks,
			       uint64_t prp1, uint64_t prp2);

/* A read or write of the first blocks of namespace 1, whose data an SGL says. */
struct upnvme_spec_sqe host_sgl_rw(uint8_t opcode, uint32_t nblocks,
				   struct upnvme_spec_sgl_desc sgl1);
struct upnvme_spec_sgl_desc host_sgl_desc(unsigned type, uint64_t address, uint32_t length);
/* Writes `bytes`, a multiple of 8,192, to the start of namespace 1 by I/O queue pair 1; what they are, to be freed. */
uint8_t *host_write_pattern(struct host *host, uint32_t bytes);

/* Get Features and Set Features; host_get_feature must succeed, and gives dword 0. */
struct upnvme_spec_sqe host_get_feature_sqe(uint32_t fid, uint32_t select, uint32_t cdw11);
struct upnvme_spec_sqe host_set_feature_sqe(uint32_t fid, uint32_t cdw11);
uint32_t host_get_feature(struct host *host, uint32_t fid, uint32_t select, uint32_t cdw11);
uint16_t host_set_feature(struct host *host, uint32_t fid, uint32_t cdw11);

/* A file under $TMPDIR, as long as told; the caller closes and unlinks it. */
#define HOST_PATH_BYTES 256
int host_temp_file(char path[HOST_PATH_BYTES], uint64_t bytes);

#define host_code(cqe) UPNVME_SPEC_STATUS_CODE(UPNVME_SPEC_CQE_STATUS((cqe).status))

#endif
