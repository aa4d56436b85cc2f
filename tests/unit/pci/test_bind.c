/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding: the writes and their order, every refusal without a write, and the way back when a step
 * fails. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "pci/bind.h"
#include "pci/device.h"
#include "support/skip.h"
#include "support/fake_machine.h"

#define DEVICE   "bus/pci/devices/" FAKE_NVME
#define OVERRIDE DEVICE "/driver_override="
#define UNBIND   DEVICE "/driver/unbind=" FAKE_NVME "\n"
#define PROBE    "bus/pci/drivers_probe=" FAKE_NVME "\n"

static void override_is(struct fake_machine *fake, const char *expected)
{
	char text[64];

	sysfs_read(&fake->fs, text, sizeof(text), DEVICE "/driver_override");
	assert_string_equal(text, expected);
}

/* A machine as after a bind to vfio-pci. */
static void with_vfio(struct fake_machine *fake)
{
	fake_link(fake, "../../drivers/vfio-pci", "sys/" DEVICE "/driver");
	fake_file(fake, "vfio-pci\n", "sys/" DEVICE "/driver_override");
	fake_remove(fake, "sys/" DEVICE "/nvme");
}

static void refused(struct fake_machine *fake, int rc, int expected, uint32_t code,
		    const char *word)
{
	assert_int_equal(rc, expected);
	fake_error(code, word);
	assert_string_equal(fake->written, "");
}

/* --- success
 * ----------------------------------------------------------------------------------- */

static void binding_overrides_unbinds_and_probes(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, "01:00.0", "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" UNBIND PROBE);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
	override_is(fake, "vfio-pci");
	assert_int_equal(fake->unbound_claims, 1);
}

static void a_device_without_a_driver_is_bound_without_unbinding(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/driver");
	fake_remove(fake, "sys/" DEVICE "/nvme");
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" PROBE);
}

static void what_is_bound_already_is_left_alone(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_unbind(&fake->fs, FAKE_NVME, 0), 0);
	with_vfio(fake);
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, "");
}

static void unbinding_gives_it_to_nvme_and_takes_the_override_back(void **state)
{
	struct fake_machine *fake = *state;

	with_vfio(fake);
	assert_int_equal(pci_unbind(&fake->fs, FAKE_NVME, 0), 0);
	assert_string_equal(fake->written, OVERRIDE "nvme\n" UNBIND PROBE OVERRIDE "\n");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
	override_is(fake, "(null)");
}

static void uio_takes_a_device_without_a_group_or_with_an_identity_mapping(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "identity\n", "sys/kernel/iommu_groups/7/type");
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "uio_pci_generic");
	fake_remove(fake, "sys/" DEVICE "/iommu_group");
	fake_driver(fake, "igb_uio");
	fake_remove(fake, "sys/" DEVICE "/nvme");
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "igb_uio", 0, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "igb_uio");
}

static void a_group_with_bridges_and_free_devices_is_taken(void **state)
{
	struct fake_machine *fake = *state;

	fake_device(fake, "0000:00:01.0", 0x060400, "pcieport", 7);
	fake_device(fake, "0000:01:00.1", 0x010802, NULL, 7);
	fake_device(fake, "0000:01:00.2", 0x020000, "vfio-pci", 7);
	fake_device(fake, "0000:01:00.3", 0x020000, "pci-stub", 7);
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
}

static void no_iommu_is_allowed_where_the_kernel_was_told_so(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/iommu_group");
	fake_file(fake, "Y\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
}

/* --- refusals ------------------------------------------------------------------------------------- */

static void bad_addresses_and_drivers_are_refused(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_device(fake, "0000:00:1f.3", 0x040300, "snd_hda_intel", 3);
	refused(fake, pci_bind(fs, "nvme0", "vfio-pci", 0, 0), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS,
		"nvme0");
	refused(fake, pci_bind(fs, "02:00.0", "vfio-pci", 0, 0), -ENODEV,
		UPNVME_ERR_DEVICE_NOT_FOUND, "list");
	refused(fake, pci_bind(fs, "00:1f.3", "vfio-pci", 0, 0), -ENOTSUP, UPNVME_ERR_DEVICE_CLASS,
		"040300h");
	refused(fake, pci_bind(fs, FAKE_NVME, "e1000", 0, 0), -EINVAL, UPNVME_ERR_DEVICE_DRIVER,
		"e1000");
	refused(fake, pci_bind(fs, FAKE_NVME, "../vfio", 0, 0), -EINVAL, UPNVME_ERR_DEVICE_DRIVER,
		"vfio-pci");
	refused(fake, pci_unbind(fs, "nvme0", 0), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS, "nvme0");
	refused(fake, pci_unbind(fs, "02:00.0", 0), -ENODEV, UPNVME_ERR_DEVICE_NOT_FOUND,
		"02:00.0");
	refused(fake, pci_unbind(fs, "00:1f.3", 0), -ENOTSUP, UPNVME_ERR_DEVICE_CLASS, "040300h");
}

static void a_driver_that_is_not_loaded_is_named_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;

	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "igb_uio", 0, 0), -ENOENT,
		UPNVME_ERR_DRIVER_MISSING, "modprobe igb_uio");
	with_vfio(fake);
	fake_remove(fake, "sys/bus/pci/drivers/nvme");
	refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -ENOENT, UPNVME_ERR_DRIVER_MISSING,
		"modprobe nvme");
}

