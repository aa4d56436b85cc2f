/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK as this library uses it: huge pages, and their places in physical memory. Devices behind the
 * kernel's VFIO do not need DPDK. */
#ifndef UPNVME_ENV_DPDK_DPDK_H
#define UPNVME_ENV_DPDK_DPDK_H

#include "env/dpdk/plugin.h"

/* Gives the plug-in, which the first call loads; it is never unloaded. 0, or a negative errno with
 * its sentence. */
int dpdk_load(const struct dpdk_plugin **plugin);

/* As dpdk_load, and starts an EAL unless one is started. */
int dpdk_start(const struct dpdk_plugin **plugin);

#endif
