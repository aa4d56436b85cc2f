/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue: entries as they go out, data both ways, answers that are late, and a queue that is full. */
#include <pthread.h>
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
#include "driver/admin.h"
#include "support/fake_transport.h"

#define ORDINARY 59u /* 68 entries, less one, less four for events, less four for who waits */

struct rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

static struct nvme_sqe last_sqe;
static uint8_t pattern[256 << 10];

/* Vendor commands carry data: C0h..FFh with bits 1:0 for the direction. C3h is never answered. */
static enum fake_verdict vendor(struct fake_transport *fake, const struct nvme_sqe *sqe,
				struct nvme_cqe *cqe)
{
	if (sqe->opcode < 0xc0)
		return FAKE_DEFAULT;
	last_sqe = *sqe;
	cqe->dw0 = 0x11223344;
	cqe->status = (uint16_t)sqe->cdw15;
	return sqe->opcode == 0xc3 ? FAKE_HOLD : FAKE_ANSWER;
}

static int setup(void **state)
{
	static struct rig rig;
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;

	opts.admin_timeout_ns = 20 * NS_PER_MS;
	rig.fake = fake_transport_create();
	rig.fake->script = vendor;
	rig.fake->id.mdts = 6; /* 256 KiB */
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, &opts), 0);
	rig.fake->nseen = 0;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + i / 4096);
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	return 0;
}

static struct upnvme_raw raw_command(uint8_t opcode)
{
	struct upnvme_raw raw = { .cdw = { opcode } };

	return raw;
}

/* What was called back, in order. */
static struct {
	uint32_t n;
	void *args[128];
	struct upnvme_completion done[128];
} noted;

static void note(void *arg, const struct upnvme_completion *done)
{
	if (noted.n < ARRAY_SIZE(noted.args)) {
		noted.args[noted.n] = arg;
		noted.done[noted.n] = *done;
	}
	noted.n++;
}

static void a_raw_command_goes_out_dword_by_dword(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);
	struct upnvme_completion done;
	struct nvme_sqe expected = { .opcode = 0xc0,
				     .nsid = 1,
				     .cdw2 = 2,
				     .cdw3 = 3,
				     .cdw10 = 10,
				     .cdw11 = 11,
				     .cdw12 = 12,
				     .cdw13 = 13,
				     .cdw14 = 14 };

	for (uint32_t i = 1; i < 15; i++)
		raw.cdw[i] = i;
	raw.cdw[0] |= 0xabcd0000; /* the identifier is the library's */
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	fake_transport_expect(&last_sqe, &expected, false);
	assert_int_equal(done.status, 0);
	assert_int_equal(done.result, 0x11223344);
	assert_int_equal(done.flags, 0);
}

