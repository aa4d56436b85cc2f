/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of namespaces: found, changed, gone, back, and lists that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/ns_table.h"
#include "support/fake_transport.h"

static struct upnvme_ctrlr *open_it(struct fake_transport *fake)
{
	struct upnvme_ctrlr *ctrlr = NULL;

	assert_int_equal(fake_transport_open(fake, &ctrlr, NULL), 0);
	return ctrlr;
}

static void set_active(struct fake_transport *fake, uint32_t n, const uint32_t *nsids)
{
	memcpy(fake->active, nsids, n * sizeof(*nsids));
	fake->nactive = n;
}
#define SET_ACTIVE(fake, ...) \
	set_active(fake, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, (uint32_t[]){ __VA_ARGS__ })

static uint32_t identifies(const struct fake_transport *fake, uint32_t cns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fake->nseen; i++)
		n += fake->seen[i].opcode == NVME_ADMIN_IDENTIFY && fake->seen[i].cdw10 == cns;
	return n;
}

static void no_namespace(struct upnvme_ctrlr *ctrlr, uint32_t nsid, int err, uint32_t code)
{
	struct upnvme_ns *ns = NULL;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, nsid), err);
	assert_int_equal(error_last()->code, code);
	assert_null(ns);
}

static struct upnvme_ns *ns_of(struct upnvme_ctrlr *ctrlr, uint32_t nsid)
{
	struct upnvme_ns *ns = NULL;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, nsid), 0);
	assert_non_null(ns);
	return ns;
}

