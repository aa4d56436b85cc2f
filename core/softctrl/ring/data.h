/* SPDX-License-Identifier: BSD-3-Clause */
/* A command's data, as segments of host memory. */
#ifndef UPNVME_SOFTCTRL_RING_DATA_H
#define UPNVME_SOFTCTRL_RING_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/util.h"
#include "softctrl/ring/memory.h"

struct sc_data {
	const struct sc_memory *memory;
	struct iovec *iov;
	uint32_t niov;
	uint32_t niov_max;
	uint64_t bytes;
	uint16_t error_location; /* the parameter to blame, after a refusal */
};

/* Refuses the command for the parameter at `location`: gives the status, with Do Not Retry. */
static inline uint16_t sc_data_refuse(struct sc_data *data, uint16_t status, uint16_t location)
{
	data->error_location = location;
	return sc_dnr(status);
}

/* Adds a segment; gives a status. Segments that adjoin are joined, so that the media get fewer of them. */
static inline uint16_t sc_data_append(struct sc_data *data, uint64_t iova, uint64_t bytes)
{
	struct iovec *last = &data->iov[data->niov];
	char *base = sc_memory_map(data->memory, iova, bytes);

	if (unlikely(!base))
		return sc_memory_unmapped(data->memory, iova, bytes);
	if (data->niov && (char *)last[-1].iov_base + last[-1].iov_len == base) {
		last[-1].iov_len += bytes;
		return UPNVME_SPEC_SC_SUCCESS;
	}
	if (unlikely(data->niov == data->niov_max))
		return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_COUNT);
	last->iov_base = base;
	last->iov_len = bytes;
	data->niov++;
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Copy all of the data: sc_data_write to host memory, sc_data_read from there. */
void sc_data_write(const struct sc_data *data, const void *from);
void sc_data_read(const struct sc_data *data, void *to);

/* Whether `bytes` bytes of the data, from `offset` on, equal those at `with`. */
bool sc_data_equal(const struct sc_data *data, uint64_t offset, const void *with, uint64_t bytes);

#endif
