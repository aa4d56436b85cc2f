/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that do otherwise than the specification says: who they are, and what is done about each. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "driver/ns.h"
#include "driver/queue/qpair.h"
#include "driver/quirks.h"
#include "support/fake_transport.h"

/* --- sleeping, which is noted instead --------------------------------------------------------------- */

static struct fake_transport *device;
static uint32_t slept_ms[8], cc_slept[8], nslept;

/* Takes the place of the C library's. Short ones are those of a wait that looks again and again. */
int nanosleep(const struct timespec *request, struct timespec *left)
{
	uint64_t ns = (uint64_t)request->tv_sec * NS_PER_S + (uint64_t)request->tv_nsec;

	(void)left;
	if (ns < NS_PER_MS || nslept == ARRAY_SIZE(slept_ms))
		return 0;
	cc_slept[nslept] = device ? device->cc : 0;
	slept_ms[nslept++] = (uint32_t)(ns / NS_PER_MS);
	return 0;
}

/* --- who they are --------------------------------------------------------------------------------- */

static const struct {
	uint16_t vendor, device;
	const char *words;
} known[] = {
	{ 0x144d, 0xa821, "delay-ready" },
	{ 0x144d, 0xa822, "delay-ready,no-write-zeroes" },
	{ 0x144d, 0xa826, "delay-ready" },
	{ 0x144d, 0xa820, "" },
	{ 0x1c5f, 0x0540, "delay-ready" },
	{ 0x1c58, 0x0003, "delay-ready" },
	{ 0x1c58, 0x0023, "delay-ready" },
	{ 0x1bb1, 0x0100, "delay-ready,no-descriptors" },
	{ 0x8086, 0x0953, "delay-init,stripe,long-queues" },
	{ 0x8086, 0x0a53, "delay-init,stripe,long-queues" },
	{ 0x8086, 0x0a54, "delay-init,stripe,long-queues" },
	{ 0x8086, 0x0a55, "stripe,long-queues" },
	{ 0x8086, 0x0b60, "stripe,long-queues" },
	{ 0x8086, 0x4140, "exclude-metadata" },
	{ 0x19e5, 0x0123, "no-sgl" },
	{ 0x19e5, 0x3714, "no-sgl" },
	{ 0x1414, 0xb111, "whole-admin-queue" },
	{ 0x15ad, 0x07f0, "slow-shutdown" },
	{ 0x80ee, 0x4e56, "delay-queue" },
	{ 0x126f, 0x2263, "no-descriptors,bogus-names" },
	{ 0x1b36, 0x0010, "" }, /* QEMU */
	{ 0x8086, 0x5845, "" }, /* as long as its firmware is not known */
	{ 0, 0, "" },
	{ 0xffff, 0xffff, "" },
};

static void devices_are_known_by_vendor_and_device(void **state)
{
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct quirk_device who = { known[i].vendor, known[i].device, NULL };

		quirks_text(quirks_of(&who), text, sizeof(text));
		assert_string_equal(text, known[i].words);
	}
}

static void some_devices_are_known_by_their_firmware(void **state)
{
	assert_int_equal(quirks_of(&(struct quirk_device){ 0x8086, 0x5845, "1.0" }),
			 QUIRK_NO_WRITE_ZEROES | QUIRK_BOGUS_NAMES);
	assert_int_equal(quirks_of(&(struct quirk_device){ 0x8086, 0x5845, "1.01" }), 0);
	assert_int_equal(quirks_of(&(struct quirk_device){ 0x8086, 0x5845, "7.2.0" }), 0);
	assert_int_equal(quirks_of(&(struct quirk_device){ 0x8086, 0x0a55, "1.0" }),
			 QUIRK_STRIPE | QUIRK_LONG_QUEUES);
}

/* --- opening one ---------------------------------------------------------------------------------- */

static struct fake_transport *create(uint16_t vendor, uint16_t id)
{
	device = fake_transport_create();
	device->transport.vendor = vendor;
	device->transport.device = id;
	nslept = 0;
	return device;
}

