/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller over a file: asynchronous media, and a file that changes under it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define BYTES (16u << 20)

struct lane {
	struct host host;
	char path[HOST_PATH_BYTES];
	int fd;
};

static struct lane *start(const char *engine, bool readonly, bool threaded)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	struct host *host = &lane->host;

	lane->fd = host_temp_file(lane->path, BYTES);
	host_init(host);
	host->media[0] = (struct media_config){ .maker = &media_file,
						.path = lane->path,
						.block_bytes = 512,
						.readonly = readonly,
						.engine = engine };
	host->config.threaded = threaded;
	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 64, 64);
	return lane;
}

static int setup_best(void **state)
{
	*state = start(NULL, false, false);
	return 0;
}

static int setup_worker(void **state)
{
	*state = start("worker", false, false);
	return 0;
}

static int setup_threaded(void **state)
{
	*state = start(NULL, false, true);
	return 0;
}

static int setup_readonly(void **state)
{
	*state = start(NULL, true, false);
	return 0;
}

static int teardown(void **state)
{
	struct lane *lane = *state;

	host_destroy(&lane->host);
	close(lane->fd);
	unlink(lane->path);
	free(lane);
	return 0;
}

static const struct upnvme_spec_smart_log *smart(struct host *host)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x02, .cdw10 = 127u << 16 | 0x02 };
	void *log = host_page(host, &sqe.prp1);

	assert_int_equal(host_status(host, 0, sqe), 0);
	return log;
}

static void many_commands_are_under_way_at_once(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova[63];
	uint8_t *data[63];

	for (uint32_t i = 0; i < 63; i++) {
		data[i] = host_page(host, &iova[i]);
		memset(data[i], (int)i + 1, 4096);
	}
	for (int lap = 0; lap < 20; lap++) {
		for (uint32_t i = 0; i < 63; i++)
			host_submit(host, 1, host_rw(0x01, 1, i * 8, 8, iova[i], 0));
		for (uint32_t i = 0; i < 63; i++)
			assert_int_equal(host_code(host_wait(host, 1)), 0);
	}
	for (uint32_t i = 0; i < 63; i++) {
		uint8_t bytes[4096];

		assert_int_equal(pread(lane->fd, bytes, 4096, i * 4096), 4096);
		assert_memory_equal(bytes, data[i], 4096);
		memset(data[i], 0, 4096);
		host_submit(host, 1, host_rw(0x02, 1, i * 8, 8, iova[i], 0));
	}
	for (uint32_t i = 0; i < 63; i++)
		assert_int_equal(host_code(host_wait(host, 1)), 0);
	for (uint32_t i = 0; i < 63; i++)
		assert_int_equal(data[i][4095], i + 1);
}

static void a_truncated_file_gives_media_errors(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 32760, 8, iova, 0)), 0);
	assert_int_equal(ftruncate(lane->fd, BYTES / 2), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 32760, 8, iova, 0)), 0x281);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 16380, 8, iova, 0)), 0x281);
	assert_int_equal(host_status(host, 1, host_rw(0x0c, 1, 0, 32768, 0, 0)), 0x281);
	assert_int_equal(host_status(host, 1, host_rw(0x05, 1, 32760, 8, iova, 0)), 0x281);
	assert_int_equal(smart(host)->media_errors.lo, 4);
	assert_int_equal(ftruncate(lane->fd, 0), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, iova, 0)), 0x281);
}

static void a_file_that_is_unlinked_goes_on(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova;

	host_page(host, &iova);
	unlink(lane->path);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 8, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, (struct upnvme_spec_sqe){ .opcode = 0, .nsid = 1 }),
			 0);
}

static void the_write_cache_is_reported(void **state)
{
	struct lane *lane = *state;
	struct upnvme_spec_sqe sqe = { .opcode = 0x06, .cdw10 = 1 };
	struct upnvme_spec_id_ctrl *id = host_page(&lane->host, &sqe.prp1);

	assert_int_equal(host_status(&lane->host, 0, sqe), 0);
	assert_int_equal(id->vwc, 7);
}

static void deletion_waits_for_the_media(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova;
	unsigned n = 0;
	struct upnvme_spec_cqe cqe;

	host_page(host, &iova);
	for (int lap = 0; lap < 20; lap++) {
		for (uint32_t i = 0; i < 32; i++)
			host_submit(host, 1, host_rw(0x01, 1, i * 8, 8, iova, 0));
		host_process(host, 1);
		for (uint32_t i = 0; i < 8; i++)
			host_submit(host, 1, host_rw(0x01, 1, i * 8, 8, iova, 0));
		assert_int_equal(host_status(host, 0,
					     (struct upnvme_spec_sqe){ .opcode = 0, .cdw10 = 1 }),
				 0);
		for (n = 0; host_reap(host, 1, &cqe); n++)
			assert_true(host_code(cqe) == 0 || host_code(cqe) == 0x008);
		assert_int_equal(n, 40);
		assert_int_equal(host_status(host, 0,
					     (struct upnvme_spec_sqe){ .opcode = 4, .cdw10 = 1 }),
				 0);
		host_queue_pair(host, 1, 64, 64);
	}
}

static void reset_and_shutdown_wait_for_the_media(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova;

	for (int lap = 0; lap < 20; lap++) {
		host_page(host, &iova);
		for (uint32_t i = 0; i < 32; i++)
			host_submit(host, 1, host_rw(0x01, 1, i * 8, 8, iova, 0));
		host_process(host, 1);
		if (lap % 2)
			softctrl_write32(host->sc, UPNVME_SPEC_REG_CC,
					 softctrl_read32(host->sc, UPNVME_SPEC_REG_CC) | 1 << 14);
		host_disable(host);
		host_enable(host);
		host_queue_pair(host, 1, 64, 64);
	}
}

static void a_file_that_may_only_be_read_is_write_protected(void **state)
{
	struct lane *lane = *state;
	struct host *host = &lane->host;
	uint64_t iova;

	host_page(host, &iova);
	assert_int_equal(host_status(host, 1, host_rw(0x01, 1, 0, 8, iova, 0)), 0x020);
	assert_int_equal(host_status(host, 1, host_rw(0x08, 1, 0, 8, 0, 0)), 0x020);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, (struct upnvme_spec_sqe){ .opcode = 0, .nsid = 1 }),
			 0);
}

#define each(name)                                                             \
	cmocka_unit_test_setup_teardown(name, setup_best, teardown),           \
		cmocka_unit_test_setup_teardown(name, setup_worker, teardown), \
		cmocka_unit_test_setup_teardown(name, setup_threaded, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(many_commands_are_under_way_at_once),
		each(a_truncated_file_gives_media_errors),
		each(a_file_that_is_unlinked_goes_on),
		each(the_write_cache_is_reported),
		each(deletion_waits_for_the_media),
		each(reset_and_shutdown_wait_for_the_media),
		cmocka_unit_test_setup_teardown(a_file_that_may_only_be_read_is_write_protected,
						setup_readonly, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
