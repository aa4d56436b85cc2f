/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding: all devices are checked, then all are claimed, then all are moved; a failure midway is rolled back. */
#include "pci/bind.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "pci/bind_check.h"
#include "pci/group.h"
#include "pci/owner.h"
#include "pci/plan.h"

#define DRIVER_DEFAULT "vfio-pci"

/* Moves all devices back, the last one first. Returns null, or the first device that does not go back, and its errno in
 * *rc. */
static const struct move *undo(struct plan *plan, int *rc)
{
	const struct move *stuck = NULL;

	claims_release(&plan->claims);
	for (uint32_t i = plan->moves.n; i-- > 0;) {
		const struct move *move = &plan->moves.move[i];
		int undone = plan_is_there(plan, move) ? 0 : move_undo(move);

		if (!undone || stuck)
			continue;
		stuck = move;
		*rc = undone;
	}
	return stuck;
}

static int error_stuck(const char *what, const struct move *stuck, int rc)
{
	return error_set(
		-EIO, UPNVME_ERR_BIND_STUCK,
		"%s, nor %s back to %s (%s): dmesg may say why; write 1 into its `remove` in "
		"/sys/bus/pci/devices and 1 into /sys/bus/pci/rescan",
		what, stuck->address, move_origin(stuck), strerror(-rc));
}

static int roll_back(struct plan *plan, int why)
{
	const struct move *culprit = plan->at, *stuck;
	char what[128];
	int rc = 0;

	stuck = undo(plan, &rc);
	snprintf(what, sizeof(what), "%s could not be given to %s (%s)", culprit->address,
		 plan->driver, strerror(-why));
	if (stuck)
		return error_stuck(what, stuck, rc);
	return error_set(-EIO, UPNVME_ERR_BIND,
			 "%s did not take %s (%s), which is back with %s%s: dmesg may say why",
			 plan->driver, culprit->address, strerror(-why), move_origin(culprit),
			 plan->moves.n > 1 ? ", and the others are where they were" : "");
}

static int force(struct plan *plan, const struct move *move)
{
	return move_force(move, plan->driver);
}

static int detach(struct plan *plan, const struct move *move)
{
	(void)plan;
	return move_detach(move);
}

static int probe(struct plan *plan, const struct move *move)
{
	return move_probe(move, plan->driver);
}

static int leave_override(struct plan *plan, const struct move *move)
{
	return strcmp(plan->driver, plan->override) != 0 ? move_force(move, plan->override) : 0;
}

/* Claims keep the kernel from using the controllers' names again. The claims are released when no device has its old
 * driver any more, and before any has its new one. */
static int move_all(struct plan *plan)
{
	int rc = plan_each(plan, force);

	if (!rc)
		rc = plan_each(plan, detach);
	claims_release(&plan->claims);
	if (!rc)
		rc = plan_each(plan, probe);
	return rc ? rc : plan_each(plan, leave_override);
}

/* Gives the nodes of all devices to the owner, those of devices that had the driver already too. Such devices do not
 * move back after a failure, so each node is given back here. */
static int give_all(const struct plan *plan)
{
	struct owners owners = { 0 };
	int rc = 0;

	for (uint32_t i = 0; i < plan->moves.n && !rc; i++)
		rc = owners_give(&owners, plan->fs, plan->moves.move[i].address, plan->owner);
	if (rc)
		owners_restore(&owners);
	owners_free(&owners);
	return rc;
}

/* Gives the devices to their owner. The sentence of a failure stays, since the driver is not at fault. */
static int give_to_owner(struct plan *plan)
{
	const struct move *stuck;
	struct upnvme_error why;
	int rc = give_all(plan), undone = 0;

	if (!rc)
		return 0;
	why = *error_last();
	stuck = undo(plan, &undone);
	if (stuck)
		return error_stuck(why.text, stuck, undone);
	return error_set(rc, why.code, "%s", why.text);
}

static void say(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->moves.n; i++)
		if (!plan_is_there(plan, &plan->moves.move[i]))
			log_info("%s: from %s to %s", plan->moves.move[i].address,
				 move_origin(&plan->moves.move[i]), plan->driver);
}

/* Moves the devices with all signals blocked, so that no signal ends the process while a device has no driver. */
static int carry_out(struct plan *plan)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = move_all(plan);
	if (rc)
		rc = roll_back(plan, rc);
	else if (plan->flags & UPNVME_BIND_OWNER)
		rc = give_to_owner(plan);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		say(plan);
	return rc;
}

static int plan_run(struct plan *plan, const char *addresses)
{
	int rc = plan_add_all(plan, addresses);

	if (!rc)
		rc = plan_each(plan, bind_check);
	if (!rc)
		rc = plan_each(plan, bind_claim);
	if (!rc)
		rc = carry_out(plan);
	plan_end(plan);
	return rc;
}

int pci_bind(const struct sysfs *fs, const char *addresses, const char *wanted, uint32_t flags,
	     uint32_t owner)
{
	const char *driver = wanted ? wanted : DRIVER_DEFAULT;
	struct plan plan = { .fs = fs,
			     .driver = driver,
			     .override = driver,
			     .target = bind_target_find(driver),
			     .flags = flags,
			     .owner = owner };

	if (!plan.target)
		return error_set(-EINVAL, UPNVME_ERR_DEVICE_DRIVER,
				 "\"%.*s\" is no driver for user space: give vfio-pci, "
				 "uio_pci_generic or igb_uio",
				 text_fit(driver, 40), driver);
	if (flags & UPNVME_BIND_OWNER && plan.target->check != group_check_vfio)
		return error_set(
			-ENOTSUP, UPNVME_ERR_DEVICE_DRIVER,
			"a device that is bound to %s can be driven by root only: give vfio-pci "
			"for another user",
			driver);
	return plan_run(&plan, addresses);
}

int pci_unbind(const struct sysfs *fs, const char *addresses, uint32_t flags)
{
	struct plan plan = {
		.fs = fs, .driver = PLAN_KERNEL_DRIVER, .override = "", .flags = flags
	};

	return plan_run(&plan, addresses);
}
