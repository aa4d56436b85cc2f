/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory and registration, with commands in flight. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "support.h"

static void allocations_are_zeroed_and_aligned(void **state)
{
	static const size_t aligns[] = { 0, 1, 64, 4096, 8192, 65536, 2 << 20 };
	static const size_t sizes[] = { 1, 4096, 5000, 70000, 2 << 20, (2 << 20) + 1, 5 << 20 };
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");

	for (int lap = 0; lap < 2; lap++)
		for (size_t i = 0; i < NELEMS(aligns); i++)
			for (size_t j = 0; j < NELEMS(sizes); j++) {
				size_t align = aligns[i] ? aligns[i] : 4096;
				void *place;
				char *buf;

				OK(upnvme_dma_alloc(&place, ctrlr, sizes[j], aligns[i]));
				buf = place;
				assert_int_equal((uintptr_t)buf % align, 0);
				for (size_t k = 0; k < sizes[j]; k++)
					if (buf[k])
						fail_msg("byte %zu of %zu is not 0", k, sizes[j]);
				memset(buf, 0xee, sizes[j]);
				OK(upnvme_dma_free(ctrlr, buf));
			}
	OK(upnvme_close(ctrlr));
}

/* The memory of a command in flight must not be given to another caller, whose bytes would be
 * written to the device. */
static void freed_memory_in_flight_is_not_reused(const char *uri, bool ring)
{
	enum { N = 64 };
	struct rig rig;
	struct io io = { 0 };
	char *buf, *others[N], *check;
	bool reused = false;

	rig_open(&rig, 0, 0, "%s", uri);
	buf = dma(rig.ctrlr, 65536);
	check = dma(rig.ctrlr, 65536);
	pattern_fill(buf, 0, 16, 4096, 9);
	OK(upnvme_write(rig.qp, rig.ns, buf, 0, 16, on_done, &io));
	if (ring)
		OK(upnvme_qpair_ring(rig.qp));
	OK(upnvme_dma_free(rig.ctrlr, buf));
	expect_error(upnvme_dma_free(rig.ctrlr, buf), -EINVAL, UPNVME_ERR_MEM_NOT_ALLOCATED, NULL);
	for (int i = 0; i < N; i++) {
		others[i] = dma(rig.ctrlr, 65536);
		assert_true(others[i] + 65536 <= buf || others[i] >= buf + 65536);
		memset(others[i], 0x77, 65536);
	}
	wait_for(rig.qp, &io, 1);
	assert_int_equal(io.last.status, 0);
	assert_int_equal(do_read(&rig, check, 0, 16), 0);
	assert_true(pattern_is(check, 0, 16, 4096, 9));
	for (int i = 0; i < N; i++)
		OK(upnvme_dma_free(rig.ctrlr, others[i]));
	/* By now the memory may be given out again, and is. */
	for (int i = 0; i < 2 * N && !reused; i++) {
		char *again = dma(rig.ctrlr, 65536);

		reused = again == buf;
	}
	assert_true(reused);
	rig_close(&rig);
}

static void freed_memory_in_flight_is_set_aside(void **state)
{
	freed_memory_in_flight_is_not_reused("soft:ram?size=1MiB", false);
	freed_memory_in_flight_is_not_reused("soft:ram?size=1MiB&mdts=1", false);
	freed_memory_in_flight_is_not_reused("soft:ram?size=1MiB&mdts=1", true);
}

static void large_memory_in_flight_is_set_aside(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	char *buf, *check;

	rig_open(&rig, 0, 0, "soft:ram?size=8MiB");
	buf = dma(rig.ctrlr, 4 << 20);
	check = dma(rig.ctrlr, 4096);
	pattern_fill(buf, 0, 1024, 4096, 3);
	/* A part in the middle, and the whole. */
	OK(upnvme_write(rig.qp, rig.ns, buf + (3 << 20), 768, 1, on_done, &io));
	OK(upnvme_write(rig.qp, rig.ns, buf, 0, 1024, on_done, &io));
	OK(upnvme_dma_free(rig.ctrlr, buf));
	for (int i = 0; i < 8; i++)
		memset(dma(rig.ctrlr, 4 << 20), 0, 4 << 20);
	wait_for(rig.qp, &io, 2);
	for (uint32_t lba = 0; lba < 1024; lba += 31) {
		assert_int_equal(do_read(&rig, check, lba, 1), 0);
		assert_true(pattern_is(check, lba, 1, 4096, 3));
	}
	rig_close(&rig);
}

