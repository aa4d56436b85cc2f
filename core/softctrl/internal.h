/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the software controller share: its objects, and what each part does for the
 * others.
 *
 * Locks, in the order in which they are taken: registers -> Admin Submission Queue -> one I/O
 * submission queue -> a completion queue -> events, error log or interrupts. Whoever holds a
 * submission queue's lock is its controller.
 */
#ifndef UPNVME_SOFTCTRL_INTERNAL_H
#define UPNVME_SOFTCTRL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/util.h"
#include "media/media.h"
#include "softctrl/softctrl.h"
#include "spec/cqe.h"
#include "spec/feature.h"
#include "spec/regs.h"
#include "spec/sqe.h"
#include "spec/status.h"

#define SC_PAGE_BYTES      4096u /* CAP.MPSMIN: the unit of MDTS */
#define SC_BLOCK_SHIFT_MIN 9u    /* 512 bytes */
#define SC_BLOCK_SHIFT_MAX 16u   /* 64 KiB */
#define SC_ACL             3u    /* Abort Command Limit, 0's based */
#define SC_NABORTS         (SC_ACL + 1u)
#define SC_AERL            7u /* Asynchronous Event Request Limit, 0's based */
#define SC_NAERS           (SC_AERL + 1u)
#define SC_NERRORS         64u               /* entries of the Error Information log */
#define SC_ELPE            (SC_NERRORS - 1u) /* Error Log Page Entries, 0's based */
#define SC_IO_NCMDS        256u              /* commands that an I/O SQ has under way at most */
#define SC_ADMIN_NCMDS     64u               /* the same for the Admin SQ, AERs among them */
#define SC_IOV_MIN         1024u             /* data segments that a command may have at least */
#define SC_BOUNCE_BYTES    (128u << 10)
#define SC_KAS             10u /* Keep Alive granularity, units of 100 ms */
#define SC_KAS_MS          (SC_KAS * 100u)
#define SC_WCTEMP          343u /* Warning Composite Temperature Threshold, kelvin */
#define SC_CCTEMP          353u /* Critical Composite Temperature Threshold */
#define SC_NSENSORS        2u
#define SC_NO_BURST        UINT32_MAX /* Arbitration Burst: no limit */
#define SC_NO_LBA          UINT64_MAX
#define SC_NFEATURES       0x20u /* feature identifiers with a plain dword as value are below it */

#define CSTS_RDY   NVME_FIELD_SET(NVME_CSTS_RDY, 1u)
#define CSTS_CFS   NVME_FIELD_SET(NVME_CSTS_CFS, 1u)
#define CSTS_SHST  NVME_FIELD_SET(NVME_CSTS_SHST, ~0u)
#define CSTS_NSSRO NVME_FIELD_SET(NVME_CSTS_NSSRO, 1u)

struct sc_cmd;
struct sc_sq;

struct sc_list {
	struct sc_cmd *first;
	struct sc_cmd **last;
};

/* A command from its fetch until its completion is posted. */
struct sc_cmd {
	struct sc_cmd *next;
	struct sc_sq *sq;
	struct sc_ns *ns;
	uint16_t status;         /* 15 bits, without the phase tag */
	uint16_t error_location; /* for the Error Information log page */
	uint64_t error_lba;      /* where it is not the command's first; else SC_NO_LBA */
	uint32_t dw0;
	uint32_t niov;
	struct iovec *iov; /* the data in host memory, after sc_data_map */
	uint64_t data_bytes;

	/* Commands of several steps: what follows when the media has done one. */
	void (*advance)(struct sc_cmd *cmd, int result);
	int result;
	uint64_t offset_bytes; /* where the next step begins on the medium */
	uint64_t left_bytes;
	uint32_t index; /* of a range or a namespace, as the command counts them */
	uint32_t count;
	uint8_t *bounce;    /* SC_BOUNCE_BYTES, made when first needed, then kept */
	struct iovec piece; /* of it, at the media */

