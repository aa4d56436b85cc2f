/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller registers of the software controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define CC_GOOD (1u | 6u << 16 | 4u << 20)

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host_create(host);
	*state = host;
	return 0;
}

static uint32_t csts(struct host *host)
{
	return softctrl_read32(host->sc, UPNVME_SPEC_REG_CSTS);
}

static void admin_queue(struct host *host, uint32_t aqa, uint64_t asq, uint64_t acq)
{
	softctrl_write32(host->sc, UPNVME_SPEC_REG_AQA, aqa);
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ASQ, asq);
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ACQ, acq);
}

static void the_capabilities_are_those_of_the_controller(void **state)
{
	struct host *host = *state;
	uint64_t cap = softctrl_read64(host->sc, UPNVME_SPEC_REG_CAP);

	assert_int_equal(UPNVME_SPEC_CAP_MQES(cap), 65535);
	assert_int_equal(UPNVME_SPEC_CAP_CQR(cap), 1);
	assert_int_equal(UPNVME_SPEC_CAP_AMS(cap), 0);
	assert_int_equal(UPNVME_SPEC_CAP_TO(cap), 10);
	assert_int_equal(UPNVME_SPEC_CAP_DSTRD(cap), 0);
	assert_int_equal(UPNVME_SPEC_CAP_NSSRS(cap), 1);
	assert_int_equal(UPNVME_SPEC_CAP_CSS(cap), 1 << 0 | 1 << 6);
	assert_int_equal(UPNVME_SPEC_CAP_MPSMIN(cap), 0);
	assert_int_equal(UPNVME_SPEC_CAP_MPSMAX(cap), 4);
	assert_int_equal(UPNVME_SPEC_CAP_PMRS(cap), 0);
	assert_int_equal(UPNVME_SPEC_CAP_CMBS(cap), 0);
	assert_int_equal(UPNVME_SPEC_CAP_CRMS(cap), 1);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_VS), 0x20000);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CRTO), 10);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CMBSZ), 0);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CAP), (uint32_t)cap);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CAP + 4), cap >> 32);
}

static void configuration_shows_in_capabilities(void **state)
{
	struct host host;

	(void)state;
	host_init(&host);
	host.config.mqes = 127;
	host.config.dstrd = 4;
	host_create(&host);
	assert_int_equal(UPNVME_SPEC_CAP_MQES(softctrl_read64(host.sc, UPNVME_SPEC_REG_CAP)), 127);
	assert_int_equal(UPNVME_SPEC_CAP_DSTRD(softctrl_read64(host.sc, UPNVME_SPEC_REG_CAP)), 4);
	host_enable(&host);
	host_queue_pair(&host, 1, 8, 8);
	assert_int_equal(host_status(&host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0)), 0);
	host_destroy(&host);
}

static void enabling_sets_ready_and_disabling_clears_it(void **state)
{
	struct host *host = *state;

	assert_int_equal(csts(host), 0);
	host_enable(host);
	assert_int_equal(csts(host), 1);
	host_disable(host);
	assert_int_equal(csts(host), 0);
	host_enable(host);
	assert_int_equal(csts(host), 1);
}

static void read_only_and_reserved_registers_ignore_writes(void **state)
{
	struct host *host = *state;
	uint64_t cap = softctrl_read64(host->sc, UPNVME_SPEC_REG_CAP);

	softctrl_write64(host->sc, UPNVME_SPEC_REG_CAP, 0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_VS, 0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CSTS, 0xffffffff);
	softctrl_write32(host->sc, 0x18, 0xffffffff);
	softctrl_write32(host->sc, 0xfff0, 0xffffffff);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_CAP), cap);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_VS), 0x20000);
	assert_int_equal(csts(host), 0);
	assert_int_equal(softctrl_read32(host->sc, 0x18), 0);
	assert_int_equal(softctrl_read32(host->sc, 0xfff0), 0);
}

static void interrupt_masks_set_and_clear(void **state)
{
	struct host *host = *state;

	softctrl_write32(host->sc, UPNVME_SPEC_REG_INTMS, 0xf0);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_INTMC), 0xf0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_INTMC, 0x30);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_INTMS), 0xc0);
}

