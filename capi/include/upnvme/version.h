/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/version.h: which header this is, and which library was loaded. */
#ifndef UPNVME_VERSION_H
#define UPNVME_VERSION_H

#include <stdint.h>

#ifndef UPNVME_API
#define UPNVME_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define UPNVME_VERSION_MAJOR 0
#define UPNVME_VERSION_MINOR 1
#define UPNVME_VERSION_PATCH 0
#define UPNVME_VERSION       "0.1.0"

/* Changes whenever something that was there is not any more; 0 while the command set grows. */
#define UPNVME_ABI_VERSION 0u

/* The library's UPNVME_ABI_VERSION and UPNVME_VERSION: compare them with the header's. Any thread. */
UPNVME_API uint32_t upnvme_abi_version(void);
UPNVME_API const char *upnvme_version(void);

/* How the library was built: version, compiler, architecture, file engines. Any thread. */
UPNVME_API const char *upnvme_build_info(void);

#ifdef __cplusplus
}
#endif

#endif
