/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pins pages by registering them with a ring of io_uring's, to which nothing is ever submitted: the
 * kernel has no other way to pin memory for long (FOLL_LONGTERM) without a driver for the device.
 * Locked memory, and huge pages too, may be moved at any time: by migrate_pages(2), compaction, or
 * the balancing between NUMA nodes.
 *
 * The ring exists as long as something is pinned. The ring is opened after the device's file, so when
 * the process ends the kernel closes the ring after that file, and bus mastering has ended by then.
 */
#include "env/uio/pin.h"

#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/util.h"

#define PLACES 16384u /* the kernel takes no more (IORING_MAX_REG_BUFFERS) */

/* One registered buffer, of which `live_bytes` are still wanted. */
struct pin {
	uint64_t base;
	uint64_t bytes;
	uint64_t live_bytes; /* 0: this entry is free */
};

static struct guard pins_guard;
static struct pin *pins; /* null: no ring */
static uint32_t npins;   /* entries that are not free */
static int ring;

/* A forked child has neither the memory nor the ring. */
static void pins_enter(void)
{
	if (guard_enter(&pins_guard)) {
		pins = NULL;
		npins = 0;
	}
}

static int error_ring(int err)
{
	if (err == EINVAL)
		return error_set(
			-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
			"memory cannot be pinned on this kernel, whose io_uring cannot register "
			"single buffers (Linux 5.13 can); without an IOMMU a device would go on "
			"writing to the place from which the kernel has moved the memory: use an "
			"IOMMU and vfio-pci");
	return error_set(
		-err, UPNVME_ERR_SYSTEM,
		"memory cannot be pinned, since io_uring, which does that where there is no IOMMU, "
		"does not work: %s: allow io_uring (kernel.io_uring_disabled=0, and io_uring_setup "
		"and io_uring_register in the sandbox), or use an IOMMU and vfio-pci",
		strerror(err));
}

static int error_pin(const void *va, uint64_t bytes, int err)
{
	if (err == ENOMEM)
		return error_set(
			-ENOMEM, UPNVME_ERR_MEM_LOCK_LIMIT,
			"%llu bytes at %p cannot be pinned: the limit of locked memory "
			"(RLIMIT_MEMLOCK) is reached, or no memory is left: raise the limit with "
			"`ulimit -l`, or free DMA memory",
			(unsigned long long)bytes, va);
	return error_set(
		-err, UPNVME_ERR_SYSTEM,
		"%llu bytes at %p cannot be pinned (%s); without an IOMMU a device would go on "
		"writing to the place from which the kernel has moved them: use memory of "
		"upnvme_dma_alloc",
		(unsigned long long)bytes, va, strerror(err));
}

static int error_full(void)
{
	return error_set(
		-ENOSPC, UPNVME_ERR_NO_MEMORY,
		"%u pieces of memory are pinned, and the kernel takes no more: free DMA memory, or "
		"set huge pages of 1 GiB aside",
		PLACES);
}

static int ring_open(void)
{
	struct io_uring_params params = { 0 };
	struct fd_floor floor;
	int fd;

	fd_floor_raise(&floor);
	fd = fd_lift((int)syscall(SYS_io_uring_setup, 1u, &params)); /* the kernel sets O_CLOEXEC */
	fd_floor_lower(&floor);
	return fd;
}

static int ring_call(unsigned opcode, const void *arg, unsigned bytes)
{
	return (int)syscall(SYS_io_uring_register, ring, opcode, arg, bytes);
}

/* Registers a table of empty entries. */
static int places_register(void)
{
	struct iovec *nothing = calloc(PLACES, sizeof(*nothing));
	struct io_uring_rsrc_register table = { .nr = PLACES, .data = (uintptr_t)nothing };
	int rc;

	if (!nothing)
		return error_no_memory("a table of pinned memory", PLACES * sizeof(*nothing));
	rc = ring_call(IORING_REGISTER_BUFFERS2, &table, sizeof(table)) < 0 ? error_ring(errno) : 0;
	free(nothing);
	return rc;
}

static int pins_create(void)
{
	int rc;

	pins = calloc(PLACES, sizeof(*pins));
	if (!pins)
		return error_no_memory("a table of pinned memory", PLACES * sizeof(*pins));
	ring = ring_open();
	rc = ring < 0 ? error_ring(errno) : places_register();
	if (!rc)
		return 0;
	if (ring >= 0)
		close(ring);
	free(pins);
	pins = NULL;
	return rc;
}

/* The pages are unregistered before the close, which alone would give them back some time later. */
static void pins_destroy(void)
{
	ring_call(IORING_UNREGISTER_BUFFERS, NULL, 0);
	close(ring);
	free(pins);
	pins = NULL;
}

static int place_set(uint32_t place, void *va, uint64_t bytes)
{
	struct iovec buffer = { va, bytes };
	struct io_uring_rsrc_update2 update = { .offset = place,
						.data = (uintptr_t)&buffer,
						.nr = 1 };

	return ring_call(IORING_REGISTER_BUFFERS_UPDATE, &update, sizeof(update)) == 1 ? 0 : -errno;
}

static uint32_t pins_place_find(void)
{
	uint32_t place = 0;

	while (place < PLACES && pins[place].live_bytes)
		place++;
	return place;
}

static int pin_locked(void *va, uint64_t bytes)
{
	uint32_t place = pins_place_find();
	int rc;

	if (place == PLACES)
		return error_full();
	rc = place_set(place, va, bytes);
	if (rc)
		return error_pin(va, bytes, -rc);
	pins[place] = (struct pin){ (uintptr_t)va, bytes, bytes };
	npins++;
	return 0;
}

int pin_pages(void *va, uint64_t bytes)
{
	int rc;

	pins_enter();
	rc = pins ? 0 : pins_create();
	if (!rc)
		rc = pin_locked(va, bytes);
	if (pins && !npins)
		pins_destroy();
	guard_leave(&pins_guard);
	return rc;
}

/* Unregisters an entry; the kernel gives its pages back within a second. */
static void place_clear(uint32_t place)
{
	int rc = place_set(place, NULL, 0);

	npins--;
	if (rc)
		log_warn("%llu bytes at %#llx stay pinned: %s",
			 (unsigned long long)pins[place].bytes,
			 (unsigned long long)pins[place].base, strerror(-rc));
}

/* Unpins the bytes of [base, end). The search ends with the last entry in use, and is short: mostly there are few
 * entries, and a place that comes free is the next to be taken. */
static void unpin_locked(uint64_t base, uint64_t end)
{
	uint32_t left = npins;

	for (uint32_t place = 0; left > 0; place++) {
		struct pin *pin = &pins[place];
		uint64_t from = MAX(base, pin->base), to = MIN(end, pin->base + pin->bytes);

		left -= pin->live_bytes != 0;
		if (!pin->live_bytes || from >= to)
			continue;
		pin->live_bytes -= MIN(pin->live_bytes, to - from);
		if (!pin->live_bytes)
			place_clear(place);
	}
}

void unpin_pages(void *va, uint64_t bytes)
{
	uint64_t base = (uintptr_t)va;

	pins_enter();
	if (pins)
		unpin_locked(base, base + bytes);
	if (pins && !npins)
		pins_destroy();
	guard_leave(&pins_guard);
}
