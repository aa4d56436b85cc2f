/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller as the host side knows it. */
#ifndef UPNVME_DRIVER_CTRLR_H
#define UPNVME_DRIVER_CTRLR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <upnvme/ctrlr.h>

#include <upnvme/spec/identify.h>

struct cmb;
struct domain;
struct media_maker;
struct quirks_choice;
struct transport;
struct upnvme_qpair;
struct admin;
struct events;
struct housekeeper;
struct ns_table;

/*
 * The unit of PRP entries: CC.MPS is always 0. A controller whose CAP.MPSMIN is above 0 is refused.
 */
#define NVME_PAGE_BYTES 4096u

/* The controller's limits, settled when it is brought up (those of the NVM Command Set: 1.0c,
 * 4.1.5.4). */
struct ctrlr_limits {
	/* of one command: MDTS, the options, and what one PRP list page describes */
	uint64_t max_transfer_bytes;
	uint64_t max_write_zeroes_bytes; /* WZSL, or max_transfer_bytes */
	uint64_t max_verify_bytes;       /* VSL; UINT64_MAX: none */
	uint32_t max_deallocate_ranges;  /* DMRL, 1 to 256 */
	uint32_t max_deallocate_blocks;  /* DMRSL, of one range; UINT32_MAX: none */
	uint32_t max_queue_entries;      /* CAP.MQES + 1, at most 65536 */
	uint32_t max_qpairs;             /* granted by Set Features, Number of Queues */
	uint32_t dstrd;                  /* CAP.DSTRD */
	uint16_t oncs;
	bool sgl;             /* SGLs may be used for I/O */
	bool sgl_dword_align; /* addresses and lengths in SGLs must be multiples of 4 (SGLS bits 1:0 = 10b) */
	bool volatile_write_cache;
	bool extended_formats;       /* CTRATT.ELBAS */
	bool sizes_exclude_metadata; /* CTRATT.MEM */
	uint64_t stripe_bytes;       /* quirks.c: takes NOIOB's place where NOIOB is 0; 0: none */
};

/* Keep Alive commands, sent at half the period (NVMe Base 2.0c, 3.9). */
struct keep_alive {
	_Atomic uint64_t due_ns;
	_Atomic bool outstanding;
};

/* The serving of callbacks, on one thread at a time. When a callback does not return, poll_abandon has only this to
 * reset. */
struct serving {
	_Atomic uint64_t thread; /* the token of the thread that runs them; 0: none */
	uint32_t ran;
};

/* A pause for new firmware: activation.c. */
struct activation {
	_Atomic bool paused;
	_Atomic uint64_t end_ns;     /* the pause ends at the latest */
	_Atomic uint64_t excused_ns; /* no command is late before this; 0: there was no pause */
};

/* Commands that may change namespaces: ns_change.c. */
struct ns_changes {
	uint64_t admin[4], io[4]; /* a bit for each opcode of one, by the log page of effects */
	pthread_mutex_t settling; /* one at a time */
	_Atomic uint32_t nended;  /* commands that have ended since namespaces were read */
	uint32_t ncommands;       /* commands begun, and not settled; under the controller's lock */
	_Atomic bool frozen;      /* queue pairs take no commands; written under that lock */
};

struct upnvme_ctrlr {
	struct transport *transport;
	struct domain *domain; /* the transport's */
	char *uri;
	uint64_t admin_timeout_ns;
	uint64_t cap;
	uint32_t version;
	uint32_t ready_timeout_ms;
	bool tells_subsystem_reset; /* watch.c */
	uint32_t quirks;            /* enum quirk */
	bool quirks_given;          /* by the URI */
	uint32_t shutdown_least_ms; /* the least time for a shutdown */
	uint32_t keep_alive_ms;
	uint32_t wanted_qpairs;             /* what the options ask for */
	uint64_t wanted_max_transfer_bytes; /* 0: the options set no limit */
	struct ctrlr_limits limits;
	struct upnvme_spec_id_ctrl id;

	/* Set by ctrlr_fail, once the controller touches no memory any more or is `at_large`, and by ctrlr_close. Each
	 * queue pair completes its commands as aborted at its owner's next call. */
	_Atomic bool failed;
	/* The controller could be neither disabled nor kept off memory, or waits for storage that does not answer:
	 * memory that the controller may still touch is set aside. Set before `failed`. */
	_Atomic bool at_large;
	_Atomic bool failed_untold;   /* UPNVME_EVENT_FAILED was not delivered yet */
	char failure[128];            /* the reason; written before `failed` */
	pthread_mutex_t fail_lock;    /* held while giving up: a second thread waits */
	struct keep_alive keep_alive; /* poll.c */
	struct serving serving;       /* poll.c */

	struct admin *admin;             /* admin_queue.c */
	struct events *events;           /* event.c */
	struct housekeeper *housekeeper; /* housekeeper.c; null unless asked for */
	struct cmb *cmb;                 /* cmb.c; null where there is none */

	pthread_mutex_t lock; /* of the queue pairs and their identifiers */
	struct upnvme_qpair *qpairs;
	struct upnvme_qpair *aside; /* closed, and not at rest: queue/aside.c */

	_Atomic(struct ns_table *) namespaces; /* ns_table.h */
	pthread_mutex_t ns_lock;               /* one refresh at a time */
	struct upnvme_ctrlr *next_aside;       /* aside.c */
	uint64_t ns_kept_bytes;                /* ns_table.c */
	_Atomic uint32_t ns_refused; /* namespaces that the last refresh had no room for */
	struct ns_changes ns_changes;
	struct activation activation;
};

/* -EOWNERDEAD with its sentence in a forked child, -EBADF for a handle that was closed, -EINVAL for null,
 * else 0. `call` names the function. */
int ctrlr_check(const struct upnvme_ctrlr *ctrlr, const char *call);

/* Opens the controller that `uri` names. `makers` is for transport_open. */
int ctrlr_open(struct upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts,
	       const struct media_maker *const *makers);
/* As ctrlr_open, over a transport that is open already. The transport belongs to the controller from then on,
 * and is closed in failure. `uri` is only a name: none of its keys is read. With a null `quirks` the device's identity
 * decides which quirks it has. */
int ctrlr_attach(struct upnvme_ctrlr **ctrlr, struct transport *transport, const char *uri,
		 const struct quirks_choice *quirks, const struct upnvme_open_opts *opts);
/* Closes the controller. -EBUSY, -EDEADLK: the controller is open as before. Any other error: the controller is closed,
 * and the sentence says what may be lost. */
int ctrlr_close(struct upnvme_ctrlr *ctrlr);
/* Frees the controller, which is disabled, or was never enabled. */
void ctrlr_free(struct upnvme_ctrlr *ctrlr);

/* Fills in the public record of the controller: ctrlr_info.c. */
void ctrlr_info(struct upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info);

/* -EIO with its sentence when the controller has failed; else 0. */
int ctrlr_check_alive(const struct upnvme_ctrlr *ctrlr);

/* Gives the controller up: disables it within a deadline, sets `failed`, and alerts every queue pair.
 * Idempotent. Any thread may call. */
void ctrlr_fail(struct upnvme_ctrlr *ctrlr, const char *why);

#endif
