/* SPDX-License-Identifier: BSD-3-Clause */
/* A PCI device that this process drives: its registers and its configuration space. The memory that
 * the device reaches belongs to its environment. */
#ifndef UPNVME_ENV_DEVICE_H
#define UPNVME_ENV_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct device;
struct env;

/* The memory of a base address register. The kernel may leave out pages (the MSI-X table's, for
 * one): `areas` are the parts that are mapped. */
#define DEVICE_BAR_AREAS 4u
struct device_bar {
	volatile char *base;
	uint64_t bytes;
	uint32_t nareas;
	struct {
		uint64_t offset;
		uint64_t bytes;
	} areas[DEVICE_BAR_AREAS];
};

struct device_ops {
	/* Closes the device. The caller has released the environment's domain and unmapped the BARs. */
	void (*close)(struct device *device);
	/* Maps a BAR. 0, or a negative errno whose sentence begins with the address. Forked children do not
	 * inherit the mapping: they could ring a doorbell by accident. */
	int (*bar_map)(struct device_bar *bar, struct device *device, unsigned index);
	/* Makes the MSI-X vector, 1 or above, signal the eventfd; -1: no eventfd any more. Null
	 * where there are no interrupts. One call at a time. */
	int (*interrupt)(struct device *device, uint16_t vector, int fd);
	/* Says why the device cannot be used any more, once the kernel has said so (the device is to
	 * be unplugged or unbound, and the kernel waits for the close; or the bus has lost the
	 * device); returns null until then. The operation itself is null where the kernel tells
	 * nothing. Any thread. */
	const char *(*lost)(struct device *device);
};

/* The head of the struct of each kind of device. */
struct device {
	const struct device_ops *ops;
	struct env *env; /* the memory that the device reaches; outlives the device */
	char *address;   /* "0000:01:00.0" */
	int config_fd;   /* the file that has the configuration space */
	uint64_t config_offset;
	/* How many MSI-X vectors to switch on with the first one; 0: all that the device has. */
	uint16_t nvectors_wanted;
};

/* Configuration space (PCI Local Bus 3.0, 6.1). */
int device_config_read16(struct device *device, uint32_t offset, uint16_t *value);
int device_config_write16(struct device *device, uint32_t offset, uint16_t value);

void device_bar_unmap(struct device_bar *bar);
/* The bus address of a BAR, as its register has it. -ENOTSUP for a range of I/O ports. */
int device_bar_address(struct device *device, unsigned index, uint64_t *address);

/* How many bytes from `offset` on are mapped in one piece. */
uint64_t device_bar_room(const struct device_bar *bar, uint64_t offset);
bool device_bar_covers(const struct device_bar *bar, uint64_t offset, uint64_t bytes);

#endif
