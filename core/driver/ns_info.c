/* SPDX-License-Identifier: BSD-3-Clause */
/* The public record of a namespace: from a fresh Identify, because the capacity in use changes all the
 * time. */
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include "driver/ns.h"
#include "driver/quirks.h"
#include <upnvme/spec/identify.h>
#include <upnvme/spec/regs.h>

/* The list ends at a length of 0; a descriptor that reaches past the page is not looked at (NVMe
 * Base 2.0c, 5.17.2.3). */
static void take_descriptors(struct upnvme_ns_info *info, const uint8_t *list)
{
	uint32_t offset = 0;

	while (offset + sizeof(struct upnvme_spec_ns_id_desc) <= UPNVME_SPEC_IDENTIFY_BYTES) {
		const struct upnvme_spec_ns_id_desc *desc = (const void *)(list + offset);

		offset += (uint32_t)sizeof(*desc) + desc->nidl;
		if (!desc->nidl || offset > UPNVME_SPEC_IDENTIFY_BYTES)
			return;
		if (desc->nidt == UPNVME_SPEC_NIDT_EUI64 && desc->nidl == UPNVME_SPEC_NIDL_EUI64)
			memcpy(info->eui64, desc + 1, sizeof(info->eui64));
		if (desc->nidt == UPNVME_SPEC_NIDT_NGUID && desc->nidl == UPNVME_SPEC_NIDL_NGUID)
			memcpy(info->nguid, desc + 1, sizeof(info->nguid));
		if (desc->nidt == UPNVME_SPEC_NIDT_UUID && desc->nidl == UPNVME_SPEC_NIDL_UUID)
			memcpy(info->uuid, desc + 1, sizeof(info->uuid));
	}
}

/* Older controllers do not have the list: then the identifiers of Identify Namespace stay. */
static int ns_descriptors(const struct upnvme_ns *ns, struct upnvme_ns_info *info)
{
	_Alignas(8) uint8_t list[UPNVME_SPEC_IDENTIFY_BYTES];
	struct upnvme_completion done;
	int rc;

	if (ns->ctrlr->version < UPNVME_SPEC_VERSION_1_3 ||
	    ns->ctrlr->quirks & (QUIRK_NO_DESCRIPTORS | QUIRK_BOGUS_NAMES))
		return 0;
	rc = identify_run(ns->ctrlr, UPNVME_SPEC_CNS_NS_ID_DESC_LIST, ns->nsid, list, &done);
	if (!rc && !done.status)
		take_descriptors(info, list);
	return rc;
}

static void copy_identifiers(struct upnvme_ns_info *info, const struct upnvme_spec_id_ns *id)
{
	memcpy(info->eui64, id->eui64, sizeof(info->eui64));
	memcpy(info->nguid, id->nguid, sizeof(info->nguid));
}

static void take_id(struct upnvme_ns_info *info, const struct upnvme_spec_id_ns *id)
{
	info->block_count = id->nsze;
	info->capacity_blocks = id->ncap;
	info->used_blocks = id->nuse;
	info->deallocated_reads_zero = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DLFEAT_READ, id->dlfeat) ==
				       UPNVME_SPEC_DLFEAT_READ_ZEROES;
	info->readonly = (id->nsattr & UPNVME_SPEC_NSATTR_WRITE_PROTECTED) != 0;
}

/* The number of a 0's based field; 0 where the field is not valid. */
static uint32_t one_based(bool valid, uint16_t value)
{
	return valid ? value + 1u : 0;
}

/* NVM Command Set 1.0c, 4.1.5.1, and 1.1, where OPTPERF has a second bit: without the first one, NPDG and NPDA are not
 * valid. */
static void take_preferences(struct upnvme_ns_info *info, const struct upnvme_spec_id_ns *id)
{
	bool writes = id->nsfeat & (UPNVME_SPEC_NSFEAT_OPTPERF | UPNVME_SPEC_NSFEAT_OPTPERF_HIGH);
	bool deallocations = id->nsfeat & UPNVME_SPEC_NSFEAT_OPTPERF;

	info->write_granularity_blocks = one_based(writes, id->npwg);
	info->write_alignment_blocks = one_based(writes, id->npwa);
	info->optimal_write_blocks = one_based(writes, id->nows);
	info->deallocate_granularity_blocks = one_based(deallocations, id->npdg);
	info->deallocate_alignment_blocks = one_based(deallocations, id->npda);
}

