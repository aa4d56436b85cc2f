/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of <stdarg.h> that the public headers need, in C that the description's parser reads. */
#ifndef UPNVME_FFI_STDARG_H
#define UPNVME_FFI_STDARG_H

typedef void *va_list;

void va_start(va_list args, const char *last);
void va_end(va_list args);

#endif
