/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupt vectors as eventfds. The lock keeps the controller's thread from writing to a descriptor
 * that was taken back, and that may be another file's by then. */
#include "transport/soft/vectors.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

struct vectors {
	pthread_mutex_t lock;
	uint32_t n;
	int fds[];
};

int vectors_create(struct vectors **vectors, uint32_t n)
{
	struct vectors *created = malloc(sizeof(*created) + n * sizeof(created->fds[0]));

	if (!created)
		return error_no_memory("interrupt vectors", n * sizeof(created->fds[0]));
	pthread_mutex_init(&created->lock, NULL);
	created->n = n;
	for (uint32_t i = 0; i < n; i++)
		created->fds[i] = -1;
	*vectors = created;
	return 0;
}

void vectors_destroy(struct vectors *vectors)
{
	if (!vectors)
		return;
	pthread_mutex_destroy(&vectors->lock);
	free(vectors);
}

int vectors_set(struct vectors *vectors, uint16_t vector, int fd)
{
	if (vector >= vectors->n)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"the software controller has %u interrupt vectors, none with number %u: "
			"give queues=%u in the URI",
			vectors->n, vector, vector);
	pthread_mutex_lock(&vectors->lock);
	vectors->fds[vector] = fd;
	pthread_mutex_unlock(&vectors->lock);
	return 0;
}

/* Writes to the vector's eventfd. EAGAIN is no error: the eventfd's counter is full, so its reader wakes anyway. */
void vectors_signal(void *context, uint16_t vector)
{
	struct vectors *vectors = context;
	uint64_t one = 1;
	int fd;

	pthread_mutex_lock(&vectors->lock);
	fd = vectors->fds[vector];
	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error(
			"software controller: interrupt vector %u: its eventfd cannot be written: "
			"%s",
			vector, strerror(errno));
	pthread_mutex_unlock(&vectors->lock);
}
