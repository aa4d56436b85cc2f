/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks before a device is moved: the driver is there, the caller may, and nobody uses the device. */
#ifndef UPNVME_PCI_BIND_CHECK_H
#define UPNVME_PCI_BIND_CHECK_H

#include "pci/plan.h"

/* A driver for user space, and what it asks of a device. */
struct bind_target {
	const char *driver;
	int (*check)(const struct sysfs *fs, const char *address, const struct moves *moves);
};

/* Null: the driver is not for user space. */
const struct bind_target *bind_target_find(const char *driver);

/* Steps of a plan: 0, or a negative errno with its sentence. */

/* Everything that can be seen without touching the device; what is easiest to put right comes first. */
int bind_check(struct plan *plan, const struct move *move);
/* Claims the device, so that no other can begin to use it. Unseen users are judged last: a claim may show a user. */
int bind_claim(struct plan *plan, const struct move *move);

#endif
