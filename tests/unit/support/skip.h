/* SPDX-License-Identifier: BSD-3-Clause */
/* A test that cannot run here is skipped and says why: the runner shows the last line that was printed. */
#ifndef UPNVME_TESTS_SKIP_H
#define UPNVME_TESTS_SKIP_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#define skip_because(...)                   \
	do {                                \
		print_message(__VA_ARGS__); \
		print_message("\n");        \
		skip();                     \
	} while (0)

#endif
