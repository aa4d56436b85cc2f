/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks before a device is moved: the driver is loaded, the caller may move the device, and the device is not in
 * use. */
#ifndef UPNVME_PCI_BIND_CHECK_H
#define UPNVME_PCI_BIND_CHECK_H

#include "pci/plan.h"

/* A driver for user space, and the check whether it can drive a device. */
struct bind_target {
	const char *driver;
	int (*check)(const struct sysfs *fs, const char *address, const struct moves *moves);
};

/* The target with this driver; null if the driver is not for user space. */
const struct bind_target *bind_target_find(const char *driver);

/* Steps of a plan: 0, or a negative errno with its sentence. */

/* Checks all that can be seen without touching the device. The reason that is easiest to put right comes first. */
int bind_check(struct plan *plan, const struct move *move);
/* Claims the device, so that no other program can begin to use it. Unseen users are judged last, since a claim may show
 * a user. */
int bind_claim(struct plan *plan, const struct move *move);

#endif
