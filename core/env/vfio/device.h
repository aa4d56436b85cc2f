/* SPDX-License-Identifier: BSD-3-Clause */
/* A device in its group: what device.c, bar.c, interrupt.c and notice.c share. */
#ifndef UPNVME_ENV_VFIO_DEVICE_H
#define UPNVME_ENV_VFIO_DEVICE_H

#include <linux/vfio.h>

#include "base/util.h"
#include "env/device.h"

struct group;

/* A notice of the kernel about a device, which an eventfd brings. */
enum { NOTICE_REQUEST, NOTICE_ERROR, NNOTICES };
struct notice {
	int fd; /* -1: the kernel does not tell */
	_Atomic bool seen;
};

struct vfio_device {
	struct device base;
	struct vfio_device *next; /* in its group */
	struct group *group;
	int fd;
	struct notice notices[NNOTICES]; /* notice.c */
	uint32_t nvectors;               /* interrupt.c: vectors that are switched on */
};

static inline struct vfio_device *vfio_device_of(struct device *device)
{
	return container_of(device, struct vfio_device, base);
}

/* notice.c: the kernel's notices. A device can be used without them. */
void notices_watch(struct vfio_device *device);
void notices_unwatch(struct vfio_device *device);
const char *notices_look(struct device *base);

/* interrupt.c: makes interrupt `start` of an index signal the eventfd, or none (-1). Returns what ioctl does. */
int irq_set(struct vfio_device *device, uint32_t index, uint32_t start, int fd);
int vfio_interrupt(struct device *base, uint16_t vector, int fd);

/* bar.c */
int vfio_bar_map(struct device_bar *bar, struct device *base, unsigned index);

/* The kernel's description of a region, with its capabilities, which the caller frees. Null, with its
 * sentence set, if there is none. */
struct vfio_region_info *region_get(struct vfio_device *device, unsigned index);

#endif
