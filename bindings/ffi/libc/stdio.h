/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of <stdio.h> that the public headers need, in C that the description's parser reads. */
#ifndef UPNVME_FFI_STDIO_H
#define UPNVME_FFI_STDIO_H

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *text, size_t bytes, const char *format, va_list args);

#endif