static void a_status_is_given_and_is_no_failure(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);
	struct admin_command command = {
		.sqe = { .opcode = 0xc0, .cdw15 = NVME_SC_INVALID_FIELD | NVME_STATUS_DNR }
	};
	struct upnvme_completion done;

	raw.cdw[15] = NVME_SC_INVALID_FIELD | NVME_STATUS_DNR;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(done.status, NVME_SC_INVALID_FIELD | NVME_STATUS_DNR);
	assert_int_equal(admin_expect(rig->ctrlr, &command, "A trial", NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_non_null(strstr(error_last()->text, "A trial"));
	assert_non_null(strstr(error_last()->text, "4002h"));
	assert_non_null(strstr(error_last()->text, "Invalid Field"));
}

/* Walks the PRP entries as the specification says, and compares. */
static void expect_data(struct fake_transport *fake, const struct nvme_sqe *sqe, uint32_t bytes)
{
	uint32_t npages = (bytes + 4095) / 4096;
	const uint64_t *list = NULL;

	if (npages > 2)
		list = fake_transport_memory(fake, sqe->prp2, (npages - 1) * 8);
	for (uint32_t i = 0; i < npages; i++) {
		uint64_t iova = i == 0 ? sqe->prp1 : npages == 2 ? sqe->prp2 : list[i - 1];
		uint32_t part = MIN(bytes - i * 4096, 4096u);

		assert_int_equal(iova % 4096, 0);
		assert_memory_equal(fake_transport_memory(fake, iova, part), pattern + i * 4096,
				    part);
	}
	if (npages == 1)
		assert_int_equal(sqe->prp2, 0);
}

static void data_goes_to_the_device_in_pages(void **state)
{
	struct rig *rig = *state;
	static const uint32_t sizes[] = { 4, 512, 4096, 4100, 8192, 8196, 65536, 256 << 10 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct upnvme_raw raw = raw_command(0xc1);
		struct upnvme_completion done;

		raw.data = pattern;
		raw.data_bytes = sizes[i];
		raw.direction = UPNVME_DATA_TO_DEVICE;
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
		expect_data(rig->fake, &last_sqe, sizes[i]);
	}
}

static enum fake_verdict write_page(struct fake_transport *fake, const struct nvme_sqe *sqe,
				    struct nvme_cqe *cqe)
{
	if (sqe->opcode != 0xc2)
		return FAKE_DEFAULT;
	memcpy(fake_transport_memory(fake, sqe->prp1, sqe->cdw10), pattern, sqe->cdw10);
	cqe->status = (uint16_t)sqe->cdw15;
	return FAKE_ANSWER;
}

static void data_comes_from_the_device_and_what_it_left_out_is_zero(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc2);
	struct upnvme_completion done;
	uint8_t data[1001], zero[1001] = { 0 };

	rig->fake->script = write_page;
	memset(data, 0xee, sizeof(data));
	raw.data = data;
	raw.data_bytes = 1000;
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = 600;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_memory_equal(data, pattern, 600);
	assert_memory_equal(data + 600, zero, 400);
	assert_int_equal(data[1000], 0xee);
}

static void an_error_status_leaves_the_callers_data_alone(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc2);
	struct upnvme_completion done;
	uint8_t data[64], before[64];

	rig->fake->script = write_page;
	memset(data, 0xee, sizeof(data));
	memcpy(before, data, sizeof(data));
	raw.data = data;
	raw.data_bytes = sizeof(data);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = sizeof(data);
	raw.cdw[15] = NVME_SC_INTERNAL_ERROR;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(done.status, NVME_SC_INTERNAL_ERROR);
	assert_memory_equal(data, before, sizeof(data));
}

static void refused(struct rig *rig, const struct upnvme_raw *raw, uint32_t code)
{
	struct upnvme_completion done;
	uint32_t before = rig->fake->nseen;

	assert_int_equal(upnvme_admin(rig->ctrlr, raw, &done), -EINVAL);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, raw, note, NULL), -EINVAL);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(rig->fake->nseen, before);
}

static void contradictory_commands_are_refused(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc1);

	raw.direction = UPNVME_DATA_TO_DEVICE;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.data_bytes = 4;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.data = pattern;
	raw.direction = 3;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.direction = UPNVME_DATA_NONE;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.direction = UPNVME_DATA_TO_DEVICE;
	raw.data_bytes = (256 << 10) + 4;
	refused(rig, &raw, UPNVME_ERR_TRANSFER);
	raw.data_bytes = 4;
	raw.metadata = pattern;
	refused(rig, &raw, UPNVME_ERR_METADATA);
	raw.metadata = NULL;
	raw.reserved[2] = 1;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
	raw.reserved[2] = 0;
	raw.cdw[0] |= 0x4000; /* SGL */
	refused(rig, &raw, UPNVME_ERR_FLAGS);
}

static void the_drivers_own_commands_are_refused(void **state)
{
	static const uint8_t own[] = { 0x00, 0x01, 0x04, 0x05, 0x0c, 0x7c };
	struct rig *rig = *state;
	struct upnvme_raw raw;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		raw = raw_command(own[i]);
		refused(rig, &raw, UPNVME_ERR_OPCODE);
	}
	raw = raw_command(NVME_ADMIN_SET_FEATURES);
	raw.cdw[10] = NVME_FEAT_NUMBER_OF_QUEUES;
	refused(rig, &raw, UPNVME_ERR_ARGUMENT);
}

