/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller's configuration from a URI: every key reaches its field, and every mistake is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "media/maker.h"
#include "softctrl/config.h"

static const struct media_maker *const makers[] = { &media_ram, &media_null, &media_file, NULL };
static const char *const others[] = { "quirks", "path", NULL };

/* The URI lives on: the configuration points into it. */
static struct uri *read_it(struct softctrl_config *config, const char *text)
{
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, text), 0);
	if (softctrl_config_read(config, uri, makers, others))
		fail_msg("%s: %s", text, error_last()->text);
	return uri;
}

static void refused(const char *text, uint32_t code, const char *part)
{
	struct softctrl_config config;
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, text), 0);
	assert_int_equal(softctrl_config_read(&config, uri, makers, others), -EINVAL);
	assert_int_equal(error_last()->code, code);
	if (!strstr(error_last()->text, part))
		fail_msg("\"%s\" does not say \"%s\"", error_last()->text, part);
	uri_free(uri);
}

static void keys_that_are_left_out_have_their_defaults(void **state)
{
	struct softctrl_config config, defaults;
	struct uri *uri = read_it(&config, "soft:ram");

	softctrl_config_init(&defaults);
	assert_int_equal(config.nnamespaces, 1);
	assert_ptr_equal(config.namespaces[0].maker, &media_ram);
	assert_int_equal(config.threaded, defaults.threaded);
	assert_int_equal(config.mdts, defaults.mdts);
	assert_int_equal(config.mqes, defaults.mqes);
	assert_int_equal(config.nqueues, defaults.nqueues);
	assert_int_equal(config.dstrd, defaults.dstrd);
	assert_int_equal(config.sgl, defaults.sgl);
	assert_int_equal(config.noiob, defaults.noiob);
	assert_int_equal(config.cmb_bytes, defaults.cmb_bytes);
	assert_null(config.serial);
	softctrl_config_release(&config);
	uri_free(uri);
}

static void every_key_reaches_its_field(void **state)
{
	struct softctrl_config config;
	struct uri *uri = read_it(&config, "soft:null?namespaces=3&size=8K&mode=thread&mdts=2"
					   "&entries=32&queues=5&dstrd=3&sgl=0&noiob=16&cmb=8K"
					   "&serial=ABC%20123&quirks=none&path=x");

	assert_int_equal(config.nnamespaces, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(config.namespaces[i].size_bytes, 8192);
	assert_true(config.threaded);
	assert_int_equal(config.mdts, 2);
	assert_int_equal(config.mqes, 31);
	assert_int_equal(config.nqueues, 5);
	assert_int_equal(config.dstrd, 3);
	assert_false(config.sgl);
	assert_int_equal(config.noiob, 16);
	assert_int_equal(config.cmb_bytes, 8192);
	assert_string_equal(config.serial, "ABC 123");
	softctrl_config_release(&config);
	assert_null(config.namespaces);
	uri_free(uri);
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[] = {
		"size=x",
		"readonly=2",
		"mode=fast",
		"zero=maybe",
		"namespaces=0",
		"mdts=0",
		"mdts=13",
		"namespaces=1025",
		"entries=1",
		"entries=65537",
		"queues=0",
		"dstrd=11",
		"queues=1025",
		"sgl=3",
		"cmb=1",
		"cmb=6K",
		"cmb=1025M",
		"cmb=-1",
		"noiob=65536",
		"noiob=-1",
		"serial=%01",
		"serial=%c3%a4",
		"serial=012345678901234567890",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char uri[128];

		snprintf(uri, sizeof(uri), "soft:null?%s", bad[i]);
		refused(uri, UPNVME_ERR_URI_VALUE, "in the URI is not");
	}
}

static void keys_that_do_not_fit_the_medium_are_refused(void **state)
{
	refused("soft:ram?sise=1", UPNVME_ERR_URI_KEY, "\"sise\"");
	refused("soft:ram?zero=1", UPNVME_ERR_URI_KEY, "\"zero\"");
	refused("soft:ram?engine=worker", UPNVME_ERR_URI_KEY, "\"engine\"");
	refused("soft:null?engine=worker", UPNVME_ERR_URI_KEY, "\"engine\"");
	refused("soft:/tmp/x?namespaces=2", UPNVME_ERR_URI_KEY, "\"namespaces\"");
	refused("soft:disk.img", UPNVME_ERR_URI, "soft:./disk.img");
}

static void the_refusal_lists_the_known_keys(void **state)
{
	refused("soft:null?a=1", UPNVME_ERR_URI_KEY,
		"\"soft:null\" takes: size, block, readonly, zero, namespaces, mode, mdts, entries, "
		"queues, dstrd, sgl, noiob, cmb, serial, quirks, path");
}

static void keys_of_other_readers_are_refused_where_none_reads_them(void **state)
{
	struct softctrl_config config;
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, "soft:ram?quirks=none"), 0);
	assert_int_equal(softctrl_config_read(&config, uri, makers, NULL), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI_KEY);
	uri_free(uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_are_left_out_have_their_defaults),
		cmocka_unit_test(every_key_reaches_its_field),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(keys_that_do_not_fit_the_medium_are_refused),
		cmocka_unit_test(the_refusal_lists_the_known_keys),
		cmocka_unit_test(keys_of_other_readers_are_refused_where_none_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
