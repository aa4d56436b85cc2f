/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding: everything is checked, then everything claimed, then everything moved; what fails midway is rolled back. */
#include "pci/bind.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/util.h"
#include "pci/group.h"
#include "pci/move.h"
#include "pci/owner.h"
#include "pci/usage.h"

#define DEVICE        "bus/pci/devices/%s"
#define KERNEL_DRIVER "nvme"
#define SEPARATORS    ", \t\n"

/* The drivers of UIO do not take a whole IOMMU group. */
static int check_uio(const struct sysfs *fs, const char *address, const struct moves *moves)
{
	(void)moves;
	return group_check_uio(fs, address);
}

/* What a device can be bound to for user space. */
static const struct target {
	const char *driver;
	int (*check)(const struct sysfs *fs, const char *address, const struct moves *moves);
} targets[] = {
	{ "vfio-pci", group_check_vfio },
	{ "uio_pci_generic", check_uio },
	{ "igb_uio", check_uio },
};

static const struct target *target_find(const char *driver)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (!strcmp(driver, targets[i].driver))
			return &targets[i];
	return NULL;
}

/* The plan of a bind or unbind. Devices that the driver has already are in the plan only to get
 * their owner. */
struct plan {
	const struct sysfs *fs;
	const char *driver;
	const char *override; /* the driver_override to leave behind; empty: none */
	const struct target *target;
	uint32_t flags;
	uint32_t owner;
	struct moves moves;
	struct usage *usage; /* of each device */
	struct claims claims;
	const struct move *at;
};

static bool is_there(const struct plan *plan, const struct move *move)
{
	return !strcmp(move->driver, plan->driver);
}

/* --- the conditions, checked before anything is touched
 * --------------------------------------------------- */

static int check_loaded(const struct sysfs *fs, const char *driver)
{
	if (sysfs_exists(fs, "bus/pci/drivers/%s", driver))
		return 0;
	return error_set(-ENOENT, UPNVME_ERR_DRIVER_MISSING,
			 "the driver %s is not loaded: modprobe %s (upnvme-devices setup --apply)",
			 driver, driver);
}

static int check_permission(const struct sysfs *fs, const char *address)
{
	int rc = sysfs_writable(fs, DEVICE "/driver_override", address);

	if (rc == -EROFS)
		return error_set(
			rc, UPNVME_ERR_DEVICE_ACCESS,
			"the driver of %s cannot be changed: %s is mounted read-only, as in "
			"a container: run it outside",
			address, fs->sys);
	if (rc == -EACCES || rc == -EPERM)
		return error_set(rc, UPNVME_ERR_DEVICE_ACCESS,
				 "the driver of %s may not be changed (%s): run as root", address,
				 strerror(-rc));
	if (rc)
		return error_set(rc, UPNVME_ERR_SYSTEM,
				 "%s/bus/pci/devices/%s/driver_override cannot be opened: %s",
				 fs->sys, address, strerror(-rc));
	return 0;
}

/* A driver that is not known may have users that cannot be seen. */
static int check_origin(const struct move *move)
{
	if (!move->driver[0] || target_find(move->driver) || !strcmp(move->driver, KERNEL_DRIVER) ||
	    !strncmp(move->driver, "vfio", 4) || !strcmp(move->driver, "pci-stub"))
		return 0;
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_DRIVER,
			 "%s belongs to the driver %s, and who uses it there is not known: have it "
			 "given up by that driver's own tools first",
			 move->address, move->driver);
}

static int refuse_used(const struct move *move, const struct usage *usage)
{
	static const struct {
		uint32_t flag;
		const char *remedy;
	} remedies[] = {
		{ UPNVME_DEVICE_MOUNTED, " unmount it," },
		{ UPNVME_DEVICE_SWAP, " end the swapping (swapoff)," },
		{ UPNVME_DEVICE_HELD,
		  " stop what is built on it (vgchange -an, mdadm --stop, dmsetup remove, losetup -d)," },
		{ UPNVME_DEVICE_EXPORTED, " stop giving it to others (nvmetcli, targetcli)," },
		{ UPNVME_DEVICE_OPEN, " end whoever has it open," },
		{ UPNVME_DEVICE_FUNCTIONS,
		  " end whoever uses its virtual functions (upnvme-devices list) and write 0 into "
		  "its sriov_numvfs," },
	};
	char remedy[320] = "";
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(remedies) && at < sizeof(remedy); i++)
		if (usage->flags & remedies[i].flag)
			at += (size_t)snprintf(remedy + at, sizeof(remedy) - at, "%s",
					       remedies[i].remedy);
	if (remedy[0])
		remedy[strlen(remedy) - 1] = '\0';
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_BUSY, "%s is in use: %s. First%s", move->address,
			 usage->text, remedy);
}

static int refuse_unseen(const struct move *move, const struct usage *usage)
{
	return error_set(-EBUSY, UPNVME_ERR_DEVICE_UNSEEN,
			 "nobody can say whether %s is in use: %s. Do it on the machine itself, as "
			 "root; or, if you know that nobody uses it, force it (bind --force, "
			 "UPNVME_BIND_FORCE)",
			 move->address, usage->unseen);
}

static struct usage *usage_of(const struct plan *plan, const struct move *move)
{
	return &plan->usage[move - plan->moves.move];
}

/* A device that is seen to be in use is never taken, not even by force. */
static int check_unused(struct plan *plan, const struct move *move)
{
	struct usage *usage = usage_of(plan, move);
	int rc = usage_find(plan->fs, move->address, usage);

	return !rc && usage->flags ? refuse_used(move, usage) : rc;
}