static void a_driver_with_users_that_cannot_be_seen_keeps_its_device(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/nvme");
	fake_driver(fake, "xen-pciback");
	fake_link(fake, "../../drivers/xen-pciback", "sys/" DEVICE "/driver");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_DRIVER, "xen-pciback");
	refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_DRIVER,
		"driver's own tools");
	assert_null(strstr(error_last()->text, "/unbind"));
}

static void a_mounted_device_is_refused(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "40 22 259:2 / /home rw - xfs /dev/nvme0n1p2 rw\n", "proc/self/mountinfo");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_BUSY, "nvme0n1p2 is mounted on /home. First unmount it");
	assert_int_equal(fake->nclaims, 0);
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_BUSY, "/home");
}

static void swap_holders_and_processes_are_refused_each_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_file(fake, "Filename\n/dev/nvme0n1p1 partition\n", "proc/swaps");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"swapoff");
	fake_remove(fake, "proc/swaps");
	fake_link(fake, "../../dm-0", "sys/class/block/nvme0n1p1/holders/dm-0");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"vgchange");
	fake_remove(fake, "sys/class/block/nvme0n1p1/holders/dm-0");
	fake_link(fake, "/dev/null", "proc/77/fd/0");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"process 77");
	fake_remove(fake, "proc/77");
	fake->claim = -EBUSY;
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"claimed /dev/nvme0n1");
	fake->claim = -EACCES;
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EACCES, UPNVME_ERR_DEVICE_ACCESS,
		"root");
}

static void a_device_that_a_process_drives_is_not_given_back(void **state)
{
	struct fake_machine *fake = *state;

	with_vfio(fake);
	fake_file(fake, "1:3\n", "sys/class/vfio/7/dev");
	fake_link(fake, "/dev/null", "proc/77/fd/9");
	refused(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"/dev/vfio/7");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_BUSY, "process 77");
}

static void a_group_with_foreign_devices_is_refused(void **state)
{
	struct fake_machine *fake = *state;

	fake_device(fake, "0000:00:1f.3", 0x040300, "snd_hda_intel", 7);
	fake_device(fake, "0000:00:1f.4", 0x0c0500, "i801_smbus", 7);
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_GROUP, "0000:00:1f.3 (snd_hda_intel), 0000:00:1f.4 (i801_smbus)");
	fake_remove(fake, "sys/kernel/iommu_groups/7/devices");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENOENT, UPNVME_ERR_SYSTEM,
		"group 7");
}

static void a_missing_iommu_is_refused_with_what_to_turn_on(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/iommu_group");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		UPNVME_ERR_DEVICE_IOMMU, "other devices have");
	fake_remove(fake, "sys/kernel");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		UPNVME_ERR_DEVICE_IOMMU, "intel_iommu=on");
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "no IOMMU is on");
	fake_error(UPNVME_ERR_DEVICE_IOMMU, "has no no-IOMMU mode");
	fake_file(fake, "N\n", "sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENXIO,
		UPNVME_ERR_DEVICE_IOMMU, "enable_unsafe_noiommu_mode is N");
}

static void uio_is_refused_behind_an_iommu_that_translates(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "DMA-FQ\n", "sys/kernel/iommu_groups/7/type");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "uio_pci_generic", 0, 0), -ENXIO,
		UPNVME_ERR_DEVICE_IOMMU, "type DMA-FQ");
}

