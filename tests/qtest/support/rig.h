/* SPDX-License-Identifier: BSD-3-Clause */
/* The support of this lane: that of the public interface's tests, and a rig over QEMU's
 * controller. */
#ifndef UPNVME_TESTS_QTEST_RIG_H
#define UPNVME_TESTS_QTEST_RIG_H

#include <errno.h>

#include "public/support.h"
#include "support/qemu.h"
#include "support/qtest_transport.h"

/* The process of the group that runs, started by its setup and ended by its teardown. */
extern struct qemu *group_qemu;

/* A group's setup and teardown, by `group_config`. */
extern const struct qemu_config *group_config;
int group_start(void **state);
int group_stop(void **state);

upnvme_ctrlr *ctrlr_of_group(void);
/* Controller, one namespace, and a queue pair (0: the library's defaults); closed by rig_close. */
void rig_of_group(struct rig *rig, uint32_t nsid, uint32_t entries, uint32_t outstanding);

/* Fails the test at the first byte that differs. */
void expect_bytes(const void *actual, const void *expected, size_t bytes);

#define MIB (1ull << 20)

/* The main function of a program with one process. */
#define QEMU_GROUP(config, tests)                                              \
	int main(void)                                                         \
	{                                                                      \
		qemu_require();                                                \
		group_config = &(config);                                      \
		return cmocka_run_group_tests(tests, group_start, group_stop); \
	}

#endif
