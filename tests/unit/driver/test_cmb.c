/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller memory buffer: found, switched on and off, given out in pieces; and controllers that say nonsense. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/cmb.h"
#include "support/fake_transport.h"

#define ENABLED_AT_WRITE (1ull << 63)
#define CRE              0x1ull
#define CMSE             0x2ull
#define ENTRIES          1024u /* 64 KiB */
#define QUEUE_BYTES      (ENTRIES * 64ull)
#define ROOM             4u /* queues that there is room for */

/* CMBSZ: n units of 4 KiB << 4 * szu, and what it may hold. */
static uint32_t cmbsz(uint32_t n, uint32_t szu, uint32_t abilities)
{
	return n << 12 | szu << 8 | abilities;
}

/* With 256 KiB in BAR 2, as NVMe 1.4 has it. */
static struct fake_transport *fake_with_buffer(void)
{
	struct fake_transport *fake = fake_transport_create();

	fake->cap |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CMBS, 1ull);
	fake->cmbloc = 2;
	fake->cmbsz = cmbsz(4, 1, 0x1f);
	fake->memory_bytes = 1 << 20;
	return fake;
}

/* A controller of an earlier specification: the buffer is always on, and CAP does not tell of it. */
static struct fake_transport *fake_of_before(void)
{
	struct fake_transport *fake = fake_with_buffer();

	fake->cap &= ~UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_CMBS, 1ull);
	fake->vs = UPNVME_SPEC_VERSION_1_3;
	return fake;
}

static int create(upnvme_qpair **qp, struct upnvme_ctrlr *ctrlr, uint32_t flags)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.entries = ENTRIES;
	opts.outstanding = 4;
	opts.flags = flags;
	return upnvme_qpair_create(qp, ctrlr, &opts);
}

static upnvme_qpair *created(struct upnvme_ctrlr *ctrlr)
{
	upnvme_qpair *qp = NULL;

	assert_int_equal(create(&qp, ctrlr, UPNVME_QPAIR_CMB), 0);
	return qp;
}

static void is_refused(struct upnvme_ctrlr *ctrlr, int err, uint32_t code, const char *word)
{
	upnvme_qpair *qp;

	assert_int_equal(create(&qp, ctrlr, UPNVME_QPAIR_CMB), err);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, word));
	assert_non_null(strstr(error_last()->text, "fake:test"));
}

static struct upnvme_ctrlr_info info_of(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
	return info;
}

/* The bus address of the n-th submission queue that the controller was told of. */
static uint64_t sq_address(struct fake_transport *fake, uint32_t n)
{
	return fake_transport_seen(fake, UPNVME_SPEC_ADMIN_CREATE_IO_SQ, n)->prp1;
}

/* --- what is found ---------------------------------------------------------------------------- */

