/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentences for people, in buffers that may be too small. Text is cut between characters: half a
 * character is no UTF-8, and the strings of some languages refuse it. */
#ifndef UPNVME_BASE_TEXT_H
#define UPNVME_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* How many bytes of a text, at most `room`, are whole characters. */
int text_fit(const char *text, size_t room);

/* As vsnprintf, into at least one byte. */
__attribute__((format(printf, 3, 0))) void text_format(char *text, size_t bytes, const char *format,
						       va_list args);

#endif
