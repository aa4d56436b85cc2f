/* SPDX-License-Identifier: BSD-3-Clause */
/* Plug-ins for DPDK that are missing, broken, or of another build. The real plug-in is tested in
 * guests. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

static void a_missing_plug_in_is_explained(void **state)
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

static void an_unreadable_plug_in_is_not_said_to_be_missing(void **state)
{
	char folder[] = "/tmp/upnvme-plugin-XXXXXX";
	uid_t user = geteuid();

	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("UPNVME_PLUGIN_DIR", folder, 1), 0);
	assert_int_equal(chmod(folder, 0), 0);
	become_who_may_not_read();
	expect_refusal(-EACCES, folder);
	assert_non_null(strstr(error_last()->text, "may not read"));
	assert_int_equal(seteuid(user), 0);
	rmdir(folder);
}

static void a_library_that_is_no_plug_in_is_refused(void **state)
{
	look_in("empty");
	expect_refusal(-ELIBACC, "upnvme_dpdk_plugin");
}

static void a_plug_in_of_another_build_is_refused_with_both_builds(void **state)
{
	look_in("other_build");
	expect_refusal(-ELIBACC, "0.0.1-another");
	assert_non_null(strstr(error_last()->text, UPNVME_BUILD_ID));
}

/* --- a program that has the library as a part of itself ------------------------------------------ */

#define LOAD          "--load" /* this program, run so, only loads */
#define FOUND         1
#define NOT_SECURE    2
#define NOBODY        65534u
#define NEVER_STARTED 127

static int load_alone(bool secure)
{
	const struct dpdk_plugin *plugin;

	if (secure && !getauxval(AT_SECURE))
		return NOT_SECURE;
	return dpdk_load(&plugin) == -ENOENT ? 0 : FOUND;
}

/* A caller has chosen an argv[0] beside a plug-in. */
static int run_beside_plugin(const char *program, uid_t user, const char *how)
{
	const char *build = getenv("UPNVME_BUILD");
	char beside[512];
	int status;
	pid_t pid;

	snprintf(beside, sizeof(beside), "%s/stubs/no_start/program", build ? build : "build");
	pid = fork();
	if (pid == 0) {
		if (!setresuid(user, user, user))
			execl(program, beside, LOAD, how, NULL);
		_exit(NEVER_STARTED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void no_plug_in_is_looked_for_beside_argv_0(void **state)
{
	unsetenv("UPNVME_PLUGIN_DIR");
	assert_int_equal(run_beside_plugin("/proc/self/exe", getuid(), "plain"), 0);
}

static void copy_self(const char *to, mode_t mode)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	assert_int_equal(n, 0);
	assert_int_equal(fchmod(out, mode), 0);
	close(in);
	close(out);
}

/* A privileged program finds no plug-in by argv[0], nor by the environment. */
static void the_user_of_a_set_uid_program_cannot_choose_a_plug_in(void **state)
{
	char folder[] = "/tmp/upnvme-setuid-XXXXXX", program[64];
	int rc;

	if (getuid())
		skip();
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(program, sizeof(program), "%s/program", folder);
	copy_self(program, 04755);
	look_in("no_start");
	rc = run_beside_plugin(program, NOBODY, "secure");
	unsetenv("UPNVME_PLUGIN_DIR");
	unlink(program);
	rmdir(folder);
	if (rc == NOT_SECURE || rc == NEVER_STARTED)
		skip(); /* mounted nosuid */
	assert_int_equal(rc, 0);
}

static void hear(void *heard, uint32_t level, const char *message)
{
	*(bool *)heard |= !strcmp(message, "asked to start");
}

/* This test is the last one: a loaded plug-in stays. */
static void a_plug_in_that_does_not_start_reports_its_error(void **state)
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
	assert_int_equal(dpdk_start(&plugin), -EIO); /* the plug-in is asked again */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_plug_in_is_explained),
		cmocka_unit_test(a_file_that_is_no_library_is_refused),
		cmocka_unit_test(an_unreadable_plug_in_is_not_said_to_be_missing),
		cmocka_unit_test(a_library_that_is_no_plug_in_is_refused),
		cmocka_unit_test(a_plug_in_of_another_build_is_refused_with_both_builds),
		cmocka_unit_test(no_plug_in_is_looked_for_beside_argv_0),
		cmocka_unit_test(the_user_of_a_set_uid_program_cannot_choose_a_plug_in),
		cmocka_unit_test(a_plug_in_that_does_not_start_reports_its_error),
	};

	if (argc == 3 && !strcmp(argv[1], LOAD))
		return load_alone(!strcmp(argv[2], "secure"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