/* NVM Command Set 1.0c, 2.1.4: a namespace's own values (NSABP) take the place of the controller's; a boundary of 0 is
 * none, and NABO is not valid without a boundary. */
static void take_atomicity(struct upnvme_ns_info *info, const struct upnvme_spec_id_ns *id,
			   const struct upnvme_spec_id_ctrl *ctrlr)
{
	bool own = id->nsfeat & UPNVME_SPEC_NSFEAT_NSABP;

	info->ctrlr_atomic_blocks = one_based(true, ctrlr->awun);
	info->ctrlr_atomic_power_fail_blocks = one_based(true, ctrlr->awupf);
	info->atomic_blocks = one_based(true, own ? id->nawun : ctrlr->awun);
	info->atomic_power_fail_blocks = one_based(true, own ? id->nawupf : ctrlr->awupf);
	info->atomic_boundary_blocks = one_based(id->nabsn, id->nabsn);
	info->atomic_boundary_power_fail_blocks = one_based(id->nabspf, id->nabspf);
	info->atomic_boundary_offset = id->nabsn || id->nabspf ? id->nabo : 0;
}

static void take_geometry(struct upnvme_ns_info *info, const struct ns_geometry *geometry)
{
	info->block_bytes = geometry->data_bytes;
	info->metadata_bytes = geometry->metadata_bytes;
	info->max_transfer_blocks = geometry->max_blocks;
	info->max_write_zeroes_blocks = geometry->max_write_zeroes_blocks;
	info->max_verify_blocks = geometry->max_verify_blocks;
	info->boundary_blocks = geometry->boundary_blocks;
	info->metadata_extended = geometry->metadata_extended;
	info->protection = geometry->protection;
}

static int ns_elbaf(const struct upnvme_ns *ns, const struct upnvme_spec_id_ns *id, uint32_t *elbaf)
{
	const struct ctrlr_limits *limits = &ns->ctrlr->limits;
	struct upnvme_completion done;
	struct upnvme_spec_id_ns_nvm nvm;
	int rc;

	*elbaf = 0;
	if (!ns_geometry_has_elbaf(limits, id))
		return 0;
	rc = identify_run(ns->ctrlr, UPNVME_SPEC_CNS_IOCS_NS, ns->nsid, &nvm, &done);
	if (!rc)
		*elbaf = ns_geometry_elbaf(limits, id, done.status, &nvm);
	return rc;
}

int ns_info(struct upnvme_ns *ns, struct upnvme_ns_info *info)
{
	struct ns_geometry geometry;
	struct upnvme_spec_id_ns id;
	uint32_t elbaf;
	int rc = identify(ns->ctrlr, UPNVME_SPEC_CNS_NS, ns->nsid, &id);

	if (!rc)
		rc = ns_elbaf(ns, &id, &elbaf);
	if (rc)
		return rc;
	memset(info, 0, sizeof(*info));
	info->size = UPNVME_NS_INFO_SIZE;
	info->nsid = ns->nsid;
	if (!ns_geometry_decode(&geometry, &ns->ctrlr->limits, ns->nsid, &id, elbaf))
		return error_set(
			-ENODEV, UPNVME_ERR_NS_GONE,
			"namespace %u of %s is not active any more, or has a format that this "
			"library does not take: upnvme_ns_next lists those that can be used",
			ns->nsid, ns->ctrlr->uri);
	take_id(info, &id);
	if (!(ns->ctrlr->quirks & QUIRK_BOGUS_NAMES))
		copy_identifiers(info, &id);
	take_preferences(info, &id);
	take_atomicity(info, &id, &ns->ctrlr->id);
	take_geometry(info, &geometry);
	return ns_descriptors(ns, info);
}
