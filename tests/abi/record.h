/* SPDX-License-Identifier: BSD-3-Clause */
/* Records whose fields are found by the description: "upnvme_op.lba". */
#ifndef UPNVME_TESTS_ABI_RECORD_H
#define UPNVME_TESTS_ABI_RECORD_H

#include "description.h"

/* `n` zeroed records, each with its size if it begins with that; to be freed. */
void *record_new(const char *name, unsigned n);
size_t record_bytes(const char *name);
/* Where a field is in a record. */
void *record_at(void *record, const char *path);
/* An integer or a pointer; of an array the first. */
void record_set(void *record, const char *path, uint64_t value);
uint64_t record_get(const void *record, const char *path);

#endif
