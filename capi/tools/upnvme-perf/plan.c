/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosing units: sequential or random, with or without a history. */
#include "plan.h"

#include <stdlib.h>

#include "random.h"

/* Gives the thread a part of its own: sequential threads, and those with a history, share no unit. */
static void take_part(struct plan *plan, uint32_t index, uint32_t nthreads, uint64_t nunits)
{
	plan->first = nunits / nthreads * index;
	plan->nunits = index == nthreads - 1 ? nunits - plan->first : nunits / nthreads;
}

static uint64_t share_of(uint64_t total, uint32_t index, uint32_t nthreads)
{
	return total / nthreads + (index < total % nthreads);
}

int plan_create(struct plan *plan, const struct options *options, uint32_t index, uint64_t nunits)
{
	*plan = (struct plan){ .nunits = nunits,
			       .left = UINT64_MAX,
			       .random = random_mix(options->seed + random_mix(index + 1)),
			       .read_percent = options->read_percent,
			       .is_random = options->random };
	if (!options->random || options_tracked(options))
		take_part(plan, index, options->nthreads, nunits);
	if (options->nios)
		plan->left = share_of(options->nios, index, options->nthreads);
	else if (!options->time_ns)
		plan->left = plan->nunits;
	if (!options_tracked(options))
		return 0;
	plan->history = calloc(plan->nunits, sizeof(plan->history[0]));
	return plan->history ? 0 : -1;
}

void plan_destroy(struct plan *plan)
{
	free(plan->history);
}

static bool is_busy(const struct plan *plan, uint64_t unit)
{
	return plan->history && plan->history[unit] & PLAN_BUSY;
}

/* Finds the first free unit from a random one on. The search is short: no more units are busy than I/Os are in
 * flight. */
static bool find_random(struct plan *plan, uint64_t *unit)
{
	uint64_t start = random_below(&plan->random, plan->nunits);

	for (uint64_t i = 0; i < plan->nunits; i++) {
		*unit = (start + i) % plan->nunits;
		if (!is_busy(plan, *unit))
			return true;
	}
	return false;
}

static bool find(struct plan *plan, uint64_t *unit)
{
	if (plan->is_random)
		return find_random(plan, unit);
	*unit = plan->next;
	if (is_busy(plan, *unit))
		return false;
	plan->next = plan->next + 1 == plan->nunits ? 0 : plan->next + 1;
	return true;
}

static bool choose_write(struct plan *plan)
{
	if (plan->read_percent % 100 == 0)
		return plan->read_percent == 0;
	return random_below(&plan->random, 100) >= plan->read_percent;
}

static enum plan_answer next_to_check(struct plan *plan, struct plan_io *io)
{
	while (plan->next < plan->nunits && !plan->history[plan->next])
		plan->next++;
	if (plan->next == plan->nunits)
		return PLAN_END;
	*io = (struct plan_io){ plan->first + plan->next, plan->history[plan->next], false };
	plan->next++;
	return PLAN_GO;
}

enum plan_answer plan_next(struct plan *plan, struct plan_io *io)
{
	uint64_t unit;

	if (plan->checking)
		return next_to_check(plan, io);
	if (!plan->left)
		return PLAN_END;
	if (!find(plan, &unit))
		return PLAN_HOLD;
	plan->left--;
	*io = (struct plan_io){ plan->first + unit, 0, choose_write(plan) };
	if (plan->history) {
		/* A written generation is never 0 and never has the bit of PLAN_BUSY. */
		io->generation = plan->history[unit];
		if (io->write)
			io->generation = io->generation % (PLAN_BUSY - 1) + 1;
		plan->history[unit] |= PLAN_BUSY;
	}
	return PLAN_GO;
}

void plan_return(struct plan *plan, const struct plan_io *io)
{
	uint64_t unit = io->unit - plan->first;

	if (!plan->is_random || plan->checking)
		plan->next = unit;
	if (plan->checking)
		return;
	plan->left++;
	if (plan->history)
		plan->history[unit] &= ~PLAN_BUSY;
}

void plan_done(struct plan *plan, const struct plan_io *io, bool good)
{
	uint64_t unit = io->unit - plan->first;

	if (!plan->history || plan->checking)
		return;
	plan->history[unit] &= ~PLAN_BUSY;
	if (io->write)
		plan->history[unit] = good ? io->generation : 0;
}

void plan_check(struct plan *plan)
{
	plan->checking = true;
	plan->next = 0;
}
