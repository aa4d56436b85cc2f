/* SPDX-License-Identifier: BSD-3-Clause */
/* Binding: what is written where, and the way back when a step fails. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "pci/bind.h"
#include "pci/device.h"
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

/* --- what works ----------------------------------------------------------------------------------- */

static void binding_overrides_unbinds_and_probes(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, "01:00.0", "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" UNBIND PROBE);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
	override_is(fake, "vfio-pci");
	assert_int_equal(fake->unbound_claims, 1);
}

static void vfio_pci_takes_what_no_driver_is_named_for(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, NULL, 0, 0), 0);
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

static void a_device_without_a_driver_is_bound_without_unbinding(void **state)
{
	struct fake_machine *fake = *state;

	fake_remove(fake, "sys/" DEVICE "/driver");
	fake_remove(fake, "sys/" DEVICE "/nvme");
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" PROBE);
}

static void a_device_that_is_bound_already_is_left_alone(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_unbind(&fake->fs, FAKE_NVME, 0), 0);
	fake_with_vfio(fake);
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), 0);
	assert_string_equal(fake->written, "");
}

static void unbinding_gives_the_device_to_nvme_and_clears_the_override(void **state)
{
	struct fake_machine *fake = *state;

	fake_with_vfio(fake);
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

static void no_iommu_mode_is_allowed_where_the_kernel_has_it_on(void **state)
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
	fake_refused(fake, pci_bind(fs, "nvme0", "vfio-pci", 0, 0), -EINVAL,
		     UPNVME_ERR_DEVICE_ADDRESS, "nvme0");
	fake_refused(fake, pci_bind(fs, "02:00.0", "vfio-pci", 0, 0), -ENODEV,
		     UPNVME_ERR_DEVICE_NOT_FOUND, "list");
	fake_refused(fake, pci_bind(fs, "00:1f.3", "vfio-pci", 0, 0), -ENOTSUP,
		     UPNVME_ERR_DEVICE_CLASS, "040300h");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "e1000", 0, 0), -EINVAL,
		     UPNVME_ERR_DEVICE_DRIVER, "e1000");
	fake_refused(fake, pci_bind(fs, FAKE_NVME, "../vfio", 0, 0), -EINVAL,
		     UPNVME_ERR_DEVICE_DRIVER, "vfio-pci");
	fake_refused(fake, pci_unbind(fs, "nvme0", 0), -EINVAL, UPNVME_ERR_DEVICE_ADDRESS, "nvme0");
	fake_refused(fake, pci_unbind(fs, "02:00.0", 0), -ENODEV, UPNVME_ERR_DEVICE_NOT_FOUND,
		     "02:00.0");
	fake_refused(fake, pci_unbind(fs, "00:1f.3", 0), -ENOTSUP, UPNVME_ERR_DEVICE_CLASS,
		     "040300h");
}

/* --- the way back --------------------------------------------------------------------------------- */

static void back(struct fake_machine *fake, int rc, const char *word)
{
	assert_int_equal(rc, -EIO);
	fake_error(UPNVME_ERR_BIND, word);
}

static void a_device_that_the_driver_does_not_take_goes_back(void **state)
{
	struct fake_machine *fake = *state;

	fake->refusing = "vfio-pci";
	back(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), "back with nvme");
	assert_string_equal(fake->written, OVERRIDE "vfio-pci\n" UNBIND PROBE OVERRIDE
						    "nvme\n" PROBE OVERRIDE "\n");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "nvme");
	override_is(fake, "(null)");
}

static void a_device_that_nvme_does_not_take_stays_with_vfio(void **state)
{
	struct fake_machine *fake = *state;

	fake_with_vfio(fake);
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

static void an_earlier_override_is_put_back(void **state)
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

	fake_with_vfio(fake);
	fake->fail_path = "/driver_override";
	fake->fail = -EINVAL;
	fake->fail_skip = 1;
	fake->fail_times = 1;
	back(fake, pci_unbind(&fake->fs, FAKE_NVME, 0), "back with vfio-pci");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
	override_is(fake, "vfio-pci");
}

