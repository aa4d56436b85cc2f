/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command's data pointer, walked: PRP entries and lists, or SGL segments, to segments of host
 * memory.
 *
 * NVMe Base 2.0, 4.1.1 (PRP) and 4.1.2 (SGL). The host may change its memory at any time, so every
 * entry is read once, and only the copy is looked at.
 */
#include <string.h>

#include "softctrl/internal.h"
#include "spec/data_ptr.h"

/* The controller's own memory takes neither data nor lists. */
static uint16_t not_mapped(const struct softctrl *sc, uint64_t iova, uint64_t bytes)
{
	return sc_cmb_overlaps(sc, iova, bytes) ? sc_dnr(NVME_SC_INVALID_USE_OF_CMB) :
						  NVME_SC_DATA_TRANSFER_ERROR;
}

static void *map(const struct softctrl *sc, uint64_t iova, uint64_t bytes)
{
	if (iova + bytes < iova || sc_cmb_overlaps(sc, iova, bytes))
		return NULL;
	return sc->dma.map(sc->dma.context, iova, bytes);
}

/* Neighbours are joined, so that the media see as few segments as there are. */
static uint16_t append(struct sc_cmd *cmd, uint64_t iova, uint64_t bytes)
{
	const struct softctrl *sc = cmd->sq->sc;
	struct iovec *last = &cmd->iov[cmd->niov];
	char *base = map(sc, iova, bytes);

	if (unlikely(!base))
		return not_mapped(sc, iova, bytes);
	if (cmd->niov && (char *)last[-1].iov_base + last[-1].iov_len == base) {
		last[-1].iov_len += bytes;
		return NVME_SC_SUCCESS;
	}
	if (unlikely(cmd->niov == sc->iov_max))
		return sc_dnr(NVME_SC_INVALID_SGL_DESCRIPTOR_COUNT);
	last->iov_base = base;
	last->iov_len = bytes;
	cmd->niov++;
	return NVME_SC_SUCCESS;
}

/* `n` entries of one page of a list. */
static uint16_t prp_entries(struct sc_cmd *cmd, const uint64_t *entries, uint64_t n, uint64_t *left)
{
	uint64_t page_bytes = 1ull << cmd->sq->sc->page_shift;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t entry = __atomic_load_n(&entries[i], __ATOMIC_RELAXED);
		uint64_t bytes = MIN(*left, page_bytes);
		uint16_t status;

		if (!is_aligned(entry, page_bytes))
			return sc_dnr(NVME_SC_INVALID_PRP_OFFSET);
		status = append(cmd, entry, bytes);
		if (status)
			return status;
		*left -= bytes;
	}
	return NVME_SC_SUCCESS;
}

/*
 * Base 2.0, 4.1.1: when more entries are needed than the page has room for, its last one names the
 * next list.
 */
static uint16_t prp_list(struct sc_cmd *cmd, uint64_t list, uint64_t left)
{
	uint64_t page_bytes = 1ull << cmd->sq->sc->page_shift;
	uint64_t align = NVME_PRP_LIST_ALIGN;

	while (left) {
		uint64_t nslots = (page_bytes - (list & (page_bytes - 1))) / NVME_PRP_ENTRY_BYTES;
		uint64_t nneeded = (left + page_bytes - 1) >> cmd->sq->sc->page_shift;
		bool chained = nneeded > nslots;
		uint64_t n = chained ? nslots - 1 : nneeded;
		const uint64_t *entries;
		uint16_t status;

		if (!is_aligned(list, align))
			return sc_refuse(cmd, NVME_SC_INVALID_PRP_OFFSET,
					 align == NVME_PRP_LIST_ALIGN ? SC_AT(prp2, 0) :
									SC_NOWHERE);
		entries = map(cmd->sq->sc, list, (n + chained) * NVME_PRP_ENTRY_BYTES);
		if (!entries)
			return not_mapped(cmd->sq->sc, list, (n + chained) * NVME_PRP_ENTRY_BYTES);
		status = prp_entries(cmd, entries, n, &left);
		if (status)
			return status;
		if (chained)
			list = __atomic_load_n(&entries[n], __ATOMIC_RELAXED);
		align = page_bytes; /* all but the first begin a page */
	}
	return NVME_SC_SUCCESS;
}

static uint16_t prp_map(struct sc_cmd *cmd, uint64_t bytes)
{
	uint64_t page_bytes = 1ull << cmd->sq->sc->page_shift;
	uint64_t prp1 = cmd->sqe.prp1, prp2 = cmd->sqe.prp2;
	uint64_t first = MIN(bytes, page_bytes - (prp1 & (page_bytes - 1)));
	uint64_t left = bytes - first;
	uint16_t status;

	if (unlikely(!is_aligned(prp1, NVME_PRP1_ALIGN)))
		return sc_refuse(cmd, NVME_SC_INVALID_PRP_OFFSET, SC_AT(prp1, 0));
	status = append(cmd, prp1, first);
	if (status || !left)
		return status;
	if (left > page_bytes)
		return prp_list(cmd, prp2, left);
	if (!is_aligned(prp2, page_bytes))
		return sc_refuse(cmd, NVME_SC_INVALID_PRP_OFFSET, SC_AT(prp2, 0));
	return append(cmd, prp2, left);
}

struct sgl_walk {
	struct nvme_sgl_desc desc; /* the one that is looked at, a copy */
	uint64_t left;             /* data bytes that have no place yet */
	uint32_t ndescs;
};

static bool sgl_is_segment(const struct nvme_sgl_desc *desc)
{
	unsigned type = NVME_SGL_ID_TYPE(desc->id);

	return type == NVME_SGL_TYPE_SEGMENT || type == NVME_SGL_TYPE_LAST_SEGMENT;
}