static void a_caller_without_permission_is_told_before_anything_is_done(void **state)
{
	struct fake_machine *fake = *state;
	uid_t user = geteuid();
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s/" DEVICE "/driver_override", fake->sys);
	if (user)
		assert_int_equal(chmod(path, 0444), 0);
	else if (seteuid(65534) || access(path, F_OK))
		skip_because("the made-up machine cannot be seen by a user who is not root");
	rc = pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0);
	assert_int_equal(seteuid(user), 0);
	refused(fake, rc, -EACCES, UPNVME_ERR_DEVICE_ACCESS, "run as root");
	assert_int_equal(unlink(path), 0);
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -ENOENT, UPNVME_ERR_SYSTEM,
		"driver_override");
}

/* --- the way back --------------------------------------------------------------------------------- */

static void back(struct fake_machine *fake, int rc, const char *word)
{
	assert_int_equal(rc, -EIO);
	fake_error(UPNVME_ERR_BIND, word);
}

static void a_driver_that_does_not_take_it_gives_it_back(void **state)
{
	struct fake_machine *fake = *state;

	fake->refusing = "vfio-pci";
	back(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), "back with nvme");
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" UNBIND PROBE OVERRIDE
						    "nvme\n" PROBE OVERRIDE "\n");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
	override_is(fake, "(null)");
}

static void a_kernel_that_does_not_take_it_back_leaves_it_where_it_was(void **state)
{
	struct fake_machine *fake = *state;

	with_vfio(fake);
	fake->refusing = "nvme";
	back(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), "back with vfio-pci");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
	override_is(fake, "vfio-pci");
}

static void a_failure_of_each_step_is_undone(void **state)
{
	static const char *const steps[] = { "/driver_override", "/driver/unbind",
					     "/drivers_probe" };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct fake_machine *fake = fake_machine_usual();

		fake->fail_path = steps[i];
		fake->fail = -EINVAL;
		fake->fail_times = 1;
		back(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), "(Invalid argument)");
		assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
		override_is(fake, "(null)");
		fake_machine_destroy(fake);
	}
}

static void a_device_without_a_driver_goes_back_to_none(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/driver");
	fake_remove(fake, "sys/" DEVICE "/nvme");
	fake->refusing = "vfio-pci";
	back(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), "back with no driver");
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" PROBE OVERRIDE "\n");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "");
}

static void an_override_that_was_there_is_put_back(void **state)
{
	struct fake_machine *fake = *state;

	fake_file(fake, "nvme\n", "sys/" DEVICE "/driver_override");
	fake->refusing = "vfio-pci";
	back(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), "back with nvme");
	override_is(fake, "nvme");
}

static void an_override_that_cannot_be_taken_back_undoes_the_unbinding(void **state)
{
	struct fake_machine *fake = *state;

	with_vfio(fake);
	fake->fail_path = "/driver_override";
	fake->fail = -EINVAL;
	fake->fail_skip = 1;
	fake->fail_times = 1;
	back(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), "back with vfio-pci");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
	override_is(fake, "vfio-pci");
}

static void a_device_that_nobody_takes_is_said_to_be_stuck(void **state)
{
	struct fake_machine *fake = *state;

	fake->refusing = "vfio-pci";
	fake->refusing_also = "nvme";
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EIO);
	fake_error(UPNVME_ERR_BIND_STUCK, "/sys/bus/pci/rescan");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "");
}

/* --- users that cannot be seen
 * -------------------------------------------------------------------------- */

static void a_device_whose_users_cannot_be_seen_is_taken_by_force_only(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_link(fake, "pid:[4026532999]", "proc/1/ns/pid");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_UNSEEN,
		"PID namespace");
	fake_error(UPNVME_ERR_DEVICE_UNSEEN, "--force");
	fake_file(fake, "40 22 259:2 / /home rw - xfs /dev/x rw\n", "proc/self/mountinfo");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), -EBUSY,
		UPNVME_ERR_DEVICE_BUSY, "is mounted on /home");
	fake_file(fake, "", "proc/self/mountinfo");
	fake->claim = -EBUSY;
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), -EBUSY,
		UPNVME_ERR_DEVICE_BUSY, "claimed");
	fake->claim = -ENOENT;
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_FORCE, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

static void a_node_that_is_missing_keeps_the_device(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "dev/nvme0n1");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_UNSEEN, "/nvme0n1 cannot be seen");
}

