/* SPDX-License-Identifier: BSD-3-Clause */
/* A memory file, mapped here and given to the machine as its RAM, handed out in pages. Memory
 * that the caller registers is moved into it: its pages are replaced, at the same address, by
 * pages of the file. */
#include "support/shared_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"

/* A PC has holes and firmware below 1 MiB. */
#define FIRST_PAGE ((2ull << 20) / SHARED_PAGE_BYTES)

/* The alignment with which a mapping's offset is surely a multiple of a page. */
#define HOST_PAGE_MAX 65536ull

static struct shared_memory *memory_of(struct env *env)
{
	return container_of(env, struct shared_memory, env);
}

static int error_system(const char *what)
{
	int err = errno;

	return error_set(-err, UPNVME_ERR_SYSTEM, "%s of the shared memory failed: %s", what,
			 strerror(err));
}

/* --- pages ---------------------------------------------------------------------------------------- */

static bool run_is_free(const struct shared_memory *memory, uint64_t first, uint64_t n)
{
	return first + n <= SHARED_PAGES && !memchr(memory->used + first, 1, n);
}

/* The offset of a free run of pages, zeroed, or a negative errno. */
static int64_t run_take(struct shared_memory *memory, uint64_t bytes, uint64_t align)
{
	uint64_t n = bytes / SHARED_PAGE_BYTES, step = MAX(align / SHARED_PAGE_BYTES, 1);
	uint64_t first = align_up(FIRST_PAGE, step);

	pthread_mutex_lock(&memory->lock);
	while (first + n <= SHARED_PAGES && !run_is_free(memory, first, n))
		first += step;
	if (first + n <= SHARED_PAGES)
		memset(memory->used + first, 1, n);
	pthread_mutex_unlock(&memory->lock);
	if (first + n > SHARED_PAGES)
		return error_set(-ENOMEM, UPNVME_ERR_NO_MEMORY,
				 "the shared memory has no %llu bytes left: free some",
				 (unsigned long long)bytes);
	if (fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)(first * SHARED_PAGE_BYTES), (off_t)bytes))
		return error_system("fallocate");
	return (int64_t)(first * SHARED_PAGE_BYTES);
}

static void run_give(struct shared_memory *memory, uint64_t offset, uint64_t bytes)
{
	pthread_mutex_lock(&memory->lock);
	memset(memory->used + offset / SHARED_PAGE_BYTES, 0, bytes / SHARED_PAGE_BYTES);
	pthread_mutex_unlock(&memory->lock);
}

static bool is_inside(const struct shared_memory *memory, const void *va)
{
	return (uint64_t)((const char *)va - memory->base) < SHARED_MEMORY_BYTES;
}

/* --- the environment's operations ----------------------------------------------------------------- */

static int pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	struct shared_memory *memory = memory_of(env);
	int64_t offset = run_take(memory, bytes, align);

	(void)node;
	if (offset < 0)
		return (int)offset;
	*va = memory->base + offset;
	return 0;
}

static void pages_free(struct env *env, void *va, uint64_t bytes)
{
	struct shared_memory *memory = memory_of(env);

	run_give(memory, (uint64_t)((char *)va - memory->base), bytes);
}

/* Reads the caller's pages into the file (EFAULT where nothing is mapped), then puts those of
 * the file in their place. */
static int move_in(struct shared_memory *memory, void *va, uint64_t bytes, uint64_t offset)
{
	for (uint64_t done = 0; done < bytes;) {
		ssize_t n =
			pwrite(memory->fd, (char *)va + done, bytes - done, (off_t)(offset + done));

		if (n <= 0 && errno == EFAULT)
			return error_set(
				-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
				"memory from %p on, %llu bytes, is not (wholly) mapped: register "
				"memory that exists",
				va, (unsigned long long)bytes);
		if (n <= 0)
			return error_system("pwrite");
		done += (uint64_t)n;
	}
	if (mmap(va, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory->fd,
		 (off_t)offset) == MAP_FAILED)
		return error_system("mmap");
	return 0;
}

static int pages_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	struct shared_memory *memory = memory_of(env);
	int64_t offset;
	int rc;

	if (is_inside(memory, va)) {
		*iova = (uint64_t)((char *)va - memory->base);
		return 0;
	}
	offset = run_take(memory, *bytes, HOST_PAGE_MAX);
	if (offset < 0)
		return (int)offset;
	rc = move_in(memory, va, *bytes, (uint64_t)offset);
	if (rc)
		run_give(memory, (uint64_t)offset, *bytes);
	*iova = (uint64_t)offset;
	return rc;
}

/* Memory that was moved in stays in the file: the caller may have unmapped it meanwhile. Its pages
 * are not given to others. */
static void pages_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	(void)env;
	(void)va;
	(void)bytes;
	(void)iova;
}

static const struct env_ops shared_memory_ops = {
	.pages_alloc = pages_alloc,
	.pages_free = pages_free,
	.map = pages_map,
	.unmap = pages_unmap,
};

/* --- life ----------------------------------------------------------------------------------------- */

/* Maps the file at an address with the largest alignment of DMA memory. */
static int memory_map(struct shared_memory *memory)
{
	uint64_t align = 2ull << 20;
	char *space = mmap(NULL, SHARED_MEMORY_BYTES + align, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED)
		return error_system("mmap");
	memory->base = (char *)align_up((uintptr_t)space, align);
	if (memory->base > space)
		munmap(space, (size_t)(memory->base - space));
	munmap(memory->base + SHARED_MEMORY_BYTES, (size_t)(space + align - memory->base));
	if (mmap(memory->base, SHARED_MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 memory->fd, 0) == MAP_FAILED ||
	    madvise(memory->base, SHARED_MEMORY_BYTES, MADV_DONTFORK)) {
		int rc = error_system("mmap");

		munmap(memory->base, SHARED_MEMORY_BYTES);
		return rc;
	}
	return 0;
}

int shared_memory_create(struct shared_memory **memory)
{
	struct shared_memory *created = calloc(1, sizeof(*created));
	int rc;

	if (!created)
		return error_no_memory("the shared memory's table", sizeof(*created));
	created->env.ops = &shared_memory_ops;
	created->env.name = "shared memory";
	pthread_mutex_init(&created->lock, NULL);
	created->fd = memfd_create("upnvme-qtest-memory", MFD_CLOEXEC);
	if (created->fd < 0)
		rc = error_system("memfd_create");
	else if (ftruncate(created->fd, SHARED_MEMORY_BYTES))
		rc = error_system("ftruncate");
	else
		rc = memory_map(created);
	if (rc) {
		if (created->fd >= 0)
			close(created->fd);
		free(created);
		return rc;
	}
	*memory = created;
	return 0;
}

void shared_memory_destroy(struct shared_memory *memory)
{
	if (!memory)
		return;
	munmap(memory->base, SHARED_MEMORY_BYTES);
	close(memory->fd);
	pthread_mutex_destroy(&memory->lock);
	free(memory);
}
