/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan of a bind or an unbind: devices, the driver that gets them, and what is known of their users. */
#ifndef UPNVME_PCI_PLAN_H
#define UPNVME_PCI_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "pci/move.h"
#include "pci/usage.h"

#define PLAN_KERNEL_DRIVER "nvme"

struct bind_target;

/* A device that has the driver already is in the plan only to be given to the owner. */
struct plan {
	const struct sysfs *fs;
	const char *driver;
	const char *override; /* the devices' driver_override afterwards; empty: none */
	const struct bind_target *target;
	uint32_t flags;
	uint32_t owner;
	struct moves moves;
	struct usage *usage; /* of each of the moves */
	struct claims claims;
	const struct move *at; /* the device of the last step */
};

/* Whether the device had the driver at the start. */
bool plan_is_there(const struct plan *plan, const struct move *move);
/* Adds the devices that `addresses` names. 0, or a negative errno with its sentence. */
int plan_add_all(struct plan *plan, const char *addresses);
/* Takes a step with each device that did not have the driver at the start. Ends at the first step that fails, whose
 * device is plan->at. */
int plan_each(struct plan *plan, int (*step)(struct plan *plan, const struct move *move));
/* Releases the claims and the memory of the plan. */
void plan_end(struct plan *plan);

#endif
