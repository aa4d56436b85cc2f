/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of makers: what a URI chooses from it, and what the chosen maker is given. */
#include "media/media_fixture.h"

#include "base/uri.h"
#include "media/maker.h"

static struct uri *parsed(const char *text)
{
	struct uri *uri;

	assert_int_equal(uri_parse(&uri, text), 0);
	return uri;
}

/* --- choosing ------------------------------------------------------------------------------------- */

static const struct media_maker disc = { .name = "disc" }, path = { .name = NULL };
static const struct media_maker *const both[] = { &disc, &path, NULL };
static const struct media_maker *const only_disc[] = { &disc, NULL };

static const struct media_maker *found(const struct media_maker *const *makers, const char *text)
{
	struct media_config config;
	struct uri *uri = parsed(text);
	int rc = media_config_choose(&config, uri, makers);

	assert_int_equal(rc, config.maker ? 0 : -EINVAL);
	uri_free(uri);
	return config.maker;
}

static void a_name_or_a_path_chooses(void **state)
{
	assert_ptr_equal(found(both, "soft:disc"), &disc);
	assert_ptr_equal(found(both, "soft:./disc"), &path);
	assert_ptr_equal(found(both, "soft:/disc"), &path);
	assert_null(found(both, "soft:disc2"));
	assert_null(found(both, "soft:dis"));
	assert_null(found(only_disc, "soft:/disc"));
}

static void the_refusal_lists_the_kinds_of_media(void **state)
{
	static const struct media_maker *const three[] = { &disc, &media_ram, &media_file, NULL };
	struct media_config config;
	struct uri *uri = parsed("soft:tape");

	assert_error(media_config_choose(&config, uri, three), -EINVAL, UPNVME_ERR_URI);
	assert_non_null(strstr(error_last()->text, "\"disc\", \"ram\""));
	assert_non_null(strstr(error_last()->text, "soft:./tape"));
	uri_free(uri);
}

/* --- reading -------------------------------------------------------------------------------------- */

static const struct media_maker *const leaves[] = { &media_ram, &media_null, &media_file, NULL };

