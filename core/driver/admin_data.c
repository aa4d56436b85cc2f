/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounce buffers of the admin queue, and their PRP entries. */
#include "driver/admin_data.h"

#include "base/util.h"
#include "driver/ctrlr.h"
#include "mem/domain.h"

static bool needs_list(uint32_t bytes)
{
	return bytes > 2 * NVME_PAGE_BYTES;
}

int admin_data_get(struct admin_pool *pool, struct admin_data *data, uint32_t bytes)
{
	uint32_t list_bytes = needs_list(bytes) ? NVME_PAGE_BYTES : 0;
	int rc = 0;

	data->base = NULL;
	data->bytes = bytes;
	if (!bytes)
		return 0;
	if (bytes <= NVME_PAGE_BYTES && pool->npages)
		data->base = pool->pages[--pool->npages];
	else
		rc = domain_alloc(pool->domain, list_bytes + bytes, NVME_PAGE_BYTES, pool->node,
				  &data->base);
	data->data = (char *)data->base + list_bytes;
	return rc;
}

void admin_data_put(struct admin_pool *pool, struct admin_data *data)
{
	if (!data->base)
		return;
	if (data->bytes <= NVME_PAGE_BYTES && pool->npages < ADMIN_PAGES_KEPT)
		pool->pages[pool->npages++] = data->base;
	else
		domain_free(pool->domain, data->base);
	data->base = NULL;
}

static uint64_t page_iova(const struct admin_pool *pool, const struct admin_data *data, uint32_t i)
{
	return domain_iova(pool->domain, (const char *)data->data + (size_t)i * NVME_PAGE_BYTES);
}

/* NVMe Base 2.0c, 4.1.1: the data begin at a page, and their pages need not be contiguous on the bus. */
void admin_data_describe(const struct admin_pool *pool, const struct admin_data *data,
			 struct upnvme_spec_sqe *sqe)
{
	uint64_t *list = data->base;
	uint32_t npages = (uint32_t)(align_up(data->bytes, NVME_PAGE_BYTES) / NVME_PAGE_BYTES);

	if (!data->base)
		return;
	sqe->prp1 = page_iova(pool, data, 0);
	sqe->prp2 = 0;
	if (npages == 2)
		sqe->prp2 = page_iova(pool, data, 1);
	if (npages <= 2)
		return;
	sqe->prp2 = domain_iova(pool->domain, list);
	for (uint32_t i = 1; i < npages; i++)
		list[i - 1] = page_iova(pool, data, i);
}

void admin_pool_drain(struct admin_pool *pool)
{
	while (pool->npages)
		domain_free(pool->domain, pool->pages[--pool->npages]);
}
