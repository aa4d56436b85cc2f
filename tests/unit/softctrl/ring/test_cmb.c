/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller memory buffer: its registers, submission queues in the buffer, and all that may not be there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "support/softctrl_host.h"

#define CMB_BYTES (64u << 10)
#define CBA       UINT64_C(0x123450000)
#define CRE       1u
#define CMSE      2u
#define BAD_USE   0x12u

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->config.cmb_bytes = CMB_BYTES;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static void control(struct host *host, uint64_t value)
{
	softctrl_write64(host->sc, UPNVME_SPEC_REG_CMBMSC, value);
}

static uint32_t cmbloc(struct host *host)
{
	return softctrl_read32(host->sc, UPNVME_SPEC_REG_CMBLOC);
}

static uint32_t cmbsz(struct host *host)
{
	return softctrl_read32(host->sc, UPNVME_SPEC_REG_CMBSZ);
}

static uint32_t cmbsts(struct host *host)
{
	return softctrl_read32(host->sc, UPNVME_SPEC_REG_CMBSTS);
}

static void location_and_size_are_told_when_asked_for(void **state)
{
	struct host *host = *state;

	assert_true(UPNVME_SPEC_CAP_CMBS(softctrl_read64(host->sc, UPNVME_SPEC_REG_CAP)));
	assert_int_equal(cmbloc(host), 0);
	assert_int_equal(cmbsz(host), 0);
	control(host, CRE);
	assert_int_equal(cmbloc(host), 2);
	assert_int_equal(cmbsz(host), (CMB_BYTES / 4096) << 12 | 1);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_CMBMSC), CRE);
	control(host, 0);
	assert_int_equal(cmbsz(host), 0);
	/* Registers that are read only stay as they are. */
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CMBSZ, 0xffffffff);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CMBSTS, 0xffffffff);
	assert_int_equal(cmbsz(host), 0);
	assert_int_equal(cmbsts(host), 0);
}

static void a_controller_without_a_buffer_has_no_registers_for_one(void **state)
{
	struct host host;
	uint64_t bytes;

	host_open(&host);
	assert_false(UPNVME_SPEC_CAP_CMBS(softctrl_read64(host.sc, UPNVME_SPEC_REG_CAP)));
	control(&host, CBA | CRE | CMSE);
	assert_int_equal(softctrl_read64(host.sc, UPNVME_SPEC_REG_CMBMSC), 0);
	assert_int_equal(cmbsz(&host), 0);
	assert_null(softctrl_cmb(host.sc, &bytes));
	assert_int_equal(bytes, 0);
	host_destroy(&host);
}

static void reserved_bits_read_as_zeroes(void **state)
{
	struct host *host = *state;

	control(host, CBA | 0xffc);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_CMBMSC), CBA);
}

static void an_address_whose_end_wraps_is_invalid(void **state)
{
	struct host *host = *state;

	control(host, (UINT64_MAX << 12) | CRE | CMSE);
	assert_int_equal(cmbsts(host), 1);
	control(host, (UINT64_MAX << 12) | CRE);
	assert_int_equal(cmbsts(host), 0);
	/* CBAI is told for CRE and CMSE together: Base 2.1, Figure 53. */
	control(host, (UINT64_MAX << 12) | CMSE);
	assert_int_equal(cmbsts(host), 0);
	control(host, CBA | CRE | CMSE);
	assert_int_equal(cmbsts(host), 0);
}

static uint16_t create_cq(struct host *host, uint64_t iova)
{
	return host_status(host, 0, host_create_cq(1, 64, iova));
}

static uint16_t create_sq(struct host *host, uint64_t iova)
{
	return host_status(host, 0, host_create_sq(1, 64, iova, 1));
}

/* Entries written by hand into the buffer are fetched, whatever address the host has given to the buffer. */
static void a_queue_in_the_buffer_is_fetched_from_the_buffer(void **state)
{
	struct host *host = *state;
	uint64_t iova, bytes;
	char *cmb = softctrl_cmb(host->sc, &bytes);
	struct upnvme_spec_cqe *cq = host_page(host, &iova);
	struct upnvme_spec_sqe *sq = (struct upnvme_spec_sqe *)(cmb + 8192);

	assert_int_equal(bytes, CMB_BYTES);
	control(host, CBA | CRE | CMSE);
	assert_int_equal(create_cq(host, iova), 0);
	assert_int_equal(create_sq(host, CBA + 8192), 0);
	sq[0] = (struct upnvme_spec_sqe){ .opcode = UPNVME_SPEC_CMD_FLUSH, .nsid = 1, .cid = 7 };
	sq[1] = (struct upnvme_spec_sqe){ .opcode = UPNVME_SPEC_CMD_FLUSH, .nsid = 9, .cid = 8 };
	host_ring_sq(host, 1, 2);
	host_process(host, 1);
	assert_int_equal(cq[0].cid, 7);
	assert_int_equal(host_code(cq[0]), UPNVME_SPEC_SC_SUCCESS);
	assert_int_equal(cq[1].cid, 8);
	assert_int_equal(host_code(cq[1]), UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT);
	/* The queue stays where it is when the buffer's address changes. */
	control(host, CRE);
	sq[2] = (struct upnvme_spec_sqe){ .opcode = UPNVME_SPEC_CMD_FLUSH, .nsid = 1, .cid = 9 };
	host_ring_sq(host, 1, 3);
	host_process(host, 1);
	assert_int_equal(cq[2].cid, 9);
}

