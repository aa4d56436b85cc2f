/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration space. */
#include "pci/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

#define HEADER_BYTES   0x40u
#define CONFIG_BYTES   0x100u /* where capabilities can be, but for the extended ones */
#define NCAPABILITIES  ((CONFIG_BYTES - HEADER_BYTES) / 4)
#define POINTER(value) ((value)&0xfcu) /* the two lowest bits are reserved (7.5.1.1.11) */

int pci_config_open(struct pci_config *config, const struct sysfs *fs, const char *address,
		    bool writable)
{
	char path[SYSFS_PATH_ROOM];
	int rc;

	snprintf(config->address, sizeof(config->address), "%s", address);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/config", fs->sys, address);
	config->base = 0;
	config->fd = fd_open(path, writable ? O_RDWR : O_RDONLY, 0);
	if (config->fd >= 0)
		return 0;
	rc = -errno;
	return error_set(
		rc, rc == -EACCES || rc == -EPERM ? UPNVME_ERR_DEVICE_ACCESS : UPNVME_ERR_SYSTEM,
		"the configuration space of %s cannot be opened%s: %s", address,
		writable ? " for writing" : "", strerror(-rc));
}

void pci_config_close(struct pci_config *config)
{
	if (config->fd >= 0)
		close(config->fd);
	config->fd = -1;
}

static int transfer_failed(const struct pci_config *config, const char *what, uint32_t offset,
			   ssize_t n)
{
	int rc = n < 0 ? -errno : -EACCES;

	return error_set(rc, n < 0 ? UPNVME_ERR_SYSTEM : UPNVME_ERR_DEVICE_ACCESS,
			 "the configuration space of %s cannot be %s at %02xh: %s", config->address,
			 what, offset,
			 n < 0 ? strerror(-rc) : "only root sees more than 64 bytes of it");
}

int pci_config_read(const struct pci_config *config, uint32_t offset, uint32_t bytes,
		    uint32_t *value)
{
	ssize_t n;

	*value = 0;
	n = pread(config->fd, value, bytes, (off_t)(config->base + offset));
	return n == (ssize_t)bytes ? 0 : transfer_failed(config, "read", offset, n);
}

int pci_config_write(const struct pci_config *config, uint32_t offset, uint32_t bytes,
		     uint32_t value)
{
	ssize_t n = pwrite(config->fd, &value, bytes, (off_t)(config->base + offset));

	return n == (ssize_t)bytes ? 0 : transfer_failed(config, "written", offset, n);
}

/* The search ends even if a broken device has closed the list to a ring. */
static int walk(const struct pci_config *config, uint8_t id, uint32_t *offset)
{
	uint32_t at, header;
	int rc = pci_config_read(config, PCI_CONFIG_CAPABILITIES, 1, &at);

	for (uint32_t i = 0; !rc && i < NCAPABILITIES && POINTER(at) >= HEADER_BYTES; i++) {
		rc = pci_config_read(config, POINTER(at), 2, &header);
		if (!rc && (header & 0xff) == id) {
			*offset = POINTER(at);
			return 0;
		}
		at = header >> 8;
	}
	return rc;
}

int pci_config_capability(const struct pci_config *config, uint8_t id, uint32_t *offset)
{
	uint32_t status;
	int rc = pci_config_read(config, PCI_CONFIG_STATUS, 2, &status);

	*offset = 0;
	if (rc || !(status & PCI_STATUS_CAP_LIST))
		return rc;
	return walk(config, id, offset);
}
