/* SPDX-License-Identifier: BSD-3-Clause */
/* Namespaces: their media, and their size. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "media/maker.h"
#include "media/ops.h"
#include "support/softctrl_host.h"

/* A host without a controller, so that the test can say which namespaces there are. */
static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	*state = host;
	return 0;
}

static void media_that_cannot_be_opened_are_refused(void **state)
{
	struct host *host = *state;

	host->config.nnamespaces = 2;
	host->media[1] = (struct media_config){ .maker = &media_file,
						.path = "/nonexistent/upnvme",
						.block_bytes = 512 };
	assert_int_equal(softctrl_create(&host->sc, &host->config), -ENOENT);
	assert_null(host->sc);
}

static void resizing_is_checked(void **state)
{
	struct host *host = *state;

	host->media[1] = host->media[0];
	host->config.nnamespaces = 2;
	host_create(host);
	assert_int_equal(softctrl_namespace_resize(host->sc, 0, 1), -ENODEV);
	assert_int_equal(softctrl_namespace_resize(host->sc, 3, 1), -ENODEV);
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 0), -EINVAL);
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 32769), -EINVAL);
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 32768), 0);
}

static void blocks_have_a_size_that_lbads_can_tell(void **state)
{
	struct host *host = *state;

	for (uint32_t bytes = 512; bytes <= 65536; bytes *= 2) {
		const struct upnvme_spec_id_ns *id;
		struct upnvme_spec_sqe identify = { .opcode = 0x06, .nsid = 1 };

		host->media[0].block_bytes = bytes;
		host_create(host);
		host_enable(host);
		id = host_page(host, &identify.prp1);
		assert_int_equal(host_status(host, 0, identify), 0);
		assert_int_equal(1u << id->lbaf[0].lbads, bytes);
		assert_int_equal(id->nsze, (16 << 20) / bytes);
		softctrl_destroy(host->sc);
		host->sc = NULL;
	}
}

/* --- a medium whose block size is its own --------------------------------------------------------- */

static struct media_ops own_ops;
static uint32_t own_nopen;
static void (*ram_close)(struct media *media);

static void own_close(struct media *media)
{
	own_nopen--;
	ram_close(media);
}

static int own_make(struct media **media, const struct media_config *config)
{
	struct media_config with_block = *config;
	int err;

	with_block.block_bytes = 65536;
	err = media_ram.make(media, &with_block);
	if (err)
		return err;
	own_ops = *(*media)->ops;
	ram_close = own_ops.close;
	own_ops.close = own_close;
	(*media)->ops = &own_ops;
	own_nopen++;
	return 0;
}

static const struct media_maker own_maker = { .name = "own", .make = own_make };

static void a_block_that_no_command_can_carry_is_refused_once_it_is_known(void **state)
{
	struct host *host = *state;

	host->media[1] =
		(struct media_config){ .maker = &own_maker, .size_bytes = 1 << 20, .path = "" };
	host->config.nnamespaces = 2;
	host->config.mdts = 3;
	assert_int_equal(softctrl_create(&host->sc, &host->config), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_ARGUMENT);
	assert_non_null(strstr(error_last()->text, "namespace 2"));
	assert_non_null(strstr(error_last()->text, "65536"));
	assert_non_null(strstr(error_last()->text, "mdts=4"));
	assert_int_equal(own_nopen, 0);
	host->config.mdts = 4;
	host_create(host);
	assert_int_equal(own_nopen, 1);
	softctrl_destroy(host->sc);
	host->sc = NULL;
	assert_int_equal(own_nopen, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(media_that_cannot_be_opened_are_refused),
		test(resizing_is_checked),
		test(blocks_have_a_size_that_lbads_can_tell),
		test(a_block_that_no_command_can_carry_is_refused_once_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
