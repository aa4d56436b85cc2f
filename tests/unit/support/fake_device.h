/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A queue pair over a controller that the test plays by hand: doorbells are plain memory, nothing
 * happens by itself. The test reads the entries that the driver wrote, and posts any completion,
 * right or wrong.
 */
#ifndef UPNVME_TESTS_FAKE_DEVICE_H
#define UPNVME_TESTS_FAKE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/io.h>

#include "driver/ctrlr.h"
#include "driver/ns.h"
#include "driver/queue/qpair.h"
#include "mem/domain.h"
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/sqe.h>
#include "transport/transport.h"

#define FAKE_QID     3u
#define FAKE_NSID    5u
#define FAKE_NBLOCKS 100000u

struct fake_device {
	struct upnvme_ctrlr ctrlr;
	struct transport transport;
	struct upnvme_ns ns;
	struct ns_geometry geometry;
	struct domain *domain;
	struct upnvme_qpair *qp;
	_Atomic uint32_t sq_tail, cq_head; /* the doorbells */
	uint32_t sq_head, cq_tail;         /* the device's own indices */
	uint16_t phase;
};

/* The options of a test; zeroes are the defaults. */
struct fake_config {
	uint32_t entries;            /* 0: 16 */
	uint32_t outstanding;        /* 0: entries - 1 */
	uint32_t flags;              /* UPNVME_QPAIR_... */
	uint32_t block_bytes;        /* 0: 512 */
	uint64_t max_transfer_bytes; /* 0: 128 KiB */
	uint32_t boundary_blocks;
	bool sgl;
	bool sgl_dword_align;
	struct env *env; /* null: the host's; the device can read memory of that one only */
};

struct fake_device *fake_create(const struct fake_config *config);
void fake_destroy(struct fake_device *dev);

/* Zeroed memory that the device reaches. */
void *fake_alloc(struct fake_device *dev, uint64_t bytes);
uint64_t fake_iova(const void *va);
/* The process's address of a bus address; fails the test when it is not reachable. */
void *fake_resolve(struct fake_device *dev, uint64_t iova, uint64_t bytes);

/* Writes `blocks` from block 0 on, which must be accepted, and rings. */
void fake_write(struct fake_device *dev, char *buf, uint32_t blocks, upnvme_cb cb, void *arg);
/* The controller has failed: the driver completes what is in flight. */
void fake_give_up(struct fake_device *dev);

/* The next entry that the doorbell shows; false when there is none. */
bool fake_fetch(struct fake_device *dev, struct upnvme_spec_sqe *sqe);
/* As fake_fetch, but there must be one. */
struct upnvme_spec_sqe fake_take(struct fake_device *dev);
/* The next entry of the ring whether or not the doorbell shows it. */
const struct upnvme_spec_sqe *fake_peek(struct fake_device *dev);

/* Submits and rings: the entry that the device finds. */
struct upnvme_spec_sqe fake_issue(struct fake_device *dev, const struct upnvme_op *op);
/* Completes a command that has a callback, which is called once. */
void fake_finish(struct fake_device *dev, uint16_t cid);
/* Both: the entry is this one, whose identifier and namespace are filled in, and nothing but it is sent. */
void fake_expect_sent(struct fake_device *dev, const struct upnvme_op *op,
		      struct upnvme_spec_sqe expected);

/* Posts an entry as a decent device does: head, queue and phase are right. */
void fake_post(struct fake_device *dev, uint16_t cid, uint16_t status);
void fake_post_result(struct fake_device *dev, uint16_t cid, uint16_t status, uint64_t result);
/* Posts the test's entry, at the next place; sets the phase tag unless `stale`. */
void fake_post_raw(struct fake_device *dev, struct upnvme_spec_cqe cqe, bool stale);

/* The completions so far, for a test to look at. */
struct fake_log {
	uint32_t n;
	void *args[64];
	struct upnvme_completion done[64];
};
void fake_log_start(void);
extern struct fake_log fake_log;
/* The callback that notes them there. */
void fake_note(void *arg, const struct upnvme_completion *done);

/* Compares every field. */
void fake_expect_sqe(const struct upnvme_spec_sqe *actual, const struct upnvme_spec_sqe *expected);

/* The last error is this one, and its sentence names all the words (up to a null). */
void fake_expect_error(int rc, int err, uint32_t code, ...);

#endif