static void null_arguments_are_named(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);
	struct upnvme_completion done;

	assert_int_equal(upnvme_admin(NULL, &raw, &done), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "controller is null"));
	assert_int_equal(upnvme_admin(rig->ctrlr, NULL, &done), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`raw`"));
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`done`"));
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, NULL, NULL), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "`cb`"));
	assert_int_equal(error_last()->code, UPNVME_ERR_NULL);
}

static void an_asynchronous_command_calls_back_within_the_poll(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc2);
	uint8_t data[32] = { 0 };

	noted.n = 0;
	rig->fake->script = write_page;
	raw.data = data;
	raw.data_bytes = sizeof(data);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = sizeof(data);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, &noted), 0);
	memset(&raw, 0xff, sizeof(raw)); /* it may go */
	assert_int_equal(noted.n, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
	assert_int_equal(noted.n, 1);
	assert_ptr_equal(noted.args[0], &noted);
	assert_int_equal(noted.done[0].tag, (uintptr_t)&noted);
	assert_int_equal(noted.done[0].status, 0);
	assert_memory_equal(data, pattern, sizeof(data));
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
}

/* A synchronous command sees the asynchronous one's answer pass by, and does not call back. */
static void a_synchronous_command_runs_nobody_elses_callback(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);
	struct upnvme_completion done;

	noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, NULL), 0);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(noted.n, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
	assert_int_equal(noted.n, 1);
}

static void resubmit(void *arg, const struct upnvme_completion *done)
{
	struct rig *rig = arg;
	struct upnvme_raw raw = raw_command(0xc0);
	struct upnvme_completion answer;

	noted.n++;
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), -EDEADLK);
	assert_int_equal(error_last()->code, UPNVME_ERR_IN_CALLBACK);
	assert_int_equal(upnvme_close(rig->ctrlr), -EDEADLK);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &answer), 0);
	if (noted.n < 3)
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, resubmit, rig), 0);
}

static void a_callback_may_run_and_start_commands_but_not_poll_or_close(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);

	noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, resubmit, rig), 0);
	while (noted.n < 3)
		assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 1);
}

static void a_full_queue_says_so_and_keeps_room_for_events(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc0);
	struct upnvme_completion done;

	noted.n = 0;
	for (uint32_t i = 0; i < ORDINARY; i++)
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, NULL), 0);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, NULL), -EAGAIN);
	assert_int_equal(error_last()->code, UPNVME_ERR_ADMIN_FULL);
	/* One that waits ends by itself. */
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), ORDINARY);
	assert_int_equal(noted.n, ORDINARY);
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
}

static void the_queue_wraps_and_keeps_its_phase(void **state)
{
	struct rig *rig = *state;

	for (uint32_t i = 0; i < 1000; i++) {
		struct upnvme_raw raw = raw_command(0xc0);
		struct upnvme_completion done;

		raw.cdw[10] = i;
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
		assert_int_equal(last_sqe.cdw10, i);
	}
}

static void a_late_synchronous_command_times_out_and_its_answer_is_dropped(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc3);
	struct upnvme_completion done;
	uint8_t data[16];
	uint64_t start_ns = clock_now_ns();
	uint16_t cid;

	memset(data, 0x55, sizeof(data));
	raw.data = data;
	raw.data_bytes = sizeof(data);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -ETIMEDOUT);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_TIMEOUT);
	assert_non_null(strstr(error_last()->text, "c3h"));
	assert_true(clock_now_ns() - start_ns >= 20 * NS_PER_MS);
	cid = last_sqe.cid;

	/* The device may still write there: the next command's data is elsewhere. */
	uint64_t late_iova = last_sqe.prp1;
	raw.cdw[0] = 0xc2;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_not_equal(last_sqe.prp1, late_iova);

	memset(data, 0x55, sizeof(data));
	fake_transport_post(rig->fake, cid, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		assert_int_equal(data[i], 0x55);
}

