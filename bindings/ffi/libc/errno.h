/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of <errno.h> that the public headers need, in C that the description's parser reads. */
#ifndef UPNVME_FFI_ERRNO_H
#define UPNVME_FFI_ERRNO_H

#define EINVAL 22

#endif
