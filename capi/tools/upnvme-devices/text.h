/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and strings, to and from text. */
#ifndef UPNVME_DEVICES_TEXT_H
#define UPNVME_DEVICES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number, and nothing else. */
bool text_count(const char *text, uint64_t *value);

/* A number of bytes, with K, M, G, T or KiB, MiB, GiB, TiB behind it: powers of 1024. */
bool text_size(const char *text, uint64_t *value);

/* A size in the largest unit that has no remainder; returns `room`. */
const char *text_show_size(char *room, size_t room_bytes, uint64_t bytes);

/* To standard output as JSON: a string, or null for an empty one; a number, or null if it is not known. */
void text_json_string(const char *text);
void text_json_number(int64_t value, bool known);

#endif
