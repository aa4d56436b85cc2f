/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A medium of anonymous memory, which costs nothing until it is written.
 *
 * A logical block is always read or written whole, whatever other channels do: the least atomic write unit that a
 * controller may have is one block (NVM Command Set 1.0, 2.1.4.1, AWUN). So the medium is cut into regions, a region is
 * copied under its lock, and each of a few locks serves many regions.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "media/identity.h"
#include "media/maker.h"
#include "media/ops.h"

#define REGION_BYTES  65536u /* the largest block, so that none lies in two regions */
#define NREGION_LOCKS 32u

struct region_lock {
	_Alignas(64) pthread_rwlock_t lock;
};

struct ram_media {
	struct media base;
	uint8_t *memory;
	uint64_t mapped_bytes;
	uint64_t page_bytes;
	struct region_lock locks[NREGION_LOCKS];
};

/* A place in a request's iovec. */
struct iov_cursor {
	const struct iovec *segment;
	size_t offset;
};

static void copy(struct iov_cursor *at, enum media_op op, uint8_t *memory, size_t bytes)
{
	while (bytes) {
		uint8_t *buffer = (uint8_t *)at->segment->iov_base + at->offset;
		size_t n = MIN(bytes, at->segment->iov_len - at->offset);

		if (n && op == MEDIA_READ)
			memcpy(buffer, memory, n);
		else if (n)
			memcpy(memory, buffer, n);
		memory += n;
		bytes -= n;
		at->offset += n;
		if (at->offset == at->segment->iov_len)
			*at = (struct iov_cursor){ at->segment + 1, 0 };
	}
}

static pthread_rwlock_t *region_lock(struct ram_media *ram, uint64_t region)
{
	return &ram->locks[region % NREGION_LOCKS].lock;
}

static void ram_transfer(struct ram_media *ram, const struct media_request *request)
{
	struct iov_cursor at = { request->iov, 0 };
	uint64_t offset = request->offset_bytes;
	uint64_t end = offset + request->length_bytes;

	while (offset < end) {
		pthread_rwlock_t *lock = region_lock(ram, offset / REGION_BYTES);
		uint64_t n = MIN(end, align_down(offset, REGION_BYTES) + REGION_BYTES) - offset;

		if (request->op == MEDIA_READ)
			pthread_rwlock_rdlock(lock);
		else
			pthread_rwlock_wrlock(lock);
		copy(&at, request->op, ram->memory + offset, n);
		pthread_rwlock_unlock(lock);
		offset += n;
	}
}

/* Whole pages are given back to the system, and read as zeroes afterwards. */
static void clear(struct ram_media *ram, uint64_t begin, uint64_t end)
{
	uint64_t first_page = align_up(begin, ram->page_bytes);
	uint64_t end_page = align_down(end, ram->page_bytes);

	if (first_page < end_page &&
	    madvise(ram->memory + first_page, end_page - first_page, MADV_DONTNEED) == 0) {
		memset(ram->memory + begin, 0, first_page - begin);
		memset(ram->memory + end_page, 0, end - end_page);
	} else {
		/* No whole page within, or the pages are locked in memory (mlockall). */
		memset(ram->memory + begin, 0, end - begin);
	}
}

/*
 * Takes every lock that the range needs, always in ascending order, and then clears the whole range at once: a terabyte
 * must not take a system call for each region.
 */
static void ram_clear(struct ram_media *ram, const struct media_request *request)
{
	uint64_t begin = request->offset_bytes;
	uint64_t end = begin + request->length_bytes;
	uint64_t first = begin / REGION_BYTES;
	uint64_t nregions = (end - 1) / REGION_BYTES - first + 1;

	for (uint64_t i = 0; i < NREGION_LOCKS; i++)
		if ((i - first) % NREGION_LOCKS < nregions)
			pthread_rwlock_wrlock(region_lock(ram, i));
	clear(ram, begin, end);
	for (uint64_t i = 0; i < NREGION_LOCKS; i++)
		if ((i - first) % NREGION_LOCKS < nregions)
			pthread_rwlock_unlock(region_lock(ram, i));
}

static void ram_submit(struct media_channel *channel, struct media_request *request)
{
	struct ram_media *ram = (struct ram_media *)channel->media;

	switch (request->op) {
	case MEDIA_READ:
	case MEDIA_WRITE:
		ram_transfer(ram, request);
		break;
	case MEDIA_DEALLOCATE:
	case MEDIA_WRITE_ZEROES:
		ram_clear(ram, request);
		break;
	case MEDIA_FLUSH:
		break;
	}
	request->done(request, 0);
}

static void ram_close(struct media *media)
{
	struct ram_media *ram = (struct ram_media *)media;

	munmap(ram->memory, ram->mapped_bytes);
	for (unsigned i = 0; i < NREGION_LOCKS; i++)
		pthread_rwlock_destroy(&ram->locks[i].lock);
	free(ram);
}

static const struct media_ops ram_ops = {
	.close = ram_close,
	.channel_open = inline_channel_open,
	.channel_close = inline_channel_close,
	.submit = ram_submit,
	.poll = inline_poll,
	.wait = inline_wait,
};

static int ram_map(struct ram_media *ram)
{
	void *memory;

	ram->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	ram->mapped_bytes = align_up(ram->base.size_bytes, ram->page_bytes);
	memory = mmap(NULL, ram->mapped_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return error_no_memory("a memory medium", ram->base.size_bytes);
	ram->memory = memory;
	return 0;
}

static int ram_make(struct media **media, const struct media_config *config)
{
	struct ram_media *ram = aligned_alloc(_Alignof(struct ram_media), sizeof(*ram));
	int err;

	if (!ram)
		return error_no_memory("a memory medium's head", sizeof(*ram));
	memset(ram, 0, sizeof(*ram));
	ram->base = (struct media){ .size_bytes = config->size_bytes,
				    .block_bytes = config->block_bytes,
				    .readonly = config->readonly,
				    .reads_zeroes = true,
				    .engine = "inline",
				    .ops = &ram_ops };
	identity_random(&ram->base.identity);
	err = ram_map(ram);
	if (err) {
		free(ram);
		return err;
	}
	for (unsigned i = 0; i < NREGION_LOCKS; i++)
		pthread_rwlock_init(&ram->locks[i].lock, NULL);
	*media = &ram->base;
	return 0;
}

static const char *const ram_keys[] = { "size", "block", "readonly", NULL };

const struct media_maker media_ram = {
	.name = "ram",
	.keys = ram_keys,
	.size_bytes = 1ull << 30,
	.block_bytes = 4096,
	.is_repeatable = true,
	.make = ram_make,
};