static void a_device_that_no_driver_takes_is_reported_as_stuck(void **state)
{
	struct fake_machine *fake = *state;

	fake->refusing = "vfio-pci";
	fake->refusing_also = "nvme";
	assert_int_equal(pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EIO);
	fake_error(UPNVME_ERR_BIND_STUCK, "/sys/bus/pci/rescan");
	assert_string_equal(fake_bound(fake, FAKE_NVME), "");
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
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME, "vfio-pci", 0, 0), -EBUSY,
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

static void one_refused_device_keeps_all_where_they_are(void **state)
{
	struct fake_machine *fake = *state;

	second(fake);
	fake_file(fake, "40 22 259:9 / /mnt rw - xfs /dev/x rw\n", "proc/self/mountinfo");
	fake_refused(fake, pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY, SECOND " is in use: nvme1n1 is mounted on /mnt");
	fake_file(fake, "", "proc/self/mountinfo");
	fake->claim = -EBUSY;
	fake->claim_path = "nvme1n1";
	fake_refused(fake, pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), -EBUSY,
		     UPNVME_ERR_DEVICE_BUSY,
		     SECOND " is in use: another program has claimed /dev/nvme1n1");
	fake_refused(fake, pci_bind(&fake->fs, FAKE_NVME ",02:00.0", "vfio-pci", 0, 0), -ENODEV,
		     UPNVME_ERR_DEVICE_NOT_FOUND, "02:00.0");
	fake_refused(fake, pci_bind(&fake->fs, " ,", "vfio-pci", 0, 0), -EINVAL,
		     UPNVME_ERR_DEVICE_ADDRESS, "is no PCI address");
}

static void all_devices_go_back_when_one_is_not_taken(void **state)
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

static void two_controllers_of_one_namespace_claim_it_once(void **state)
{
	struct fake_machine *fake = *state;

	second(fake);
	fake_folder(fake, "sys/bus/pci/devices/" SECOND "/nvme/nvme1/nvme0c1n1");
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), 0);
	assert_int_equal(fake->unbound_claims, 2);
}

/* --- owners --------------------------------------------------------------------------------------- */

static void the_node_is_given_to_its_owner_or_nothing_is_done(void **state)
{
	struct fake_machine *fake = *state;
	const struct sysfs *fs = &fake->fs;
	uint32_t me = geteuid();

	fake_refused(fake, pci_bind(fs, FAKE_NVME, "uio_pci_generic", UPNVME_BIND_OWNER, me),
		     -ENOTSUP, UPNVME_ERR_DEVICE_DRIVER, "root only");
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
		TEST(vfio_pci_takes_what_no_driver_is_named_for),
		TEST(a_device_without_a_driver_is_bound_without_unbinding),
		TEST(a_device_that_is_bound_already_is_left_alone),
		TEST(unbinding_gives_the_device_to_nvme_and_clears_the_override),
		TEST(uio_takes_a_device_without_a_group_or_with_an_identity_mapping),
		TEST(a_group_with_bridges_and_free_devices_is_taken),
		TEST(no_iommu_mode_is_allowed_where_the_kernel_has_it_on),
		TEST(bad_addresses_and_drivers_are_refused),
		TEST(a_device_that_the_driver_does_not_take_goes_back),
		TEST(a_device_that_nvme_does_not_take_stays_with_vfio),
		cmocka_unit_test(a_failure_of_each_step_is_undone),
		TEST(a_device_without_a_driver_goes_back_to_none),
		TEST(an_earlier_override_is_put_back),
		TEST(an_override_that_cannot_be_taken_back_undoes_the_unbinding),
		TEST(a_device_that_no_driver_takes_is_reported_as_stuck),
		TEST(a_group_of_several_is_bound_together),
		TEST(one_refused_device_keeps_all_where_they_are),
		TEST(all_devices_go_back_when_one_is_not_taken),
		TEST(two_controllers_of_one_namespace_claim_it_once),
		TEST(the_node_is_given_to_its_owner_or_nothing_is_done),
		TEST(a_signal_in_the_middle_waits_until_all_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
