/* SPDX-License-Identifier: BSD-3-Clause */
/* Namespaces from the opening of their media to the end of the controller. */
#include "softctrl/namespace.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "softctrl/controller.h"

/* One command has to be able to carry one block at least. */
static int block_check(uint32_t nsid, uint32_t block_bytes, uint8_t mdts)
{
	uint64_t data_bytes = (uint64_t)SC_PAGE_BYTES << mdts;

	if (block_bytes <= data_bytes)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			 "namespace %u: mdts=%u lets a command carry %llu bytes, less than one "
			 "block of %u: give mdts=%u or more, or a smaller block",
			 nsid, mdts, (unsigned long long)data_bytes, block_bytes,
			 log2_floor(pow2_ceil(block_bytes) / SC_PAGE_BYTES));
}

int sc_namespaces_check(const struct softctrl_config *config)
{
	int err = 0;

	for (uint32_t i = 0; i < config->nnamespaces && !err; i++)
		err = block_check(i + 1, config->namespaces[i].block_bytes, config->mdts);
	return err;
}

static int namespace_open(struct sc_ns *ns, uint32_t nsid, const struct media_config *config,
			  uint8_t mdts)
{
	int err = media_open(&ns->media, config);

	if (err)
		return err;
	ns->nsid = nsid;
	ns->block_shift = log2_floor(ns->media->block_bytes);
	ns->zeroes_read = ns->media->reads_zeroes;
	atomic_init(&ns->nblocks, ns->media->size_bytes >> ns->block_shift);
	if (ns->block_shift < SC_BLOCK_SHIFT_MIN || ns->block_shift > SC_BLOCK_SHIFT_MAX)
		return error_set(
			-EINVAL, UPNVME_ERR_MEDIA_BLOCK,
			"namespace %u: blocks of %u bytes: give a power of two from 512 to 65536",
			nsid, ns->media->block_bytes);
	return block_check(nsid, ns->media->block_bytes, mdts);
}

int sc_namespaces_open(struct softctrl *sc, const struct softctrl_config *config,
		       const struct sc_command_set *commands)
{
	sc->namespaces = calloc(config->nnamespaces, sizeof(*sc->namespaces));
	if (!sc->namespaces)
		return error_no_memory("namespaces", config->nnamespaces * sizeof(*sc->namespaces));
	sc->nnamespaces = config->nnamespaces;
	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		struct sc_ns *ns = &sc->namespaces[i];
		int err = namespace_open(ns, i + 1, &config->namespaces[i], config->mdts);

		if (err)
			return err;
		ns->commands = commands;
		sc->volatile_cache |= ns->media->volatile_cache;
	}
	return 0;
}

void sc_namespaces_close(struct softctrl *sc)
{
	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		media_close(sc->namespaces[i].media);
	free(sc->namespaces);
}

int softctrl_namespace_resize(struct softctrl *sc, uint32_t nsid, uint64_t nblocks)
{
	struct sc_ns *ns = sc_ns_find(sc, nsid);
	uint64_t max;

	if (!ns)
		return error_set(-ENODEV, UPNVME_ERR_NS_NOT_FOUND,
				 "there is no namespace %u: the controller has %u", nsid,
				 sc->nnamespaces);
	max = ns->media->size_bytes >> ns->block_shift;
	if (!nblocks || nblocks > max)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "namespace %u cannot have %llu blocks: its medium holds 1 to %llu",
				 nsid, (unsigned long long)nblocks, (unsigned long long)max);
	atomic_store_explicit(&ns->nblocks, nblocks, memory_order_release);
	sc_events_ns_changed(sc, nsid);
	return 0;
}
