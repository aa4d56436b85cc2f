/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the public interface share: opening, waiting, temporary images, expected
 * errors. */
#ifndef UPNVME_TESTS_PUBLIC_SUPPORT_H
#define UPNVME_TESTS_PUBLIC_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include <upnvme.h>

#define NELEMS(a) (sizeof(a) / sizeof((a)[0]))

/* Status codes that the tests expect (NVMe Base 2.0, Figures 93 to 101), type in bits 10:8. */
#define STATUS_CODE(status)      ((status)&0x7ffu)
#define STATUS_INVALID_OPCODE    0x001u
#define STATUS_INVALID_FIELD     0x002u
#define STATUS_WRITE_PROTECTED   0x020u
#define STATUS_LBA_OUT_OF_RANGE  0x080u
#define STATUS_READ_ONLY_RANGE   0x182u
#define STATUS_COMPARE_FAILURE   0x285u
#define STATUS_ABORTED_BY_HOST   0x371u
#define STATUS_ABORTED_SQ_DELETE 0x008u

/* A controller with its first namespace and one queue pair of the calling thread. */
struct rig {
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	upnvme_qpair *qp;
	uint32_t block;
};

/* `uri` is a printf format; a failure fails the test with the library's sentence. */
__attribute__((format(printf, 1, 2))) upnvme_ctrlr *open_uri(const char *uri, ...);
__attribute__((format(printf, 4, 5))) void rig_open(struct rig *rig, uint32_t entries,
						    uint32_t outstanding, const char *uri, ...);
void rig_close(struct rig *rig);
upnvme_qpair *create_qpair(upnvme_ctrlr *ctrlr, uint32_t entries, uint32_t outstanding,
			   uint32_t flags);
void *dma(upnvme_ctrlr *ctrlr, size_t bytes);

/* Fails the test with the sentence unless `rc` is 0. */
void ok(int rc);
#define OK(call) ok(call)

/* Expects `rc`, and the last error's number and code; the error's sentence has every word up to a
 * null. */
void expect_error(int rc, int err, uint32_t code, ...);

/* Counts completions of callbacks, and keeps the last. */
struct io {
	uint32_t ndone;
	struct upnvme_completion last;
};
void on_done(void *io, const struct upnvme_completion *done);

/* Polls until `io` has `n` completions; fails after 20 s. */
void wait_for(upnvme_qpair *qp, struct io *io, uint32_t n);
/* The steps of an event loop when the queue pair's eventfd is readable, up to the doorbell. */
void poll_signalled(upnvme_qpair *qp);
/* Submits by the short form, waits, returns the status. */
uint16_t do_read(struct rig *rig, void *buf, uint64_t lba, uint32_t blocks);
uint16_t do_write(struct rig *rig, const void *buf, uint64_t lba, uint32_t blocks);
/* Runs one op by upnvme_io. */
struct upnvme_completion do_op(struct rig *rig, const struct upnvme_op *op);

/* Every 8 bytes name their block and place. */
void pattern_fill(void *buf, uint64_t lba, uint32_t blocks, uint32_t block, uint64_t seed);
bool pattern_is(const void *buf, uint64_t lba, uint32_t blocks, uint32_t block, uint64_t seed);

/* A sparse file of that size under $TMPDIR, whose name is the result; removed by image_remove. */
char *image_create(uint64_t bytes);
void image_remove(char *path);

/* Runs `fn` in another thread and waits for it. `fn` may not use cmocka's assertions: it returns
 * whether all was well. */
int in_thread(int (*fn)(void *arg), void *arg);
/* Runs `fn` in a forked child; its result, 0 to 127. */
int in_child(int (*fn)(void *arg), void *arg);

uint64_t now_ns(void);
/* True in a build with a sanitizer, or under coverage: a long test does less there. */
bool is_slow_build(void);
/* True under TSan, which looks for races: what one thread does alone may be less there. */
bool is_tsan_build(void);
/* The seed of the random numbers, from $UPNVME_TEST_SEED or new; printed. */
uint64_t test_seed(void);
uint32_t random_below(uint64_t *state, uint32_t n);

#endif
