/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people write them, with units. */
#ifndef UPNVME_PERF_NUMBER_H
#define UPNVME_PERF_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each function reads a number. False, with *value (*bytes, *ns) unchanged, unless all of `text` is one. */
bool number_count(const char *text, uint64_t *value);
bool number_size(const char *text, uint64_t *bytes); /* 512, 4k, 4K, 4KiB, ...: powers of 1024 */
bool number_time(const char *text,
		 uint64_t *ns); /* 5, 5s, 1.5s, 500ms, 2m, 1h; under 1000000 units */

#define NUMBER_ROOM 32u

/* Each function writes into `room`, which has NUMBER_ROOM bytes, and returns it. */
const char *number_show_count(char *room, uint64_t value); /* 1,234,567 */
const char *number_show_size(char *room, uint64_t bytes);  /* 4 KiB */
const char *number_show_time(char *room, uint64_t ns);     /* 12.3 us */

#endif
