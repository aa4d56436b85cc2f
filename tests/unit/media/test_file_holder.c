/* SPDX-License-Identifier: BSD-3-Clause */
/* The holders of a file, read from a /sys and a /proc that the test makes. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "media/file_holder.h"

#define NAMES_MAX 16

/* A folder with a disk image and the two trees. */
struct trees {
	struct temp_path temp;
	char sys[320], proc[320];
	char made[NAMES_MAX][1024]; /* to be removed, the last first */
	unsigned nmade;
};

static void note(struct trees *trees, const char *path)
{
	assert_true(trees->nmade < NAMES_MAX);
	snprintf(trees->made[trees->nmade++], sizeof(trees->made[0]), "%s", path);
}

static void folder(struct trees *trees, const char *path)
{
	if (mkdir(path, 0700) == 0)
		note(trees, path);
}

static void text(struct trees *trees, const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
	note(trees, path);
}

static void trees_make(struct trees *trees)
{
	memset(trees, 0, sizeof(*trees));
	temp_file_make(&trees->temp, 4096);
	snprintf(trees->sys, sizeof(trees->sys), "%s/sys", trees->temp.directory);
	snprintf(trees->proc, sizeof(trees->proc), "%s/proc", trees->temp.directory);
	folder(trees, trees->sys);
	folder(trees, trees->proc);
}

static void trees_remove(struct trees *trees)
{
	while (trees->nmade)
		assert_int_equal(remove(trees->made[--trees->nmade]), 0);
	temp_path_remove(&trees->temp);
}

/* `below` is block/loop7 or dev/block/7:7, as in /sys. */
static void loop(struct trees *trees, const char *below, const char *backing)
{
	char path[700], line[400], *slash;

	snprintf(path, sizeof(path), "%s/%s/loop/backing_file", trees->sys, below);
	for (slash = path + strlen(trees->sys) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		folder(trees, path);
		*slash = '/';
	}
	snprintf(line, sizeof(line), "%s\n", backing);
	text(trees, path, line);
}

static bool finds(struct trees *trees, const struct stat *st, char who[FILE_HOLDER_ROOM])
{
	who[0] = '\0';
	return file_holder_find(trees->sys, trees->proc, st, who);
}

static void a_file_without_a_holder_has_none(void **state)
{
	char who[FILE_HOLDER_ROOM];
	struct trees trees;
	struct stat st;

	trees_make(&trees);
	assert_int_equal(stat(trees.temp.path, &st), 0);
	assert_false(finds(&trees, &st, who));
	assert_false(file_holder_find("/nowhere", "/nowhere", &st, who));
	loop(&trees, "block/loop77", trees.temp.directory);
	assert_false(finds(&trees, &st, who));
	trees_remove(&trees);
}

static void a_loop_device_is_found(void **state)
{
	char who[FILE_HOLDER_ROOM];
	struct trees trees;
	struct stat st;

	trees_make(&trees);
	assert_int_equal(stat(trees.temp.path, &st), 0);
	loop(&trees, "block/loop77", trees.temp.path);
	assert_true(finds(&trees, &st, who));
	assert_non_null(strstr(who, "losetup -d /dev/loop77"));
	trees_remove(&trees);
}

static void swap_is_found_also_with_white_space_in_its_name(void **state)
{
	char who[FILE_HOLDER_ROOM], path[320], swaps[700], lines[800];
	struct trees trees;
	struct stat st;

	trees_make(&trees);
	snprintf(path, sizeof(path), "%s/a b", trees.temp.directory);
	text(&trees, path, "swap");
	snprintf(swaps, sizeof(swaps), "%s/swaps", trees.proc);
	snprintf(lines, sizeof(lines),
		 "Filename\t\t\t\tType\t\tSize\n/nowhere/at/all file 1\n%s/a\\040b file 4\n",
		 trees.temp.directory);
	text(&trees, swaps, lines);
	assert_int_equal(stat(path, &st), 0);
	assert_true(finds(&trees, &st, who));
	assert_non_null(strstr(who, "swapoff"));
	assert_int_equal(stat(trees.temp.path, &st), 0);
	assert_false(finds(&trees, &st, who));
	trees_remove(&trees);
}

static void listen(void *arg, uint32_t level, const char *message)
{
	(void)level;
	snprintf(arg, 1024, "%s", message);
}

/* A link to itself gives ELOOP, which means neither absence nor a want of rights. */
static void endless(struct trees *trees, const char *name, char path[320])
{
	snprintf(path, 320, "%s/%s", trees->temp.directory, name);
	assert_int_equal(symlink(name, path), 0);
	note(trees, path);
}

static void a_file_that_cannot_be_examined_is_logged(void **state)
{
	char who[FILE_HOLDER_ROOM], path[320], swaps[700], line[800], heard[1024] = "";
	struct trees trees;
	struct stat st;

	trees_make(&trees);
	assert_int_equal(stat(trees.temp.path, &st), 0);
	assert_int_equal(upnvme_log_set(listen, heard, UPNVME_LOG_WARN), 0);
	endless(&trees, "loop", path);
	loop(&trees, "block/loop77", path);
	assert_false(finds(&trees, &st, who));
	assert_non_null(strstr(heard, path));
	endless(&trees, "swap", path);
	snprintf(swaps, sizeof(swaps), "%s/swaps", trees.proc);
	snprintf(line, sizeof(line), "%s file 1\n", path);
	text(&trees, swaps, line);
	assert_false(finds(&trees, &st, who));
	assert_non_null(strstr(heard, path));
	upnvme_log_set(NULL, NULL, 0);
	trees_remove(&trees);
}

/* A loop device is looked through, and so is its partition. */
static void the_file_below_a_loop_device_is_asked_for_its_lock(void **state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = makedev(7, 77) };
	char who[FILE_HOLDER_ROOM];
	struct trees trees;
	int fd;

	trees_make(&trees);
	loop(&trees, "dev/block/7:77", trees.temp.path);
	assert_false(finds(&trees, &st, who));
	fd = open(trees.temp.path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
	assert_true(finds(&trees, &st, who));
	assert_non_null(strstr(who, trees.temp.path));
	st.st_rdev = makedev(7, 78);
	assert_false(finds(&trees, &st, who));
	close(fd);
	trees_remove(&trees);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_without_a_holder_has_none),
		cmocka_unit_test(a_loop_device_is_found),
		cmocka_unit_test(swap_is_found_also_with_white_space_in_its_name),
		cmocka_unit_test(a_file_that_cannot_be_examined_is_logged),
		cmocka_unit_test(the_file_below_a_loop_device_is_asked_for_its_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
