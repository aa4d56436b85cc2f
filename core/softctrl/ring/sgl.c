/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SGL segments, walked to segments of host memory. NVMe Base 2.0c, 4.1.2
 *
 * The host may change its memory at any time, so every descriptor is read once, and only the copy is looked at.
 */
#include "softctrl/ring/sgl.h"

#include <string.h>

#include <upnvme/spec/data_ptr.h>

struct sgl_walk {
	struct upnvme_spec_sgl_desc desc; /* a copy of the current descriptor */
	uint64_t left;                    /* data bytes that have no segment yet */
	uint32_t ndescs;
};

static bool sgl_is_segment(const struct upnvme_spec_sgl_desc *desc)
{
	unsigned type = UPNVME_SPEC_SGL_ID_TYPE(desc->id);

	return type == UPNVME_SPEC_SGL_TYPE_SEGMENT || type == UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT;
}

static uint16_t sgl_data_block(struct sc_data *data, struct sgl_walk *walk)
{
	uint64_t bytes = walk->desc.length;
	uint16_t status;

	if (walk->desc.id !=
	    UPNVME_SPEC_SGL_ID(UPNVME_SPEC_SGL_TYPE_DATA_BLOCK, UPNVME_SPEC_SGL_SUBTYPE_ADDRESS))
		return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_TYPE);
	if (bytes > walk->left)
		return sc_dnr(UPNVME_SPEC_SC_INVALID_DATA_SGL_LENGTH);
	if (!bytes)
		return UPNVME_SPEC_SC_SUCCESS;
	status = sc_data_append(data, walk->desc.address, bytes);
	walk->left -= bytes;
	return status;
}

/* Maps the segment that walk->desc names: gives the number of its descriptors, and their address. */
static uint16_t sgl_segment_map(const struct sc_data *data, struct sgl_walk *walk, uint32_t *n,
				const struct upnvme_spec_sgl_desc **descs)
{
	uint64_t iova = walk->desc.address;

	*n = walk->desc.length / sizeof(walk->desc);
	if (UPNVME_SPEC_SGL_ID_SUBTYPE(walk->desc.id) != UPNVME_SPEC_SGL_SUBTYPE_ADDRESS)
		return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_TYPE);
	if (!*n || walk->desc.length % sizeof(walk->desc) || !is_aligned(iova, 8))
		return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
	/* The limit ends walks through empty data blocks, or through a segment that names itself. */
	if (*n > 2 * data->niov_max - walk->ndescs)
		return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_COUNT);
	walk->ndescs += *n;
	*descs = sc_memory_map(data->memory, iova, walk->desc.length);
	return *descs ? UPNVME_SPEC_SC_SUCCESS :
			sc_memory_unmapped(data->memory, iova, walk->desc.length);
}

/* Walks one segment. Afterwards walk->desc is its last descriptor, which may name another segment. */
static uint16_t sgl_segment(struct sc_data *data, struct sgl_walk *walk)
{
	bool last = UPNVME_SPEC_SGL_ID_TYPE(walk->desc.id) == UPNVME_SPEC_SGL_TYPE_LAST_SEGMENT;
	const struct upnvme_spec_sgl_desc *descs;
	uint32_t n;
	uint16_t status = sgl_segment_map(data, walk, &n, &descs);

	for (uint32_t i = 0; !status && i < n; i++) {
		memcpy(&walk->desc, &descs[i], sizeof(walk->desc));
		if (sgl_is_segment(&walk->desc)) {
			if (last)
				return sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
			return i + 1 == n ? UPNVME_SPEC_SC_SUCCESS :
					    sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_COUNT);
		}
		status = sgl_data_block(data, walk);
	}
	if (status)
		return status;
	/* A segment has to name a further one, unless its own descriptor calls it the last. */
	return last ? UPNVME_SPEC_SC_SUCCESS :
		      sc_dnr(UPNVME_SPEC_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
}

uint16_t sc_sgl_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe)
{
	struct sgl_walk walk = { .desc = sqe->sgl1, .left = data->bytes };
	uint16_t status;

	if (!sgl_is_segment(&walk.desc)) {
		status = sgl_data_block(data, &walk);
	} else {
		do
			status = sgl_segment(data, &walk);
		while (!status && sgl_is_segment(&walk.desc));
	}
	if (!status && walk.left)
		status = sc_dnr(UPNVME_SPEC_SC_INVALID_DATA_SGL_LENGTH);
	if (status && !walk.ndescs) /* no list was read: the command's own descriptor is to blame */
		data->error_location = SC_AT(sgl1, 0);
	return status;
}
