/* SPDX-License-Identifier: BSD-3-Clause */
/* The behaviour table, run through the guest kernel's VFIO against controllers that are not ours;
 * or the names of the cases that it would run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "behaviour/known.h"
#include "behaviour/stranger.h"

static int usage(void)
{
	fprintf(stderr, "usage: test_behaviour TABLE LABEL BLOCK even|odd|few URI...\n"
			"       test_behaviour --list TABLE BLOCK all|even|odd|few\n");
	return 2;
}

int main(int argc, char **argv)
{
	uint32_t block;

	if (argc == 5 && !strcmp(argv[1], "--list"))
		return stranger_list(argv[2], (uint32_t)atoi(argv[3]), stranger_choice_of(argv[4]));
	if (argc < 6)
		return usage();
	for (int i = 5; i < argc; i++)
		if (!known_add(argv[i]))
			return 1;
	block = (uint32_t)atoi(argv[3]);
	return stranger_run(argv[1], argv[2], &block, 1, stranger_choice_of(argv[4]));
}