static void active_namespaces_are_found_whatever_nn_is(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct nvme_sqe list = { .opcode = 0x06, .cdw10 = 0x02 };
	struct nvme_sqe ns = { .opcode = 0x06, .nsid = 0xfffffffe, .cdw10 = 0x00 };

	fake->id.nn = UINT32_MAX;
	SET_ACTIVE(fake, 3, 70000, 0xfffffffe);
	ctrlr = open_it(fake);
	assert_int_equal(identifies(fake, NVME_CNS_ACTIVE_NS_LIST), 1);
	assert_int_equal(identifies(fake, NVME_CNS_NS), 3);
	fake_transport_expect(fake_transport_seen(fake, 0x06, 1), &list, true);
	fake_transport_expect(fake_transport_seen(fake, 0x06, 4), &ns, true);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 3);
	assert_int_equal(upnvme_ns_next(ctrlr, 3), 70000);
	assert_int_equal(upnvme_ns_next(ctrlr, 69999), 70000);
	assert_int_equal(upnvme_ns_next(ctrlr, 70000), 0xfffffffe);
	assert_int_equal(upnvme_ns_next(ctrlr, 0xfffffffe), 0);
	assert_int_equal(upnvme_ns_next(ctrlr, 0xffffffff), 0);
	assert_int_equal(upnvme_ns_next(NULL, 0), 0);
	assert_ptr_equal(ns_of(ctrlr, 70000), ns_of(ctrlr, 70000));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void identifiers_that_are_not_there_are_refused(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it(fake_transport_create());
	struct upnvme_ns *ns;

	no_namespace(ctrlr, 0, -EINVAL, UPNVME_ERR_ARGUMENT);
	no_namespace(ctrlr, 0xffffffff, -EINVAL, UPNVME_ERR_ARGUMENT);
	no_namespace(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	no_namespace(NULL, 1, -EINVAL, UPNVME_ERR_NULL);
	assert_int_equal(upnvme_ns_get(NULL, ctrlr, 1), -EINVAL);
	assert_null(ns_find(ctrlr, 2));
	ns = ns_find(ctrlr, 1);
	assert_ptr_equal(ns, ns_of(ctrlr, 1));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void properties_come_from_the_geometry(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_it(fake_transport_create());
	struct upnvme_ns *ns = ns_of(ctrlr, 1);

	assert_int_equal(upnvme_ns_id(ns), 1);
	assert_int_equal(upnvme_ns_block_size(ns), 512);
	assert_int_equal(upnvme_ns_block_count(ns), 1000);
	assert_int_equal(upnvme_ns_metadata_size(ns), 0);
	assert_int_equal(upnvme_ns_max_transfer_blocks(ns), 256);
	assert_int_equal(upnvme_ns_id(NULL), 0);
	assert_int_equal(upnvme_ns_block_size(NULL), 0);
	assert_int_equal(upnvme_ns_block_count(NULL), 0);
	assert_int_equal(upnvme_ns_metadata_size(NULL), 0);
	assert_int_equal(upnvme_ns_max_transfer_blocks(NULL), 0);
	assert_int_equal(ns->nsid, 1);
	assert_ptr_equal(ns->ctrlr, ctrlr);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void long_lists_are_read_page_by_page(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = 2500;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = 2 * i + 1;
	ctrlr = open_it(fake);
	assert_int_equal(ns_count(ctrlr), 2500);
	for (uint32_t i = 0; i < fake->nactive; i++)
		assert_int_equal(ns_of(ctrlr, fake->active[i])->nsid, fake->active[i]);
	no_namespace(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void no_namespace_at_all_is_no_failure(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = 0;
	ctrlr = open_it(fake);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0);
	no_namespace(ctrlr, 1, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* CNS 02h says what the script says. */
static uint32_t lie[NVME_NS_LIST_ENTRIES];

static enum fake_verdict lying(struct fake_transport *fake, const struct nvme_sqe *sqe,
			       struct nvme_cqe *cqe)
{
	if (sqe->opcode != NVME_ADMIN_IDENTIFY || sqe->cdw10 != NVME_CNS_ACTIVE_NS_LIST)
		return FAKE_DEFAULT;
	memcpy(fake_transport_memory(fake, sqe->prp1, sizeof(lie)), lie, sizeof(lie));
	return FAKE_ANSWER;
}

static void lists_that_do_not_ascend_are_cut(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->script = lying;
	memset(lie, 0, sizeof(lie));
	lie[0] = 5;
	lie[1] = 7;
	lie[2] = 7;
	lie[3] = 9;
	ctrlr = open_it(fake);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 0); /* identified as inactive: no blocks */
	assert_non_null(ns_find(ctrlr, 7));
	assert_null(ns_find(ctrlr, 9));
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_list_that_never_ends_is_cut(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	fake->script = lying;
	for (uint32_t i = 0; i < NVME_NS_LIST_ENTRIES; i++)
		lie[i] = i + 1;
	ctrlr = open_it(fake); /* the second page repeats the first */
	assert_non_null(ns_find(ctrlr, 1024));
	assert_null(ns_find(ctrlr, 1025));
	assert_int_equal(upnvme_close(ctrlr), 0);
	fake = fake_transport_create();
	fake->script = lying;
	memset(lie, 0xff, sizeof(lie));
	ctrlr = open_it(fake);
	assert_int_equal(ns_count(ctrlr), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_format_that_cannot_be_driven_is_refused_alone(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	SET_ACTIVE(fake, 1, 2, 3);
	fake->odd_nsid = 2;
	fake->odd = fake->ns;
	fake->odd.lbaf[0].lbads = 63;
	ctrlr = open_it(fake);
	no_namespace(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_FORMAT);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 3);
	assert_int_equal(ns_count(ctrlr), 2);

	fake->odd.lbaf[0].lbads = 12; /* formatted anew */
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_int_equal(upnvme_ns_block_size(ns_of(ctrlr, 2)), 4096);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static enum fake_verdict refuse_ns_2(struct fake_transport *fake, const struct nvme_sqe *sqe,
				     struct nvme_cqe *cqe)
{
	cqe->status = NVME_SC_INVALID_NAMESPACE_OR_FORMAT;
	return sqe->opcode == NVME_ADMIN_IDENTIFY && sqe->cdw10 == NVME_CNS_NS && sqe->nsid == 2 ?
		       FAKE_ANSWER :
		       FAKE_DEFAULT;
}

static void one_that_cannot_be_identified_is_left_out(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	SET_ACTIVE(fake, 1, 2);
	fake->script = refuse_ns_2;
	ctrlr = open_it(fake);
	no_namespace(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_int_equal(ns_count(ctrlr), 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_change_makes_a_new_snapshot_and_keeps_the_old(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);
	struct upnvme_ns *ns = ns_of(ctrlr, 1);
	const struct ns_geometry *before = ns_geometry(ns);

	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_ptr_equal(ns_geometry(ns), before); /* nothing changed */
	fake->ns.nsze = 2000;
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 7 }, 1), 0);
	assert_ptr_equal(ns_geometry(ns), before); /* another changed */
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 7, 1 }, 2), 0);
	assert_ptr_not_equal(ns_geometry(ns), before);
	assert_int_equal(before->nblocks, 1000);
	assert_int_equal(upnvme_ns_block_count(ns), 2000);
	assert_ptr_equal(ns_geometry(ns)->older, before);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void one_that_goes_keeps_its_handle_and_may_come_back(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *ns;

	SET_ACTIVE(fake, 1, 2);
	ctrlr = open_it(fake);
	ns = ns_of(ctrlr, 2);
	SET_ACTIVE(fake, 1);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	assert_int_equal(upnvme_ns_id(ns), 0);
	assert_int_equal(upnvme_ns_block_count(ns), 0);
	no_namespace(ctrlr, 2, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_ptr_equal(ns_find(ctrlr, 2), ns);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 0);
	SET_ACTIVE(fake, 1, 2);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	assert_ptr_equal(ns_of(ctrlr, 2), ns);
	assert_int_equal(upnvme_ns_block_count(ns), 1000);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void new_ones_are_inserted_in_order(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_ns *five;

	SET_ACTIVE(fake, 5);
	ctrlr = open_it(fake);
	five = ns_of(ctrlr, 5);
	SET_ACTIVE(fake, 2, 5, 9);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 2 }, 1), 0);
	SET_ACTIVE(fake, 1, 2, 5, 7, 9);
	assert_int_equal(ns_refresh(ctrlr, (uint32_t[]){ 1 }, 1), 0);
	assert_ptr_equal(ns_of(ctrlr, 5), five);
	assert_int_equal(upnvme_ns_next(ctrlr, 0), 1);
	assert_int_equal(upnvme_ns_next(ctrlr, 1), 2);
	assert_int_equal(upnvme_ns_next(ctrlr, 2), 5);
	assert_int_equal(upnvme_ns_next(ctrlr, 5), 7);
	assert_int_equal(upnvme_ns_next(ctrlr, 7), 9);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void info_is_fresh_and_has_the_identifiers(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;
	static const uint8_t list[] = { 3,  16, 0,  0,  0,  1,  2,    3,  4,  5,  6,  7,  8, 9,
					10, 11, 12, 13, 14, 15, 0x44, 5,  0,  0,  1,  2,  3, 4,
					5,  1,  8,  0,  0,  21, 22,   23, 24, 25, 26, 27, 28 };

	fake->ns.nguid[3] = 33;
	fake->ns.eui64[7] = 44;
	fake->ns.dlfeat = 1;
	fake->ns.nsattr = 1;
	fake->ns.noiob = 8;
	memcpy(fake->descriptors, list, sizeof(list));
	ctrlr = open_it(fake);
	fake->ns.nuse = 77;
	assert_int_equal(upnvme_ns_info_get(ns_of(ctrlr, 1), &info), 0);
	assert_int_equal(info.nsid, 1);
	assert_int_equal(info.block_count, 1000);
	assert_int_equal(info.capacity_blocks, 1000);
	assert_int_equal(info.used_blocks, 77);
	assert_int_equal(info.block_bytes, 512);
	assert_int_equal(info.metadata_bytes, 0);
	assert_int_equal(info.max_transfer_blocks, 256);
	assert_int_equal(info.boundary_blocks, 8);
	assert_int_equal(info.deallocated_reads_zero, 1);
	assert_int_equal(info.readonly, 1);
	assert_int_equal(info.nguid[3], 33);
	assert_int_equal(info.eui64[0], 21); /* the descriptor's */
	assert_int_equal(info.uuid[15], 15);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void hostile_descriptors_end_at_the_page(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;

	memset(fake->descriptors, 0xff, sizeof(fake->descriptors));
	ctrlr = open_it(fake);
	assert_int_equal(upnvme_ns_info_get(ns_of(ctrlr, 1), &info), 0);
	memset(fake->descriptors, 1, sizeof(fake->descriptors));
	assert_int_equal(upnvme_ns_info_get(ns_of(ctrlr, 1), &info), 0);
	info.size = 4;
	assert_int_equal(upnvme_ns_info_get(ns_of(ctrlr, 1), &info), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_OPTIONS_SIZE);
	assert_int_equal(upnvme_ns_info_get(NULL, &info), -EINVAL);
	assert_int_equal(upnvme_ns_info_get(ns_of(ctrlr, 1), NULL), -EINVAL);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void info_of_one_that_is_gone_says_so(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr = open_it(fake);
	struct upnvme_ns *ns = ns_of(ctrlr, 1);

	fake->nactive = 0;
	assert_int_equal(upnvme_ns_info_get(ns, &info), -ENODEV);
	assert_int_equal(error_last()->code, UPNVME_ERR_NS_GONE);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

/* --- lists that never end ------------------------------------------------------------------------- */

static void invent(struct fake_transport *fake, uint32_t first)
{
	fake->nactive = 512;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = first + i;
}

/* New ones at every event: what is known stays known, what is new finds no room any more. */
static void a_device_that_invents_namespaces_eats_no_more_than_its_share(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);
	uint32_t first = 1;
	int rc = 0;

	ctrlr->ns_kept_bytes =
		NS_KEPT_BYTES_MAX - (256u << 10); /* as if it had been at it for long */
	for (int i = 0; i < 12; i++, first += 512) {
		invent(fake, first);
		rc = ns_refresh(ctrlr, NULL, 0);
		assert_true(rc == 0 || rc == -ENOSPC);
		assert_true(ctrlr->ns_kept_bytes <= NS_KEPT_BYTES_MAX);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_INVALID);
	assert_non_null(strstr(error_last()->text, "32 MiB"));
	no_namespace(ctrlr, first - 1, -ENODEV, UPNVME_ERR_NS_NOT_FOUND);
	assert_non_null(strstr(error_last()->text, "no room"));
	SET_ACTIVE(fake, 1);
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
	assert_int_equal(ns_of(ctrlr, 1)->nsid, 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_geometry_for_which_there_is_no_room_is_gone(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr;

	SET_ACTIVE(fake, 1, 2);
	ctrlr = open_it(fake);
	ctrlr->ns_kept_bytes = NS_KEPT_BYTES_MAX;
	fake->odd_nsid = 1;
	fake->odd = fake->ns;
	fake->odd.nsze = 999;
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), -ENOSPC);
	no_namespace(ctrlr, 1, -ENODEV, UPNVME_ERR_NS_GONE);
	assert_int_equal(ns_of(ctrlr, 2)->nsid, 2);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void a_geometry_that_comes_again_costs_nothing(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_ctrlr *ctrlr = open_it(fake);
	uint64_t bytes = 0;

	for (int i = 0; i < 20; i++) {
		fake->ns.nsze = i % 2 ? 3000 : 1000;
		fake->nactive = i % 3 != 0;
		assert_int_equal(ns_refresh(ctrlr, NULL, 0), 0);
		if (i == 6)
			bytes = ctrlr->ns_kept_bytes;
	}
	assert_int_equal(ctrlr->ns_kept_bytes, bytes);
	assert_int_equal(upnvme_ns_block_count(ns_of(ctrlr, 1)), 3000);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static enum fake_verdict take_your_time(struct fake_transport *fake, const struct nvme_sqe *sqe,
					struct nvme_cqe *cqe)
{
	struct timespec each = { 0, 5 * (long)NS_PER_MS };

	if (sqe->opcode == NVME_ADMIN_IDENTIFY && sqe->cdw10 == NVME_CNS_NS)
		nanosleep(&each, NULL);
	return FAKE_DEFAULT;
}

/* Each is answered in time; all of them would take 20 seconds. */
static void a_device_that_takes_its_time_with_each_ends_an_open(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	fake->nactive = FAKE_ACTIVE_MAX;
	for (uint32_t i = 0; i < fake->nactive; i++)
		fake->active[i] = i + 1;
	fake->script = take_your_time;
	opts.admin_timeout_ns = NS_PER_S / 4;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
	assert_non_null(strstr(error_last()->text, "admin_timeout_ns"));
}

static void a_refresh_that_takes_too_long_leaves_what_was_known(void **state)
{
	struct fake_transport *fake = fake_transport_create();
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;

	opts.admin_timeout_ns = NS_PER_S / 4;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	invent(fake, 1);
	fake->script = take_your_time;
	assert_int_equal(ns_refresh(ctrlr, NULL, 0), -ETIMEDOUT);
	assert_int_equal(ns_count(ctrlr), 1);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(active_namespaces_are_found_whatever_nn_is),
		cmocka_unit_test(identifiers_that_are_not_there_are_refused),
		cmocka_unit_test(properties_come_from_the_geometry),
		cmocka_unit_test(long_lists_are_read_page_by_page),
		cmocka_unit_test(no_namespace_at_all_is_no_failure),
		cmocka_unit_test(lists_that_do_not_ascend_are_cut),
		cmocka_unit_test(a_list_that_never_ends_is_cut),
		cmocka_unit_test(a_format_that_cannot_be_driven_is_refused_alone),
		cmocka_unit_test(one_that_cannot_be_identified_is_left_out),
		cmocka_unit_test(a_change_makes_a_new_snapshot_and_keeps_the_old),
		cmocka_unit_test(one_that_goes_keeps_its_handle_and_may_come_back),
		cmocka_unit_test(new_ones_are_inserted_in_order),
		cmocka_unit_test(info_is_fresh_and_has_the_identifiers),
		cmocka_unit_test(hostile_descriptors_end_at_the_page),
		cmocka_unit_test(info_of_one_that_is_gone_says_so),
		cmocka_unit_test(a_device_that_invents_namespaces_eats_no_more_than_its_share),
		cmocka_unit_test(a_geometry_for_which_there_is_no_room_is_gone),
		cmocka_unit_test(a_geometry_that_comes_again_costs_nothing),
		cmocka_unit_test(a_device_that_takes_its_time_with_each_ends_an_open),
		cmocka_unit_test(a_refresh_that_takes_too_long_leaves_what_was_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
