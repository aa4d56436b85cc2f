/* SPDX-License-Identifier: BSD-3-Clause */
/* The tests of the media share these: temporary files, variants of a medium, requests that note their results. */
#ifndef UPNVME_TESTS_UNIT_MEDIA_MEDIA_FIXTURE_H
#define UPNVME_TESTS_UNIT_MEDIA_MEDIA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "support/skip.h"
#include "media/maker.h"

#define FOR_EVER UINT64_MAX

struct variant {
	const struct media_maker *maker;
	const char *engine;
};

extern struct variant variant_ram, variant_uring, variant_worker;

/* One test over each engine of the file medium. */
#define ON_BOTH_ENGINES(test)                                        \
	{ #test " (io_uring)", test, NULL, NULL, &variant_uring },   \
	{                                                            \
#test " (worker)", test, NULL, NULL, &variant_worker \
	}

/* A path in a new directory of its own under $TMPDIR; nothing is there yet. */
struct temp_path {
	char directory[256];
	char path[300];
};
void temp_path_make(struct temp_path *temp);
void temp_path_remove(struct temp_path *temp);
void temp_file_make(struct temp_path *temp, uint64_t size_bytes);
/* A medium over the path, in blocks of 4 KiB. */
struct media_config config_for(const struct temp_path *temp);

/* A medium and a channel to it; a file medium lies over a new sparse file. Skips where the engine does not work. */
struct bench {
	struct temp_path temp;
	struct media *media;
	struct media_channel *channel;
	bool has_file;
};
void bench_open(struct bench *bench, const struct variant *variant, uint64_t size_bytes);
void bench_close(struct bench *bench);

/* A request with one segment that notes what became of it. */
struct io {
	struct media_request request;
	struct iovec segment;
	int ndone;
	int result;
};
void io_prepare(struct io *io, enum media_op op, uint64_t offset, void *buffer, uint64_t length);
void io_done(struct media_request *request, int result);

/* Submits, waits until it is done, and gives the result. */
int io_run(struct media_channel *channel, struct io *io);
int run(struct media_channel *channel, enum media_op op, uint64_t offset, void *buffer,
	uint64_t length);

/*
 * The process gets mounts of its own, which end with it; to be called before there is any thread. False where the
 * system does not allow that. A user who is not root becomes root in a user name space, where there are no devices.
 */
bool mounts_enter(void);

/* The system call fails with EPERM from now on, for this thread and for good. False where the system has no filter. */
bool forbid_system_call(unsigned number);

bool engine_works(const char *engine);
uint64_t file_blocks_bytes(const char *path);
void assert_sentence_has(const char *part);
void assert_all(const uint8_t *buffer, size_t bytes, uint8_t value);

#define assert_error(call, err_, code_)                        \
	do {                                                   \
		error_clear();                                 \
		assert_int_equal((call), (err_));              \
		assert_int_equal(error_last()->err, (err_));   \
		assert_int_equal(error_last()->code, (code_)); \
		assert_true(strlen(error_last()->text) > 0);   \
	} while (0)

#endif
