/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file is known by its file system, its inode and the time of its birth. An inode's number alone would not do, since
 * numbers are used again; a path would change with a renaming, and stay with a replacement. A block device is known by
 * its number, since nothing is known of its content.
 */
#include "media/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/libc.h"
#include "base/process.h"

/* Every bit of the value reaches every bit of both halves. */
static void mix(struct media_identity *identity, uint64_t value)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t h = (identity->half[i] ^ value) + UINT64_C(0x9e3779b97f4a7c15) * (i + 1);

		h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
		identity->half[i] = h ^ h >> 31;
	}
}

/* Circumstances stand in for random numbers that the system, or a sandbox, refuses: no two calls have the same. */
static void mix_circumstances(struct media_identity *identity)
{
	static _Atomic uint64_t nmade;

	mix(identity, clock_now_ns());
	mix(identity, (uint64_t)getpid() << 32 | process_number());
	mix(identity, ++nmade);
	mix(identity, (uintptr_t)identity);
}

void identity_random(struct media_identity *identity)
{
	memset(identity, 0, sizeof(*identity));
	if (getrandom(identity, sizeof(*identity), GRND_NONBLOCK) != sizeof(*identity))
		mix_circumstances(identity);
}

static uint64_t file_system(int fd, const struct statx *st)
{
	struct statfs fs;
	uint64_t id = 0;

	if (fstatfs(fd, &fs) == 0)
		memcpy(&id, &fs.f_fsid, sizeof(id));
	/* Some file systems have no identifier. The device's number may change with a restart of the system. */
	return id ? id : (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

void identity_of_file(struct media_identity *identity, int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME,
		  &st) < 0) {
		identity_random(identity);
		return;
	}
	memset(identity, 0, sizeof(*identity));
	mix(identity, st.stx_mode & S_IFMT);
	if (S_ISBLK(st.stx_mode)) {
		mix(identity, (uint64_t)st.stx_rdev_major << 32 | st.stx_rdev_minor);
		return;
	}
	mix(identity, file_system(fd, &st));
	mix(identity, st.stx_ino);
	if (st.stx_mask & STATX_BTIME) {
		mix(identity, (uint64_t)st.stx_btime.tv_sec);
		mix(identity, st.stx_btime.tv_nsec);
	}
}
