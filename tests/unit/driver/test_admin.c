/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands of callers: entries as they go out, data both ways, answers that are late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/admin_queue.h"
#include "support/admin_rig.h"

static void a_status_is_given_and_is_no_failure(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct admin_command command = { .sqe = { .opcode = 0xc0,
						  .cdw15 = UPNVME_SPEC_SC_INVALID_FIELD |
							   UPNVME_SPEC_STATUS_DNR_BIT } };
	struct upnvme_completion done;

	raw.cdw[15] = UPNVME_SPEC_SC_INVALID_FIELD | UPNVME_SPEC_STATUS_DNR_BIT;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(done.status, UPNVME_SPEC_SC_INVALID_FIELD | UPNVME_SPEC_STATUS_DNR_BIT);
	assert_int_equal(admin_expect(rig->ctrlr, &command, "A trial", NULL), -EIO);
	assert_int_equal(error_last()->code, UPNVME_ERR_CTRLR_STATUS);
	assert_non_null(strstr(error_last()->text, "A trial"));
	assert_non_null(strstr(error_last()->text, "4002h"));
	assert_non_null(strstr(error_last()->text, "Invalid Field"));
}

/* Walks the PRP entries as the specification says, and compares. */
static void expect_data(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
			uint32_t bytes)
{
	uint32_t npages = (bytes + 4095) / 4096;
	const uint64_t *list = NULL;

	if (npages > 2)
		list = fake_transport_memory(fake, sqe->prp2, (npages - 1) * 8);
	for (uint32_t i = 0; i < npages; i++) {
		uint64_t iova = i == 0 ? sqe->prp1 : npages == 2 ? sqe->prp2 : list[i - 1];
		uint32_t part = MIN(bytes - i * 4096, 4096u);

		assert_int_equal(iova % 4096, 0);
		assert_memory_equal(fake_transport_memory(fake, iova, part),
				    admin_rig_pattern + i * 4096, part);
	}
	if (npages == 1)
		assert_int_equal(sqe->prp2, 0);
}

static void data_goes_to_the_device_in_pages(void **state)
{
	struct admin_rig *rig = *state;
	static const uint32_t sizes[] = { 4, 512, 4096, 4100, 8192, 8196, 65536, 256 << 10 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct upnvme_raw raw = admin_rig_raw(0xc1);
		struct upnvme_completion done;

		raw.data = admin_rig_pattern;
		raw.data_bytes = sizes[i];
		raw.direction = UPNVME_DATA_TO_DEVICE;
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
		expect_data(rig->fake, &admin_rig_sqe, sizes[i]);
	}
}

static void data_that_the_device_left_out_is_zero(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc2);
	struct upnvme_completion done;
	uint8_t data[1001], zero[1001] = { 0 };

	rig->fake->script = admin_rig_write_page;
	memset(data, 0xee, sizeof(data));
	raw.data = data;
	raw.data_bytes = 1000;
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = 600;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_memory_equal(data, admin_rig_pattern, 600);
	assert_memory_equal(data + 600, zero, 400);
	assert_int_equal(data[1000], 0xee);
}

static void an_error_status_leaves_the_callers_data_alone(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc2);
	struct upnvme_completion done;
	uint8_t data[64], before[64];

	rig->fake->script = admin_rig_write_page;
	memset(data, 0xee, sizeof(data));
	memcpy(before, data, sizeof(data));
	raw.data = data;
	raw.data_bytes = sizeof(data);
	raw.direction = UPNVME_DATA_FROM_DEVICE;
	raw.cdw[10] = sizeof(data);
	raw.cdw[15] = UPNVME_SPEC_SC_INTERNAL_ERROR;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_equal(done.status, UPNVME_SPEC_SC_INTERNAL_ERROR);
	assert_memory_equal(data, before, sizeof(data));
}

static void a_late_synchronous_command_times_out_and_its_answer_is_dropped(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);
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
	cid = admin_rig_sqe.cid;

	/* The device may still write there: the next command's data is elsewhere. */
	uint64_t late_iova = admin_rig_sqe.prp1;
	raw.cdw[0] = 0xc2;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), 0);
	assert_int_not_equal(admin_rig_sqe.prp1, late_iova);

	memset(data, 0x55, sizeof(data));
	fake_transport_post(rig->fake, cid, 0, 0);
	assert_int_equal(upnvme_ctrlr_poll(rig->ctrlr), 0);
	for (size_t i = 0; i < sizeof(data); i++)
		assert_int_equal(data[i], 0x55);
}

