/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify: the controller's description of itself and of its namespaces. NVMe Base 2.0c, 5.17; NVM 1.0c, 4.1.5 */
#include "softctrl/identify.h"

#include <stdio.h>
#include <string.h>

#include "softctrl/controller.h"
#include "softctrl/keep_alive.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/opcode.h>

#define MODEL          "upnvme software controller"
#define FIRMWARE       "0"
#define ENTRY_SIZES(n) ((uint8_t)((n) << 4 | (n)))

static void ascii(char *to, size_t bytes, const char *text)
{
	memset(to, ' ', bytes);
	memcpy(to, text, strnlen(text, bytes));
}

/* Half an identifier, made of serial number and NSID, so that it is the same as long as these are. */
static uint64_t hash(const char *text, uint32_t nsid, uint32_t salt)
{
	uint64_t h = (uint64_t)salt << 32 | nsid;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	/* Mix, so that each bit of the input changes bits all over the identifier. */
	h = (h ^ h >> 33) * UINT64_C(0x9e3779b97f4a7c15);
	return (h ^ h >> 29) * UINT64_C(0xd6e8feb86659fd93);
}

static void identifier(const struct softctrl *sc, uint32_t nsid, uint32_t salt, uint8_t id[16])
{
	uint64_t halves[2] = { hash(sc->serial, nsid, salt), hash(sc->serial, nsid, salt + 1) };

	memcpy(id, halves, sizeof(halves));
}

/*
 * Makes the OUI one that no company has: locally administered and individual, by the two lowest bits of the first byte
 * (IEEE 802). So the identifier differs from all that companies have given.
 */
static void make_local(uint8_t oui[3])
{
	oui[0] = (oui[0] & 0xfc) | 0x02;
}

/* A UUID of version 8, whose contents RFC 9562 leaves free. */
static void uuid(const struct softctrl *sc, uint32_t nsid, uint8_t id[16])
{
	identifier(sc, nsid, 2, id);
	id[6] = (id[6] & 0x0f) | 0x80;
	id[8] = (id[8] & 0x3f) | 0x80;
}

/* The EUI-64 of a namespace: big endian, the OUI first. NVMe Base 2.0c, 4.5.5 */
static void eui64(const struct softctrl *sc, uint32_t nsid, uint8_t id[8])
{
	uint64_t h = hash(sc->serial, nsid, 4);

	memcpy(id, &h, sizeof(h));
	make_local(id);
}

/* The NGUID of a namespace: eight bytes of the vendor's own, then an EUI-64. NVMe Base 2.0c, 4.5.6 */
static void nguid(const struct softctrl *sc, uint32_t nsid, uint8_t id[16])
{
	identifier(sc, nsid, 0, id);
	make_local(&id[8]);
}

static void subnqn(const struct softctrl *sc, char *text, size_t bytes)
{
	uint8_t id[16];

	uuid(sc, 0, id);
	snprintf(text, bytes,
		 "nqn.2014-08.org.nvmexpress:uuid:%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10],
		 id[11], id[12], id[13], id[14], id[15]);
}

static void admin_attributes(const struct softctrl *sc, struct upnvme_spec_id_ctrl *id)
{
	id->acl = SC_ACL;
	id->aerl = SC_AERL;
	id->frmw = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_FRMW_SLOT1_RO, 1u) |
		   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_FRMW_NSLOTS, 1u);
	id->lpa = UPNVME_SPEC_LPA_COMMANDS_SUPPORTED | UPNVME_SPEC_LPA_EXTENDED_DATA |
		  UPNVME_SPEC_LPA_SUPPORTED_PAGES;
	id->elpe = SC_ELPE;
	id->wctemp = SC_WCTEMP;
	id->cctemp = SC_CCTEMP;
	id->kas = SC_KAS;
	for (uint32_t i = 0; i < sc->nnamespaces; i++)
		id->tnvmcap.lo += sc->namespaces[i].media->size_bytes;
}

static void io_attributes(const struct softctrl *sc, struct upnvme_spec_id_ctrl *id)
{
	id->sqes = ENTRY_SIZES(UPNVME_SPEC_CC_IOSQES_NVM);
	id->cqes = ENTRY_SIZES(UPNVME_SPEC_CC_IOCQES_NVM);
	id->nn = sc->nnamespaces;
	id->oncs = UPNVME_SPEC_ONCS_COMPARE | UPNVME_SPEC_ONCS_DSM | UPNVME_SPEC_ONCS_WRITE_ZEROES |
		   UPNVME_SPEC_ONCS_SAVE_SELECT | UPNVME_SPEC_ONCS_TIMESTAMP |
		   UPNVME_SPEC_ONCS_VERIFY;
	id->vwc = (sc->volatile_cache ? UPNVME_SPEC_VWC_PRESENT : 0) |
		  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_VWC_FLUSH_ALL,
					UPNVME_SPEC_VWC_FLUSH_ALL_SUPPORTED);
	if (sc->sgl)
		id->sgls = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_SGLS_SUPPORT,
						 UPNVME_SPEC_SGLS_SUPPORT_BYTE);
}