	struct nvme_sqe sqe; /* the controller's own copy: the host may change its memory */
	struct media_request request;
};

struct sc_ns {
	uint32_t nsid;
	uint32_t block_shift;
	bool zeroes_read; /* what is deallocated reads as zeroes */
	struct media *media;
	_Atomic uint64_t nblocks;
};

struct sc_cq {
	pthread_mutex_t lock;
	bool live;
	bool phase;
	uint16_t qid;
	bool interrupts; /* enabled, by: */
	uint16_t vector;
	uint32_t nentries;
	uint32_t head;
	uint32_t tail;
	_Atomic uint32_t doorbell_seen; /* last value that was looked at, valid or not */
	uint32_t nsqs; /* submission queues that use it; guarded by the Admin SQ's lock */
	_Atomic uint32_t *doorbell;
	struct nvme_cqe *ring;
};

struct sc_channel {
	struct media_channel *media;
	uint32_t noutstanding;
};

/* Counters of one queue; written by who holds its lock, read by anybody. */
struct sc_counters {
	_Atomic uint64_t read_sectors; /* of 512 bytes, as SMART's data units */
	_Atomic uint64_t written_sectors;
	_Atomic uint64_t read_commands;
	_Atomic uint64_t write_commands;
	_Atomic uint64_t media_errors;
};

/* An Abort that waits for the completion of what it aborts. */
struct sc_abort {
	uint32_t place;        /* of the command in the ring, until it is fetched */
	struct sc_cmd *target; /* the command, from its fetch until its completion is posted */
	bool posted;
	struct sc_cmd *abort;
};

struct sc_sq {
	pthread_mutex_t lock;
	struct softctrl *sc;
	_Atomic bool live;
	bool deleting; /* fetches no more; the delete command waits for the media */
	uint16_t qid;
	uint32_t nentries;
	uint32_t head;
	uint32_t tail;
	uint32_t doorbell_seen;
	_Atomic uint32_t *doorbell;
	struct nvme_sqe *ring;
	struct sc_cq *cq;
	void (*execute)(struct sc_cmd *cmd);

	struct sc_cmd *free;
	struct sc_list finished;     /* a step is done at the media, the next is to be taken */
	struct sc_list completed;    /* to be posted as soon as the completion queue has room */
	uint32_t noutstanding;       /* at the media */
	uint32_t nflushing;          /* of those, flushes: they touch no memory of the host's */
	struct sc_channel *channels; /* by NSID minus 1 */
	uint32_t nchannels;

	uint32_t naborts;
	struct sc_abort aborts[SC_NABORTS];
	struct sc_cmd *delete_cmd; /* guarded by the Admin SQ's lock */
	uint64_t patience_ns;      /* until when a deletion waits for flushes */
	struct sc_sq *next;        /* an orphan's */

	struct sc_counters counters;
	struct sc_cmd *cmds;
	struct iovec *iovs;
	uint32_t ncmds;
};

/* Asynchronous events that are reported. NVMe Base 2.0, 5.2.1 */
enum sc_event {
	SC_EVENT_DOORBELL_REGISTER,
	SC_EVENT_DOORBELL_VALUE,
	SC_EVENT_TEMPERATURE,
	SC_EVENT_RELIABILITY,
	SC_EVENT_NS_CHANGED,
	SC_NEVENTS,
};

/* A namespace in the Changed Namespace List. */
enum sc_ns_change {
	SC_NS_SAME,
	SC_NS_CHANGED, /* since the list was made last */
	SC_NS_LISTED,
};

struct sc_events {
	pthread_mutex_t lock;
	_Atomic uint32_t pending;  /* bit per enum sc_event */
	uint32_t masked_types;     /* bit per event type: reported, its log not yet read */
	uint32_t config;           /* Asynchronous Event Configuration */
	uint8_t critical_warnings; /* those that hold now */
	uint16_t temperature[1 + SC_NSENSORS]; /* composite, sensors; kelvin */
	uint16_t over[1 + SC_NSENSORS];        /* thresholds */
	uint16_t under[1 + SC_NSENSORS];
	uint8_t *ns_changed;           /* enum sc_ns_change by NSID minus 1 */
	struct sc_cmd *aers[SC_NAERS]; /* outstanding; guarded by the Admin SQ's lock */
	uint32_t naers;
};

