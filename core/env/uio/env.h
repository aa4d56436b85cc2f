/* SPDX-License-Identifier: BSD-3-Clause */
/* Physical memory as an environment. */
#ifndef UPNVME_ENV_UIO_ENV_H
#define UPNVME_ENV_UIO_ENV_H

#include "env/env.h"

struct dpdk_plugin;

/* The process has one such environment: all devices without an IOMMU reach the same memory. */
struct env *env_uio(const struct dpdk_plugin *dpdk);

#endif
