/* SPDX-License-Identifier: BSD-3-Clause */
/* The processes of QEMU's that the behaviour table's cases open instead of a software controller. */
#ifndef UPNVME_TESTS_QTEST_TABLE_H
#define UPNVME_TESTS_QTEST_TABLE_H

/* Ends the processes that cases have started. */
void table_end(void);

#endif
