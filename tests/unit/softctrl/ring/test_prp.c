/* SPDX-License-Identifier: BSD-3-Clause */
/* PRP entries and lists, good and bad, as commands have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define PAGE 4096u
#define END  (HOST_IOVA + HOST_BYTES)

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.mdts = 9;
	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

/* Pages are taken from a pool backwards and with gaps, so that no two pages are neighbours. */
struct pool {
	struct host *host;
	uint64_t base;
	uint32_t next;
};

static uint64_t pool_page(struct pool *pool)
{
	uint64_t iova = pool->base + (uint64_t)(4000 - 2 * pool->next++) * PAGE;

	memset(host_ptr(pool->host, iova), 0xee, PAGE);
	return iova;
}

/* Writes entries for `n` pages into a list at `list`, and into further lists as the specification chains them. */
static void build_list(struct pool *pool, uint64_t list, uint32_t n, uint64_t *pages)
{
	uint64_t *at = host_ptr(pool->host, list);
	uint32_t slots = (PAGE - list % PAGE) / 8;

	for (uint32_t i = 0; i < n; i++) {
		if (slots == 1 && n - i > 1) {
			uint64_t next = pool_page(pool);

			*at = next;
			at = host_ptr(pool->host, next);
			slots = PAGE / 8;
		}
		*at++ = pages[i];
		slots--;
	}
}

/*
 * Reads `bytes` into pages from the pool, from `offset` of the first page on; the list is at `list_offset` of a page.
 */
static void read_by_prps(struct host *host, const uint8_t *pattern, uint32_t offset, uint32_t bytes,
			 uint32_t list_offset)
{
	struct pool pool = { .host = host, .base = HOST_IOVA + (16 << 20) };
	uint32_t n = (offset + bytes + PAGE - 1) / PAGE;
	uint64_t *pages = calloc(n, sizeof(*pages));
	struct upnvme_spec_sqe sqe;

	for (uint32_t i = 0; i < n; i++)
		pages[i] = pool_page(&pool);
	sqe = host_rw(0x02, 1, 0, bytes / 512, pages[0] + offset, n > 1 ? pages[1] : 0xdead);
	if (n > 2) {
		sqe.prp2 = pool_page(&pool) + list_offset;
		build_list(&pool, sqe.prp2, n - 1, pages + 1);
	}
	assert_int_equal(host_status(host, 1, sqe), 0);
	for (uint32_t done = 0; done < bytes;) {
		uint32_t at = (offset + done) % PAGE;
		uint32_t len = bytes - done < PAGE - at ? bytes - done : PAGE - at;
		uint8_t *page = host_ptr(host, pages[(offset + done) / PAGE]);

		assert_memory_equal(page + at, pattern + done, len);
		done += len;
	}
	if (offset)
		assert_int_equal(((uint8_t *)host_ptr(host, pages[0]))[offset - 1], 0xee);
	if ((offset + bytes) % PAGE)
		assert_int_equal(((uint8_t *)host_ptr(host, pages[n - 1]))[(offset + bytes) % PAGE],
				 0xee);
	free(pages);
}

static void prps_reach_all_offsets_and_lengths_around_pages(void **state)
{
	uint8_t *pattern = host_write_pattern(*state, 2 << 20);

	for (uint32_t offset = 0; offset < PAGE; offset += 4) {
		for (uint32_t blocks = 1; blocks <= 26; blocks += offset % 512 ? 5 : 1)
			read_by_prps(*state, pattern, offset, blocks * 512, 0);
	}
	free(pattern);
}

static void prp_lists_chain_across_pages(void **state)
{
	static const uint32_t lengths[] = { 12288, 16384, 20480, 510 * PAGE, 511 * PAGE };
	uint8_t *pattern = host_write_pattern(*state, 2 << 20);

	for (uint32_t list = 0; list<PAGE; list += list> 64 && list < PAGE - 128 ? 488 : 8) {
		for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			read_by_prps(*state, pattern, 0, lengths[i], list);
			read_by_prps(*state, pattern, 512, lengths[i], list);
			read_by_prps(*state, pattern, PAGE - 4, lengths[i], list);
		}
	}
	read_by_prps(*state, pattern, 0, 512 * PAGE, 0);
	read_by_prps(*state, pattern, 4, 512 * PAGE, 0);
	read_by_prps(*state, pattern, 4, 512 * PAGE, PAGE - 8);
	free(pattern);
}

static void prps_with_wrong_offsets_are_refused(void **state)
{
	struct host *host = *state;
	uint64_t iova, list_iova, *list = host_page(host, &list_iova);

	host_alloc(host, 4 * PAGE, PAGE, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 1, iova + 2, 0)), 0x013);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 16, iova, iova + PAGE + 4)),
			 0x013);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, list_iova + 4)), 0x013);
	list[0] = iova + PAGE;
	list[1] = iova + 2 * PAGE + 512;
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, list_iova)), 0x013);
	list[511] = list_iova + 8; /* a second list that does not begin a page */
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, list_iova + PAGE - 8)),
			 0x013);
}

static void prps_that_lead_nowhere_are_data_transfer_errors(void **state)
{
	struct host *host = *state;
	uint64_t iova, list_iova, *list = host_page(host, &list_iova);

	host_alloc(host, 4 * PAGE, PAGE, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 1, 0, 0)), 0x004);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 1, ~3ull, 0)), 0x004);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 16, iova, END)), 0x004);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, END)), 0x004);
	list[0] = iova + PAGE;
	list[1] = END;
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, list_iova)), 0x004);
	list[511] = 0;
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 24, iova, list_iova + PAGE - 8)),
			 0x004);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(prps_reach_all_offsets_and_lengths_around_pages),
		test(prp_lists_chain_across_pages),
		test(prps_with_wrong_offsets_are_refused),
		test(prps_that_lead_nowhere_are_data_transfer_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
