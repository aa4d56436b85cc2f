/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the behaviour table's cases open a controller of QEMU's instead of a software
 * controller. */
#ifndef UPNVME_TESTS_QTEST_TABLE_H
#define UPNVME_TESTS_QTEST_TABLE_H

#include <stdbool.h>

#include "behaviour/json.h"

/* Whether QEMU's controller can be what the case asks for. */
bool table_case_fits(const struct json *table, const struct json *one);
/* Ends the processes that cases have started. */
void table_end(void);

#endif
