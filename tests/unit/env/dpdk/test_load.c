/* SPDX-License-Identifier: BSD-3-Clause */
/* Plug-ins for DPDK that are missing, broken, or of another build. That the real one works is
 * shown in guests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "env/dpdk/dpdk.h"
#include "support/skip.h"

/* A folder of the build's stubs. */
static void look_in(const char *kind)
{
	const char *build = getenv("UPNVME_BUILD");
	char folder[512];

	snprintf(folder, sizeof(folder), "%s/stubs/%s", build ? build : "build", kind);
	assert_int_equal(setenv("UPNVME_PLUGIN_DIR", folder, 1), 0);
}

static void expect_refusal(int err, const char *word)
{
	const struct dpdk_plugin *plugin;

	assert_int_equal(dpdk_load(&plugin), err);
	assert_int_equal(error_last()->err, err);
	assert_int_equal(error_last()->code, UPNVME_ERR_PLUGIN);
	assert_non_null(strstr(error_last()->text, word));
	assert_non_null(strstr(error_last()->text, "env=vfio"));
}

static void one_that_is_missing_is_explained(void **state)
{
	look_in("nowhere");
	expect_refusal(-ENOENT, "UPNVME_PLUGIN_DIR");
	assert_int_equal(unsetenv("UPNVME_PLUGIN_DIR"), 0);
	expect_refusal(-ENOENT, "libupnvme-dpdk.so");
}

static void a_file_that_is_no_library_is_refused(void **state)
{
	char folder[] = "/tmp/upnvme-plugin-XXXXXX", path[64];
	FILE *file;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/libupnvme-dpdk.so", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("nothing that a loader likes", file);
	fclose(file);
	assert_int_equal(setenv("UPNVME_PLUGIN_DIR", folder, 1), 0);
	expect_refusal(-ELIBACC, path);
	unlink(path);
	rmdir(folder);
}

/* Root reads everything. */
static void become_who_may_not_read(void)
{
	if (!geteuid() && seteuid(65534))
		skip_because("there is no user but root here");
}

static void one_that_may_not_be_read_is_not_said_to_be_missing(void **state)
{
	char folder[] = "/tmp/upnvme-plugin-XXXXXX";
	uid_t user = geteuid();

	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("UPNVME_PLUGIN_DIR", folder, 1), 0);
	assert_int_equal(chmod(folder, 0), 0);
	become_who_may_not_read();
	expect_refusal(-EACCES, folder);
	assert_non_null(strstr(error_last()->text, "may not be read"));
	assert_int_equal(seteuid(user), 0);
	rmdir(folder);
}

static void a_library_that_is_no_plug_in_is_refused(void **state)
{
	look_in("empty");
	expect_refusal(-ELIBACC, "upnvme_dpdk_plugin");
}

static void one_of_another_build_is_refused_with_both_builds(void **state)
{
	look_in("other_build");
	expect_refusal(-ELIBACC, "0.0.1-another");
	assert_non_null(strstr(error_last()->text, UPNVME_BUILD_ID));
}

static void hear(void *heard, uint32_t level, const char *message)
{
	*(bool *)heard |= !strcmp(message, "asked to start");
}

/* The last test: one that was loaded stays. */
static void one_that_does_not_start_says_why_through_the_library(void **state)
{
	const struct dpdk_plugin *plugin;
	bool heard = false;

	look_in("no_start");
	log_set_sink(hear, &heard, UPNVME_LOG_DEBUG);
	assert_int_equal(dpdk_start(&plugin), -EIO);
	log_set_sink(NULL, NULL, 0);
	assert_true(heard);
	assert_string_equal(error_last()->text, "DPDK does not start, as the test wants it");
	assert_false(plugin->is_running());
	assert_int_equal(dpdk_start(&plugin), -EIO); /* asked again, not remembered */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_missing_is_explained),
		cmocka_unit_test(a_file_that_is_no_library_is_refused),
		cmocka_unit_test(one_that_may_not_be_read_is_not_said_to_be_missing),
		cmocka_unit_test(a_library_that_is_no_plug_in_is_refused),
		cmocka_unit_test(one_of_another_build_is_refused_with_both_builds),
		cmocka_unit_test(one_that_does_not_start_says_why_through_the_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
