/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory for the data of admin commands, whose callers may use any memory. */
#ifndef UPNVME_DRIVER_ADMIN_DATA_H
#define UPNVME_DRIVER_ADMIN_DATA_H

#include <stdint.h>

#include <upnvme/spec/sqe.h>

struct domain;

/* The number of pages that are kept for the next commands: data of Identify and of most log pages need one page. */
#define ADMIN_PAGES_KEPT 4u

struct admin_pool {
	struct domain *domain;
	int node; /* NUMA node */
	void *pages[ADMIN_PAGES_KEPT];
	uint32_t npages;
};

/* The memory for one command's data; `base` is null for a command without data. Data of up to two pages are alone in
 * the memory; before longer data there is a page for the PRP list. */
struct admin_data {
	void *base;
	void *data;
	uint32_t bytes;
};

int admin_data_get(struct admin_pool *pool, struct admin_data *data, uint32_t bytes);
void admin_data_put(struct admin_pool *pool, struct admin_data *data);
/* Fills in the PRP entries of a command with data; leaves those of others alone. */
void admin_data_describe(const struct admin_pool *pool, const struct admin_data *data,
			 struct upnvme_spec_sqe *sqe);
void admin_pool_drain(struct admin_pool *pool);

#endif