static void *map_pages(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(memory != MAP_FAILED);
	return memory;
}

static void unregistering_under_a_command_is_refused(void **state)
{
	struct rig rig;
	struct io io = { 0 };
	char *memory = map_pages(64 << 10), *iov_memory = map_pages(64 << 10);
	struct iovec iov[2] = { { iov_memory, 4096 }, { iov_memory + 8192, 4096 } };

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&mdts=2");
	OK(upnvme_mem_register(rig.ctrlr, memory, 64 << 10));
	OK(upnvme_mem_register(rig.ctrlr, iov_memory, 64 << 10));
	OK(upnvme_read(rig.qp, rig.ns, memory + 4096, 0, 1, on_done, &io));
	expect_error(upnvme_mem_unregister(rig.ctrlr, memory, 64 << 10), -EBUSY,
		     UPNVME_ERR_MEM_BUSY, "poll", NULL);
	wait_for(rig.qp, &io, 1);
	/* The request is split: its later parts touch the end of the buffer. */
	OK(upnvme_read(rig.qp, rig.ns, memory, 0, 16, on_done, &io));
	expect_error(upnvme_mem_unregister(rig.ctrlr, memory, 64 << 10), -EBUSY,
		     UPNVME_ERR_MEM_BUSY, NULL);
	wait_for(rig.qp, &io, 2);
	OK(upnvme_readv(rig.qp, rig.ns, iov, 2, 0, 2, on_done, &io));
	expect_error(upnvme_mem_unregister(rig.ctrlr, iov_memory, 64 << 10), -EBUSY,
		     UPNVME_ERR_MEM_BUSY, NULL);
	wait_for(rig.qp, &io, 3);
	OK(upnvme_mem_unregister(rig.ctrlr, memory, 64 << 10));
	OK(upnvme_mem_unregister(rig.ctrlr, iov_memory, 64 << 10));
	rig_close(&rig);
	munmap(memory, 64 << 10);
	munmap(iov_memory, 64 << 10);
}

