/* SPDX-License-Identifier: BSD-3-Clause */
/* What is the same for every device, whoever handed it out. */
#include "env/device.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

static int error_config(const struct device *device, const char *what, uint32_t offset)
{
	return error_set(-EIO, UPNVME_ERR_SYSTEM,
			 "%s: cannot %s its configuration space at %#x: the device is gone, or its "
			 "driver was changed",
			 device->address, what, offset);
}

int device_config_read16(struct device *device, uint32_t offset, uint16_t *value)
{
	if (pread(device->config_fd, value, sizeof(*value),
		  (off_t)(device->config_offset + offset)) == sizeof(*value))
		return 0;
	return error_config(device, "read", offset);
}

int device_config_write16(struct device *device, uint32_t offset, uint16_t value)
{
	if (pwrite(device->config_fd, &value, sizeof(value),
		   (off_t)(device->config_offset + offset)) == sizeof(value))
		return 0;
	return error_config(device, "write", offset);
}

void device_bar_unmap(struct device_bar *bar)
{
	if (bar->base)
		munmap((void *)bar->base, bar->bytes);
	*bar = (struct device_bar){ 0 };
}

bool device_bar_covers(const struct device_bar *bar, uint64_t offset, uint64_t bytes)
{
	for (uint32_t i = 0; i < bar->nareas; i++) {
		uint64_t in_area = offset - bar->areas[i].offset;

		if (in_area < bar->areas[i].bytes && bytes <= bar->areas[i].bytes - in_area)
			return true;
	}
	return false;
}
