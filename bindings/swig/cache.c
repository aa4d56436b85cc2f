/* SPDX-License-Identifier: BSD-3-Clause */
/* A cache of DMA memory for Namespace.read: to allocate memory in the library for each read would
 * cost more than the read. */
#include "glue.h"

#define SMALLEST 4096u

static unsigned class_of(size_t bytes)
{
	unsigned class = 0;

	while (class < CACHE_CLASSES && ((size_t)SMALLEST << class) < bytes)
		class ++;
	return class;
}

/* Returns memory of at least `bytes` bytes, or null with an exception. Memory from the cache may
 * have any content; memory from the library is zeroed. */
void *cache_get(struct session *session, size_t bytes)
{
	struct cache *cache = &session->cache;
	unsigned class = class_of(bytes);
	void *data;
	int rc;

	if (class < CACHE_CLASSES && cache->n[class])
		return cache->free[class][--cache->n[class]];
	if (class < CACHE_CLASSES)
		bytes = (size_t)SMALLEST << class;
	rc = upnvme_dma_alloc(&data, session->ctrlr, bytes, 0);
	if (rc == 0)
		return data;
	glue_raise(rc);
	return NULL;
}

/* Takes memory of cache_get back, which no command uses any more. False: there is no room for it,
 * and the caller frees it. */
bool cache_put(struct session *session, void *data, size_t bytes)
{
	struct cache *cache = &session->cache;
	unsigned class = class_of(bytes);

	if (class == CACHE_CLASSES || cache->n[class] == CACHE_DEPTH || session->life != LIFE_OPEN)
		return false;
	cache->free[class][cache->n[class]++] = data;
	return true;
}

void cache_empty(struct session *session)
{
	for (unsigned class = 0; class < CACHE_CLASSES; class ++)
		while (session->cache.n[class])
			upnvme_dma_free(session->ctrlr,
					session->cache.free[class][--session->cache.n[class]]);
}