/* Base 2.0, 3.7.2: a Controller Level Reset takes back all registers but those of the Admin Queue and CMBMSC. */
static void a_reset_clears_interrupt_masks_and_keeps_the_admin_queue(void **state)
{
	struct host *host = *state;
	uint64_t asq, acq;
	uint32_t aqa;

	for (int by_subsystem = 0; by_subsystem < 2; by_subsystem++) {
		host_enable(host);
		aqa = softctrl_read32(host->sc, UPNVME_SPEC_REG_AQA);
		asq = softctrl_read64(host->sc, UPNVME_SPEC_REG_ASQ);
		acq = softctrl_read64(host->sc, UPNVME_SPEC_REG_ACQ);
		softctrl_write32(host->sc, UPNVME_SPEC_REG_INTMS, 0xffffffff);
		if (by_subsystem)
			softctrl_write32(host->sc, UPNVME_SPEC_REG_NSSR, 0x4e564d65);
		else
			host_disable(host);
		assert_true(host_status_becomes(host, 1, 0));
		assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_INTMS), 0);
		assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_INTMC), 0);
		assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_AQA),
				 by_subsystem ? 0 : aqa);
		assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ASQ),
				 by_subsystem ? 0 : asq);
		assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ACQ),
				 by_subsystem ? 0 : acq);
		host->used = 0;
	}
}

/* Base 2.0, 1.6.3: reserved bits are read as 0, whatever is written. Figures 46, 49, 50 and 51. */
static void reserved_bits_do_not_stick(void **state)
{
	struct host *host = *state;

	softctrl_write32(host->sc, UPNVME_SPEC_REG_AQA, 0xffffffff);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_AQA), 0x0fff0fff);
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ASQ, UINT64_MAX);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ASQ), UINT64_MAX << 12);
	softctrl_write64(host->sc, UPNVME_SPEC_REG_ACQ, UINT64_MAX);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ACQ), UINT64_MAX << 12);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 0xfffffffe & ~(3u << 14));
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CC), 0x01ff3ff0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 0);
	host_enable(host);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC,
			 softctrl_read32(host->sc, UPNVME_SPEC_REG_CC) | 0xfe00000e);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CC), 0x00460001);
}

static void admin_queue_addresses_are_written_whole_or_in_halves(void **state)
{
	struct host *host = *state;

	softctrl_write64(host->sc, UPNVME_SPEC_REG_ASQ, UINT64_C(0x123456789abcdfff));
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ASQ),
			 UINT64_C(0x123456789abcd000));
	softctrl_write32(host->sc, UPNVME_SPEC_REG_ACQ, 0x5000);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_ACQ + 4, 0x77);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ACQ), UINT64_C(0x7700005000));
	softctrl_write32(host->sc, UPNVME_SPEC_REG_ACQ, 0x6000);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ACQ), UINT64_C(0x7700006000));
}

/* Enables with this CC; expects a fatal status, which a reset clears. */
static void assert_fatal(struct host *host, uint32_t cc)
{
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, cc);
	assert_int_equal(csts(host), 2);
	softctrl_process(host->sc, 0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 0);
	assert_int_equal(csts(host), 0);
}

static void a_wrong_configuration_is_fatal(void **state)
{
	struct host *host = *state;

	admin_queue(host, 31 << 16 | 31, HOST_IOVA, HOST_IOVA + 4096);
	assert_fatal(host, CC_GOOD | 5 << 7);      /* MPS above MPSMAX */
	assert_fatal(host, CC_GOOD | 1 << 4);      /* CSS reserved */
	assert_fatal(host, CC_GOOD | 7 << 4);      /* admin only, not in CAP.CSS */
	assert_fatal(host, CC_GOOD | 1 << 11);     /* weighted round robin, not in CAP.AMS */
	assert_fatal(host, CC_GOOD | 1 << 24);     /* CRIME, not in CAP.CRMS */
	assert_fatal(host, 1 | 7 << 16 | 4 << 20); /* entries of 128 bytes */
	assert_fatal(host, 1 | 6 << 16 | 5 << 20); /* entries of 32 bytes */
	assert_fatal(host, CC_GOOD | 4 << 7);      /* ACQ not aligned to 64 KiB */
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, CC_GOOD | 6 << 4);
	assert_int_equal(csts(host), 1);
}

static void a_wrong_admin_queue_is_fatal(void **state)
{
	struct host *host = *state;
	uint64_t end = HOST_IOVA + HOST_BYTES;

	admin_queue(host, 0 << 16 | 31, HOST_IOVA, HOST_IOVA + 4096);
	assert_fatal(host, CC_GOOD);
	admin_queue(host, 31 << 16 | 0, HOST_IOVA, HOST_IOVA + 4096);
	assert_fatal(host, CC_GOOD);
	admin_queue(host, 31 << 16 | 31, 0, HOST_IOVA + 4096);
	assert_fatal(host, CC_GOOD);
	admin_queue(host, 31 << 16 | 31, HOST_IOVA, end);
	assert_fatal(host, CC_GOOD);
	/* only the first half of the ring is there */
	admin_queue(host, 31 << 16 | 127, end - 4096, HOST_IOVA);
	assert_fatal(host, CC_GOOD);
}