static uint16_t controller(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_id_ctrl *id = (void *)sc->scratch;

	(void)cmd;
	/* VID, SSVID and IEEE stay 0: no vendor made the controller. */
	ascii(id->sn, sizeof(id->sn), sc->serial);
	ascii(id->mn, sizeof(id->mn), MODEL);
	ascii(id->fr, sizeof(id->fr), FIRMWARE);
	id->mdts = sc->mdts;
	id->cntlid = sc->cntlid;
	id->cmic = sc->shared ? UPNVME_SPEC_CMIC_MULTI_CTRLR : 0;
	id->ver = UPNVME_SPEC_VERSION_2_0;
	id->oaes = UPNVME_SPEC_OAES_NS_ATTRIBUTE;
	id->cntrltype = UPNVME_SPEC_CNTRLTYPE_IO;
	id->nvmsr = 1; /* an NVMe storage device */
	admin_attributes(sc, id);
	io_attributes(sc, id);
	subnqn(sc, id->subnqn, sizeof(id->subnqn));
	return UPNVME_SPEC_SC_SUCCESS;
}

/* NSID FFFFFFFFh (capabilities common to all namespaces) is refused: it needs Namespace Management. 5.17.2.2 */
static uint16_t find_namespace(struct softctrl *sc, struct sc_cmd *cmd, struct sc_ns **ns)
{
	*ns = sc_ns_find(sc, cmd->sqe.nsid);
	return *ns ? UPNVME_SPEC_SC_SUCCESS :
		     sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT, SC_AT(nsid, 0));
}

static uint8_t nmic(const struct softctrl *sc, const struct sc_ns *ns)
{
	return sc->shared && ns->media->readonly ? UPNVME_SPEC_NMIC_SHARED : 0;
}

static uint8_t nsattr(const struct sc_ns *ns)
{
	return ns->media->readonly ? UPNVME_SPEC_NSATTR_WRITE_PROTECTED : 0;
}

static uint16_t namespace(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_id_ns *id = (void *)sc->scratch;
	struct sc_ns *ns;
	uint16_t status = find_namespace(sc, cmd, &ns);

	if (status)
		return status;
	id->nsze = atomic_load_explicit(&ns->nblocks, memory_order_relaxed);
	id->ncap = id->nsze;
	id->nuse = id->nsze;
	if (ns->zeroes_read)
		id->dlfeat = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_DLFEAT_READ,
						   UPNVME_SPEC_DLFEAT_READ_ZEROES) |
			     UPNVME_SPEC_DLFEAT_DEAC;
	id->nmic = nmic(sc, ns);
	id->noiob = sc->noiob;
	id->nvmcap.lo = id->nsze << ns->block_shift;
	id->nsattr = nsattr(ns);
	nguid(sc, ns->nsid, id->nguid);
	eui64(sc, ns->nsid, id->eui64);
	id->lbaf[0].lbads = (uint8_t)ns->block_shift;
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t namespace_independent(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_id_ns_indep *id = (void *)sc->scratch;
	struct sc_ns *ns;
	uint16_t status = find_namespace(sc, cmd, &ns);

	if (status)
		return status;
	id->nmic = nmic(sc, ns);
	id->nsattr = nsattr(ns);
	id->nstat = UPNVME_SPEC_NSTAT_NRDY;
	return UPNVME_SPEC_SC_SUCCESS;
}

/* The active namespaces above NSID, ascending. NSIDs FFFFFFFEh and FFFFFFFFh are refused: none is above. 5.17.2 */
static uint16_t active_namespaces(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_ns_list *list = (void *)sc->scratch;
	uint64_t nsid = (uint64_t)cmd->sqe.nsid + 1;

	if (cmd->sqe.nsid >= UPNVME_SPEC_NSID_MAX)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT, SC_AT(nsid, 0));
	for (uint32_t i = 0; i < UPNVME_SPEC_NS_LIST_ENTRIES && nsid <= sc->nnamespaces; i++)
		list->nsid[i] = (uint32_t)nsid++;
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint8_t *descriptor(uint8_t *at, uint8_t type, const void *id, uint8_t bytes)
{
	struct upnvme_spec_ns_id_desc *desc = (void *)at;

	desc->nidt = type;
	desc->nidl = bytes;
	memcpy(desc + 1, id, bytes);
	return at + sizeof(*desc) + bytes;
}

