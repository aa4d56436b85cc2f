/* SPDX-License-Identifier: BSD-3-Clause */
/* The way that a URI's scheme chooses, and the table of makers that goes down with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/uri.h"
#include "media/maker.h"
#include "transport/transport.h"

static int open_it(struct transport **transport, const char *text,
		   const struct media_maker *const *makers)
{
	struct uri *uri;
	int rc;

	assert_int_equal(uri_parse(&uri, text), 0);
	rc = transport_open(transport, uri, makers);
	uri_free(uri);
	return rc;
}

/* --- a kind of medium that only this test knows --------------------------------------------------- */

static unsigned nmade;

static int disc_make(struct media **media, const struct media_config *config)
{
	struct media_config below = *config;

	nmade++;
	below.maker = &media_ram;
	return media_open(media, &below);
}

static const char *const disc_keys[] = { "size", NULL };
static const struct media_maker disc = { .name = "disc",
					 .keys = disc_keys,
					 .size_bytes = 1 << 20,
					 .block_bytes = 512,
					 .is_repeatable = true,
					 .make = disc_make };
static const struct media_maker *const makers[] = { &disc, NULL };

static void a_software_controller_has_the_media_of_the_table(void **state)
{
	struct transport *transport;

	nmade = 0;
	assert_int_equal(open_it(&transport, "soft:disc?namespaces=3", makers), 0);
	assert_int_equal(nmade, 3);
	assert_string_equal(transport->ops->scheme, "soft");
	transport_close(transport);
	assert_int_equal(open_it(&transport, "soft:ram", makers), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI);
	assert_non_null(strstr(error_last()->text, "\"disc\""));
	assert_int_equal(nmade, 3);
}

static void an_unknown_scheme_is_refused_with_those_that_are_known(void **state)
{
	struct transport *transport;

	assert_int_equal(open_it(&transport, "hard:disc", makers), -EINVAL);
	assert_int_equal(error_last()->code, UPNVME_ERR_URI_SCHEME);
	assert_non_null(strstr(error_last()->text, "\"hard\""));
	assert_non_null(strstr(error_last()->text, "soft, pcie"));
}

static void closing_nothing_is_allowed(void **state)
{
	transport_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_software_controller_has_the_media_of_the_table),
		cmocka_unit_test(an_unknown_scheme_is_refused_with_those_that_are_known),
		cmocka_unit_test(closing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