static void a_maker_has_its_defaults(void **state)
{
	static const struct {
		const struct media_maker *maker;
		const char *uri;
		uint64_t size_bytes;
		uint32_t block_bytes;
	} cases[] = {
		{ &media_ram, "soft:ram", 1ull << 30, 4096 },
		{ &media_null, "soft:null", 1ull << 40, 4096 },
		{ &media_file, "soft:/a", 0, 512 },
		{ &media_ram, "soft:ram?size=1MiB&block=512", 1 << 20, 512 },
		{ &media_file, "soft:/a?size=1MiB", 1 << 20, 512 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct uri *uri = parsed(cases[i].uri);
		struct media_config config;

		assert_int_equal(media_config_choose(&config, uri, leaves), 0);
		assert_ptr_equal(config.maker, cases[i].maker);
		assert_ptr_equal(config.uri, uri);
		assert_ptr_equal(config.makers, leaves);
		assert_int_equal(media_config_read(&config), 0);
		assert_int_equal(config.size_bytes, cases[i].size_bytes);
		assert_int_equal(config.block_bytes, cases[i].block_bytes);
		assert_false(config.readonly || config.zero_reads || config.engine);
		uri_free(uri);
	}
}

static void a_kinds_own_keys_are_read(void **state)
{
	struct uri *uri = parsed("soft:null?zero=1&readonly=1&engine=worker");
	struct media_config config;

	assert_int_equal(media_config_choose(&config, uri, leaves), 0);
	assert_int_equal(media_config_read(&config), 0);
	assert_true(config.zero_reads && config.readonly);
	assert_null(config.engine);
	uri_free(uri);
	uri = parsed("soft:/a?zero=1&engine=worker");
	assert_int_equal(media_config_choose(&config, uri, leaves), 0);
	assert_int_equal(media_config_read(&config), 0);
	assert_false(config.zero_reads);
	assert_string_equal(config.engine, "worker");
	assert_string_equal(config.path, "/a");
	uri_free(uri);
}

static void bad_values_are_refused_by_name(void **state)
{
	static const struct {
		const char *uri;
		uint32_t code;
		const char *part;
	} cases[] = {
		{ "soft:ram?block=0", UPNVME_ERR_MEDIA_BLOCK, "block=0" },
		{ "soft:ram?block=256", UPNVME_ERR_MEDIA_BLOCK, "block=256" },
		{ "soft:ram?block=1000", UPNVME_ERR_MEDIA_BLOCK, "block=1000" },
		{ "soft:ram?block=128KiB", UPNVME_ERR_MEDIA_BLOCK, "64KiB" },
		{ "soft:ram?block=4GiB", UPNVME_ERR_MEDIA_BLOCK, "block=4294967296" },
		{ "soft:ram?size=0", UPNVME_ERR_MEDIA_SIZE, "size=0" },
		{ "soft:ram?size=4097", UPNVME_ERR_MEDIA_SIZE, "4096" },
		{ "soft:/a?size=0", UPNVME_ERR_MEDIA_SIZE, "size=0" },
		{ "soft:ram?size=x", UPNVME_ERR_URI_VALUE, "size=x" },
		{ "soft:ram?readonly=2", UPNVME_ERR_URI_VALUE, "readonly=2" },
		{ "soft:null?zero=maybe", UPNVME_ERR_URI_VALUE, "zero=maybe" },
		{ "soft:/a?engine=fast", UPNVME_ERR_URI_VALUE, "io_uring, worker" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct uri *uri = parsed(cases[i].uri);
		struct media_config config;

		assert_int_equal(media_config_choose(&config, uri, leaves), 0);
		assert_error(media_config_read(&config), -EINVAL, cases[i].code);
		if (!strstr(error_last()->text, cases[i].part))
			fail_msg("\"%s\" does not say \"%s\"", error_last()->text, cases[i].part);
		uri_free(uri);
	}
}

/* --- a kind that nobody here knows ---------------------------------------------------------------- */

/* As an implementer's: its size and its block are its own, and what it needs lies around its maker. */
struct stripe {
	struct media_maker maker;
	unsigned nmade;
	uint64_t chunk_bytes;
};

static int stripe_configure(struct media_config *config)
{
	struct stripe *stripe = (struct stripe *)config->maker;

	return uri_get_size(config->uri, "chunk", &stripe->chunk_bytes);
}

static int stripe_make(struct media **media, const struct media_config *config)
{
	struct stripe *stripe = (struct stripe *)config->maker;
	struct media_config below = { .maker = config->makers[0],
				      .size_bytes = 65536,
				      .block_bytes = 512 };

	stripe->nmade++;
	assert_int_equal(config->size_bytes, 0);
	assert_int_equal(config->block_bytes, 0);
	return media_open(media, &below);
}

static void a_new_kind_of_medium_is_a_row(void **state)
{
	struct stripe stripe = {
		.maker = { .name = "stripe", .configure = stripe_configure, .make = stripe_make }
	};
	const struct media_maker *const makers[] = { &media_ram, &stripe.maker, NULL };
	struct uri *uri = parsed("soft:stripe?chunk=64K");
	struct media_config config;
	struct media *media;

	assert_int_equal(media_config_choose(&config, uri, makers), 0);
	assert_int_equal(media_config_read(&config), 0);
	assert_int_equal(stripe.chunk_bytes, 65536);
	assert_int_equal(media_open(&media, &config), 0);
	assert_int_equal(stripe.nmade, 1);
	assert_int_equal(media->block_bytes, 512);
	media_close(media);
	/* A size is taken all the same, as long as it can be one. */
	config.size_bytes = 1ull << 63;
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_SIZE);
	config.size_bytes = 0;
	config.block_bytes = 3;
	assert_error(media_open(&media, &config), -EINVAL, UPNVME_ERR_MEDIA_BLOCK);
	assert_int_equal(stripe.nmade, 1);
	uri_free(uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_or_a_path_chooses),
		cmocka_unit_test(the_refusal_lists_the_kinds_of_media),
		cmocka_unit_test(a_maker_has_its_defaults),
		cmocka_unit_test(a_kinds_own_keys_are_read),
		cmocka_unit_test(bad_values_are_refused_by_name),
		cmocka_unit_test(a_new_kind_of_medium_is_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
