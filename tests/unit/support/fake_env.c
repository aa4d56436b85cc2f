/* SPDX-License-Identifier: BSD-3-Clause */
/* The environment of the memory tests. */
#include "support/fake_env.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/util.h"

static struct fake_env *fake_of(struct env *env)
{
	return container_of(env, struct fake_env, env);
}

static int fake_pages_alloc(struct env *env, uint64_t bytes, uint64_t align, int node, void **va)
{
	struct fake_env *fake = fake_of(env);
	char *raw;

	fake->last_node = node;
	if (fake->fail_pages)
		return error_no_memory("pages of a test", bytes);
	if (fake->pages_at) {
		*va = mmap(fake->pages_at, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		fake->pages_bytes += bytes;
		return 0;
	}
	raw = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (raw == MAP_FAILED)
		return error_no_memory("pages of a test", bytes);
	*va = (void *)align_up((uintptr_t)raw, align);
	munmap(raw, (size_t)((char *)*va - raw));
	munmap((char *)*va + bytes, (size_t)(raw + align - (char *)*va));
	fake->pages_bytes += bytes;
	return 0;
}

static void fake_pages_free(struct env *env, void *va, uint64_t bytes)
{
	fake_of(env)->pages_bytes -= bytes;
	munmap(va, bytes);
}

static int fake_map(struct env *env, void *va, uint64_t *wanted, uint64_t *iova)
{
	struct fake_env *fake = fake_of(env);
	uint64_t bytes = *wanted;

	if (fake->fail_map_in && --fake->fail_map_in == 0)
		return error_set(-ENOSPC, UPNVME_ERR_NO_MEMORY, "no mapping, as the test wants it");
	if (fake->piece_bytes) /* pieces of that size are scattered, as in physical memory */
		bytes = MIN(bytes, fake->piece_bytes - (uint64_t)(uintptr_t)va % fake->piece_bytes);
	*wanted = bytes;
	if (fake->scattered) {
		*iova = fake->next_iova;
		fake->next_iova += bytes + (1 << 20);
	} else {
		*iova = (uint64_t)(uintptr_t)va + env->distance;
	}
	for (size_t i = 0; i < ARRAY_SIZE(fake->maps); i++) {
		if (fake->maps[i].bytes)
			continue;
		fake->maps[i].va = (uint64_t)(uintptr_t)va;
		fake->maps[i].bytes = bytes;
		fake->maps[i].iova = *iova;
		break;
	}
	fake->mapped_bytes += bytes;
	fake->nmaps++;
	return 0;
}

/* A part of a mapping, or all of several, may be unmapped: counted by bytes. */
static void fake_unmap(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	struct fake_env *fake = fake_of(env);
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(fake->maps); i++) {
		uint64_t offset = (uint64_t)(uintptr_t)va - fake->maps[i].va;

		known = known ||
			(offset < fake->maps[i].bytes && fake->maps[i].iova + offset == iova);
	}
	fake->failed_unmaps += !known;
	fake->mapped_bytes -= bytes;
	fake->nunmaps++;
}

static int fake_same(struct env *env, void *va, uint64_t bytes, uint64_t iova)
{
	struct fake_env *fake = fake_of(env);

	for (size_t i = 0; i < ARRAY_SIZE(fake->maps); i++)
		fake->nsame += fake->maps[i].va == (uint64_t)(uintptr_t)va &&
			       fake->maps[i].iova == iova && bytes <= fake->maps[i].bytes;
	return fake->stale ? error_set(-ESTALE, UPNVME_ERR_BUFFER_UNREACHABLE,
				       "other memory, as the test wants it") :
			     0;
}

static int fake_reserve(struct env *env, uint64_t iova, uint64_t bytes)
{
	struct fake_env *fake = fake_of(env);

	if (fake->fail_reserve)
		return error_set(fake->fail_reserve, UPNVME_ERR_DEVICE_IOMMU,
				 "mapped, as the test wants it");
	fake->reserved_iova = iova;
	fake->reserved_bytes = bytes;
	return 0;
}

static void fake_unreserve(struct env *env, uint64_t iova)
{
	struct fake_env *fake = fake_of(env);

	if (fake->reserved_iova == iova)
		fake->reserved_bytes = 0;
}

void fake_env_init(struct fake_env *fake)
{
	static const struct env_ops ops = {
		.pages_alloc = fake_pages_alloc,
		.pages_free = fake_pages_free,
		.map = fake_map,
		.same = fake_same,
		.unmap = fake_unmap,
		.reserve = fake_reserve,
		.unreserve = fake_unreserve,
	};

	memset(fake, 0, sizeof(*fake));
	fake->env.ops = &ops;
	fake->env.name = "fake";
	fake->env.distance = 1ull << 45;
	fake->next_iova = 1ull << 32;
}
