/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK as this library uses it: huge pages, and where they are in physical memory. Devices behind
 * the kernel's VFIO do not need it. */
#ifndef UPNVME_ENV_DPDK_DPDK_H
#define UPNVME_ENV_DPDK_DPDK_H

#include "env/dpdk/plugin.h"

/* The plug-in, loaded when it is asked for first and never unloaded. 0, or a negative errno with
 * its sentence. */
int dpdk_load(const struct dpdk_plugin **plugin);

/* As dpdk_plugin_get, and with an EAL started. */
int dpdk_start(const struct dpdk_plugin **plugin);

#endif
