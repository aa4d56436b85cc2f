/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller that pauses to activate new firmware: nothing is asked meanwhile, and no command is late. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/clock.h"
#include "driver/activation.h"
#include "support/fake_transport.h"

#define PAUSED UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_PP, 1u)

/* By the clock alone: MTFA bounds the pause, and what is late has as long again as a command may take. */
static void a_look_begins_and_ends_a_pause(void **state)
{
	static struct upnvme_ctrlr ctrlr;
	uint64_t late_ns = clock_now_ns() - 1;

	ctrlr.admin_timeout_ns = 3600 * NS_PER_S;
	ctrlr.id.mtfa = 36000; /* an hour, in units of 100 ms */
	assert_false(activation_goes_on(&ctrlr));
	assert_false(activation_excuses(&ctrlr, late_ns));
	activation_note(&ctrlr, 0);
	assert_false(activation_excuses(&ctrlr, late_ns)); /* there was no pause */
	activation_note(&ctrlr, PAUSED);
	assert_true(activation_goes_on(&ctrlr));
	assert_true(activation_excuses(&ctrlr, late_ns));
	activation_note(&ctrlr, 0);
	assert_false(activation_goes_on(&ctrlr));
	assert_true(activation_excuses(&ctrlr, late_ns));
	ctrlr.admin_timeout_ns = ctrlr.id.mtfa = 1;
	assert_false(activation_excuses(&ctrlr, 1)); /* late by more than one pause */
}

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static uint32_t ntold;
static struct upnvme_event told;

static void note(void *arg, const struct upnvme_event *event)
{
	told = *event;
	ntold++;
}

/* A controller whose admin commands may take no time to speak of; `mtfa` is in units of 100 ms. */
static struct rig open_activating(uint16_t mtfa)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	struct rig rig = { fake_transport_create(), NULL };

	opts.admin_timeout_ns = 20 * NS_PER_MS;
	rig.fake->id.oaes |= UPNVME_SPEC_OAES_FIRMWARE;
	rig.fake->id.mtfa = mtfa;
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, &opts), 0);
	assert_int_equal(upnvme_ctrlr_on_event(rig.ctrlr, note, &rig), 0);
	ntold = 0;
	return rig;
}

static void announce(struct rig *rig)
{
	rig->fake->csts |= PAUSED;
	rig->fake->nseen = 0;
	fake_transport_event(rig->fake, UPNVME_SPEC_AER_TYPE_NOTICE,
			     UPNVME_SPEC_AER_NOTICE_FIRMWARE_ACTIVATION, 3);
}

static void no_command_is_sent_while_processing_is_paused(void **state)
{
	struct rig rig = open_activating(600);

	announce(&rig);
	for (int i = 0; i < 5; i++)
		assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	assert_int_equal(rig.fake->nseen, 0);
	rig.fake->csts &= ~PAUSED;
	assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 1);
	assert_int_equal(fake_transport_count(rig.fake, UPNVME_SPEC_ADMIN_GET_LOG_PAGE), 1);
	assert_int_equal(ntold, 1);
	assert_int_equal(told.kind, UPNVME_EVENT_OTHER);
	assert_int_equal(told.log_page, UPNVME_SPEC_LOG_FIRMWARE_SLOT);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

static enum fake_verdict answer_late(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				     struct upnvme_spec_cqe *cqe)
{
	return sqe->opcode == 0xc0 ? FAKE_HOLD : FAKE_DEFAULT;
}

static uint32_t nended;
static struct upnvme_completion ended;

static void note_end(void *arg, const struct upnvme_completion *done)
{
	ended = *done;
	nended++;
}

