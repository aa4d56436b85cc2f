/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/version.h
 * The version of this header, and of the library that was loaded.
 */
#ifndef UPNVME_VERSION_H
#define UPNVME_VERSION_H

#include <stdint.h>

#ifndef UPNVME_API
/** Marks an exported function; a build of the library may define it otherwise. */
#define UPNVME_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** @name The version of this header
 * @{ */
#define UPNVME_VERSION_MAJOR 0       /**< raised when something was taken away */
#define UPNVME_VERSION_MINOR 1       /**< raised when something was added */
#define UPNVME_VERSION_PATCH 0       /**< raised when something was repaired */
#define UPNVME_VERSION       "0.1.0" /**< the three numbers, as text */
/** @} */

/** The version of the ABI. The number is raised whenever something is taken away from the interface.
 * It stays 0 while the command set grows. */
#define UPNVME_ABI_VERSION 0u

/**
 * Tells the version of the loaded library's ABI. A binding compares it with the UPNVME_ABI_VERSION
 * that the binding was made for, before any other call.
 *
 * @return the library's UPNVME_ABI_VERSION; the call cannot fail
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_abi_version(void);

/**
 * Tells the version of the loaded library.
 *
 * @return the library's UPNVME_VERSION, a constant text; never null
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_version(void);

/**
 * Tells how the library was built: version, architecture, compiler, file engines.
 *
 * @return a constant text for people; never null
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_build_info(void);

#ifdef __cplusplus
}
#endif

#endif
