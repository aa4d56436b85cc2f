/* SPDX-License-Identifier: BSD-3-Clause */
/* A made-up machine in a temporary folder. */
#include "support/fake_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "pci/device.h"

#define PATH_ROOM 768

static void path_make(struct fake_machine *fake, char *path, const char *format, va_list args)
{
	int n = snprintf(path, PATH_ROOM, "%s/", fake->root);

	vsnprintf(path + n, PATH_ROOM - (size_t)n, format, args);
}

#define PATH(path)                                    \
	do {                                          \
		va_list args_;                        \
		va_start(args_, format);              \
		path_make(fake, path, format, args_); \
		va_end(args_);                        \
	} while (0)

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(!mkdir(path, 0755) || errno == EEXIST);
		*slash = '/';
	}
}

void fake_file(struct fake_machine *fake, const char *text, const char *format, ...)
{
	char path[PATH_ROOM];
	FILE *file;

	PATH(path);
	make_folders(path);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void fake_link(struct fake_machine *fake, const char *target, const char *format, ...)
{
	char path[PATH_ROOM];

	PATH(path);
	make_folders(path);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

void fake_folder(struct fake_machine *fake, const char *format, ...)
{
	char path[PATH_ROOM];

	PATH(path);
	strcat(path, "/");
	make_folders(path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void fake_remove(struct fake_machine *fake, const char *format, ...)
{
	char path[PATH_ROOM];

	PATH(path);
	assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --- the kernel's answers ------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *tail)
{
	size_t length = strlen(text), tail_length = strlen(tail);

	return length >= tail_length && !strcmp(text + length - tail_length, tail);
}

static int unbind(struct fake_machine *fake, const char *path, const char *address)
{
	char bound[PATH_ROOM];

	fake->unbound_claims = (int)fake->nclaims;
	if (fake->signal)
		raise(fake->signal);
	snprintf(bound, sizeof(bound), "%s/bus/pci/devices/%s/driver", fake->sys, address);
	assert_true(!strncmp(path, bound, strlen(bound)));
	return unlink(bound) ? -errno : 0;
}

static bool refuses(const struct fake_machine *fake, const char *driver)
{
	return (fake->refusing && !strcmp(driver, fake->refusing)) ||
	       (fake->refusing_also && !strcmp(driver, fake->refusing_also));
}

/* Without an override, the driver whose table has the class takes it. */
static int probe(struct fake_machine *fake, const char *address)
{
	char driver[64], target[80];

	sysfs_read(&fake->fs, driver, sizeof(driver), "bus/pci/devices/%s/driver_override",
		   address);
	if (!strcmp(driver, "(null)"))
		strcpy(driver, "nvme");
	snprintf(target, sizeof(target), "../../drivers/%s", driver);
	if (!refuses(fake, driver) && sysfs_exists(&fake->fs, "bus/pci/drivers/%s", driver) &&
	    !sysfs_exists(&fake->fs, "bus/pci/devices/%s/driver", address))
		fake_link(fake, target, "sys/bus/pci/devices/%s/driver", address);
	return 0;
}

static void note(struct fake_machine *fake, const char *path, const char *text)
{
	size_t used = strlen(fake->written);

	snprintf(fake->written + used, sizeof(fake->written) - used, "%s=%s\n",
		 path + strlen(fake->sys) + 1, strcmp(text, "\n") ? text : "");
}

static bool fails(struct fake_machine *fake, const char *path)
{
	if (!fake->fail_path || !ends_with(path, fake->fail_path) || fake->fail_skip-- > 0)
		return false;
	return fake->fail_times-- > 0;
}

static int write_hook(const struct sysfs *fs, const char *path, const char *text)
{
	struct fake_machine *fake = fs->context;

	note(fake, path, text);
	if (fails(fake, path))
		return fake->fail;
	if (ends_with(path, "/driver/unbind"))
		return unbind(fake, path, text);
	if (ends_with(path, "/drivers_probe"))
		return probe(fake, text);
	return sysfs_write_file(fs, path, strcmp(text, "\n") ? text : "(null)\n");
}

/* The file is cut first, as the kernel's value is replaced and a file's bytes are not. */
static int write_cut(const struct sysfs *fs, const char *path, const char *text)
{
	if (ends_with(path, "/driver_override"))
		assert_int_equal(truncate(path, 0), 0);
	return write_hook(fs, path, text);
}

static int identify_hook(const struct sysfs *fs, const char *path, struct device_number *number)
{
	struct fake_machine *fake = fs->context;

	if (!fake->device_path || strcmp(path, fake->device_path) != 0)
		return access(path, F_OK) ? -errno : -ENODEV;
	*number = fake->device;
	return 0;
}

static int loop_hook(const struct sysfs *fs, const char *path, struct device_number *number)
{
	struct fake_machine *fake = fs->context;

	*number = fake->loop_backing;
	return fake->loop;
}

static int claim_hook(const struct sysfs *fs, const char *path, const struct device_number *number)
{
	struct fake_machine *fake = fs->context;
	int fd;

	if (fake->claim && (!fake->claim_path || ends_with(path, fake->claim_path)))
		return fake->claim;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	fake->nclaims += fd >= 0;
	return fd < 0 ? -errno : fd;
}

/* --- making one ----------------------------------------------------------------------------------- */

struct fake_machine *fake_machine_create(void)
{
	struct fake_machine *fake = calloc(1, sizeof(*fake));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(fake);
	snprintf(fake->root, sizeof(fake->root), "%s/upnvme-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(fake->root));
	assert_int_equal(chmod(fake->root, 0755), 0);
	snprintf(fake->sys, sizeof(fake->sys), "%s/sys", fake->root);
	snprintf(fake->proc, sizeof(fake->proc), "%s/proc", fake->root);
	snprintf(fake->dev, sizeof(fake->dev), "%s/dev", fake->root);
	fake_folder(fake, "sys/bus");
	fake_file(fake, "", "proc/self/mountinfo");
	fake_link(fake, "pid:[4026531836]", "proc/1/ns/pid");
	fake_folder(fake, "proc/1/fd");
	fake_folder(fake, "dev");
	fake->unbound_claims = -1;
	fake->fs = (struct sysfs){ .sys = fake->sys,
				   .proc = fake->proc,
				   .dev = fake->dev,
				   .write = write_cut,
				   .claim = claim_hook,
				   .identify = identify_hook,
				   .loop = loop_hook,
				   .context = fake };
	error_clear();
	return fake;
}

void fake_machine_destroy(struct fake_machine *fake)
{
	assert_int_equal(nftw(fake->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(fake);
}

void fake_driver(struct fake_machine *fake, const char *driver)
{
	fake_folder(fake, "sys/bus/pci/drivers/%s", driver);
	fake_file(fake, "", "sys/bus/pci/drivers/%s/unbind", driver);
}

static void put_number(struct fake_machine *fake, const char *address, const char *name,
		       const char *format, unsigned value)
{
	char text[32];

	snprintf(text, sizeof(text), format, value);
	fake_file(fake, text, "sys/bus/pci/devices/%s/%s", address, name);
}

void fake_device(struct fake_machine *fake, const char *address, uint32_t class_code,
		 const char *driver, int group)
{
	char target[64];

	put_number(fake, address, "class", "0x%06x\n", class_code);
	put_number(fake, address, "vendor", "0x%04x\n", 0x144d);
	put_number(fake, address, "device", "0x%04x\n", 0xa808);
	put_number(fake, address, "subsystem_vendor", "0x%04x\n", 0x1028);
	put_number(fake, address, "subsystem_device", "0x%04x\n", 0x0123);
	fake_file(fake, "-1\n", "sys/bus/pci/devices/%s/numa_node", address);
	fake_file(fake, "(null)\n", "sys/bus/pci/devices/%s/driver_override", address);
	fake_file(fake, "", "sys/bus/pci/drivers_probe");
	if (driver) {
		fake_driver(fake, driver);
		snprintf(target, sizeof(target), "../../drivers/%s", driver);
		fake_link(fake, target, "sys/bus/pci/devices/%s/driver", address);
	}
	if (group < 0)
		return;
	snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%d", group);
	fake_link(fake, target, "sys/bus/pci/devices/%s/iommu_group", address);
	snprintf(target, sizeof(target), "../../../../bus/pci/devices/%s", address);
	fake_link(fake, target, "sys/kernel/iommu_groups/%d/devices/%s", group, address);
}

void fake_controller(struct fake_machine *fake)
{
	const char *nvme = "sys/bus/pci/devices/" FAKE_NVME "/nvme/nvme0";

	fake_file(fake, "239:0\n", "%s/dev", nvme);
	fake_file(fake, "Fast Disk 1TB                           \n", "%s/model", nvme);
	fake_file(fake, "S1234567890         \n", "%s/serial", nvme);
	fake_file(fake, "1.0     \n", "%s/firmware_rev", nvme);
	fake_folder(fake, "%s/nvme0n1", nvme);
	fake_file(fake, "259:0\n", "sys/class/block/nvme0n1/dev");
	fake_folder(fake, "sys/class/block/nvme0n1/holders");
	fake_folder(fake, "sys/class/block/nvme0n1/queue");
	for (int i = 1; i <= 2; i++) {
		fake_file(fake, i == 1 ? "259:1\n" : "259:2\n",
			  "sys/class/block/nvme0n1/nvme0n1p%d/dev", i);
		fake_file(fake, "1\n", "sys/class/block/nvme0n1/nvme0n1p%d/partition", i);
		fake_folder(fake, "sys/class/block/nvme0n1p%d/holders", i);
	}
	fake_file(fake, "1:3\n", "sys/class/nvme-generic/ng0n1/dev");
	fake_file(fake, "", "dev/nvme0n1");
	fake_file(fake, "", "dev/nvme0n1p1");
	fake_file(fake, "", "dev/nvme0n1p2");
}

struct fake_machine *fake_machine_usual(void)
{
	struct fake_machine *fake = fake_machine_create();

	fake_driver(fake, "vfio-pci");
	fake_driver(fake, "uio_pci_generic");
	fake_device(fake, FAKE_NVME, PCI_CLASS_NVME, "nvme", 7);
	fake_controller(fake);
	return fake;
}

const char *fake_bound(struct fake_machine *fake, const char *address)
{
	static char driver[PCI_DRIVER_ROOM];

	pci_device_driver(&fake->fs, address, driver);
	return driver;
}

void fake_error(uint32_t code, const char *word)
{
	assert_string_equal(upnvme_error_name(error_last()->code), upnvme_error_name(code));
	if (!strstr(error_last()->text, word))
		fail_msg("\"%s\" is not in: %s", word, error_last()->text);
}

int fake_machine_setup(void **state)
{
	*state = fake_machine_usual();
	return 0;
}

int fake_machine_setup_empty(void **state)
{
	*state = fake_machine_create();
	return 0;
}

int fake_machine_teardown(void **state)
{
	fake_machine_destroy(*state);
	return 0;
}

struct usage fake_usage(struct fake_machine *fake)
{
	struct usage usage;

	assert_int_equal(usage_find(&fake->fs, FAKE_NVME, &usage), 0);
	return usage;
}

void fake_refused(struct fake_machine *fake, int rc, int expected, uint32_t code, const char *word)
{
	assert_int_equal(rc, expected);
	fake_error(code, word);
	assert_string_equal(fake->written, "");
}

void fake_with_vfio(struct fake_machine *fake)
{
	fake_link(fake, "../../drivers/vfio-pci", "sys/bus/pci/devices/" FAKE_NVME "/driver");
	fake_file(fake, "vfio-pci\n", "sys/bus/pci/devices/" FAKE_NVME "/driver_override");
	fake_remove(fake, "sys/bus/pci/devices/" FAKE_NVME "/nvme");
}