static void other_uses_are_refused_each_with_its_remedy(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;

	fake_file(fake, "/dev/nvme0n1\n", "sys/class/block/loop3/loop/backing_file");
	fake->loop_backing = (struct device_number){ true, 259, 0 };
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"losetup -d");
	fake_remove(fake, "sys/class/block/loop3");
	fake_link(fake, "../x/nvme0n1", "sys/class/rnbd-server/ctl/devices/d/block_dev");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"First stop giving it to others (nvmetcli, targetcli)");
	fake_remove(fake, "sys/class/rnbd-server");
	fake_file(fake, "1\n", "sys/" DEVICE "/sriov_numvfs");
	refused(fake, pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"sriov_numvfs");
	with_vfio(fake);
	refused(fake, pci_unbind(fs, FAKE_NVME, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		"virtual functions");
}

/* --- several -------------------------------------------------------------------------------------- */

#define SECOND "0000:01:00.1"
#define BOTH   FAKE_NVME ", " SECOND " ," FAKE_NVME

/* In FAKE_NVME's group, with a namespace that is 259:9. */
static void second(struct fake_machine *fake)
{
	const char *nvme = "sys/bus/pci/devices/" SECOND "/nvme/nvme1";

	fake_device(fake, SECOND, PCI_CLASS_NVME, "nvme", 7);
	fake_file(fake, "239:1\n", "%s/dev", nvme);
	fake_folder(fake, "%s/nvme1n1", nvme);
	fake_file(fake, "259:9\n", "sys/class/block/nvme1n1/dev");
	fake_file(fake, "", "dev/nvme1n1");
}

static void a_group_of_several_is_bound_together(void **state)
{
	struct fake_machine *fake = *state;

	second(fake);
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_GROUP, "upnvme-devices bind " FAKE_NVME " " SECOND);
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written,
			    "bus/pci/devices/" FAKE_NVME "/driver_override=vfio-pci\n"
			    "bus/pci/devices/" SECOND "/driver_override=vfio-pci\n"
			    "bus/pci/devices/" FAKE_NVME "/driver/unbind=" FAKE_NVME "\n"
			    "bus/pci/devices/" SECOND "/driver/unbind=" SECOND "\n"
			    "bus/pci/drivers_probe=" FAKE_NVME "\nbus/pci/drivers_probe=" SECOND
			    "\n");
	assert_int_equal(fake->unbound_claims, 2);
	fake_remove(fake, "sys/" DEVICE "/nvme");
	fake_remove(fake, "sys/bus/pci/devices/" SECOND "/nvme");
	assert_int_equal(pci_unbind(&fake->fs, BOTH, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
	assert_string_equal(fake_bound(fake, SECOND), "nvme");
}

static void one_that_is_refused_keeps_all(void **state)
{
	struct fake_machine *fake = *state;

	second(fake);
	fake_file(fake, "40 22 259:9 / /mnt rw - xfs /dev/x rw\n", "proc/self/mountinfo");
	refused(fake, pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		SECOND " is in use: nvme1n1 is mounted on /mnt");
	fake_file(fake, "", "proc/self/mountinfo");
	fake->claim = -EBUSY;
	fake->claim_path = "nvme1n1";
	refused(fake, pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
		SECOND " is in use: somebody has claimed /dev/nvme1n1");
	refused(fake, pci_bind(&fake->fs, FAKE_NVME ",02:00.0", "vfio-pci", 0, 0), -ENODEV,
		UPNVME_ERR_DEVICE_NOT_FOUND, "02:00.0");
	refused(fake, pci_bind(&fake->fs, " ,", "vfio-pci", 0, 0), -EINVAL,
		UPNVME_ERR_DEVICE_ADDRESS, "is no PCI address");
}

static void all_go_back_when_one_is_not_taken(void **state)
{
	static const char *const steps[] = { "/driver_override", "/driver/unbind",
					     "/drivers_probe" };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct fake_machine *fake = fake_machine_usual();

		second(fake);
		fake->fail_path = steps[i];
		fake->fail = -EINVAL;
		fake->fail_skip = 1;
		fake->fail_times = 1;
		back(fake, pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0),
		     "did not take " SECOND " (Invalid argument)");
		fake_error(UPNVME_ERR_BIND, "the others are where they were");
		assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
		assert_string_equal(fake_bound(fake, SECOND), "nvme");
		override_is(fake, "(null)");
		fake_machine_destroy(fake);
	}
}

static void two_with_one_namespace_claim_it_once(void **state)
{
	struct fake_machine *fake = *state;

	second(fake);
	fake_folder(fake, "sys/bus/pci/devices/" SECOND "/nvme/nvme1/nvme0c1n1");
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), 0);
	assert_int_equal(fake->unbound_claims, 2);
}

