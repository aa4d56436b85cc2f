/* SPDX-License-Identifier: BSD-3-Clause */
/* The io_uring engine where the system refuses: no descriptor left, or a sandbox closed around the process. */
#include "media/media_fixture.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#define NIOS 1000

static void requests_that_the_kernel_refuses_fail(void **state)
{
	static struct io ios[NIOS];
	static uint8_t buffer[512];
	struct bench bench;

	bench_open(&bench, &variant_uring, 1 << 20);
	if (!forbid_system_call(SYS_io_uring_enter)) {
		bench_close(&bench);
		skip_because("no filter of system calls can be set here");
	}
	for (int i = 0; i < NIOS; i++) {
		io_prepare(&ios[i], i % 2 ? MEDIA_READ : MEDIA_WRITE, 0, buffer, 512);
		media_submit(bench.channel, &ios[i].request);
	}
	media_wait(bench.channel, 1000);
	media_channel_close(bench.channel);
	for (int i = 0; i < NIOS; i++) {
		assert_int_equal(ios[i].ndone, 1);
		assert_int_equal(ios[i].result, -EPERM);
	}
	bench.channel = NULL;
	bench_close(&bench);
}

static void the_engine_is_refused_where_a_ring_cannot_be_entered(void **state)
{
	struct media_config config = { .maker = &media_file, .block_bytes = 512 };
	struct temp_path temp;
	struct media *media;

	if (!forbid_system_call(SYS_io_uring_enter))
		skip_because("no filter of system calls can be set here");
	temp_file_make(&temp, 4096);
	config.path = temp.path;
	assert_int_equal(media_open(&media, &config), 0);
	assert_string_equal(media->engine, "worker");
	media_close(media);
	config.engine = "io_uring";
	assert_error(media_open(&media, &config), -ENOSYS, UPNVME_ERR_SYSTEM);
	assert_non_null(strstr(error_last()->text, "worker"));
	temp_path_remove(&temp);
}

static void a_channel_without_a_ring_is_an_error(void **state)
{
	struct media_channel *channel;
	struct rlimit before, none;
	struct bench bench;
	int err;

	bench_open(&bench, &variant_uring, 1 << 20);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	error_clear();
	err = media_channel_open(&channel, bench.media);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(error_last()->code, UPNVME_ERR_SYSTEM);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_without_a_ring_is_an_error),
		cmocka_unit_test(requests_that_the_kernel_refuses_fail),
		cmocka_unit_test(the_engine_is_refused_where_a_ring_cannot_be_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
