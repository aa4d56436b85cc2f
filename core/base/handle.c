/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of handles, which is whole at every moment at which the process may fork, and the
 * memory of handles. */
#include "base/handle.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/process.h"
#include "base/util.h"

static struct guard chains_guard;

/* --- memory --------------------------------------------------------------------------------------- */

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; older kernels take the address as a wish */
#endif

#define GRANULE 65536u /* the largest page, and a multiple of the others */

/* Handles lie in a part of the address space below the addresses that the kernel gives out first.
 * Addresses are taken from its beginning to its end, and then from its beginning again. */
static struct {
	uintptr_t begin, end, next;
} window;

static void *map_pages(uintptr_t at, uint64_t bytes)
{
	return mmap((void *)at, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
}

/* Maps at an address. MAP_FAILED with ENOMEM, or with another error if the address is taken, or is not for
 * this process. */
static void *map_at(uintptr_t at, uint64_t bytes)
{
	void *mapped = map_pages(at, bytes);

	if (mapped == MAP_FAILED || mapped == (void *)at)
		return mapped;
	munmap(mapped, bytes);
	errno = EEXIST;
	return MAP_FAILED;
}

/* The window is 1/256 of the address space: half a TiB of x86-64's 128 TiB. */
static bool window_find(void)
{
	void *probe = map_pages(0, GRANULE);
	uintptr_t top = (uintptr_t)probe;

	if (probe == MAP_FAILED)
		return false;
	munmap(probe, GRANULE);
	window.begin = window.next = align_down(top - top / 128, GRANULE);
	window.end = align_down(top - top / 256, GRANULE);
	return true;
}

/* Maps at the window's next address. An address that is taken is skipped, by a longer step each time. */
static void *map_next(uint64_t bytes)
{
	if (!window.end && !window_find())
		return MAP_FAILED;
	for (uint64_t leap = bytes; leap < window.end - window.begin; leap *= 2) {
		uintptr_t at = window.next > window.end - leap ? window.begin : window.next;
		void *mapped = map_at(at, bytes);

		window.next = at + (mapped == MAP_FAILED ? leap : bytes);
		if (mapped != MAP_FAILED || errno == ENOMEM)
			return mapped;
	}
	return map_pages(0, bytes);
}

/* LeakSanitizer looks for pointers only in those mappings that it is told of. Null in a program without it. */
__attribute__((weak)) void __lsan_register_root_region(const void *base, size_t bytes);
__attribute__((weak)) void __lsan_unregister_root_region(const void *base, size_t bytes);

void *handle_map(uint64_t bytes)
{
	uint64_t mapped_bytes = align_up(bytes, GRANULE);
	void *mapped;

	guard_enter(&chains_guard);
	mapped = map_next(mapped_bytes);
	guard_leave(&chains_guard);
	if (mapped == MAP_FAILED) {
		error_no_memory("a handle", bytes);
		return NULL;
	}
	if (__lsan_register_root_region)
		__lsan_register_root_region(mapped, mapped_bytes);
	return mapped;
}

void handle_unmap(void *handle, uint64_t bytes)
{
	uint64_t mapped_bytes = align_up(bytes, GRANULE);

	if (__lsan_unregister_root_region)
		__lsan_unregister_root_region(handle, mapped_bytes);
	munmap(handle, mapped_bytes);
}

/* --- the table ------------------------------------------------------------------------------------ */

struct entry {
	_Atomic(struct entry *) next;
	const void *handle;
	enum handle_kind kind;
	uint32_t process;
};

/* Entries come and go with one store each, so that a child finds all chains whole. */
#define CHAINS_LOG2 8u
static _Atomic(struct entry *) chains[1u << CHAINS_LOG2];

static _Atomic(struct entry *) *chain_of(const void *handle)
{
	/* Fibonacci hashing: neighbours go to different chains. */
	return &chains[((uintptr_t)handle * 0x9e3779b97f4a7c15ull) >> (64 - CHAINS_LOG2)];
}

static struct entry *entry_find(const void *handle)
{
	struct entry *entry = atomic_load(chain_of(handle));

	while (entry && entry->handle != handle)
		entry = atomic_load(&entry->next);
	return entry;
}

int handle_add(const void *handle, enum handle_kind kind)
{
	_Atomic(struct entry *) *chain = chain_of(handle);
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return error_no_memory("a handle", sizeof(*entry));
	*entry = (struct entry){ .handle = handle, .kind = kind, .process = process_number() };
	guard_enter(&chains_guard);
	atomic_store(&entry->next, atomic_load(chain));
	atomic_store(chain, entry);
	guard_leave(&chains_guard);
	return 0;
}

void handle_remove(const void *handle)
{
	_Atomic(struct entry *) *link = chain_of(handle);
	struct entry *entry;

	guard_enter(&chains_guard);
	while ((entry = atomic_load(link)) && entry->handle != handle)
		link = &entry->next;
	if (entry)
		atomic_store(link, atomic_load(&entry->next));
	guard_leave(&chains_guard);
	free(entry);
}

static int error_handle_stale(const void *handle, const char *kind, const char *call)
{
	return error_set(-EBADF, UPNVME_ERR_ARGUMENT,
			 "%s: %p is no %s: it was closed before, or was never opened; set handles "
			 "to null once they are closed",
			 call, handle, kind);
}

static int error_handle_forked(const char *kind, const char *call)
{
	return error_set(
		-EOWNERDEAD, UPNVME_ERR_FORKED,
		"%s: the %s belongs to the parent process: open the controller again in the child, "
		"after fork",
		call, kind);
}

int handle_check(const void *handle, enum handle_kind kind, const char *call)
{
	static const char *const kinds[] = {
		[HANDLE_CTRLR] = "controller",
		[HANDLE_NS] = "namespace",
		[HANDLE_QPAIR] = "queue pair",
	};
	const struct entry *entry;
	uint32_t process = 0;

	guard_enter(&chains_guard);
	entry = entry_find(handle);
	if (entry && entry->kind == kind)
		process = entry->process;
	guard_leave(&chains_guard);
	if (!process)
		return error_handle_stale(handle, kinds[kind], call);
	return process == process_number() ? 0 : error_handle_forked(kinds[kind], call);
}
