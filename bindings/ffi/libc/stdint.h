/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of <stdint.h> that the public headers need, in C that the description's parser reads. */
#ifndef UPNVME_FFI_STDINT_H
#define UPNVME_FFI_STDINT_H

typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;

#endif