static void a_buffer_is_found_and_stays_off(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;

	fake->cmbmsc = 0x123000 | CRE | CMSE; /* a former user's */
	fake->cmbloc |= 5 << 12;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(info_of(ctrlr).cmb_bytes, ROOM * QUEUE_BYTES);
	assert_int_equal(info_of(ctrlr).cmb_flags, 0x1f);
	assert_int_equal(fake->memory_bar, 2);
	assert_int_equal(fake->memory_offset, 5 << 16);
	assert_int_equal(create(&qp, ctrlr, 0), 0);
	assert_int_equal(fake->ncmbmsc_written, 1);
	assert_int_equal(fake->cmbmsc_written[0], CRE);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void registers_that_are_reserved_are_not_looked_at(void **state)
{
	static const uint32_t versions[] = { UPNVME_SPEC_VERSION_1_0, UPNVME_SPEC_VERSION_1_1,
					     UPNVME_SPEC_VERSION_1_4, UPNVME_SPEC_VERSION_2_0 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct fake_transport *fake = fake_of_before();
		struct upnvme_ctrlr *ctrlr;

		fake->vs = versions[i];
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(fake->ncmb_read, 0);
		assert_int_equal(info_of(ctrlr).cmb_bytes, 0);
		is_refused(ctrlr, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "no memory buffer");
		assert_int_equal(ctrlr_close(ctrlr), 0);
	}
}

static void the_buffer_ends_with_its_bar(void **state)
{
	static const struct {
		uint64_t memory_bytes, expected;
	} rows[] = { { 70000, 17 * 4096 }, { 4096, 4096 }, { 4095, 0 }, { 1 << 30, 4 << 16 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake_transport *fake = fake_with_buffer();
		struct upnvme_ctrlr *ctrlr;

		fake->memory_bytes = rows[i].memory_bytes;
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(info_of(ctrlr).cmb_bytes, rows[i].expected);
		assert_int_equal(info_of(ctrlr).cmb_flags, rows[i].expected ? 0x1f : 0);
		assert_int_equal(ctrlr_close(ctrlr), 0);
	}
}

static void units_are_multiplied_without_a_carry(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr;

	fake->cmbloc = 0xfffff004;
	fake->cmbsz = cmbsz(0xfffff, 6, 1);
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake->memory_bar, 4);
	assert_int_equal(fake->memory_offset, 0xfffffull << 36);
	assert_int_equal(info_of(ctrlr).cmb_bytes, 1 << 20);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

/* --- nonsense --------------------------------------------------------------------------------- */

static void impossible_registers_mean_no_buffer(void **state)
{
	static const struct {
		uint32_t cmbloc, cmbsz;
	} rows[] = {
		{ 2, 0x00000000 },          /* no size */
		{ 2, 0x0000001f },          /* abilities alone */
		{ 2, 0x00001701 },          /* SZU 7 is reserved */
		{ 2, 0x00001f01 },          /* SZU 15 */
		{ 0xffffffff, 0xffffffff }, /* a controller that goes away */
		{ 1, 0x00001001 },          /* the upper half of BAR 0 */
		{ 6, 0x00001001 },          /* the expansion ROM's */
		{ 7, 0x00001001 },          /* none */
		{ 0, 0x00001001 },          /* the registers */
		{ 1 << 12, 0x00001001 },    /* the doorbells: 65 pairs of 8 bytes from 4 KiB on */
		{ 0, 0xfffff601 },          /* all of BAR 0 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake_transport *fake = fake_with_buffer();
		struct upnvme_ctrlr *ctrlr;

		fake->cmbloc = rows[i].cmbloc;
		fake->cmbsz = rows[i].cmbsz;
		ctrlr = fake_transport_opened(fake);
		assert_null(fake->memory);
		assert_int_equal(info_of(ctrlr).cmb_bytes, 0);
		is_refused(ctrlr, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "no memory buffer");
		assert_int_equal(ctrlr_close(ctrlr), 0);
	}
}

/* BAR 0 may have it, behind the doorbells of the queue pairs that are asked for. */
static void the_doorbells_end_before_the_buffer(void **state)
{
	static const struct {
		uint32_t dstrd, page;
		bool fits;
	} rows[] = { { 0, 2, true }, { 3, 2, false }, { 3, 3, true }, { 15, 3, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake_transport *fake = fake_with_buffer();
		struct upnvme_ctrlr *ctrlr;

		fake->cap |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_DSTRD, (uint64_t)rows[i].dstrd);
		fake->cmbloc = rows[i].page << 12;
		fake->cmbsz = cmbsz(16, 0, 1);
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(info_of(ctrlr).cmb_bytes, rows[i].fits ? 16 * 4096 : 0);
		assert_int_equal(ctrlr_close(ctrlr), 0);
	}
}

static void a_transport_that_cannot_reach_the_buffer_works_without_it(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct transport_ops ops = *fake->transport.ops;
	struct upnvme_ctrlr *ctrlr;

	ops.memory = NULL;
	fake->transport.ops = &ops;
	ctrlr = fake_transport_opened(fake);
	is_refused(ctrlr, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "no memory buffer");
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_buffer_that_cannot_be_mapped_is_not_used(void **state)
{
	static const int errs[] = { -ENOTSUP, -EADDRINUSE };

	for (size_t i = 0; i < ARRAY_SIZE(errs); i++) {
		struct fake_transport *fake = fake_with_buffer();
		struct upnvme_ctrlr *ctrlr;

		fake->fail_memory = errs[i];
		ctrlr = fake_transport_opened(fake);
		assert_int_equal(info_of(ctrlr).cmb_bytes, 0);
		is_refused(ctrlr, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "no memory buffer");
		assert_int_equal(ctrlr_close(ctrlr), 0);
	}
}

/* Commands that name memory at those addresses would reach the controller's instead. */
static void a_buffer_that_is_always_on_must_not_cover_memory(void **state)
{
	struct fake_transport *fake = fake_of_before();
	struct upnvme_ctrlr *ctrlr = NULL;

	fake->fail_memory = -EADDRINUSE;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EADDRINUSE);
	assert_null(ctrlr);
	fake = fake_of_before();
	fake->fail_memory = -ENOTSUP;
	assert_int_equal(ctrlr_close(fake_transport_opened(fake)), 0);
}

/* Commands that name these addresses would reach the registers: no other memory may be there. */
static void addresses_of_a_buffer_over_the_registers_are_reserved(void **state)
{
	struct fake_transport *fake = fake_of_before();
	struct upnvme_ctrlr *ctrlr = NULL;

	fake->cmbloc = 0;
	ctrlr = fake_transport_opened(fake);
	assert_non_null(fake->memory);
	assert_int_equal(fake->memory_bar, 0);
	assert_int_equal(info_of(ctrlr).cmb_bytes, 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
	fake = fake_of_before();
	fake->cmbloc = 0;
	fake->fail_memory = -EADDRINUSE;
	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), -EADDRINUSE);
}

static void the_persistent_regions_addresses_are_forgotten(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->cap |= UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CAP_PMRS, 1ull);
	fake->pmrmscl = 0x10002; /* a former user's */
	fake->pmrmscu = 0x12;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(fake->pmrmscl, 0);
	assert_int_equal(fake->pmrmscu, 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

/* --- on and off ------------------------------------------------------------------------------- */

/* Looks at what was written while the transport is still there. */
static struct fake_transport at_close;
static void (*real_close)(struct transport *transport);

static void noting_close(struct transport *transport)
{
	at_close = *(struct fake_transport *)transport;
	real_close(transport);
}

static void the_first_queue_switches_the_buffer_on_and_the_close_switches_it_off(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct transport_ops ops = *fake->transport.ops;
	struct upnvme_ctrlr *ctrlr;
	upnvme_qpair *qps[2];

	real_close = ops.close;
	ops.close = noting_close;
	fake->transport.ops = &ops;
	ctrlr = fake_transport_opened(fake);
	qps[0] = created(ctrlr);
	qps[1] = created(ctrlr);
	assert_int_equal(upnvme_qpair_close(qps[0]), 0);
	assert_int_equal(upnvme_qpair_close(qps[1]), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
	assert_int_equal(at_close.ncmbmsc_written, 3);
	assert_int_equal(at_close.cmbmsc_written[0], CRE);
	assert_int_equal(at_close.cmbmsc_written[1],
			 FAKE_MEMORY_IOVA | CRE | CMSE | ENABLED_AT_WRITE);
	assert_int_equal(at_close.cmbmsc_written[2], 0);
}

static void a_buffer_that_is_always_on_is_never_switched_off(void **state)
{
	struct fake_transport *fake = fake_of_before();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	upnvme_qpair *qp = created(ctrlr);

	assert_int_equal(sq_address(fake, 0), FAKE_MEMORY_IOVA);
	assert_int_equal(info_of(ctrlr).cmb_bytes, ROOM * QUEUE_BYTES);
	ctrlr_fail(ctrlr, "the test wants it");
	assert_int_equal(fake->ncmbmsc_written, 0);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void giving_the_controller_up_switches_the_buffer_off(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	upnvme_qpair *qp = created(ctrlr);

	ctrlr_fail(ctrlr, "the test wants it");
	assert_int_equal(fake->ncmbmsc_written, 3);
	assert_int_equal(fake->cmbmsc_written[2], 0);
	assert_false(ctrlr->cmb->enabled);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void an_address_that_the_controller_refuses_is_an_error(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	fake->cmbsts = 1;
	is_refused(ctrlr, -EIO, UPNVME_ERR_CTRLR_INVALID, "0x7654321000");
	assert_int_equal(fake->cmbmsc, CRE);
	assert_int_equal(fake_transport_count(fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ), 0);
	fake->cmbsts = 0;
	assert_int_equal(upnvme_qpair_close(created(ctrlr)), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void a_buffer_that_takes_no_submission_queues_is_refused(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr;

	fake->cmbsz &= ~1u;
	ctrlr = fake_transport_opened(fake);
	assert_int_equal(info_of(ctrlr).cmb_flags, 0x1e);
	is_refused(ctrlr, -ENOTSUP, UPNVME_ERR_UNSUPPORTED, "SQS");
	assert_int_equal(fake->ncmbmsc_written, 1);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

/* --- pieces ----------------------------------------------------------------------------------- */

static void ignore(void *arg, const struct upnvme_completion *done)
{
}

static void entries_are_written_into_the_buffer(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	upnvme_qpair *qps[2] = { created(ctrlr), created(ctrlr) };
	const struct upnvme_spec_sqe *sqe;
	upnvme_ns *ns;
	void *buf;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	assert_int_equal(upnvme_dma_alloc(&buf, ctrlr, 4096, 0), 0);
	assert_int_equal(upnvme_read(qps[1], ns, buf, 77, 1, ignore, NULL), 0);
	assert_int_equal(upnvme_write(qps[1], ns, buf, 78, 1, ignore, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(qps[1]), 0);
	sqe = (const struct upnvme_spec_sqe *)(fake->memory + QUEUE_BYTES);
	assert_int_equal(sqe[0].opcode, UPNVME_SPEC_CMD_READ);
	assert_int_equal(sqe[0].cdw10, 77);
	assert_int_equal(sqe[1].opcode, UPNVME_SPEC_CMD_WRITE);
	assert_int_equal(sqe[1].cdw10, 78);
	assert_int_equal(atomic_load(&fake->io_doorbells[2][0]), 2);
	/* The completion queue is the host's. */
	assert_non_null(fake_transport_memory(
		fake, fake_transport_seen(fake, UPNVME_SPEC_ADMIN_CREATE_IO_CQ, 1)->prp1,
		ENTRIES * 16));
	assert_int_equal(upnvme_qpair_close(qps[0]), 0);
	assert_int_equal(upnvme_qpair_close(qps[1]), 0);
	assert_int_equal(upnvme_dma_free(ctrlr, buf), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void the_room_is_used_up_and_used_again(void **state)
{
	static const uint32_t again[] = { 2, 0, 3, 1 };
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	upnvme_qpair *qps[ROOM];
	uint32_t n = 0;

	for (uint32_t i = 0; i < ROOM; i++) {
		qps[i] = created(ctrlr);
		assert_int_equal(sq_address(fake, n++), FAKE_MEMORY_IOVA + i * QUEUE_BYTES);
	}
	is_refused(ctrlr, -ENOSPC, UPNVME_ERR_NO_MEMORY, "262144");
	for (uint32_t i = 0; i < ROOM; i++) {
		assert_int_equal(upnvme_qpair_close(qps[again[i]]), 0);
		qps[again[i]] = created(ctrlr);
		assert_int_equal(sq_address(fake, n++), FAKE_MEMORY_IOVA + again[i] * QUEUE_BYTES);
		is_refused(ctrlr, -ENOSPC, UPNVME_ERR_NO_MEMORY, "65536");
	}
	for (uint32_t i = 0; i < ROOM; i++)
		assert_int_equal(upnvme_qpair_close(qps[i]), 0);
	assert_null(ctrlr->cmb->pieces);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static void small_queues_have_a_page_each(void **state)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);
	upnvme_qpair *qps[3];

	opts.flags = UPNVME_QPAIR_CMB;
	for (uint32_t i = 0; i < 3; i++) {
		opts.entries = i == 1 ? 65 : 2; /* a page has 64 */
		assert_int_equal(upnvme_qpair_create(&qps[i], ctrlr, &opts), 0);
	}
	assert_int_equal(sq_address(fake, 1), FAKE_MEMORY_IOVA + 4096);
	assert_int_equal(sq_address(fake, 2), FAKE_MEMORY_IOVA + 3 * 4096);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(upnvme_qpair_close(qps[i]), 0);
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

static enum fake_verdict refuse_sq(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				   struct upnvme_spec_cqe *cqe)
{
	cqe->status = UPNVME_SPEC_SC_INVALID_USE_OF_CMB;
	return sqe->opcode == UPNVME_SPEC_ADMIN_CREATE_IO_SQ ? FAKE_ANSWER : FAKE_DEFAULT;
}

static void a_queue_that_the_controller_refuses_gives_its_piece_back(void **state)
{
	struct fake_transport *fake = fake_with_buffer();
	struct upnvme_ctrlr *ctrlr = fake_transport_opened(fake);

	fake->script = refuse_sq;
	for (uint32_t i = 0; i < 2 * ROOM; i++) {
		upnvme_qpair *qp;

		assert_int_equal(create(&qp, ctrlr, UPNVME_QPAIR_CMB), -EIO);
		assert_null(ctrlr->cmb->pieces);
	}
	assert_int_equal(ctrlr_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_is_found_and_stays_off),
		cmocka_unit_test(registers_that_are_reserved_are_not_looked_at),
		cmocka_unit_test(the_buffer_ends_with_its_bar),
		cmocka_unit_test(units_are_multiplied_without_a_carry),
		cmocka_unit_test(impossible_registers_mean_no_buffer),
		cmocka_unit_test(the_doorbells_end_before_the_buffer),
		cmocka_unit_test(a_transport_that_cannot_reach_the_buffer_works_without_it),
		cmocka_unit_test(a_buffer_that_cannot_be_mapped_is_not_used),
		cmocka_unit_test(a_buffer_that_is_always_on_must_not_cover_memory),
		cmocka_unit_test(addresses_of_a_buffer_over_the_registers_are_reserved),
		cmocka_unit_test(the_persistent_regions_addresses_are_forgotten),
		cmocka_unit_test(
			the_first_queue_switches_the_buffer_on_and_the_close_switches_it_off),
		cmocka_unit_test(a_buffer_that_is_always_on_is_never_switched_off),
		cmocka_unit_test(giving_the_controller_up_switches_the_buffer_off),
		cmocka_unit_test(an_address_that_the_controller_refuses_is_an_error),
		cmocka_unit_test(a_buffer_that_takes_no_submission_queues_is_refused),
		cmocka_unit_test(entries_are_written_into_the_buffer),
		cmocka_unit_test(the_room_is_used_up_and_used_again),
		cmocka_unit_test(small_queues_have_a_page_each),
		cmocka_unit_test(a_queue_that_the_controller_refuses_gives_its_piece_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