static struct upnvme_ctrlr *open_by(struct fake_transport *fake, const char *uri)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr = NULL;
	struct quirks_choice choice;
	struct uri *parsed;

	assert_int_equal(uri_parse(&parsed, uri), 0);
	assert_int_equal(quirks_read(parsed, &choice), 0);
	uri_free(parsed);
	assert_int_equal(ctrlr_attach(&ctrlr, &fake->transport, uri, &choice, &opts), 0);
	return ctrlr;
}

static void close_it(struct upnvme_ctrlr *ctrlr)
{
	assert_int_equal(upnvme_close(ctrlr), 0);
	device = NULL;
}

static void told_is(struct upnvme_ctrlr *ctrlr, const char *words)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	assert_int_equal(upnvme_ctrlr_info_get(ctrlr, &info), 0);
	assert_string_equal(info.quirks, words);
}

/* A caller of ctrlr_attach has read the URI: its keys are not read a second time. */
static void a_choice_counts_and_not_the_name(void **state)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr = NULL;

	create(0x19e5, 1);
	assert_int_equal(ctrlr_attach(&ctrlr, &device->transport, "fake:test?quirks=stripe", NULL,
				      &opts),
			 0);
	told_is(ctrlr, "no-sgl");
	close_it(ctrlr);
}

static void the_uri_has_the_last_word(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_by(create(0x19e5, 1), "fake:test");

	told_is(ctrlr, "no-sgl");
	close_it(ctrlr);
	ctrlr = open_by(create(0x19e5, 1), "fake:test?quirks=none");
	told_is(ctrlr, "");
	close_it(ctrlr);
	ctrlr = open_by(create(0x19e5, 1), "fake:test?quirks=bogus-names,stripe");
	told_is(ctrlr, "stripe,bogus-names");
	close_it(ctrlr);
}

static void all_words_for_quirks_are_told_and_taken(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	char all[256], uri[300];
	struct upnvme_ctrlr *ctrlr;

	quirks_text((1u << NQUIRKS) - 1, all, sizeof(all));
	assert_in_range(strlen(all), 100, sizeof(info.quirks) - 1);
	snprintf(uri, sizeof(uri), "fake:test?quirks=%s", all);
	ctrlr = open_by(create(0, 0), uri);
	told_is(ctrlr, all);
	assert_int_equal(ctrlr->quirks, (1u << NQUIRKS) - 1);
	close_it(ctrlr);
}

static void unknown_words_are_refused(void **state)
{
	static const char *const uris[] = {
		"soft:ram?quirks=",        "soft:ram?quirks=no-sgl,",
		"soft:ram?quirks=no-sg",   "soft:ram?quirks=no-sgl,none",
		"soft:ram?quirks=,no-sgl", "soft:ram?quirks=NO-SGL"
	};
	struct upnvme_ctrlr *ctrlr;

	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		assert_int_equal(upnvme_open(&ctrlr, uris[i], NULL), -EINVAL);
		assert_int_equal(error_last()->code, UPNVME_ERR_URI_VALUE);
		assert_non_null(strstr(error_last()->text, "quirk"));
	}
}

/* --- what is done about each ---------------------------------------------------------------------- */

static void a_controller_that_starts_slowly_is_not_read_at_first(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0x8086, 0x0953);
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(nslept, 1);
	assert_int_equal(slept_ms[0], 2000);
	assert_int_equal(cc_slept[0], 0);
	close_it(ctrlr);
}

/* Found enabled, as a former user left it; and again at the close. */
static void a_controller_that_stops_slowly_is_not_read_at_first(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0x144d, 0xa821);
	device->cc = 0x00460001;
	device->csts = 1;
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(nslept, 1);
	assert_int_equal(slept_ms[0], 2300);
	assert_int_equal(cc_slept[0] & 1, 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
	assert_int_equal(nslept, 2);
	assert_int_equal(slept_ms[1], 2300);
	device = NULL;
}

static void a_queue_is_given_time_once_it_was_created(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_by(create(0x80ee, 0x4e56), "fake:test");
	struct upnvme_qpair *qp;

	assert_int_equal(nslept, 0);
	assert_int_equal(upnvme_qpair_create(&qp, ctrlr, NULL), 0);
	assert_int_equal(nslept, 1);
	assert_int_equal(slept_ms[0], 1);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	close_it(ctrlr);
}