static uint16_t descriptors(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint8_t *at = sc->scratch, id[16];
	struct sc_ns *ns;
	uint16_t status = find_namespace(sc, cmd, &ns);

	if (status)
		return status;
	eui64(sc, ns->nsid, id);
	at = descriptor(at, UPNVME_SPEC_NIDT_EUI64, id, UPNVME_SPEC_NIDL_EUI64);
	nguid(sc, ns->nsid, id);
	at = descriptor(at, UPNVME_SPEC_NIDT_NGUID, id, UPNVME_SPEC_NIDL_NGUID);
	uuid(sc, ns->nsid, id);
	at = descriptor(at, UPNVME_SPEC_NIDT_UUID, id, UPNVME_SPEC_NIDL_UUID);
	descriptor(at, UPNVME_SPEC_NIDT_CSI, &ns->commands->csi, UPNVME_SPEC_NIDL_CSI);
	return UPNVME_SPEC_SC_SUCCESS;
}

/* The NVM command set's own structures are all zeroes: no protection information, and no limits but MDTS. */
static uint16_t nvm_namespace(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct sc_ns *ns;

	return find_namespace(sc, cmd, &ns);
}

static uint16_t nvm_controller(struct softctrl *sc, struct sc_cmd *cmd)
{
	(void)sc;
	(void)cmd;
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t command_set_list(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_iocs_list *list = (void *)sc->scratch;
	uint32_t cntid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IDENTIFY_CNTID, cmd->sqe.cdw10);

	/* CNTID FFFFh names the controller that processes the command. */
	if (cntid != 0xffff && cntid != sc->cntlid)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_IDENTIFY_CNTID));
	for (uint32_t csi = 0; csi < sc->ncommand_sets; csi++)
		if (sc->command_sets[csi])
			list->vector[0] |= UINT64_C(1) << csi;
	return UPNVME_SPEC_SC_SUCCESS;
}

#define ANY_CSI UINT32_MAX

/* The data structures. CNS names each; those that each I/O command set has for itself are named by CSI as well. */
static const struct structure {
	uint32_t cns;
	uint32_t csi;
	bool nsid; /* NSID is used; if not, NSID has to be 0 */
	uint16_t (*fill)(struct softctrl *sc, struct sc_cmd *cmd);
} structures[] = {
	{ UPNVME_SPEC_CNS_NS, ANY_CSI, true, .fill = namespace },
	{ UPNVME_SPEC_CNS_CTRLR, ANY_CSI, false, .fill = controller },
	{ UPNVME_SPEC_CNS_ACTIVE_NS_LIST, ANY_CSI, true, .fill = active_namespaces },
	{ UPNVME_SPEC_CNS_NS_ID_DESC_LIST, ANY_CSI, true, .fill = descriptors },
	{ UPNVME_SPEC_CNS_IOCS_NS, UPNVME_SPEC_CSI_NVM, true, .fill = nvm_namespace },
	{ UPNVME_SPEC_CNS_IOCS_CTRLR, UPNVME_SPEC_CSI_NVM, false, .fill = nvm_controller },
	{ UPNVME_SPEC_CNS_IOCS_ACTIVE_NS_LIST, UPNVME_SPEC_CSI_NVM, true,
	  .fill = active_namespaces },
	{ UPNVME_SPEC_CNS_IOCS_INDEP_NS, ANY_CSI, true, .fill = namespace_independent },
	{ UPNVME_SPEC_CNS_IOCS_LIST, ANY_CSI, false, .fill = command_set_list },
};

/* The row for CNS and CSI; else a row for CNS with another CSI, which the caller refuses; else NULL. */
static const struct structure *find_structure(uint32_t cns, uint32_t csi)
{
	const struct structure *of_another_set = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(structures); i++) {
		if (structures[i].cns != cns)
			continue;
		if (structures[i].csi == ANY_CSI || structures[i].csi == csi)
			return &structures[i];
		of_another_set = &structures[i];
	}
	return of_another_set;
}

uint16_t sc_identify(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t cns = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IDENTIFY_CNS, cmd->sqe.cdw10);
	uint32_t csi = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IDENTIFY_CSI, cmd->sqe.cdw11);
	const struct structure *structure = find_structure(cns, csi);
	uint16_t status;

	if (!structure)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_IDENTIFY_CNS));
	if (!structure->nsid && cmd->sqe.nsid)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(nsid, 0));
	if (structure->csi != ANY_CSI && structure->csi != csi)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_IDENTIFY_CSI));
	memset(sc->scratch, 0, UPNVME_SPEC_IDENTIFY_BYTES);
	status = structure->fill(sc, cmd);
	return status ? status : sc_cmd_write(cmd, sc->scratch, UPNVME_SPEC_IDENTIFY_BYTES);
}