static void a_queue_that_is_partly_in_the_buffer_is_refused(void **state)
{
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(create_cq(host, iova), 0);
	assert_int_equal(create_sq(host, CBA), UPNVME_SPEC_SC_DATA_TRANSFER_ERROR); /* off */
	control(host, CBA | CRE);
	assert_int_equal(create_sq(host, CBA), UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
	control(host, CBA | CMSE);
	assert_int_equal(create_sq(host, CBA), UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
	control(host, CBA | CRE | CMSE);
	assert_int_equal(host_status(host, 0, host_create_sq(1, 65, CBA + CMB_BYTES - 4096, 1)),
			 BAD_USE);
	assert_int_equal(host_status(host, 0, host_create_sq(1, 65, CBA - 4096, 1)), BAD_USE);
	assert_int_equal(create_sq(host, CBA + CMB_BYTES), UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
	assert_int_equal(create_sq(host, CBA + 64), UPNVME_SPEC_SC_INVALID_PRP_OFFSET);
	assert_int_equal(create_sq(host, CBA + CMB_BYTES - 4096), 0);
}

static void completions_lists_and_data_in_the_buffer_are_refused(void **state)
{
	struct host *host = *state;
	uint64_t data;

	host_page(host, &data);
	control(host, CBA | CRE | CMSE);
	assert_int_equal(create_cq(host, CBA), BAD_USE);
	host_queue_pair(host, 2, 16, 16);
	assert_int_equal(host_status(host, 2, host_rw(UPNVME_SPEC_CMD_READ, 1, 0, 8, CBA, 0)),
			 BAD_USE);
	assert_int_equal(host_status(host, 2, host_rw(UPNVME_SPEC_CMD_WRITE, 1, 0, 16, data, CBA)),
			 BAD_USE);
	assert_int_equal(host_status(host, 2,
				     host_rw(UPNVME_SPEC_CMD_READ, 1, 0, 24, data, CBA + 4096)),
			 BAD_USE); /* a list */
	assert_int_equal(host_status(host, 2, host_rw(UPNVME_SPEC_CMD_READ, 1, 0, 8, data, 0)), 0);
	control(host, CRE);
	assert_int_equal(host_status(host, 2, host_rw(UPNVME_SPEC_CMD_READ, 1, 0, 8, CBA, 0)),
			 UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
}

static void the_buffers_registers_survive_a_controller_reset_and_no_subsystem_reset(void **state)
{
	struct host *host = *state;

	control(host, CBA | CRE | CMSE);
	host_disable(host);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_CMBMSC), CBA | CRE | CMSE);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_NSSR, UPNVME_SPEC_NSSR_RESET);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_CMBMSC), 0);
}

static void odd_sizes_are_refused(void **state)
{
	static const uint64_t sizes[] = { 1, 4095, 4097, (1ull << 30) + 4096, UINT64_MAX };
	struct host host;

	host_init(&host);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		host.config.cmb_bytes = sizes[i];
		assert_int_equal(softctrl_create(&host.sc, &host.config), -EINVAL);
		assert_int_equal(error_last()->code, UPNVME_ERR_ARGUMENT);
	}
	host.config.cmb_bytes = 0;
	host_create(&host);
	host_destroy(&host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(location_and_size_are_told_when_asked_for),
		cmocka_unit_test(a_controller_without_a_buffer_has_no_registers_for_one),
		TEST(reserved_bits_read_as_zeroes),
		TEST(an_address_whose_end_wraps_is_invalid),
		TEST(a_queue_in_the_buffer_is_fetched_from_the_buffer),
		TEST(a_queue_that_is_partly_in_the_buffer_is_refused),
		TEST(completions_lists_and_data_in_the_buffer_are_refused),
		TEST(the_buffers_registers_survive_a_controller_reset_and_no_subsystem_reset),
		cmocka_unit_test(odd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