/* Ten times their deadline, and neither a synchronous nor an asynchronous command is late. */
static void no_command_is_late_while_processing_is_paused(void **state)
{
	struct rig rig = open_activating(600);
	struct upnvme_raw raw = { .cdw = { 0xc0 } };
	uint64_t until_ns;

	rig.fake->script = answer_late;
	nended = 0;
	announce(&rig);
	assert_int_equal(upnvme_admin_submit(rig.ctrlr, &raw, note_end, NULL), 0);
	until_ns = clock_now_ns() + 200 * NS_PER_MS;
	while (clock_now_ns() < until_ns)
		assert_int_equal(upnvme_ctrlr_poll(rig.ctrlr), 0);
	assert_int_equal(nended, 0);
	rig.fake->csts &= ~PAUSED;
	fake_transport_post(rig.fake, fake_transport_seen(rig.fake, 0xc0, 0)->cid, 0, 0x77);
	while (!nended)
		assert_true(upnvme_ctrlr_poll(rig.ctrlr) >= 0);
	assert_int_equal(ended.result, 0x77);
	assert_int_equal(ended.flags, 0);
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

/* Without the event, which nobody has polled for; and a pause without end has one. */
static void a_pause_that_does_not_end_excuses_nothing(void **state)
{
	struct rig rig = open_activating(1);
	struct upnvme_raw raw = { .cdw = { 0xc0 } };
	struct upnvme_completion done;
	uint64_t begun_ns = clock_now_ns();

	rig.fake->script = answer_late;
	rig.fake->csts |= PAUSED;
	assert_int_equal(upnvme_admin(rig.ctrlr, &raw, &done), -ETIMEDOUT);
	assert_true(clock_now_ns() - begun_ns >= 100 * NS_PER_MS);
	rig.fake->csts &= ~PAUSED;
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

/* The device's turn, in which all of the command's time passes, as on a machine that does other things. */
static enum fake_verdict hold_long(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				   struct upnvme_spec_cqe *cqe)
{
	uint64_t until_ns = clock_now_ns() + 40 * NS_PER_MS;

	if (sqe->opcode != 0xc0)
		return FAKE_DEFAULT;
	while (clock_now_ns() < until_ns)
		;
	return FAKE_HOLD;
}

static void a_pause_is_seen_also_when_the_first_look_is_late(void **state)
{
	struct rig rig = open_activating(1);
	struct upnvme_raw raw = { .cdw = { 0xc0 } };
	struct upnvme_completion done;
	uint64_t begun_ns = clock_now_ns();

	rig.fake->script = hold_long;
	rig.fake->csts |= PAUSED;
	assert_int_equal(upnvme_admin(rig.ctrlr, &raw, &done), -ETIMEDOUT);
	assert_true(clock_now_ns() - begun_ns >= 100 * NS_PER_MS);
	rig.fake->csts &= ~PAUSED;
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

/* A controller that pauses again and again gets no more time than one pause gives. */
static void pauses_without_end_excuse_no_more_than_one(void **state)
{
	struct rig rig = open_activating(1);
	struct upnvme_raw raw = { .cdw = { 0xc0 } };
	uint64_t until_ns;

	rig.fake->script = answer_late;
	nended = 0;
	assert_int_equal(upnvme_admin_submit(rig.ctrlr, &raw, note_end, NULL), 0);
	until_ns = clock_now_ns() + 60 * NS_PER_S; /* of a machine that is very slow */
	while (!nended && clock_now_ns() < until_ns) {
		rig.fake->csts ^= PAUSED;
		assert_true(upnvme_ctrlr_poll(rig.ctrlr) >= 0);
	}
	assert_int_equal(nended, 1);
	assert_int_equal(ended.flags & UPNVME_DONE_ABORTED, UPNVME_DONE_ABORTED);
	rig.fake->csts &= ~PAUSED;
	assert_int_equal(upnvme_close(rig.ctrlr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_begins_and_ends_a_pause),
		cmocka_unit_test(no_command_is_sent_while_processing_is_paused),
		cmocka_unit_test(no_command_is_late_while_processing_is_paused),
		cmocka_unit_test(a_pause_that_does_not_end_excuses_nothing),
		cmocka_unit_test(a_pause_is_seen_also_when_the_first_look_is_late),
		cmocka_unit_test(pauses_without_end_excuse_no_more_than_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
