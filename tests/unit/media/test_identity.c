/* SPDX-License-Identifier: BSD-3-Clause */
/* The identity of media: the same again, or another. */
#include "media/media_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/libc.h"
#include "media/identity.h"

static struct media_identity opened(const char *path, const struct media_maker *maker)
{
	struct media_config config = {
		.maker = maker, .path = path, .size_bytes = 4096, .block_bytes = 512
	};
	struct media_identity identity;
	struct media *media;

	assert_int_equal(media_open(&media, &config), 0);
	identity = media->identity;
	media_close(media);
	return identity;
}

static bool same(struct media_identity a, struct media_identity b)
{
	return a.half[0] == b.half[0] && a.half[1] == b.half[1];
}

static bool half_same(struct media_identity a, struct media_identity b)
{
	return a.half[0] == b.half[0] || a.half[1] == b.half[1];
}

static void memory_media_have_different_identities(void **state)
{
	(void)state;
	assert_false(half_same(opened(NULL, &media_ram), opened(NULL, &media_ram)));
	assert_false(half_same(opened(NULL, &media_null), opened(NULL, &media_null)));
}

static void a_renamed_file_keeps_its_identity(void **state)
{
	struct media_identity first;
	struct temp_path temp;
	char renamed[320];

	(void)state;
	temp_file_make(&temp, 4096);
	snprintf(renamed, sizeof(renamed), "%s.2", temp.path);
	first = opened(temp.path, &media_file);
	assert_true(same(opened(temp.path, &media_file), first));
	assert_int_equal(rename(temp.path, renamed), 0);
	assert_true(same(opened(renamed, &media_file), first));
	assert_int_equal(rename(renamed, temp.path), 0);
	temp_path_remove(&temp);
}

static bool births_are_told(const char *path)
{
	struct statx st;

	assert_int_equal(statx(AT_FDCWD, path, 0, STATX_BTIME, &st), 0);
	return st.stx_mask & STATX_BTIME;
}

/* The file system may well give the same inode again. */
static void a_file_in_place_of_a_removed_one_has_another_identity(void **state)
{
	struct media_identity first;
	struct temp_path temp;
	bool told;

	(void)state;
	temp_file_make(&temp, 4096);
	first = opened(temp.path, &media_file);
	told = births_are_told(temp.path);
	temp_path_remove(&temp);
	if (!told)
		skip_because("the file system does not tell when a file was made");
	temp_file_make(&temp, 4096);
	assert_false(half_same(opened(temp.path, &media_file), first));
	temp_path_remove(&temp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_media_have_different_identities),
		cmocka_unit_test(a_renamed_file_keeps_its_identity),
		cmocka_unit_test(a_file_in_place_of_a_removed_one_has_another_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