static struct upnvme_ns *first_ns(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_ns *ns = NULL;

	assert_int_equal(upnvme_ns_get(&ns, ctrlr, 1), 0);
	return ns;
}

/* 128 KiB, which NOIOB would say. */
static void a_stripe_is_a_boundary(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0x8086, 0x0a55)->id.vs[3] = 5;
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(ns_geometry(first_ns(ctrlr))->boundary_blocks, 256);
	assert_int_equal(ns_geometry(first_ns(ctrlr))->straight_blocks, 0);
	close_it(ctrlr);
	create(0x8086, 0x0a55)->id.vs[3] = 5;
	device->ns.noiob = 8;
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(ns_geometry(first_ns(ctrlr))->boundary_blocks, 8);
	close_it(ctrlr);
	create(0x8086, 0x1234)->id.vs[3] = 5; /* of another, that byte is anything */
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(ns_geometry(first_ns(ctrlr))->boundary_blocks, 0);
	close_it(ctrlr);
	create(0x8086, 0x0a55)->id.vs[3] = 255;
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(ns_geometry(first_ns(ctrlr))->boundary_blocks, 0);
	close_it(ctrlr);
}

static void abilities_that_a_quirk_denies_are_not_used(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0, 0)->id.sgls = 1;
	device->id.oncs = UPNVME_SPEC_ONCS_WRITE_ZEROES | UPNVME_SPEC_ONCS_DSM;
	device->has_nvm = true;
	device->nvm.wzsl = 5;
	ctrlr = open_by(device, "fake:test?quirks=no-sgl,no-write-zeroes");
	assert_false(ctrlr->limits.sgl);
	assert_int_equal(ctrlr->limits.oncs, UPNVME_SPEC_ONCS_DSM);
	close_it(ctrlr);
}

static void sizes_without_metadata_are_larger(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0x8086, 0x4140)->ns.flbas = 0x10;
	device->ns.lbaf[0] = (struct upnvme_spec_lbaf){ .lbads = 12, .ms = 64 };
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(upnvme_ns_max_transfer_blocks(first_ns(ctrlr)), 32); /* MDTS 5: 128 KiB */
	close_it(ctrlr);
	create(0, 0)->ns.flbas = 0x10;
	device->ns.lbaf[0] = (struct upnvme_spec_lbaf){ .lbads = 12, .ms = 64 };
	ctrlr = open_by(device, "fake:test");
	assert_int_equal(upnvme_ns_max_transfer_blocks(first_ns(ctrlr)), 31);
	close_it(ctrlr);
}

static uint32_t descriptors_asked(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < device->nseen; i++)
		n += device->seen[i].opcode == UPNVME_SPEC_ADMIN_IDENTIFY &&
		     device->seen[i].cdw10 == 3;
	return n;
}

static struct upnvme_ns_info names_of(const char *uri, uint32_t asked)
{
	static const uint8_t list[] = { 3, 16, 0, 0,  1,  2,  3,  4,  5,  6,
					7, 8,  9, 10, 11, 12, 13, 14, 15, 16 };
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_ctrlr *ctrlr;

	create(0, 0)->ns.eui64[0] = 33;
	device->ns.nguid[1] = 44;
	memcpy(device->descriptors, list, sizeof(list));
	ctrlr = open_by(device, uri);
	assert_int_equal(upnvme_ns_info_get(first_ns(ctrlr), &info), 0);
	assert_int_equal(descriptors_asked(), asked);
	close_it(ctrlr);
	return info;
}

static void unreliable_names_are_not_told(void **state)
{
	struct upnvme_ns_info info = names_of("fake:test", 1);

	assert_int_equal(info.uuid[15], 16);
	assert_int_equal(info.eui64[0], 33);
	info = names_of("fake:test?quirks=no-descriptors", 0);
	assert_int_equal(info.uuid[15], 0);
	assert_int_equal(info.eui64[0], 33);
	assert_int_equal(info.nguid[1], 44);
	info = names_of("fake:test?quirks=bogus-names", 0);
	assert_int_equal(info.uuid[15] | info.eui64[0] | info.nguid[1], 0);
}

