/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain memory: no privilege, no huge page. What a software controller's "bus" sees is the
 * process's memory at a fixed distance, so that a driver that confuses the two kinds of address is
 * caught. */
#include "env/env.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/util.h"
#include "env/pages.h"

/* Bus addresses have at most 48 bits, as behind an IOMMU. On x86-64, where programs have 47, this
 * distance makes of nearly every address one that faults when it is used as a pointer. */
#if defined(__x86_64__)
#define HOST_DISTANCE (1ull << 46)
#else
#define HOST_DISTANCE (-(1ull << 46))
#endif

static int host_pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	(void)env;
	return pages_small.alloc(bytes, align, node, va);
}

static void host_pages_free(struct env *env, void *va, uint64_t bytes)
{
	(void)env;
	pages_small.free(va, bytes);
}

static int not_mapped(const void *va, uint64_t bytes)
{
	return error_set(-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
			 "memory from %p on, %llu bytes, is not (wholly) mapped in this process: "
			 "register memory that exists",
			 va, (unsigned long long)bytes);
}

static int not_known(const void *va, int err)
{
	return error_set(-err, UPNVME_ERR_SYSTEM,
			 "mincore cannot say whether memory at %p is mapped: %s; try again", va,
			 strerror(err));
}

/* mincore fails with ENOMEM where nothing is mapped, and needs a byte a page for its answer. */
static int host_check_mapped(char *va, uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned char resident[256];

	for (uint64_t done = 0; done < bytes; done += ARRAY_SIZE(resident) * page) {
		uint64_t part = MIN(bytes - done, ARRAY_SIZE(resident) * page);

		if (mincore(va + done, part, resident))
			return errno == ENOMEM ? not_mapped(va, bytes) : not_known(va, errno);
	}
	return 0;
}

static int host_map(struct env *env, void *va, uint64_t *bytes, uint64_t *iova)
{
	int rc = host_check_mapped(va, *bytes);

	*iova = (uint64_t)(uintptr_t)va + env->distance;
	return rc;
}

static void host_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	(void)env;
	(void)va;
	(void)bytes;
	(void)iova;
}

static const struct env_ops host_ops = {
	.pages_alloc = host_pages_alloc,
	.pages_free = host_pages_free,
	.map = host_map,
	.unmap = host_unmap,
};

struct env *env_host(void)
{
	static struct env host = { .ops = &host_ops, .name = "host", .distance = HOST_DISTANCE };

	return &host;
}