/* The claims keep others from beginning to use a device. Users that cannot be seen are looked at
 * last: a claim that fails may show who they are. */
static int claim(struct plan *plan, const struct move *move)
{
	struct usage *usage = usage_of(plan, move);
	int rc = claims_take(&plan->claims, plan->fs, move->address, usage);

	if (rc)
		return rc;
	if (usage->flags)
		return refuse_used(move, usage);
	if (!usage->unseen[0])
		return 0;
	if (!(plan->flags & UPNVME_BIND_FORCE))
		return refuse_unseen(move, usage);
	log_warn("%s is moved by force, although %s", move->address, usage->unseen);
	return 0;
}

/* The conditions that are easiest to put right are checked first. */
static int check(struct plan *plan, const struct move *move)
{
	int rc = check_loaded(plan->fs, plan->driver);

	if (!rc)
		rc = check_permission(plan->fs, move->address);
	if (!rc)
		rc = check_origin(move);
	if (!rc && plan->target)
		rc = plan->target->check(plan->fs, move->address, &plan->moves);
	return rc ? rc : check_unused(plan, move);
}

/* Takes a step with each device until one fails, which is then plan->at. */
static int each(struct plan *plan, int (*step)(struct plan *plan, const struct move *move))
{
	int rc = 0;

	for (uint32_t i = 0; i < plan->moves.n && !rc; i++) {
		plan->at = &plan->moves.move[i];
		if (!is_there(plan, plan->at))
			rc = step(plan, plan->at);
	}
	return rc;
}

/* --- moving --------------------------------------------------------------------------------------- */

/* Moves all devices back, in the order in which they came; null, or the first device that cannot be
 * moved back. */
static const struct move *undo(struct plan *plan, int *rc)
{
	const struct move *stuck = NULL;

	claims_release(&plan->claims);
	for (uint32_t i = plan->moves.n; i-- > 0;) {
		const struct move *move = &plan->moves.move[i];
		int undone = is_there(plan, move) ? 0 : move_undo(move);

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

/* Claims keep the kernel's names of the controllers taken: they are released after the last device
 * has left its driver, and before one gets a new driver. */
static int move_all(struct plan *plan)
{
	int rc = each(plan, force);

	if (!rc)
		rc = each(plan, detach);
	claims_release(&plan->claims);
	if (!rc)
		rc = each(plan, probe);
	return rc ? rc : each(plan, leave_override);
}

/* Devices that the driver had already get the new owner, too. A failure here is not the driver's
 * fault. */
static int give_to_owner(struct plan *plan)
{
	const struct move *stuck;
	struct upnvme_error why;
	int rc = 0, undone = 0;

	for (uint32_t i = 0; i < plan->moves.n && !rc; i++)
		rc = owner_set(plan->fs, plan->moves.move[i].address, plan->owner);
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
		if (!is_there(plan, &plan->moves.move[i]))
			log_info("%s: from %s to %s", plan->moves.move[i].address,
				 move_origin(&plan->moves.move[i]), plan->driver);
}

/* A signal that would end this process waits until every device has a driver. */
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

/* --- the list of devices
 * --------------------------------------------------------------------------------- */

static int add(struct plan *plan, const char *text)
{
	struct move *larger, move;
	int rc = move_start(&move, plan->fs, text);

	if (rc || moves_have(&plan->moves, move.address))
		return rc;
	larger = realloc(plan->moves.move, (plan->moves.n + 1) * sizeof(*larger));
	if (!larger)
		return error_no_memory("a list of devices", (plan->moves.n + 1) * sizeof(*larger));
	plan->moves.move = larger;
	plan->moves.move[plan->moves.n++] = move;
	return 0;
}

static int add_all(struct plan *plan, const char *addresses)
{
	char *copy = strdup(addresses), *save = NULL;
	const char *word;
	int rc = 0;

	if (!copy)
		return error_no_memory("a list of addresses", strlen(addresses) + 1);
	word = strtok_r(copy, SEPARATORS, &save);
	if (!word)
		rc = add(plan, addresses); /* for the sentence that this is no address */
	for (; word && !rc; word = strtok_r(NULL, SEPARATORS, &save))
		rc = add(plan, word);
	free(copy);
	if (rc)
		return rc;
	/* The list has a device at least, or the first word would have been refused. */
	plan->usage = calloc(MAX(plan->moves.n, 1u), sizeof(*plan->usage));
	return plan->usage ? 0 : error_no_memory("a list of uses", sizeof(*plan->usage));
}

static int run(struct plan *plan, const char *addresses)
{
	int rc = add_all(plan, addresses);

	if (!rc)
		rc = each(plan, check);
	if (!rc)
		rc = each(plan, claim);
	if (!rc)
		rc = carry_out(plan);
	claims_release(&plan->claims);
	free(plan->usage);
	free(plan->moves.move);
	return rc;
}

int pci_bind(const struct sysfs *fs, const char *addresses, const char *driver, uint32_t flags,
	     uint32_t owner)
{
	struct plan plan = { .fs = fs,
			     .driver = driver,
			     .override = driver,
			     .target = target_find(driver),
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
			"a device that %s has can be driven by root only: for another user "
			"give vfio-pci",
			driver);
	return run(&plan, addresses);
}

int pci_unbind(const struct sysfs *fs, const char *addresses, uint32_t flags)
{
	struct plan plan = { .fs = fs, .driver = KERNEL_DRIVER, .override = "", .flags = flags };

	return run(&plan, addresses);
}
