/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/version.h: which library this is. */
#include <upnvme/version.h>

#if defined(__clang__)
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

#if defined(__x86_64__)
#define ARCHITECTURE "x86-64"
#else
#define ARCHITECTURE "aarch64"
#endif

#if defined(HAVE_LIBURING)
#define FILE_ENGINES "io_uring, worker"
#else
#define FILE_ENGINES "worker"
#endif

uint32_t upnvme_abi_version(void)
{
	return UPNVME_ABI_VERSION;
}

const char *upnvme_version(void)
{
	return UPNVME_VERSION;
}

const char *upnvme_build_info(void)
{
	return "upnvme " UPNVME_VERSION ", " ARCHITECTURE ", " COMPILER " " __VERSION__
	       ", file engines: " FILE_ENGINES;
}