static void pages_are_counted(void **state)
{
	struct rig rig;
	char *memory = map_pages(4 * 4096);

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&block=512");
	/* Two arrays lie in the same page: neither is aligned. */
	OK(upnvme_mem_register(rig.ctrlr, memory + 100, 5000));
	OK(upnvme_mem_register(rig.ctrlr, memory + 5200, 600));
	OK(upnvme_mem_register(rig.ctrlr, memory + 5200, 600));
	assert_int_equal(do_read(&rig, memory + 5200, 0, 1), 0);
	OK(upnvme_mem_unregister(rig.ctrlr, memory + 5200, 600));
	OK(upnvme_mem_unregister(rig.ctrlr, memory + 100, 5000));
	assert_int_equal(do_read(&rig, memory + 5200, 0, 1), 0);
	expect_error(upnvme_read(rig.qp, rig.ns, memory, 0, 1, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	OK(upnvme_mem_unregister(rig.ctrlr, memory + 5200, 600));
	expect_error(upnvme_read(rig.qp, rig.ns, memory + 5200, 0, 1, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	expect_error(upnvme_mem_unregister(rig.ctrlr, memory + 5200, 600), -EINVAL,
		     UPNVME_ERR_MEM_NOT_REGISTERED, NULL);
	rig_close(&rig);
	munmap(memory, 4 * 4096);
}

/* Memory of upnvme_dma_alloc is reachable without a registration, and stays so. */
static void an_allocation_is_no_registration(void **state)
{
	static const size_t sizes[] = { 4096, 65536, 4 << 20 };

	for (size_t i = 0; i < NELEMS(sizes); i++) {
		struct rig rig;
		char *buf;

		rig_open(&rig, 0, 0, "soft:ram?size=1MiB");
		buf = dma(rig.ctrlr, sizes[i]);
		for (int lap = 0; lap < 3; lap++) {
			expect_error(upnvme_mem_unregister(rig.ctrlr, buf, sizes[i]), -EINVAL,
				     UPNVME_ERR_MEM_NOT_REGISTERED, NULL);
			assert_int_equal(do_read(&rig, buf, 0, 1), 0);
			OK(upnvme_mem_register(rig.ctrlr, buf, sizes[i]));
			OK(upnvme_mem_unregister(rig.ctrlr, buf, sizes[i]));
		}
		OK(upnvme_dma_free(rig.ctrlr, buf));
		rig_close(&rig);
	}
}

/* More buffers than the queue pair remembers, in turn. */
static void many_regions_are_found(void **state)
{
	enum { N = 200 };
	char *memory = map_pages(2 * N * 4096);
	struct rig rig;

	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&block=512");
	for (int i = 0; i < N; i++)
		OK(upnvme_mem_register(rig.ctrlr, memory + i * 8192, 4096));
	for (int i = 0; i < 3 * N; i++) {
		int page = i * 7 % N;

		assert_int_equal(do_read(&rig, memory + page * 8192, 0, 8), 0);
		expect_error(upnvme_read(rig.qp, rig.ns, memory + page * 8192 + 4096, 0, 1, on_done,
					 NULL),
			     -EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	}
	for (int i = 0; i < N; i++) {
		int page = i * 7 % N;

		OK(upnvme_mem_unregister(rig.ctrlr, memory + page * 8192, 4096));
		expect_error(upnvme_read(rig.qp, rig.ns, memory + page * 8192, 0, 1, on_done, NULL),
			     -EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	}
	rig_close(&rig);
	munmap(memory, 2 * N * 4096);
}

static void one_buffer_serves_two_controllers(void **state)
{
	struct rig first, second;
	char *buf;

	rig_open(&first, 0, 0, "soft:ram?size=1MiB");
	rig_open(&second, 0, 0, "soft:ram?size=1MiB");
	buf = dma(first.ctrlr, 16 << 12);
	pattern_fill(buf, 0, 16, 4096, 4);
	assert_int_equal(do_write(&first, buf, 0, 16), 0);
	memset(buf, 0, 16 << 12);
	assert_int_equal(do_read(&first, buf, 0, 16), 0);
	assert_int_equal(do_write(&second, buf, 0, 16), 0);
	memset(buf, 0, 16 << 12);
	assert_int_equal(do_read(&second, buf, 0, 16), 0);
	assert_true(pattern_is(buf, 0, 16, 4096, 4));
	OK(upnvme_dma_free(second.ctrlr, buf));
	rig_close(&first);
	rig_close(&second);
}

/* Memory that may be read but not written would end this process at the first read from the
 * device. */
static void memory_that_cannot_be_written_is_refused(void **state)
{
	static const int accesses[] = { PROT_READ, PROT_NONE };
	char *memory =
		mmap(NULL, 16 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rig rig;

	assert_ptr_not_equal(memory, MAP_FAILED);
	rig_open(&rig, 0, 0, "soft:ram?size=1MiB&block=4096");
	for (size_t i = 0; i < NELEMS(accesses); i++) {
		OK(mprotect(memory + 4096, 4096, accesses[i]));
		expect_error(upnvme_mem_register(rig.ctrlr, memory, 16 << 10), -EFAULT,
			     UPNVME_ERR_BUFFER_UNREACHABLE, "reading and writing",
			     "upnvme_dma_alloc", NULL);
		/* No part of the memory is registered. */
		expect_error(upnvme_read(rig.qp, rig.ns, memory, 0, 1, on_done, NULL), -EFAULT,
			     UPNVME_ERR_BUFFER_UNREACHABLE, NULL);
	}
	OK(mprotect(memory + 4096, 4096, PROT_READ | PROT_WRITE));
	OK(upnvme_mem_register(rig.ctrlr, memory, 16 << 10));
	assert_int_equal(do_read(&rig, memory + 4096, 0, 1), 0);
	OK(upnvme_mem_unregister(rig.ctrlr, memory, 16 << 10));
	rig_close(&rig);
	munmap(memory, 16 << 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_zeroed_and_aligned),
		cmocka_unit_test(freed_memory_in_flight_is_set_aside),
		cmocka_unit_test(large_memory_in_flight_is_set_aside),
		cmocka_unit_test(unregistering_under_a_command_is_refused),
		cmocka_unit_test(pages_are_counted),
		cmocka_unit_test(an_allocation_is_no_registration),
		cmocka_unit_test(many_regions_are_found),
		cmocka_unit_test(one_buffer_serves_two_controllers),
		cmocka_unit_test(memory_that_cannot_be_written_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