struct sc_error {
	uint64_t count;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status_word;
	uint16_t location;
	uint64_t lba;
	uint32_t nsid;
};

struct sc_errors {
	pthread_mutex_t lock;
	uint64_t count; /* over the controller's life */
	struct sc_error entries[SC_NERRORS];
};

struct sc_features {
	uint32_t values[SC_NFEATURES]; /* current values of those that are one dword */
	uint32_t nsqs;                 /* allocated I/O queues */
	uint32_t ncqs;
	bool queues_fixed; /* an I/O queue was created since the controller was enabled */
	uint16_t *tler;    /* Error Recovery, by NSID minus 1 */
	uint64_t timestamp_ms;
	uint64_t timestamp_set_ns;
	bool timestamp_is_set;
	struct nvme_host_behavior host_behavior;
};

/* The controller's own memory; null for one that has none. */
struct sc_cmb {
	uint8_t *base;
	uint64_t bytes;
	_Atomic uint64_t cmbmsc; /* the register: written under the registers' lock, read by all */
};

/* Entries that an interrupt vector has to tell of. */
struct sc_vector {
	uint32_t nentries;
	uint64_t due_ns;
	_Atomic bool at_once; /* Interrupt Vector Configuration: coalescing disabled */
};

struct sc_interrupts {
	struct softctrl_interrupt way;
	pthread_mutex_t lock;
	_Atomic uint32_t coalescing; /* Interrupt Coalescing: the feature's value */
	_Atomic uint32_t nwaiting;   /* vectors with entries to tell of */
	struct sc_vector *vectors;
};

struct sc_thread {
	pthread_t id;
	bool started;
	bool membarrier; /* parking orders the other threads' stores: waking needs no barrier */
	_Atomic uint32_t parked; /* futex */
	_Atomic bool stop;
	_Atomic bool kicked; /* something else than a doorbell asks for work */
};

/* On its way to rest, which registers ask for; it advances whenever the host looks. */
enum sc_ending { SC_AT_WORK, SC_RESETTING, SC_DRAINING, SC_FLUSHING };

/* The flush of a namespace at shutdown. */
struct sc_flush {
	struct softctrl *sc;
	struct media_channel *channel; /* null: none is under way */
	bool done;
	struct media_request request;
};

struct softctrl {
	struct softctrl_dma dma;
	uint8_t mdts;
	uint16_t nqueues;
	uint16_t noiob;
	bool sgl;
	bool threaded;
	bool volatile_cache; /* of any namespace */
	char serial[21];
	uint16_t cntlid;
	bool shared; /* its media may have other controllers, too */
	uint32_t nnamespaces;
	struct sc_ns *namespaces;
	uint32_t iov_max;

	pthread_mutex_t lock; /* the registers that follow */
	uint64_t cap;
	_Atomic uint32_t cc;
	uint32_t intm;
	uint32_t aqa;
	uint64_t asq;
	uint64_t acq;
	_Atomic uint32_t csts;
	struct sc_cmb cmb;
	_Atomic enum sc_ending ending; /* changed under the lock */
	bool shutdown_due;             /* when the reset is over */
	struct sc_flush *flushes;      /* by NSID minus 1 */
	char trouble[128];             /* what went wrong at the last shutdown; empty: nothing */

	_Atomic bool running;        /* enabled, not fatal, not shut down: commands are processed */
	_Atomic bool writes_through; /* no volatile write cache: all writes are durable */
	_Atomic uint32_t burst;      /* commands of a queue that are fetched at a time */
	uint32_t page_shift;         /* of CC.MPS */