static void a_slow_shutdown_is_given_longer(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_by(create(0x15ad, 0x07f0), "fake:test");

	assert_int_equal(ctrlr->shutdown_least_ms, 30000);
	close_it(ctrlr);
}

/* Entries are 64 bytes: 64 of them are 4 KiB. It goes round more than once, too. */
static void the_admin_queue_is_whole_pages(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_by(create(0x1414, 0xb111), "fake:test");
	uint8_t page[4096];

	assert_int_equal(device->aqa, 127u << 16 | 127);
	for (int i = 0; i < 300; i++)
		assert_int_equal(upnvme_identify(ctrlr, 1, 0, page), 0);
	close_it(ctrlr);
}

static uint32_t entries_of(const char *uri, uint32_t wanted, uint16_t mqes)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr;
	struct upnvme_qpair *qp;
	uint32_t entries;

	create(0, 0)->cap |= 0xffff;
	device->cap &= ~0xffffull | mqes;
	ctrlr = open_by(device, uri);
	opts.entries = wanted;
	assert_int_equal(upnvme_qpair_create(&qp, ctrlr, &opts), 0);
	entries = upnvme_qpair_entries(qp);
	assert_int_equal(upnvme_qpair_close(qp), 0);
	close_it(ctrlr);
	return entries;
}

static void the_default_length_of_queues_is_longer(void **state)
{
	assert_int_equal(entries_of("fake:test", 0, 4095), 256);
	assert_int_equal(entries_of("fake:test?quirks=long-queues", 0, 4095), 1024);
	assert_int_equal(entries_of("fake:test?quirks=long-queues", 32, 4095), 32);
	assert_int_equal(entries_of("fake:test?quirks=long-queues", 0, 511), 512);
}

/* --- 64-bit registers ----------------------------------------------------------------------------- */

/* A lost upper half shows in CAP, which has MPSMIN there, and in the queues' addresses. */
static void a_device_without_64_bit_accesses_is_found_out(void **state)
{
	struct upnvme_ctrlr *ctrlr;

	create(0, 0)->loses_upper_half = true;
	ctrlr = open_by(device, "fake:test");
	told_is(ctrlr, "halves");
	assert_int_equal(ctrlr->cap, device->cap);
	assert_int_not_equal(device->asq >> 32, 0);
	close_it(ctrlr);
	ctrlr = open_by(create(0, 0), "fake:test");
	told_is(ctrlr, "");
	close_it(ctrlr);
}

/* Another controller, whose registers take both. */
static void accesses_in_halves_do_the_same(void **state)
{
	struct upnvme_ctrlr *ctrlr;
	uint8_t page[4096];

	assert_int_equal(upnvme_open(&ctrlr, "soft:ram?size=1MiB&quirks=halves", NULL), 0);
	told_is(ctrlr, "halves");
	assert_int_equal(upnvme_identify(ctrlr, 1, 0, page), 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_known_by_vendor_and_device),
		cmocka_unit_test(some_devices_are_known_by_their_firmware),
		cmocka_unit_test(the_uri_has_the_last_word),
		cmocka_unit_test(a_choice_counts_and_not_the_name),
		cmocka_unit_test(all_words_for_quirks_are_told_and_taken),
		cmocka_unit_test(unknown_words_are_refused),
		cmocka_unit_test(a_controller_that_starts_slowly_is_not_read_at_first),
		cmocka_unit_test(a_controller_that_stops_slowly_is_not_read_at_first),
		cmocka_unit_test(a_queue_is_given_time_once_it_was_created),
		cmocka_unit_test(a_stripe_is_a_boundary),
		cmocka_unit_test(abilities_that_a_quirk_denies_are_not_used),
		cmocka_unit_test(sizes_without_metadata_are_larger),
		cmocka_unit_test(unreliable_names_are_not_told),
		cmocka_unit_test(a_slow_shutdown_is_given_longer),
		cmocka_unit_test(the_admin_queue_is_whole_pages),
		cmocka_unit_test(the_default_length_of_queues_is_longer),
		cmocka_unit_test(a_device_without_64_bit_accesses_is_found_out),
		cmocka_unit_test(accesses_in_halves_do_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
