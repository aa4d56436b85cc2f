/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plan of a thread: which I/O it starts next. The namespace is counted in units, each the place of one I/O; the
 * last unit may be shorter. With a history (writes that are verified), no two I/Os are in flight to the same unit, and
 * each write has a generation: one more than that of the unit's write before.
 */
#ifndef UPNVME_PERF_PLAN_H
#define UPNVME_PERF_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct plan {
	uint64_t first, nunits; /* the units that this thread may touch */
	uint64_t left;          /* I/Os still to be started */
	uint64_t next;          /* if not random: the next unit, counted from `first` */
	uint64_t random;        /* state of the random numbers */
	uint32_t read_percent;
	bool is_random;
	bool checking;     /* the end of a run: all written units are read once, in order */
	uint32_t *history; /* for each unit its generation, 0 if unknown, and PLAN_BUSY; or null */
};

#define PLAN_BUSY 0x80000000u

enum plan_answer {
	PLAN_GO,
	PLAN_HOLD, /* nothing to start now: the units that could be next are busy */
	PLAN_END
};

struct plan_io {
	uint64_t unit;
	uint32_t generation; /* the generation to write, or to expect (0: any) */
	bool write;
};

/* Plans the share of thread `index` in a namespace of `nunits` units. 0, or -1 without memory for the history. */
int plan_create(struct plan *plan, const struct options *options, uint32_t index, uint64_t nunits);
void plan_destroy(struct plan *plan);

enum plan_answer plan_next(struct plan *plan, struct plan_io *io);

/* Takes an I/O back that could not be started: it will be planned again. */
void plan_return(struct plan *plan, const struct plan_io *io);

/* Notes that an I/O has ended; `good` if it succeeded. */
void plan_done(struct plan *plan, const struct plan_io *io, bool good);

/* From now on, plans reads of the units that have been written. */
void plan_check(struct plan *plan);

#endif