	_Atomic uint32_t *doorbells;
	uint64_t doorbells_bytes;
	struct sc_sq *sqs; /* by queue identifier, 0 the Admin Queue */
	struct sc_cq *cqs;
	uint32_t ndeleting;    /* delete commands that wait; guarded by the Admin SQ's lock */
	uint32_t naborting;    /* Aborts that wait; likewise */
	struct sc_sq *orphans; /* likewise */
	uint8_t *scratch;      /* a page to build answers in; guarded by the Admin SQ's lock */

	struct sc_features features; /* guarded by the Admin SQ's lock */
	struct sc_events events;
	struct sc_interrupts interrupts;
	struct sc_errors errors;
	struct sc_counters retired; /* counters of queues that are deleted */
	uint64_t created_ns;
	uint64_t keep_alive_ms;
	uint64_t keep_alive_deadline_ns;
	struct sc_thread thread;
};

/* list: commands in order */
static inline void sc_list_init(struct sc_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

static inline void sc_list_append(struct sc_list *list, struct sc_cmd *cmd)
{
	cmd->next = NULL;
	*list->last = cmd;
	list->last = &cmd->next;
}

static inline struct sc_cmd *sc_list_take(struct sc_list *list)
{
	struct sc_cmd *cmd = list->first;

	if (cmd) {
		list->first = cmd->next;
		if (!list->first)
			list->last = &list->first;
	}
	return cmd;
}

/* counters: one writer at a time, so no locked instruction is needed */
static inline void sc_counter_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

/*
 * Where a parameter begins in its command: the byte, and in bits 10:8 the bit of it. NVMe Base 2.0, 5.16.1.2, Parameter
 * Error Location
 */
#define SC_AT(member, bit) \
	((uint16_t)((offsetof(struct nvme_sqe, member) + (bit) / 8) | ((bit) % 8) << 8))
#define SC_FIELD(member, name) SC_AT(member, name##_SHIFT)
#define SC_NOWHERE             0xffffu /* the error is not of one parameter */

/* An error that the same command would meet again. */
static inline uint16_t sc_dnr(uint16_t status)
{
	return status | NVME_STATUS_DNR;
}

/* The same, and the parameter that is to blame. */
static inline uint16_t sc_refuse(struct sc_cmd *cmd, uint16_t status, uint16_t location)
{
	cmd->error_location = location;
	return sc_dnr(status);
}

static inline bool sc_running(struct softctrl *sc)
{
	return atomic_load_explicit(&sc->running, memory_order_acquire);
}

static inline bool sc_sq_live(struct sc_sq *sq)
{
	return atomic_load_explicit(&sq->live, memory_order_acquire);
}

/* registers.c */
void sc_registers_init(struct softctrl *sc, const struct softctrl_config *config);
void sc_fatal(struct softctrl *sc, const char *why);

/* ending.c; the caller has the registers' lock */
int sc_ending_init(struct softctrl *sc);
void sc_ending_fini(struct softctrl *sc);
void sc_reset_begin(struct softctrl *sc);
void sc_shutdown_begin(struct softctrl *sc);
/* True when a reset is over with this. */
bool sc_ending_advance(struct softctrl *sc);
/* Waits for the media. Nobody else uses the controller. */
void sc_ending_force(struct softctrl *sc);

/* orphan.c; the caller has the Admin SQ's lock */
/* Deletes a queue whose flushes go on without it. Also with the queue's lock. */
bool sc_sq_orphan(struct sc_sq *sq);
/* Frees those that are done; true when none is left. */
bool sc_orphans_rest(struct softctrl *sc);
/* Waits for the media. */
void sc_orphans_free(struct softctrl *sc);

/* cmb.c */
int sc_cmb_init(struct softctrl *sc, uint64_t bytes);
void sc_cmb_fini(struct softctrl *sc);
bool sc_cmb_overlaps(const struct softctrl *sc, uint64_t iova, uint64_t bytes);
void *sc_cmb_at(const struct softctrl *sc, uint64_t iova, uint64_t bytes);
uint32_t sc_cmb_read(const struct softctrl *sc, uint32_t offset);
void sc_cmb_write(struct softctrl *sc, uint64_t cmbmsc);

/* queue.c */
int sc_queues_init(struct softctrl *sc);
void sc_queues_fini(struct softctrl *sc);
void sc_cq_create(struct sc_cq *cq, struct nvme_cqe *ring, uint32_t nentries, bool interrupts,
		  uint16_t vector);
void sc_cq_delete(struct sc_cq *cq);
int sc_sq_create(struct sc_sq *sq, struct sc_cq *cq, struct nvme_sqe *ring, uint32_t nentries);
void sc_sq_delete(struct sc_sq *sq);
/* What a queue holds besides its ring. Waits for what is at the media; nothing of it is posted. */
void sc_sq_contents_free(struct sc_sq *sq);
/* Whether nothing is at the media; what is ends there, and its command goes no further. */
bool sc_sq_rests(struct sc_sq *sq);

/* process.c */
void sc_cmd_complete(struct sc_cmd *cmd, uint16_t status);
void sc_cmd_start(struct sc_cmd *cmd, void (*done)(struct media_request *request, int result));
bool sc_cmd_bounce(struct sc_cmd *cmd);
struct sc_cmd *sc_cmd_returned(struct media_request *request);
void sc_cmd_step_done(struct media_request *request, int result);
void sc_cmd_flush(struct sc_cmd *cmd, void (*advance)(struct sc_cmd *cmd, int result));
void sc_sq_progress(struct sc_sq *sq);
void sc_sq_wait_media(struct sc_sq *sq, uint64_t timeout_ns);
void sc_sq_read_doorbell(struct sc_sq *sq);
bool sc_sq_post(struct sc_sq *sq);
bool sc_sq_run(struct sc_sq *sq);
bool sc_process(struct softctrl *sc, uint16_t qid);

/* data_ptr.c: all give a status */
uint16_t sc_data_map(struct sc_cmd *cmd, uint64_t bytes);
uint16_t sc_data_to_host(struct sc_cmd *cmd, const void *data, uint64_t bytes);
uint16_t sc_data_from_host(struct sc_cmd *cmd, void *data, uint64_t bytes);
bool sc_data_equal(const struct sc_cmd *cmd, uint64_t offset, const void *data, uint64_t bytes);

/* io.c */
void sc_io_execute(struct sc_cmd *cmd);
uint32_t sc_io_effects(uint8_t opcode);
/* The first block that met the error; 0 for a command that has none. */
uint64_t sc_io_error_lba(const struct sc_cmd *cmd);
uint16_t sc_io_range(struct sc_cmd *cmd);
uint16_t sc_io_transfer(struct sc_cmd *cmd);
uint16_t sc_io_check_writable(const struct sc_cmd *cmd);
bool sc_io_durable(const struct sc_cmd *cmd);
void sc_io_complete_media(struct sc_cmd *cmd, int result);

/* I/O commands: each gives its status, or has started and gives SC_PENDING. */
#define SC_PENDING 0xffffu
uint16_t sc_io_read(struct sc_cmd *cmd);               /* read_write.c */
uint16_t sc_io_write(struct sc_cmd *cmd);              /* read_write.c */
uint16_t sc_io_flush(struct sc_cmd *cmd);              /* flush.c */
uint16_t sc_io_compare(struct sc_cmd *cmd);            /* compare.c */
uint16_t sc_io_verify(struct sc_cmd *cmd);             /* compare.c */
uint16_t sc_io_write_zeroes(struct sc_cmd *cmd);       /* deallocate.c */
uint16_t sc_io_dataset_management(struct sc_cmd *cmd); /* deallocate.c */

/* admin.c */
void sc_admin_execute(struct sc_cmd *cmd);
bool sc_admin_service(struct softctrl *sc);
uint32_t sc_admin_effects(uint8_t opcode);

/* Admin commands: each gives its status, or completes later and gives SC_PENDING. */
uint16_t sc_admin_create_cq(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_admin_create_sq(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_admin_delete_cq(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_admin_delete_sq(struct softctrl *sc, struct sc_cmd *cmd);
bool sc_admin_queue_service(struct softctrl *sc);
uint16_t sc_identify(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_get_features(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_set_features(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_get_log_page(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_abort(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_async_event_request(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_keep_alive(struct softctrl *sc, struct sc_cmd *cmd);

/* abort.c; the caller has the queue's lock */
/* The command at that place is fetched now: whether it is to be aborted. */
bool sc_abort_fetched(struct sc_sq *sq, uint32_t place, struct sc_cmd *cmd);
void sc_abort_posted(struct sc_sq *sq, const struct sc_cmd *cmd);
/* The queue is deleted, and what waits in it with it. Also with the Admin SQ's lock. */
void sc_abort_end(struct sc_sq *sq);
/* Aborts that wait. With the Admin SQ's lock alone. Tells whether it made a completion. */
bool sc_abort_service(struct softctrl *sc);

/* features.c */
int sc_features_init(struct softctrl *sc);
void sc_features_fini(struct softctrl *sc);
void sc_features_reset(struct softctrl *sc);
uint32_t sc_feature_effects(const struct softctrl *sc, uint8_t fid);

/* feature_data.c */
void sc_timestamp_reset(struct softctrl *sc);
uint16_t sc_timestamp_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
uint16_t sc_timestamp_set(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_host_behavior_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
uint16_t sc_host_behavior_set(struct softctrl *sc, struct sc_cmd *cmd);

/* keep_alive.c */
void sc_keep_alive_set(struct softctrl *sc, uint64_t timeout_ms);
bool sc_keep_alive_expired(struct softctrl *sc);

/* events.c */
int sc_events_init(struct softctrl *sc);
void sc_events_fini(struct softctrl *sc);
void sc_events_reset(struct softctrl *sc);
void sc_event_raise(struct softctrl *sc, enum sc_event event);
/*
 * A log page is about to be made: gives the events that it explains. What is noticed from now on is not in the page,
 * and not of them. Then either the page was read, and they are over, or they are put back.
 */
uint32_t sc_events_log_begin(struct softctrl *sc, uint8_t log_page);
void sc_events_log_read(struct softctrl *sc, uint8_t log_page);
void sc_events_log_retain(struct softctrl *sc, uint32_t explained);
bool sc_events_deliver(struct softctrl *sc);
bool sc_events_abort(struct softctrl *sc, uint16_t cid);
void sc_events_configure(struct softctrl *sc, uint32_t config);
void sc_events_threshold_set(struct softctrl *sc, unsigned sensor, bool under, uint16_t kelvin);
uint16_t sc_events_threshold(struct softctrl *sc, unsigned sensor, bool under);
uint16_t sc_events_temperature(struct softctrl *sc, unsigned sensor);
uint8_t sc_events_critical_warnings(struct softctrl *sc);
void sc_events_media_check(struct softctrl *sc);
void sc_events_ns_changed(struct softctrl *sc, uint32_t nsid);

/* interrupt.c */
int sc_interrupts_init(struct softctrl *sc, const struct softctrl_interrupt *way);
void sc_interrupts_fini(struct softctrl *sc);
void sc_interrupts_reset(struct softctrl *sc);
/* Entries were posted, of which one or more say that a command failed. */
void sc_interrupt(struct softctrl *sc, uint16_t vector, uint32_t nentries, bool failed);
/* Sends what has waited long enough. */
void sc_interrupts_service(struct softctrl *sc);
/* How long the controller's thread may sleep; UINT64_MAX: nothing waits. */
uint64_t sc_interrupts_timeout(struct softctrl *sc);

/* error_log.c */
void sc_error_record(struct sc_cmd *cmd);
void sc_error_record_event(struct softctrl *sc, uint16_t qid, uint16_t status);

/* thread.c */
int sc_thread_start(struct softctrl *sc);
void sc_thread_stop(struct softctrl *sc);
void sc_thread_kick(struct softctrl *sc);

#endif
