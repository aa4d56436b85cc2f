/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that devices access on behalf of the firmware. */
#ifndef UPNVME_ENV_VFIO_RESERVED_H
#define UPNVME_ENV_VFIO_RESERVED_H

#include <stdbool.h>

#include "env/vfio/iova.h"

/* Whether the devices of an IOMMU group must reach such memory (Intel's RMRR, AMD's unity maps) as if there were no
 * IOMMU, and a first range of it: the kernel gives no such device away. `sys` is where /sys is. */
bool reserved_for_firmware(const char *sys, unsigned group, struct iova_range *range);

#endif
