/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of core/env/vfio share: containers, the IOMMU's contexts, and the groups of
 * devices in them. */
#ifndef UPNVME_ENV_VFIO_CONTAINER_H
#define UPNVME_ENV_VFIO_CONTAINER_H

#include <pthread.h>

#include "env/env.h"
#include "env/pages.h"
#include "env/vfio/iova.h"

struct group;

/* One set of DMA mappings; the devices of all its groups reach what is mapped. A container is an
 * environment. */
struct container {
	struct env env;
	const struct pages *pages; /* the kind of memory that its devices share */
	struct container *next;
	struct group *groups;
	int fd;
	pthread_mutex_t lock; /* guards the space of bus addresses */
	struct iova_space space;
};

/* A group is the unit in which the IOMMU tells devices apart. A process opens it once, for all its
 * devices. */
struct group {
	struct group *next;
	struct container *container;
	unsigned number;
	int fd;
	struct vfio_device *devices; /* the open ones */
};

/* Held while containers, groups and devices come and go. */
void containers_lock(void);
void containers_unlock(void);

/* Opens the group, or finds it open. Called under the lock, as group_put is. `address` is for the sentences. */
int group_get(struct group **group, unsigned number, const struct pages *pages,
	      const char *address);
/* Closes the group, and its container with the last group, when no device is open any more. */
void group_put(struct group *group);

/* container.c */
int container_create(struct container **container, int group_fd, unsigned number,
		     const struct pages *pages, const char *address);
void container_destroy(struct container *container);
/* Reads which bus addresses the IOMMU offers now. */
int container_refresh(struct container *container, const char *address);

/* dma.c */
extern const struct env_ops vfio_env_ops;

#endif