static uint16_t sgl_data_block(struct sc_cmd *cmd, struct sgl_walk *walk)
{
	uint64_t bytes = walk->desc.length;
	uint16_t status;

	if (walk->desc.id != NVME_SGL_ID(NVME_SGL_TYPE_DATA_BLOCK, NVME_SGL_SUBTYPE_ADDRESS))
		return sc_dnr(NVME_SC_INVALID_SGL_DESCRIPTOR_TYPE);
	if (bytes > walk->left)
		return sc_dnr(NVME_SC_INVALID_DATA_SGL_LENGTH);
	if (!bytes)
		return NVME_SC_SUCCESS;
	status = append(cmd, walk->desc.address, bytes);
	walk->left -= bytes;
	return status;
}

/* One segment; its last descriptor, if it names another segment, is left in walk->desc. */
static uint16_t sgl_segment(struct sc_cmd *cmd, struct sgl_walk *walk)
{
	bool last = NVME_SGL_ID_TYPE(walk->desc.id) == NVME_SGL_TYPE_LAST_SEGMENT;
	uint32_t n = walk->desc.length / sizeof(walk->desc);
	const struct nvme_sgl_desc *descs;

	if (NVME_SGL_ID_SUBTYPE(walk->desc.id) != NVME_SGL_SUBTYPE_ADDRESS)
		return sc_dnr(NVME_SC_INVALID_SGL_DESCRIPTOR_TYPE);
	if (!n || walk->desc.length % sizeof(walk->desc) || !is_aligned(walk->desc.address, 8))
		return sc_dnr(NVME_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
	/* Empty data blocks and a segment that names itself must come to an end. */
	if (n > 2 * cmd->sq->sc->iov_max - walk->ndescs)
		return sc_dnr(NVME_SC_INVALID_SGL_DESCRIPTOR_COUNT);
	walk->ndescs += n;
	descs = map(cmd->sq->sc, walk->desc.address, (uint64_t)n * sizeof(*descs));
	if (!descs)
		return not_mapped(cmd->sq->sc, walk->desc.address, (uint64_t)n * sizeof(*descs));
	for (uint32_t i = 0; i < n; i++) {
		uint16_t status;

		memcpy(&walk->desc, &descs[i], sizeof(walk->desc));
		if (sgl_is_segment(&walk->desc)) {
			if (last)
				return sc_dnr(NVME_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
			return i + 1 == n ? NVME_SC_SUCCESS :
					    sc_dnr(NVME_SC_INVALID_SGL_DESCRIPTOR_COUNT);
		}
		status = sgl_data_block(cmd, walk);
		if (status)
			return status;
	}
	/* A segment that is not the last one has to name its successor. */
	return last ? NVME_SC_SUCCESS : sc_dnr(NVME_SC_INVALID_SGL_SEGMENT_DESCRIPTOR);
}

static uint16_t sgl_map(struct sc_cmd *cmd, uint64_t bytes)
{
	struct sgl_walk walk = { .desc = cmd->sqe.sgl1, .left = bytes };
	uint16_t status;

	if (!sgl_is_segment(&walk.desc)) {
		status = sgl_data_block(cmd, &walk);
	} else {
		do
			status = sgl_segment(cmd, &walk);
		while (!status && sgl_is_segment(&walk.desc));
	}
	if (!status && walk.left)
		status = sc_dnr(NVME_SC_INVALID_DATA_SGL_LENGTH);
	if (status && !walk.ndescs) /* none was read: it is the command's own */
		cmd->error_location = SC_AT(sgl1, 0);
	return status;
}

/* Finds where in host memory the command's data lies, all of it, before any of it is touched. */
uint16_t sc_data_map(struct sc_cmd *cmd, uint64_t bytes)
{
	cmd->niov = 0;
	cmd->data_bytes = bytes;
	if (likely(NVME_SQE_PSDT(cmd->sqe.flags) == NVME_SQE_PSDT_PRP))
		return prp_map(cmd, bytes);
	return sgl_map(cmd, bytes);
}

uint16_t sc_data_to_host(struct sc_cmd *cmd, const void *data, uint64_t bytes)
{
	uint16_t status = sc_data_map(cmd, bytes);
	const char *from = data;

	for (uint32_t i = 0; !status && i < cmd->niov; i++) {
		memcpy(cmd->iov[i].iov_base, from, cmd->iov[i].iov_len);
		from += cmd->iov[i].iov_len;
	}
	return status;
}

uint16_t sc_data_from_host(struct sc_cmd *cmd, void *data, uint64_t bytes)
{
	uint16_t status = sc_data_map(cmd, bytes);
	char *to = data;

	for (uint32_t i = 0; !status && i < cmd->niov; i++) {
		memcpy(to, cmd->iov[i].iov_base, cmd->iov[i].iov_len);
		to += cmd->iov[i].iov_len;
	}
	return status;
}

/* Whether the command's data from `offset` on is the same as these bytes. */
bool sc_data_equal(const struct sc_cmd *cmd, uint64_t offset, const void *data, uint64_t bytes)
{
	const char *with = data;

	for (uint32_t i = 0; bytes && i < cmd->niov; i++) {
		const struct iovec *iov = &cmd->iov[i];
		uint64_t n;

		if (offset >= iov->iov_len) {
			offset -= iov->iov_len;
			continue;
		}
		n = MIN(bytes, iov->iov_len - offset);
		if (memcmp((const char *)iov->iov_base + offset, with, n) != 0)
			return false;
		with += n;
		bytes -= n;
		offset = 0;
	}
	return bytes == 0;
}
