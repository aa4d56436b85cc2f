/* SPDX-License-Identifier: BSD-3-Clause */
/* Making a software controller: configurations that are refused, and in which words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	*state = host;
	return 0;
}

static void assert_refused(struct host *host, uint32_t code, const char *word)
{
	assert_int_equal(softctrl_create(&host->sc, &host->config), -EINVAL);
	assert_null(host->sc);
	assert_int_equal(error_last()->code, code);
	assert_non_null(strstr(error_last()->text, word));
}

static void the_defaults_are_the_documented_ones(void **state)
{
	struct softctrl_config config;

	(void)state;
	softctrl_config_init(&config);
	assert_null(config.namespaces);
	assert_false(config.threaded);
	assert_int_equal(config.mdts, 8);
	assert_int_equal(config.mqes, 65535);
	assert_int_equal(config.nqueues, 64);
	assert_int_equal(config.dstrd, 0);
	assert_true(config.sgl);
	assert_int_equal(config.noiob, 0);
	assert_null(config.serial);
}

static void values_out_of_their_range_are_refused(void **state)
{
	struct host *host = *state;
	struct softctrl_config good = host->config;

	host->config.dma.map = NULL;
	assert_refused(host, UPNVME_ERR_NULL, "dma.map");
	host->config = good;
	host->config.nnamespaces = 0;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "namespaces");
	host->config.nnamespaces = 1025;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "1025");
	host->config = good;
	host->config.mdts = 0;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "mdts");
	host->config.mdts = 1;
	host->media[0].block_bytes = 65536;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "mdts=4");
	host->config.mdts = 3;
	host->media[0].block_bytes = 65536;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "32768 bytes");
	host->config.mdts = 13;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "13");
	host->config = good;
	host->config.mqes = 0;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "mqes");
	host->config = good;
	host->config.nqueues = 0;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "queues");
	host->config.nqueues = 1025;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "queues");
	host->config = good;
	host->config.dstrd = 11;
	assert_refused(host, UPNVME_ERR_ARGUMENT, "dstrd");
	host->config = good;
	host->config.serial = "123456789012345678901";
	assert_refused(host, UPNVME_ERR_ARGUMENT, "serial");
	host->config.serial = "a\nb";
	assert_refused(host, UPNVME_ERR_ARGUMENT, "serial");
}

static void many_namespaces_and_queues_are_possible(void **state)
{
	struct host *host = *state;
	struct media_config *media = calloc(1024, sizeof(*media));
	uint64_t iova;

	for (int i = 0; i < 1024; i++)
		media[i] = (struct media_config){ .maker = &media_null,
						  .size_bytes = 1 << 20,
						  .block_bytes = 512 };
	host->config.namespaces = media;
	host->config.nnamespaces = 1024;
	host->config.nqueues = 1024;
	host->config.dstrd = 10;
	host->config.serial = NULL;
	host_create(host);
	host_enable(host);
	host_page(host, &iova);
	host_queue_pair(host, 1, 16, 16);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1024, 0, 1, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1025, 0, 1, iova, 0)), 0x00b);
	free(media);
}

static void destroying_null_is_allowed(void **state)
{
	(void)state;
	softctrl_destroy(NULL);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_the_documented_ones),
		test(values_out_of_their_range_are_refused),
		test(many_namespaces_and_queues_are_possible),
		cmocka_unit_test(destroying_null_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
