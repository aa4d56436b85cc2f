/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes of Aborts that wait, in a submission queue without a ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softctrl/controller.h"

static struct softctrl controller;
static struct sc_sq admin, io;
static struct sc_cmd aborts[SC_NABORTS], commands[SC_NABORTS];

static int setup(void **state)
{
	memset(&controller, 0, sizeof(controller));
	memset(&io, 0, sizeof(io));
	memset(aborts, 0xff, sizeof(aborts));
	sc_list_init(&admin.completed);
	io.sc = &controller;
	for (unsigned i = 0; i < SC_NABORTS; i++) {
		aborts[i].sq = &admin;
		sc_abort_note(&io, 10 + i, &aborts[i]);
	}
	assert_int_equal(controller.naborting, SC_NABORTS);
	return 0;
}

static void assert_answered(const struct sc_cmd *abort, uint32_t dw0)
{
	assert_ptr_equal(sc_list_take(&admin.completed), abort);
	assert_int_equal(abort->status, 0);
	assert_int_equal(abort->dw0, dw0);
}

static void an_abort_is_answered_once_its_command_is_posted(void **state)
{
	assert_false(sc_abort_fetched(&io, 9, &commands[0]));
	assert_true(sc_abort_fetched(&io, 11, &commands[1]));
	assert_false(sc_abort_answer(&io));
	sc_abort_posted(&io, &commands[0]);
	assert_false(sc_abort_answer(&io));
	sc_abort_posted(&io, &commands[1]);
	assert_true(sc_abort_answer(&io));
	assert_answered(&aborts[1], 0);
	assert_null(admin.completed.first);
	assert_int_equal(io.naborts, SC_NABORTS - 1);
	assert_int_equal(controller.naborting, SC_NABORTS - 1);
	assert_false(sc_abort_answer(&io));
}

/* A lap later another command has the same place in the ring. */
static void a_place_is_forgotten_at_the_fetch(void **state)
{
	assert_true(sc_abort_fetched(&io, 11, &commands[1]));
	assert_false(sc_abort_fetched(&io, 11, &commands[2]));
	sc_abort_posted(&io, &commands[1]);
	assert_false(sc_abort_fetched(&io, 11, &commands[2]));
}

static void two_aborts_of_a_command_are_both_answered(void **state)
{
	io.aborts[3].place = 10;
	assert_true(sc_abort_fetched(&io, 10, &commands[0]));
	sc_abort_posted(&io, &commands[0]);
	assert_true(sc_abort_answer(&io));
	assert_int_equal(io.naborts, SC_NABORTS - 2);
	for (unsigned i = 0; i < 2; i++) {
		struct sc_cmd *abort = sc_list_take(&admin.completed);

		assert_true(abort == &aborts[0] || abort == &aborts[3]);
		assert_int_equal(abort->dw0, 0);
	}
	assert_null(admin.completed.first);
}

static void the_end_of_the_queue_answers_all(void **state)
{
	assert_true(sc_abort_fetched(&io, 12, &commands[2]));
	sc_abort_posted(&io, &commands[2]);
	sc_abort_end(&io);
	assert_int_equal(io.naborts, 0);
	assert_int_equal(controller.naborting, 0);
	for (unsigned i = SC_NABORTS; i-- > 0;)
		assert_answered(&aborts[i], i == 2 ? 0 : 1);
	assert_null(admin.completed.first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_abort_is_answered_once_its_command_is_posted, setup),
		cmocka_unit_test_setup(a_place_is_forgotten_at_the_fetch, setup),
		cmocka_unit_test_setup(two_aborts_of_a_command_are_both_answered, setup),
		cmocka_unit_test_setup(the_end_of_the_queue_answers_all, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
