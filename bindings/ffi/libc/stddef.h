/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of <stddef.h> that the public headers need, in C that the description's parser reads. */
#ifndef UPNVME_FFI_STDDEF_H
#define UPNVME_FFI_STDDEF_H

typedef unsigned long size_t;

#endif
