/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory from EAL's heap, which takes huge pages from the kernel as it grows and gives them back.
 *
 * The heap's header stands before each piece, so that an aligned piece of 2 MiB would take two
 * pages and waste one: such pieces are cut from chunks of several.
 */
#include "env/dpdk/plugin/internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PIECE_BYTES  (2ull << 20)
#define CHUNK_PIECES 15u /* one page is left for the header: 32 MiB */

struct chunk {
	struct chunk *next;
	char *base;
	int node;
	uint32_t npieces;
	uint32_t used; /* a bit for each piece */
};

static pthread_mutex_t chunks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct chunk *chunks;

/* A forked child inherits a huge page whole or not at all. A page that is larger than a piece has
 * other users, so it stays uninherited when one piece is freed. */
static int advise(char *va, uint64_t bytes, int advice)
{
	uint64_t page = eal_get()->list_of(va)->page_sz, in_page = (uint64_t)(uintptr_t)va % page;

	if (advice == MADV_DOFORK && page > PIECE_BYTES)
		return 0;
	return madvise(va - in_page, align_up(in_page + bytes, page), advice);
}

/* Takes whole pieces from the heap: zeroed, and not inherited by forked children. */
static void *heap_take(uint64_t bytes, int node)
{
	uint64_t whole = align_up(bytes, PIECE_BYTES);
	void *va = eal_get()->zmalloc(NULL, whole, (unsigned)PIECE_BYTES, node);

	if (va && advise(va, whole, MADV_DONTFORK)) {
		eal_get()->free(va);
		va = NULL;
	}
	return va;
}

static void heap_give(void *va, uint64_t bytes)
{
	(void)advise(va, align_up(bytes, PIECE_BYTES),
		     MADV_DOFORK); /* as the page's next user expects */
	eal_get()->free(va);
}

static int error_memory(uint64_t bytes)
{
	return plugin_error(
		-ENOMEM, UPNVME_ERR_HUGE_PAGES,
		"DPDK has no %llu bytes of huge pages left: free DMA memory, or set more "
		"aside with `upnvme-devices setup --huge-pages N:2MiB --apply`",
		(unsigned long long)bytes);
}

/* Allocates the largest chunk that the node has pages for. */
static bool chunk_fill(struct chunk *chunk, int node)
{
	for (uint32_t n = CHUNK_PIECES; n && !chunk->base; n /= 2) {
		chunk->base = heap_take(n * PIECE_BYTES, node);
		chunk->npieces = n;
	}
	return chunk->base;
}

static struct chunk *chunk_create(int node)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return NULL;
	if (!chunk_fill(chunk, node) && !chunk_fill(chunk, SOCKET_ID_ANY)) {
		free(chunk);
		return NULL;
	}
	chunk->node = node;
	chunk->next = chunks;
	chunks = chunk;
	return chunk;
}

static bool chunk_is_full(const struct chunk *chunk)
{
	return chunk->used == (1u << chunk->npieces) - 1;
}

static void *piece_take(int node)
{
	struct chunk *chunk = chunks;
	unsigned piece;

	while (chunk && (chunk->node != node || chunk_is_full(chunk)))
		chunk = chunk->next;
	if (!chunk)
		chunk = chunk_create(node);
	if (!chunk)
		return NULL;
	piece = (unsigned)__builtin_ctz(~chunk->used);
	chunk->used |= 1u << piece;
	return chunk->base + piece * PIECE_BYTES;
}

static void piece_give(char *va)
{
	struct chunk **link = &chunks, *chunk;

	while ((uint64_t)(va - (*link)->base) >= (*link)->npieces * PIECE_BYTES)
		link = &(*link)->next;
	chunk = *link;
	chunk->used &= ~(1u << (uint64_t)(va - chunk->base) / PIECE_BYTES);
	if (chunk->used) {
		memset(va, 0, PIECE_BYTES); /* the next user gets zeroes */
		return;
	}
	*link = chunk->next;
	heap_give(chunk->base, chunk->npieces * PIECE_BYTES);
	free(chunk);
}

int memory_alloc(uint64_t bytes, uint64_t align, int node, void **va)
{
	(void)align; /* a piece has the largest alignment already */
	pthread_mutex_lock(&chunks_lock);
	*va = bytes == PIECE_BYTES ? piece_take(node) : heap_take(bytes, node);
	if (!*va && bytes != PIECE_BYTES)
		*va = heap_take(bytes, SOCKET_ID_ANY);
	pthread_mutex_unlock(&chunks_lock);
	return *va ? 0 : error_memory(bytes);
}

void memory_free(void *va, uint64_t bytes)
{
	pthread_mutex_lock(&chunks_lock);
	if (bytes == PIECE_BYTES)
		piece_give(va);
	else
		heap_give(va, bytes);
	pthread_mutex_unlock(&chunks_lock);
}

/* --- physical addresses ----------------------------------------------------------------------- */

/* The error for an application that has started its own EAL without huge pages. */
static int error_small(void)
{
	return plugin_error(
		-ENOMEM, UPNVME_ERR_HUGE_PAGES,
		"this application's DPDK runs without huge pages (--no-huge), and without an IOMMU "
		"only huge pages stay at their physical addresses: start DPDK with huge pages");
}

/* The error for a user other than root, to whom the kernel shows page frames as zeroes. */
static int error_physical(const void *va)
{
	return plugin_error(
		-EACCES, UPNVME_ERR_DEVICE_ACCESS,
		"the kernel does not tell the physical address of %p (/proc/self/pagemap): run as "
		"root (CAP_SYS_ADMIN), who alone may drive devices without an IOMMU",
		va);
}

int memory_physical(const void *va, uint64_t *bytes, uint64_t *address)
{
	const struct rte_memseg_list *list = eal_get()->list_of(va);
	uint64_t in_page;

	if (!eal_get()->has_hugepages())
		return error_small();
	if (!list || list->external)
		return plugin_error(
			-EFAULT, UPNVME_ERR_BUFFER_UNREACHABLE,
			"memory at %p is no huge page of DPDK's, and without an IOMMU only these "
			"stay at their physical addresses: use upnvme_dma_alloc",
			va);
	*address = eal_get()->physical(va);
	if (*address == RTE_BAD_IOVA || !*address)
		return error_physical(va);
	in_page = (uint64_t)(uintptr_t)va % list->page_sz;
	*bytes = MIN(*bytes, list->page_sz - in_page);
	return 0;
}
