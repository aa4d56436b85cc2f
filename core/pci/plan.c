/* SPDX-License-Identifier: BSD-3-Clause */
#include "pci/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"

#define SEPARATORS ", \t\n"

bool plan_is_there(const struct plan *plan, const struct move *move)
{
	return !strcmp(move->driver, plan->driver);
}

static int plan_add(struct plan *plan, const char *text)
{
	struct move *larger, move;
	int rc = move_start(&move, plan->fs, text);

	if (rc || moves_have(&plan->moves, move.address))
		return rc;
	larger = realloc(plan->moves.move, (plan->moves.n + 1) * sizeof(*larger));
	if (!larger)
		return error_no_memory("a list of devices", (plan->moves.n + 1) * sizeof(*larger));
	plan->moves.move = larger;
	plan->moves.move[plan->moves.n++] = move;
	return 0;
}

int plan_add_all(struct plan *plan, const char *addresses)
{
	char *copy = strdup(addresses), *save = NULL;
	const char *word;
	int rc = 0;

	if (!copy)
		return error_no_memory("a list of addresses", strlen(addresses) + 1);
	word = strtok_r(copy, SEPARATORS, &save);
	if (!word)
		rc = plan_add(plan, addresses); /* refuses a text without an address */
	for (; word && !rc; word = strtok_r(NULL, SEPARATORS, &save))
		rc = plan_add(plan, word);
	free(copy);
	if (rc)
		return rc;
	/* The plan has one device at least, else the text would have been refused. */
	plan->usage = calloc(MAX(plan->moves.n, 1u), sizeof(*plan->usage));
	return plan->usage ? 0 : error_no_memory("a list of uses", sizeof(*plan->usage));
}

int plan_each(struct plan *plan, int (*step)(struct plan *plan, const struct move *move))
{
	int rc = 0;

	for (uint32_t i = 0; i < plan->moves.n && !rc; i++) {
		plan->at = &plan->moves.move[i];
		if (!plan_is_there(plan, plan->at))
			rc = step(plan, plan->at);
	}
	return rc;
}

void plan_end(struct plan *plan)
{
	claims_release(&plan->claims);
	free(plan->usage);
	free(plan->moves.move);
}