static void a_commands_own_time_out_counts(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc3);
	struct upnvme_completion done;
	uint64_t start_ns = clock_now_ns();

	raw.timeout_ns = 200 * NS_PER_MS;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -ETIMEDOUT);
	assert_true(clock_now_ns() - start_ns >= 200 * NS_PER_MS);
}

static void a_late_asynchronous_command_completes_once_as_aborted(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc3);
	uint64_t deadline_ns = deadline_after(10 * NS_PER_S);

	noted.n = 0;
	raw.timeout_ns = 1;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, rig), 0);
	while (!noted.n && !deadline_passed(deadline_ns))
		assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(noted.n, 1);
	assert_ptr_equal(noted.args[0], rig);
	assert_int_equal(noted.done[0].status, NVME_SC_ABORT_REQUESTED);
	assert_true(noted.done[0].flags & UPNVME_DONE_ABORTED);
	fake_transport_post(rig->fake, last_sqe.cid, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	assert_int_equal(noted.n, 1);
}

static void slots_of_late_commands_come_back_with_their_answers(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc3);
	uint16_t cids[ORDINARY];

	noted.n = 0;
	raw.timeout_ns = 1;
	for (uint32_t i = 0; i < ORDINARY; i++) {
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, rig), 0);
		upnvme_ctrlr_poll(rig->ctrlr);
		cids[i] = last_sqe.cid;
	}
	while (noted.n < ORDINARY)
		assert_true(upnvme_ctrlr_poll(rig->ctrlr) >= 0);
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, rig), -EAGAIN);
	for (uint32_t i = 0; i < ORDINARY; i++)
		fake_transport_post(rig->fake, cids[i], 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	raw.cdw[0] = 0xc0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, rig), 0);
}

static void closing_completes_what_is_outstanding(void **state)
{
	struct rig *rig = *state;
	struct upnvme_raw raw = raw_command(0xc3);

	noted.n = 0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, rig), 0);
	raw.cdw[0] = 0xc0;
	assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, note, NULL), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	assert_int_equal(noted.n, 2);
	for (uint32_t i = 0; i < 2;
	     i++) /* the second was rung for, and answered, when it was started */
		assert_int_equal(noted.done[i].flags & UPNVME_DONE_ABORTED,
				 noted.args[i] ? UPNVME_DONE_ABORTED : 0);
	rig->ctrlr = NULL;
}

static void *hammer(void *arg)
{
	struct rig *rig = arg;

	for (uint32_t i = 0; i < 300; i++) {
		struct upnvme_raw raw = raw_command(0xc0);
		struct upnvme_completion done;

		if (upnvme_admin(rig->ctrlr, &raw, &done) || done.result != 0x11223344)
			return (void *)1;
	}
	return NULL;
}

static void all_threads_share_the_queue(void **state)
{
	pthread_t threads[4];
	void *bad;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, *state), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_raw_command_goes_out_dword_by_dword),
		TEST(a_status_is_given_and_is_no_failure),
		TEST(data_goes_to_the_device_in_pages),
		TEST(data_comes_from_the_device_and_what_it_left_out_is_zero),
		TEST(an_error_status_leaves_the_callers_data_alone),
		TEST(contradictory_commands_are_refused),
		TEST(the_drivers_own_commands_are_refused),
		TEST(null_arguments_are_named),
		TEST(an_asynchronous_command_calls_back_within_the_poll),
		TEST(a_synchronous_command_runs_nobody_elses_callback),
		TEST(a_callback_may_run_and_start_commands_but_not_poll_or_close),
		TEST(a_full_queue_says_so_and_keeps_room_for_events),
		TEST(the_queue_wraps_and_keeps_its_phase),
		TEST(a_late_synchronous_command_times_out_and_its_answer_is_dropped),
		TEST(a_commands_own_time_out_counts),
		TEST(a_late_asynchronous_command_completes_once_as_aborted),
		TEST(slots_of_late_commands_come_back_with_their_answers),
		TEST(closing_completes_what_is_outstanding),
		TEST(all_threads_share_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
