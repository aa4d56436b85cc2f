/* SPDX-License-Identifier: BSD-3-Clause */
/* What the public headers need of <stdint.h>, in C that the description's parser reads. */
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
