/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw commands whose data is not what their dwords say: no buffer of another command is reached. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"

#define LARGE (128u << 10)

static int submit_raw(struct rig *rig, uint32_t opcode, uint32_t last, void *buf, uint32_t bytes,
		      uint32_t direction)
{
	struct upnvme_raw raw = {
		.cdw = { opcode, 1 }, .data = buf, .data_bytes = bytes, .direction = direction
	};
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = &raw };
	static struct io io;

	raw.cdw[12] = last;
	return upnvme_io(rig->qp, &op, on_done, &io);
}

/* A large read leaves its PRP list in the slot; a raw read of as many blocks with a short buffer
 * uses the same slot next. */
static void a_raw_read_into_a_short_buffer_overwrites_no_other_memory(void **state)
{
	struct rig rig;
	char *others, *mine;

	rig_open(&rig, 2, 0, "soft:ram?size=1MiB&block=512"); /* one slot */
	others = dma(rig.ctrlr, LARGE);
	mine = dma(rig.ctrlr, LARGE);
	assert_int_equal(do_read(&rig, others, 0, LARGE / 512), 0);
	memset(others, 0x5a, LARGE);
	memset(mine, 0x5a, LARGE);
	for (uint32_t bytes = 512; bytes < LARGE; bytes += 7680)
		expect_error(submit_raw(&rig, 0x02, LARGE / 512 - 1, mine, bytes,
					UPNVME_DATA_FROM_DEVICE),
			     -EINVAL, UPNVME_ERR_TRANSFER, "131072", "give the same number", NULL);
	for (uint32_t i = 0; i < LARGE; i++)
		assert_true(others[i] == 0x5a && mine[i] == 0x5a);
	OK(submit_raw(&rig, 0x02, LARGE / 512 - 1, mine, LARGE, UPNVME_DATA_FROM_DEVICE));
	while (upnvme_qpair_inflight(rig.qp))
		assert_true(upnvme_poll(rig.qp, 0) >= 0);
	assert_int_equal(mine[LARGE - 1], 0);
	rig_close(&rig);
}

static void commands_without_data_take_none(void **state)
{
	struct rig rig;
	void *buf;

	rig_open(&rig, 8, 0, "soft:ram?size=1MiB&block=512");
	buf = dma(rig.ctrlr, 4096);
	expect_error(submit_raw(&rig, 0x00, 0, buf, 4096, UPNVME_DATA_TO_DEVICE), -EINVAL,
		     UPNVME_ERR_TRANSFER, "0 bytes", NULL);
	expect_error(submit_raw(&rig, 0x01, 7, buf, 4096, UPNVME_DATA_FROM_DEVICE), -EINVAL,
		     UPNVME_ERR_ARGUMENT, "direction", NULL);
	expect_error(submit_raw(&rig, 0x02, 7, buf, 4096, UPNVME_DATA_NONE), -EINVAL,
		     UPNVME_ERR_TRANSFER, "and 0", NULL);
	rig_close(&rig);
}

static void admin_commands_need_a_buffer_for_all_their_data(void **state)
{
	static char data[4096];
	struct upnvme_raw identify = { .cdw = { 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },
				       .data = data,
				       .data_bytes = 512,
				       .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_completion done;
	upnvme_ctrlr *ctrlr = open_uri("soft:ram?size=1MiB");
	uint32_t value;

	expect_error(upnvme_admin(ctrlr, &identify, &done), -EINVAL, UPNVME_ERR_TRANSFER, "4096",
		     "512", NULL);
	expect_error(upnvme_feature_get(ctrlr, 0, 0x0e, 0, &value, NULL, 0), -EINVAL,
		     UPNVME_ERR_TRANSFER, "8 bytes", NULL);
	identify.data_bytes = 4096;
	OK(upnvme_admin(ctrlr, &identify, &done));
	assert_int_equal(done.status, 0);
	OK(upnvme_close(ctrlr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_raw_read_into_a_short_buffer_overwrites_no_other_memory),
		cmocka_unit_test(commands_without_data_take_none),
		cmocka_unit_test(admin_commands_need_a_buffer_for_all_their_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
