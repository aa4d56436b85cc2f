/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller as the host side knows it. */
#ifndef UPNVME_DRIVER_CTRLR_H
#define UPNVME_DRIVER_CTRLR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <upnvme/ctrlr.h>

#include "spec/identify.h"

struct domain;
struct transport;
struct upnvme_qpair;
struct admin;
struct events;
struct housekeeper;

/* The unit of PRP entries: CC.MPS is always 0. A controller whose CAP.MPSMIN is above is refused. */
#define NVME_PAGE_BYTES 4096u

/* What the queue pairs need to know, settled when the controller is brought up (NVM Command Set 1.0, 4.1.5.4). */
struct ctrlr_limits {
	uint64_t
		max_transfer_bytes; /* of one command: MDTS, the options, and what one PRP list page describes */
	uint64_t max_write_zeroes_bytes; /* WZSL; UINT64_MAX: none */
	uint64_t max_verify_bytes;       /* VSL; UINT64_MAX: none */
	uint32_t max_deallocate_ranges;  /* DMRL, 1 to 256 */
	uint32_t max_deallocate_blocks;  /* DMRSL, of one range; UINT32_MAX: none */
	uint32_t max_queue_entries;      /* CAP.MQES + 1, at most 65536 */
	uint32_t max_qpairs;             /* granted by Set Features, Number of Queues */
	uint32_t dstrd;                  /* CAP.DSTRD */
	uint16_t oncs;
	bool sgl;             /* SGLs may be used for I/O */
	bool sgl_dword_align; /* and their addresses and lengths must be multiples of 4 (SGLS bits 1:0 = 10b) */
	bool volatile_write_cache;
};

struct upnvme_ctrlr {
	struct transport *transport;
	struct domain *domain; /* the transport's */
	char *uri;
	pid_t pid; /* whose handle this is: children may not use it */
	uint64_t admin_timeout_ns;
	uint64_t cap;
	uint32_t version;
	uint32_t ready_timeout_ms;
	uint32_t keep_alive_ms;
	struct ctrlr_limits limits;
	struct nvme_id_ctrl id;

	/* Set once, by ctrlr_fail: the controller was disabled, so no memory is touched any more; every queue pair completes what
	 * it has as aborted at its owner's next call. */
	_Atomic bool failed;

	struct admin *admin;             /* admin.c */
	struct events *events;           /* event.c */
	struct housekeeper *housekeeper; /* housekeeper.c; null unless asked for */

	pthread_mutex_t lock; /* the two lists below */
	struct upnvme_qpair *qpairs;
	uint64_t *qids; /* bitmap of identifiers in use, by qpair.c */
	struct upnvme_ns *
		*namespaces; /* sorted by identifier; entries are never taken away; ns.c */
	uint32_t nnamespaces;
};

/* -EOWNERDEAD with its sentence in a forked child, -EINVAL for null, else 0. `call` names the function. */
int ctrlr_check(const struct upnvme_ctrlr *ctrlr, const char *call);

int ctrlr_open(struct upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts);
int ctrlr_close(struct upnvme_ctrlr *ctrlr);

/* Gives the controller up: CC.EN = 0 within its deadline, `failed` set, every queue pair told. Idempotent, any thread. */
void ctrlr_fail(struct upnvme_ctrlr *ctrlr, const char *why);

#endif
