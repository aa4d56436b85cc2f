/* SPDX-License-Identifier: BSD-3-Clause */
/* A command's data, where the controller itself writes, reads or compares it. */
#include "softctrl/ring/data.h"

#include <string.h>

void sc_data_write(const struct sc_data *data, const void *from)
{
	const char *at = from;

	for (uint32_t i = 0; i < data->niov; i++) {
		memcpy(data->iov[i].iov_base, at, data->iov[i].iov_len);
		at += data->iov[i].iov_len;
	}
}

void sc_data_read(const struct sc_data *data, void *to)
{
	char *at = to;

	for (uint32_t i = 0; i < data->niov; i++) {
		memcpy(at, data->iov[i].iov_base, data->iov[i].iov_len);
		at += data->iov[i].iov_len;
	}
}

bool sc_data_equal(const struct sc_data *data, uint64_t offset, const void *with, uint64_t bytes)
{
	const char *at = with;

	for (uint32_t i = 0; bytes && i < data->niov; i++) {
		const struct iovec *iov = &data->iov[i];
		uint64_t n;

		if (offset >= iov->iov_len) {
			offset -= iov->iov_len;
			continue;
		}
		n = MIN(bytes, iov->iov_len - offset);
		if (memcmp((const char *)iov->iov_base + offset, at, n) != 0)
			return false;
		at += n;
		bytes -= n;
		offset = 0;
	}
	return bytes == 0;
}
