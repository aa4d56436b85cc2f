/* SPDX-License-Identifier: BSD-3-Clause */
/* What the public headers need of <stddef.h>, in C that the description's parser reads. */
#ifndef UPNVME_FFI_STDDEF_H
#define UPNVME_FFI_STDDEF_H

typedef unsigned long size_t;

#endif
