/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentences for people, in buffers that may be too small. What is cut is cut between characters: half
 * of one is no UTF-8, which some languages' strings refuse. */
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
