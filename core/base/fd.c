/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's descriptors are never among the three lowest. While a descriptor is made, placeholders
 * take those of the three that are closed: a write to a placeholder (O_PATH) fails just as a write to a
 * closed descriptor does. To duplicate the new descriptor to 3 or above is not enough: until the
 * duplicate is made the file is at the low number, and other threads may write there.
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pause.h"

#define TURN_PATIENCE_NS NS_PER_S

/*
 * The turn is odd while a thread holds placeholders: other threads must neither take placeholders
 * for open descriptors nor close them. A mutex would be held for ever in a child that is forked
 * meanwhile; the wait for a turn ends after some time.
 */
static _Atomic uint32_t turns;

static bool all_are_open(void)
{
	for (int fd = 0; fd < FD_FIRST; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

static uint32_t turn_take(void)
{
	uint64_t deadline_ns = deadline_after(TURN_PATIENCE_NS);
	struct pause pause = { 0 };

	for (;;) {
		uint32_t turn = atomic_load(&turns);
		/* A turn that does not end in time is taken over: the next number is odd, too. */
		uint32_t mine = turn % 2 ? turn + 2 : turn + 1;

		if (turn % 2 && !deadline_passed(deadline_ns))
			pause_next(&pause);
		else if (atomic_compare_exchange_weak(&turns, &turn, mine))
			return mine;
	}
}

void fd_floor_raise(struct fd_floor *floor)
{
	uint32_t turn = atomic_load(&turns);
	int fd;

	*floor = (struct fd_floor){ 0 };
	if (turn % 2 == 0 && all_are_open() && atomic_load(&turns) == turn)
		return;
	floor->turn = turn_take();
	while ((fd = open("/", O_PATH | O_CLOEXEC)) >= 0 && fd < FD_FIRST)
		floor->held[floor->nheld++] = fd;
	if (fd >= 0)
		close(fd);
}

void fd_floor_lower(struct fd_floor *floor)
{
	uint32_t turn = floor->turn;
	int err = errno;

	while (floor->nheld)
		close(floor->held[--floor->nheld]);
	if (turn)
		atomic_compare_exchange_strong(&turns, &turn, turn + 1);
	errno = err;
}

int fd_lift(int fd)
{
	int lifted, err;

	if (fd < 0 || fd >= FD_FIRST)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST);
	err = errno;
	close(fd);
	errno = err;
	return lifted;
}

int fd_open(const char *path, int flags, mode_t mode)
{
	struct fd_floor floor;
	int fd;

	fd_floor_raise(&floor);
	fd = fd_lift(open(path, flags | O_CLOEXEC, mode));
	fd_floor_lower(&floor);
	return fd;
}

FILE *fd_fopen(const char *path)
{
	int fd = fd_open(path, O_RDONLY, 0);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

int fd_event(void)
{
	struct fd_floor floor;
	int fd;

	fd_floor_raise(&floor);
	fd = fd_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	fd_floor_lower(&floor);
	return fd;
}