static void larger_pages_can_be_selected(void **state)
{
	struct host *host = *state;
	uint64_t iova;
	uint8_t *page;

	host->page_bytes = 65536;
	host_enable(host);
	host_queue_pair(host, 1, 8, 8);
	page = host_page(host, &iova);
	memset(page, 0x5a, 65536);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 128, iova, 0)), 0);
	memset(page, 0, 65536);
	/* From the middle of a page into the next: PRP2 is a page. */
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 128, iova + 512, iova + 65536)),
			 0);
	assert_int_equal(page[511], 0);
	assert_int_equal(page[512], 0x5a);
	assert_int_equal(page[65536 + 511], 0x5a);
	/* The offset of this PRP would be allowed with pages of 4 KiB. */
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 128, iova + 512, iova + 4096)),
			 0x013);
}

static void shutdown_is_notified_and_completes(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	host_enable(host);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, CC_GOOD | 1 << 14);
	assert_int_equal(csts(host), 1 | 2 << 2);
	/* No command is processed after the shutdown. */
	host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 });
	host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
	host_disable(host);
	assert_int_equal(csts(host), 0);
	host_enable(host);
	assert_int_equal(host_status(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x18 }), 0);
}

static void shutdown_without_enable_completes_and_enabling_works_after(void **state)
{
	struct host *host = *state;

	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 2 << 14);
	assert_int_equal(csts(host), 2 << 2);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 0);
	host_enable(host);
}

static void subsystem_reset_shows_in_status_until_cleared(void **state)
{
	struct host *host = *state;

	host_enable(host);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_NSSR, 1);
	assert_int_equal(csts(host), 1);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_NSSR, 0x4e564d65);
	assert_int_equal(csts(host), 1 << 4);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CC), 0);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_AQA), 0);
	assert_int_equal(softctrl_read64(host->sc, UPNVME_SPEC_REG_ASQ), 0);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_NSSR), 0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CSTS, 1 << 4);
	assert_int_equal(csts(host), 0);
	host->used = 0;
	host_enable(host);
}

static void reset_deletes_the_queues(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	host_enable(host);
	host_queue_pair(host, 1, 8, 8);
	host_disable(host);
	host_enable(host);
	host_submit(host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0));
	host_process(host, 1);
	assert_false(host_reap(host, 1, &cqe));
	host_ring_sq(host, 1, 0);
	host_ring_cq(host, 1, 0);
	host_queue_pair(host, 1, 8, 8);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 1, HOST_IOVA, 0)), 0);
}

static void page_size_cannot_change_while_enabled(void **state)
{
	struct host *host = *state;

	host_enable(host);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, CC_GOOD | 3 << 7);
	assert_int_equal(softctrl_read32(host->sc, UPNVME_SPEC_REG_CC), CC_GOOD);
	assert_int_equal(csts(host), 1);
}

static void doorbells_lie_on_a_page_of_their_own(void **state)
{
	struct host *host = *state;

	assert_int_equal((uintptr_t)softctrl_doorbell(host->sc, 0) % 4096, 0);
	assert_int_equal(softctrl_doorbells_bytes(host->sc) % 4096, 0);
	assert_non_null(softctrl_doorbell(host->sc, 2 * (HOST_NQUEUES - 1) + 1));
	assert_null(softctrl_doorbell(host->sc, 1024));
	assert_null(softctrl_doorbell(host->sc, UINT32_MAX));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_capabilities_are_those_of_the_controller),
		cmocka_unit_test(configuration_shows_in_capabilities),
		test(enabling_sets_ready_and_disabling_clears_it),
		test(read_only_and_reserved_registers_ignore_writes),
		test(interrupt_masks_set_and_clear),
		test(a_reset_clears_interrupt_masks_and_keeps_the_admin_queue),
		test(reserved_bits_do_not_stick),
		test(admin_queue_addresses_are_written_whole_or_in_halves),
		test(a_wrong_configuration_is_fatal),
		test(a_wrong_admin_queue_is_fatal),
		test(larger_pages_can_be_selected),
		test(shutdown_is_notified_and_completes),
		test(shutdown_without_enable_completes_and_enabling_works_after),
		test(subsystem_reset_shows_in_status_until_cleared),
		test(reset_deletes_the_queues),
		test(page_size_cannot_change_while_enabled),
		test(doorbells_lie_on_a_page_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
