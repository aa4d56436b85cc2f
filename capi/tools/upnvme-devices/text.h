/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and strings, to and from text. */
#ifndef UPNVME_DEVICES_TEXT_H
#define UPNVME_DEVICES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a decimal number. False if `text` is anything else. */
bool text_count(const char *text, uint64_t *value);

/* Reads a number of bytes, which may end in K, M, G, T or KiB, MiB, GiB, TiB: powers of 1024. False if `text` is
 * anything else. */
bool text_size(const char *text, uint64_t *value);

/* Writes a size into `room`, in the largest unit that has no remainder, and returns `room`. */
const char *text_show_size(char *room, size_t room_bytes, uint64_t bytes);

/* Print as JSON: a string, or null if it is empty; a number, or null if it is not known. */
void text_json_string(const char *text);
void text_json_number(int64_t value, bool known);

#endif
