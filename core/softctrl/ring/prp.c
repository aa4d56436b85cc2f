/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PRP entries and lists, walked to segments of host memory. NVMe Base 2.0c, 4.1.1
 *
 * The host may change its memory at any time, so every entry is read once, and only the copy is looked at.
 */
#include "softctrl/ring/prp.h"

#include <upnvme/spec/data_ptr.h>

/* Walks `n` entries of one page of a list. */
static uint16_t prp_entries(struct sc_data *data, const uint64_t *entries, uint64_t n,
			    uint64_t *left)
{
	uint64_t page_bytes = sc_memory_page_bytes(data->memory);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t entry = __atomic_load_n(&entries[i], __ATOMIC_RELAXED);
		uint64_t bytes = MIN(*left, page_bytes);
		uint16_t status;

		if (!is_aligned(entry, page_bytes))
			return sc_dnr(UPNVME_SPEC_SC_INVALID_PRP_OFFSET);
		status = sc_data_append(data, entry, bytes);
		if (status)
			return status;
		*left -= bytes;
	}
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Walks a list. The last entry of a page names the next list when the page has no room for all entries. */
static uint16_t prp_list(struct sc_data *data, uint64_t list, uint64_t left)
{
	const struct sc_memory *memory = data->memory;
	uint64_t page_bytes = sc_memory_page_bytes(memory);
	uint64_t align = UPNVME_SPEC_PRP_LIST_ALIGN;

	while (left) {
		uint64_t nslots =
			(page_bytes - (list & (page_bytes - 1))) / UPNVME_SPEC_PRP_ENTRY_BYTES;
		uint64_t nneeded = (left + page_bytes - 1) >> memory->page_shift;
		bool chained = nneeded > nslots;
		uint64_t n = chained ? nslots - 1 : nneeded;
		uint64_t bytes = (n + chained) * UPNVME_SPEC_PRP_ENTRY_BYTES;
		const uint64_t *entries;
		uint16_t status;

		if (!is_aligned(list, align))
			return sc_data_refuse(data, UPNVME_SPEC_SC_INVALID_PRP_OFFSET,
					      align == UPNVME_SPEC_PRP_LIST_ALIGN ? SC_AT(prp2, 0) :
										    SC_NOWHERE);
		entries = sc_memory_map(memory, list, bytes);
		if (!entries)
			return sc_memory_unmapped(memory, list, bytes);
		status = prp_entries(data, entries, n, &left);
		if (status)
			return status;
		if (chained)
			list = __atomic_load_n(&entries[n], __ATOMIC_RELAXED);
		align = page_bytes; /* each list but the first begins a page */
	}
	return UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_prp_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe)
{
	uint64_t page_bytes = sc_memory_page_bytes(data->memory);
	uint64_t prp1 = sqe->prp1, prp2 = sqe->prp2;
	uint64_t first = MIN(data->bytes, page_bytes - (prp1 & (page_bytes - 1)));
	uint64_t left = data->bytes - first;
	uint16_t status;

	if (unlikely(!is_aligned(prp1, UPNVME_SPEC_PRP1_ALIGN)))
		return sc_data_refuse(data, UPNVME_SPEC_SC_INVALID_PRP_OFFSET, SC_AT(prp1, 0));
	status = sc_data_append(data, prp1, first);
	if (status || !left)
		return status;
	if (left > page_bytes)
		return prp_list(data, prp2, left);
	if (!is_aligned(prp2, page_bytes))
		return sc_data_refuse(data, UPNVME_SPEC_SC_INVALID_PRP_OFFSET, SC_AT(prp2, 0));
	return sc_data_append(data, prp2, left);
}