static void what_is_behind_vmd_is_told_so(void **state)
{
	struct fake_machine *fake = *state;

	fake_device(fake, "0000:00:0e.0", 0x010400, "vmd", 7);
	refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_GROUP, "VMD, 0000:00:0e.0");
	assert_null(strstr(error_last()->text, "unbind"));
	fake_device(fake, "10000:e1:00.0", PCI_CLASS_NVME, "nvme", -1);
	refused(fake, pci_bind(&fake->fs, "10000:e1:00.0", "vfio-pci", 0, 0), -EBUSY,
		UPNVME_ERR_DEVICE_GROUP, "Switch VMD off");
}

/* --- owners --------------------------------------------------------------------------------------- */

static void the_node_is_given_to_its_owner_or_nothing_is_done(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;
	uint32_t me = geteuid();

	refused(fake, pci_bind(fs, FAKE_NVME, "uio_pci_generic", UPNVME_BIND_OWNER, me), -ENOTSUP,
		UPNVME_ERR_DEVICE_DRIVER, "root only");
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_OWNER, me), -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, "no node");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
	override_is(fake, "(null)");
	fake->refusing = "nvme"; /* the former driver refuses it, too */
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_OWNER, me), -EIO);
	fake_error(UPNVME_ERR_BIND_STUCK, "nor " FAKE_NVME " back to nvme");
	fake->refusing = NULL;
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
	fake_file(fake, "243:0\n", "sys/class/vfio/7/dev");
	fake_file(fake, "", "dev/vfio/7");
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_OWNER, me), 0);
	fake_remove(fake, "dev/vfio/7"); /* this device, too, is to get the owner */
	assert_int_equal(pci_bind(fs, FAKE_NVME, "vfio-pci", UPNVME_BIND_OWNER, me), -ENOENT);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, "cannot be given to user");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

/* --- signals -------------------------------------------------------------------------------------- */

static void a_signal_in_the_middle_waits_until_all_is_done(void **state)
{
	struct fake_machine *fake = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		fake->signal = SIGTERM;
		pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0);
		_exit(0); /* the signal has ended it before */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(binding_overrides_unbinds_and_probes),
		TEST(a_device_without_a_driver_is_bound_without_unbinding),
		TEST(what_is_bound_already_is_left_alone),
		TEST(unbinding_gives_it_to_nvme_and_takes_the_override_back),
		TEST(uio_takes_a_device_without_a_group_or_with_an_identity_mapping),
		TEST(a_group_with_bridges_and_free_devices_is_taken),
		TEST(no_iommu_is_allowed_where_the_kernel_was_told_so),
		TEST(bad_addresses_and_drivers_are_refused),
		TEST(a_driver_that_is_not_loaded_is_named_with_its_remedy),
		TEST(a_driver_with_users_that_cannot_be_seen_keeps_its_device),
		TEST(a_mounted_device_is_refused),
		TEST(swap_holders_and_processes_are_refused_each_with_its_remedy),
		TEST(a_device_that_a_process_drives_is_not_given_back),
		TEST(a_group_with_foreign_devices_is_refused),
		TEST(a_missing_iommu_is_refused_with_what_to_turn_on),
		TEST(uio_is_refused_behind_an_iommu_that_translates),
		TEST(a_caller_without_permission_is_told_before_anything_is_done),
		TEST(a_driver_that_does_not_take_it_gives_it_back),
		TEST(a_kernel_that_does_not_take_it_back_leaves_it_where_it_was),
		cmocka_unit_test(a_failure_of_each_step_is_undone),
		TEST(a_device_without_a_driver_goes_back_to_none),
		TEST(an_override_that_was_there_is_put_back),
		TEST(an_override_that_cannot_be_taken_back_undoes_the_unbinding),
		TEST(a_device_that_nobody_takes_is_said_to_be_stuck),
		TEST(a_device_whose_users_cannot_be_seen_is_taken_by_force_only),
		TEST(a_node_that_is_missing_keeps_the_device),
		TEST(other_uses_are_refused_each_with_its_remedy),
		TEST(a_group_of_several_is_bound_together),
		TEST(one_that_is_refused_keeps_all),
		TEST(all_go_back_when_one_is_not_taken),
		TEST(two_with_one_namespace_claim_it_once),
		TEST(what_is_behind_vmd_is_told_so),
		TEST(the_node_is_given_to_its_owner_or_nothing_is_done),
		TEST(a_signal_in_the_middle_waits_until_all_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