static void a_commands_own_time_out_counts(void **state)
{
	struct admin_rig *rig = *state;
	struct upnvme_raw raw = admin_rig_raw(0xc3);
	struct upnvme_completion done;
	uint64_t start_ns = clock_now_ns();

	raw.timeout_ns = 200 * NS_PER_MS;
	assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -ETIMEDOUT);
	assert_true(clock_now_ns() - start_ns >= 200 * NS_PER_MS);
}

/* --- all slots taken, and what happens meanwhile: time passes, a slot comes free --------------------- */

static struct {
	struct admin_rig *rig;
	uint32_t looks; /* at the clock, until it happens; 0: nothing does */
	bool frees;     /* the slot of `cid` */
	uint16_t cid;
	time_t passed_s;
} meanwhile;

/* What another thread does that waits for its own command. */
static void free_slot(void)
{
	struct admin *admin = meanwhile.rig->ctrlr->admin;

	fake_transport_post(meanwhile.rig->fake, meanwhile.cid, 0, 0);
	pthread_mutex_lock(&admin->lock);
	admin_take(admin);
	pthread_mutex_unlock(&admin->lock);
}

/* Takes the place of the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (meanwhile.looks && !--meanwhile.looks) {
		meanwhile.passed_s = 3600;
		if (meanwhile.frees)
			free_slot();
	}
	now->tv_sec += meanwhile.passed_s;
	return rc;
}

/* The last slot is that of a caller who has given up, and comes free with the answer. */
static void take_all_slots(struct admin_rig *rig)
{
	struct upnvme_raw raw = admin_rig_raw(0xc3);
	struct upnvme_completion done;

	for (uint32_t i = 0; i < ADMIN_RIG_ORDINARY; i++)
		assert_int_equal(upnvme_admin_submit(rig->ctrlr, &raw, admin_rig_note, NULL), 0);
	raw.timeout_ns = 1;
	for (uint32_t i = 0; i < ADMIN_WAITED; i++)
		assert_int_equal(upnvme_admin(rig->ctrlr, &raw, &done), -ETIMEDOUT);
}

/* The deadline passes at the second look for a slot. */
static int run_late(struct admin_rig *rig, bool frees)
{
	struct upnvme_raw raw = admin_rig_raw(0xc0);
	struct upnvme_completion done;
	int rc;

	take_all_slots(rig);
	meanwhile.rig = rig;
	meanwhile.frees = frees;
	meanwhile.cid = admin_rig_sqe.cid;
	meanwhile.looks = 3;
	rc = upnvme_admin(rig->ctrlr, &raw, &done);
	assert_int_equal(meanwhile.looks, 0);
	meanwhile.passed_s = 0;
	return rc;
}

static void a_slot_that_comes_free_with_the_deadline_is_used(void **state)
{
	assert_int_equal(run_late(*state, true), 0);
	assert_int_equal(admin_rig_sqe.opcode, 0xc0);
}

static void no_slot_until_the_deadline_is_told(void **state)
{
	assert_int_equal(run_late(*state, false), -EAGAIN);
	assert_int_equal(error_last()->code, UPNVME_ERR_ADMIN_FULL);
	assert_int_equal(admin_rig_sqe.opcode, 0xc3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ADMIN_RIG_TEST(a_status_is_given_and_is_no_failure),
		ADMIN_RIG_TEST(data_goes_to_the_device_in_pages),
		ADMIN_RIG_TEST(data_that_the_device_left_out_is_zero),
		ADMIN_RIG_TEST(an_error_status_leaves_the_callers_data_alone),
		ADMIN_RIG_TEST(a_late_synchronous_command_times_out_and_its_answer_is_dropped),
		ADMIN_RIG_TEST(a_commands_own_time_out_counts),
		ADMIN_RIG_TEST(a_slot_that_comes_free_with_the_deadline_is_used),
		ADMIN_RIG_TEST(no_slot_until_the_deadline_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
