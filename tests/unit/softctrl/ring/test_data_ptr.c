/* SPDX-License-Identifier: BSD-3-Clause */
/* A data pointer is of the kind that PSDT says, and a refusal names the parameter that is to blame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "softctrl/ring/data_ptr.h"

#define PAGE 4096u

static _Alignas(PAGE) uint8_t pages[8][PAGE];

/* Bus address 0 is the first page. */
static void *map(void *context, uint64_t iova, uint64_t bytes)
{
	return iova + bytes <= sizeof(pages) ? (uint8_t *)pages + iova : NULL;
}

static const struct sc_memory memory = { .dma = { .map = map }, .page_shift = 12 };
static struct iovec iov[8];

static struct sc_data data = { .memory = &memory, .iov = iov, .niov_max = 8 };

static const struct upnvme_spec_sqe by_prp = { .prp1 = PAGE, .prp2 = 3 * PAGE };
static const struct upnvme_spec_sqe by_sgl = {
	.flags = 1 << 6,
	.sgl1 = { .address = 5, .length = 2 * PAGE, .id = 0x00 },
};

static void psdt_tells_the_kind(void **state)
{
	assert_int_equal(sc_data_ptr_walk(&data, &by_prp, 2 * PAGE), 0);
	assert_int_equal(data.bytes, 2 * PAGE);
	assert_int_equal(data.niov, 2);
	assert_ptr_equal(iov[0].iov_base, pages[1]);
	assert_ptr_equal(iov[1].iov_base, pages[3]);
	assert_int_equal(sc_data_ptr_walk(&data, &by_sgl, 2 * PAGE), 0);
	assert_int_equal(data.niov, 1);
	assert_ptr_equal(iov[0].iov_base, pages[0] + 5);
	assert_int_equal(iov[0].iov_len, 2 * PAGE);
}

static void a_refusal_blames_a_parameter(void **state)
{
	struct upnvme_spec_sqe sqe = by_prp;

	sqe.prp1 += 2;
	assert_int_equal(sc_data_ptr_walk(&data, &sqe, PAGE), 0x4013);
	assert_int_equal(data.error_location, 24);
	sqe = by_prp;
	sqe.prp2 += 4;
	assert_int_equal(sc_data_ptr_walk(&data, &sqe, 2 * PAGE), 0x4013);
	assert_int_equal(data.error_location, 32);
	sqe = by_sgl;
	sqe.sgl1.length--;
	assert_int_equal(sc_data_ptr_walk(&data, &sqe, 2 * PAGE), 0x400f);
	assert_int_equal(data.error_location, 24);
	/* Memory out of reach is no parameter's fault, and no location stays from the walk before. */
	sqe = by_prp;
	sqe.prp1 = sizeof(pages);
	assert_int_equal(sc_data_ptr_walk(&data, &sqe, PAGE), 0x004);
	assert_int_equal(data.error_location, SC_NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psdt_tells_the_kind),
		cmocka_unit_test(a_refusal_blames_a_parameter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
