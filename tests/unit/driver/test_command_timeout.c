/* SPDX-License-Identifier: BSD-3-Clause */
/* The time that admin commands have: a table made from the specification, and one that needs more than others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "base/util.h"
#include "driver/command_timeout.h"
#include "support/fake_transport.h"

#define TIMEOUT_NS (20 * NS_PER_MS)

static enum fake_verdict hold(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
			      struct upnvme_spec_cqe *cqe)
{
	return sqe->opcode == UPNVME_SPEC_ADMIN_FIRMWARE_DOWNLOAD ||
			       sqe->opcode == UPNVME_SPEC_ADMIN_FORMAT_NVM ?
		       FAKE_HOLD :
		       FAKE_DEFAULT;
}

static struct fake_transport *fake;

static struct upnvme_ctrlr *open_with(uint16_t mtfa, uint32_t sanicap)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct upnvme_ctrlr *ctrlr = NULL;

	opts.admin_timeout_ns = TIMEOUT_NS;
	fake = fake_transport_create();
	fake->id.mtfa = mtfa;
	fake->id.sanicap = sanicap;
	/* Sanitize Status (5.16.1.25): 100 to 600 seconds from byte 8 on, but the last, which is not reported. */
	for (uint32_t i = 0; i < 6; i++)
		*(uint32_t *)(void *)(fake->log + 8 + 4 * i) = i == 5 ? UINT32_MAX : 100 * (i + 1);
	fake->script = hold;
	assert_int_equal(fake_transport_open(fake, &ctrlr, &opts), 0);
	return ctrlr;
}

/* Seconds beside what any command has. */
static uint64_t seconds_of(struct upnvme_ctrlr *ctrlr, uint8_t opcode, uint32_t cdw10)
{
	struct upnvme_spec_sqe sqe = { .opcode = opcode, .cdw10 = cdw10 };

	return (command_timeout_ns(ctrlr, &sqe) - TIMEOUT_NS) / NS_PER_S;
}

static void commands_have_the_time_that_they_need(void **state)
{
	static const struct {
		uint16_t mtfa;
		uint32_t sanicap;
		uint8_t opcode;
		uint32_t cdw10;
		uint32_t seconds;
	} table[] = {
		{ 0, 0, 0x06, 1, 0 },           /* Identify */
		{ 0, 0, 0x09, 1, 0 },           /* Set Features */
		{ 0, 0, 0x80, 0, 3600 },        /* Format NVM */
		{ 0, 0, 0x11, 0, 60 },          /* Firmware Image Download */
		{ 0, 0, 0x10, 3 << 3, 120 },    /* Firmware Commit */
		{ 6000, 0, 0x10, 3 << 3, 600 }, /* MTFA, in tenths of a second */
		{ 0, 0, 0x84, 2, 3600 },        /* Sanitize of one that says nothing of it */
		{ 0, 7, 0x84, 3, 100 },         /* overwrite */
		{ 0, 7, 0x84, 2, 200 },         /* block erase */
		{ 0, 7, 0x84, 4, 300 },         /* crypto erase */
		{ 0, 7, 0x84, 3 | 1 << 9, 400 },
		{ 0, 7, 0x84, 2 | 1 << 9, 500 },
		{ 0, 7, 0x84, 4 | 1 << 9, 3600 }, /* not reported */
		{ 0, 7, 0x84, 1, 3600 },          /* no operation */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct upnvme_ctrlr *ctrlr = open_with(table[i].mtfa, table[i].sanicap);

		assert_int_equal(seconds_of(ctrlr, table[i].opcode, table[i].cdw10),
				 table[i].seconds);
		assert_int_equal(upnvme_close(ctrlr), 0);
	}
}

static uint32_t nended;
static struct upnvme_completion ended;

static void note(void *arg, const struct upnvme_completion *done)
{
	ended = *done;
	nended++;
}

/* Several times as long as others may, and it is answered all the same. */
static void a_format_outlasts_admin_timeout(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_with(0, 0);
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_FORMAT_NVM, 1 } };
	uint64_t until_ns = clock_now_ns() + 5 * TIMEOUT_NS;

	nended = 0;
	assert_int_equal(upnvme_admin_submit(ctrlr, &raw, note, NULL), 0);
	while (clock_now_ns() < until_ns)
		assert_int_equal(upnvme_ctrlr_poll(ctrlr), 0);
	fake_transport_post(fake, fake_transport_seen(fake, UPNVME_SPEC_ADMIN_FORMAT_NVM, 0)->cid,
			    0, 0);
	assert_int_equal(upnvme_ctrlr_poll(ctrlr), 1);
	assert_int_equal(nended, 1);
	assert_int_equal(ended.flags, 0);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

static void the_callers_own_time_counts(void **state)
{
	struct upnvme_ctrlr *ctrlr = open_with(0, 0);
	struct upnvme_raw raw = { .cdw = { UPNVME_SPEC_ADMIN_FORMAT_NVM, 1 },
				  .timeout_ns = TIMEOUT_NS };
	struct upnvme_completion done;

	assert_int_equal(upnvme_admin(ctrlr, &raw, &done), -ETIMEDOUT);
	assert_int_equal(upnvme_close(ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_have_the_time_that_they_need),
		cmocka_unit_test(a_format_outlasts_admin_timeout),
		cmocka_unit_test(the_callers_own_time_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
