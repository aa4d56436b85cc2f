/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a machine under test and this process share: an environment for the driver, in
 * which a bus address is an address of that machine. */
#ifndef UPNVME_TESTS_QTEST_SHARED_MEMORY_H
#define UPNVME_TESTS_QTEST_SHARED_MEMORY_H

#include <pthread.h>
#include <stdint.h>

#include "env/env.h"

#define SHARED_MEMORY_BYTES (256ull << 20)
#define SHARED_PAGE_BYTES   4096ull
#define SHARED_PAGES        (SHARED_MEMORY_BYTES / SHARED_PAGE_BYTES)

struct shared_memory {
	struct env env;
	int fd; /* a memory file, which leaves nothing behind */
	char *base;
	pthread_mutex_t lock;
	uint8_t used[SHARED_PAGES];
};

int shared_memory_create(struct shared_memory **memory);
/* No domain uses it any more. Null is accepted. */
void shared_memory_destroy(struct shared_memory *memory);

#endif
