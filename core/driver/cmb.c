/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the controller memory buffer, and gives it out in pieces.
 *
 * The controller takes addresses from a base that the driver gives (CMBMSC.CBA) for addresses in the buffer. The
 * driver gives the bus address that the buffer has in its BAR anyway, which no other memory has. Buffers before NVMe
 * 1.4 have no other base, and so both kinds are used alike.
 */
#include "driver/cmb.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/registers.h"
#include <upnvme/spec/regs.h>

#define BAR_LAST 5u /* there are six BARs; a 64-bit BAR takes two of them */

_Static_assert(UPNVME_CMB_SUBMISSION_QUEUES == UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_SQS, 1u) &&
		       UPNVME_CMB_COMPLETION_QUEUES ==
			       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_CQS, 1u) &&
		       UPNVME_CMB_LISTS == UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_LISTS, 1u) &&
		       UPNVME_CMB_READ_DATA == UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_RDS, 1u) &&
		       UPNVME_CMB_WRITE_DATA == UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBSZ_WDS, 1u),
	       "abilities are CMBSZ's bits");
#define ABILITIES                                                                         \
	(UPNVME_CMB_SUBMISSION_QUEUES | UPNVME_CMB_COMPLETION_QUEUES | UPNVME_CMB_LISTS | \
	 UPNVME_CMB_READ_DATA | UPNVME_CMB_WRITE_DATA)

static int control(struct upnvme_ctrlr *ctrlr, uint64_t cmbmsc)
{
	return register_write64(ctrlr, UPNVME_SPEC_REG_CMBMSC, cmbmsc);
}

/* --- finding the buffer ----------------------------------------------------------------------- */

static bool is_controlled(const struct upnvme_ctrlr *ctrlr)
{
	return UPNVME_SPEC_CAP_CMBS(ctrlr->cap);
}

/* CMBLOC and CMBSZ came with NVMe 1.2; from 1.4 on they are reserved unless CAP.CMBS is set. */
static bool may_have_cmb(const struct upnvme_ctrlr *ctrlr)
{
	return is_controlled(ctrlr) || (ctrlr->version >= UPNVME_SPEC_VERSION_1_2 &&
					ctrlr->version < UPNVME_SPEC_VERSION_1_4);
}

/* CMBSZ is 0 until CMBMSC.CRE is set (3.1.3.12). The same write clears the address that a former user gave the buffer,
 * since memory of this process may have that address. */
static int read_registers(struct upnvme_ctrlr *ctrlr, uint32_t *cmbloc, uint32_t *cmbsz)
{
	int rc = 0;

	if (!may_have_cmb(ctrlr))
		return 0;
	if (is_controlled(ctrlr))
		rc = control(ctrlr, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CRE, 1ull));
	if (!rc)
		rc = register_read32(ctrlr, UPNVME_SPEC_REG_CMBLOC, cmbloc);
	if (!rc)
		rc = register_read32(ctrlr, UPNVME_SPEC_REG_CMBSZ, cmbsz);
	return rc;
}

/* The persistent memory region is not used. The address that a former user gave it, which no reset of the controller
 * clears, is cleared as well (NVMe Base 2.0c, 3.1.3.27 and 3.1.3.28). The lower half, which
 * switches the region's addresses off (CMSE), is written first. */
static int forget_persistent(struct upnvme_ctrlr *ctrlr)
{
	int rc;

	if (!UPNVME_SPEC_CAP_PMRS(ctrlr->cap))
		return 0;
	rc = register_write32(ctrlr, UPNVME_SPEC_REG_PMRMSCL, 0);
	return rc ? rc : register_write32(ctrlr, UPNVME_SPEC_REG_PMRMSCU, 0);
}

static uint64_t doorbells_end(const struct upnvme_ctrlr *ctrlr)
{
	return UPNVME_SPEC_REG_DOORBELLS +
	       2 * (ctrlr->wanted_qpairs + 1ull) * (4ull << ctrlr->limits.dstrd);
}

/* The reason why the place that the controller names (CMBLOC, CMBSZ) cannot be used, or null. */
static const char *obstacle(const struct upnvme_ctrlr *ctrlr, uint32_t cmbloc, uint32_t cmbsz)
{
	uint32_t bir = UPNVME_SPEC_CMBLOC_BIR(cmbloc), szu = UPNVME_SPEC_CMBSZ_SZU(cmbsz);

	if (szu > UPNVME_SPEC_CMBSZ_SZU_MAX)
		return "its unit of size is reserved";
	if (bir == 1 || bir > BAR_LAST)
		return "it is in no BAR that can be one's beginning";
	if (!ctrlr->transport->ops->memory)
		return "this transport does not reach it";
	return NULL;
}

static bool overlaps_registers(const struct upnvme_ctrlr *ctrlr, uint32_t cmbloc, uint32_t cmbsz)
{
	uint64_t unit = UPNVME_SPEC_CMBSZ_UNIT_BYTES(UPNVME_SPEC_CMBSZ_SZU(cmbsz));

	return UPNVME_SPEC_CMBLOC_BIR(cmbloc) == 0 &&
	       UPNVME_SPEC_CMBLOC_OFST(cmbloc) * unit < doorbells_end(ctrlr);
}

/* The part of the buffer beyond the end of its BAR does not exist (3.1.3.12). */
static int cmb_map(struct upnvme_ctrlr *ctrlr, struct transport_memory *memory, uint32_t cmbloc,
		   uint32_t cmbsz)
{
	uint64_t unit = UPNVME_SPEC_CMBSZ_UNIT_BYTES(UPNVME_SPEC_CMBSZ_SZU(cmbsz));
	int rc;

	memory->bytes = UPNVME_SPEC_CMBSZ_SZ(cmbsz) * unit;
	rc = ctrlr->transport->ops->memory(ctrlr->transport, UPNVME_SPEC_CMBLOC_BIR(cmbloc),
					   UPNVME_SPEC_CMBLOC_OFST(cmbloc) * unit, memory);
	memory->bytes = align_down(memory->bytes, NVME_PAGE_BYTES);
	return rc;
}

static int not_used(const struct upnvme_ctrlr *ctrlr, const char *why, uint32_t cmbloc,
		    uint32_t cmbsz)
{
	log_warn("%s: its memory buffer is not used: %s (CMBLOC %08xh, CMBSZ %08xh)", ctrlr->uri,
		 why, cmbloc, cmbsz);
	return 0;
}

/* A buffer that is always on takes accesses to its bus addresses even when it is not used: other memory with these
 * addresses is out of the controller's reach, so the open fails. */
static int error_cmb_map(const struct upnvme_ctrlr *ctrlr, int rc, uint32_t cmbloc, uint32_t cmbsz)
{
	if (rc == -EADDRINUSE && !is_controlled(ctrlr))
		return rc;
	not_used(ctrlr, error_last()->text, cmbloc, cmbsz);
	error_clear();
	return 0;
}

static int cmb_create(struct upnvme_ctrlr *ctrlr, const struct transport_memory *memory,
		      uint32_t cmbsz)
{
	struct cmb *cmb = calloc(1, sizeof(*cmb));

	if (!cmb)
		return error_no_memory("a controller memory buffer", sizeof(*cmb));
	cmb->memory = *memory;
	cmb->abilities = cmbsz & ABILITIES;
	cmb->legacy = !is_controlled(ctrlr);
	pthread_mutex_init(&cmb->lock, NULL);
	ctrlr->cmb = cmb;
	return 0;
}

int cmb_find(struct upnvme_ctrlr *ctrlr)
{
	struct transport_memory memory = { 0 };
	uint32_t cmbloc = 0, cmbsz = 0;
	const char *why;
	int rc = read_registers(ctrlr, &cmbloc, &cmbsz);

	if (!rc)
		rc = forget_persistent(ctrlr);
	if (rc || !UPNVME_SPEC_CMBSZ_SZ(cmbsz))
		return rc;
	why = obstacle(ctrlr, cmbloc, cmbsz);
	if (!why && is_controlled(ctrlr) && overlaps_registers(ctrlr, cmbloc, cmbsz))
		why = "it overlaps the controller's registers";
	if (why)
		return not_used(ctrlr, why, cmbloc, cmbsz);
	rc = cmb_map(ctrlr, &memory, cmbloc, cmbsz);
	if (rc)
		return error_cmb_map(ctrlr, rc, cmbloc, cmbsz);
	if (overlaps_registers(ctrlr, cmbloc, cmbsz))
		return not_used(ctrlr, "it overlaps the controller's registers", cmbloc, cmbsz);
	return memory.bytes ? cmb_create(ctrlr, &memory, cmbsz) : 0;
}

void cmb_destroy(struct upnvme_ctrlr *ctrlr)
{
	if (!ctrlr->cmb)
		return;
	pthread_mutex_destroy(&ctrlr->cmb->lock);
	free(ctrlr->cmb);
}

/* --- switching the buffer on and off ---------------------------------------------------------- */

static int refused(struct upnvme_ctrlr *ctrlr, uint32_t cmbsts)
{
	control(ctrlr, UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CRE, 1ull));
	return error_set(
		-EIO, UPNVME_ERR_CTRLR_INVALID,
		"%s: the controller does not take %#llx for its memory buffer's address (CMBSTS "
		"%08xh): create the queue pair without UPNVME_QPAIR_CMB",
		ctrlr->uri, (unsigned long long)ctrlr->cmb->memory.iova, cmbsts);
}

static int cmb_enable(struct upnvme_ctrlr *ctrlr)
{
	struct cmb *cmb = ctrlr->cmb;
	uint32_t cmbsts = 0;
	int rc;

	if (cmb->enabled || cmb->legacy)
		return 0;
	rc = control(ctrlr, cmb->memory.iova |
				    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CMSE, 1ull) |
				    UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CMBMSC_CRE, 1ull));
	if (!rc)
		rc = register_read32(ctrlr, UPNVME_SPEC_REG_CMBSTS, &cmbsts);
	if (!rc && UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CMBSTS_CBAI, cmbsts))
		rc = refused(ctrlr, cmbsts);
	cmb->enabled = !rc;
	return rc;
}

void cmb_disable(struct upnvme_ctrlr *ctrlr)
{
	struct cmb *cmb = ctrlr->cmb;

	if (!cmb || cmb->legacy)
		return;
	pthread_mutex_lock(&cmb->lock);
	if (control(ctrlr, 0))
		log_warn("%s: its memory buffer stays on: %s", ctrlr->uri, error_last()->text);
	cmb->enabled = false;
	pthread_mutex_unlock(&cmb->lock);
}

/* --- pieces of the buffer --------------------------------------------------------------------- */

/* Finds the first gap that is large enough. Returns the link that is to lead to the new piece, or null when there is no
 * room. */
static struct cmb_piece **room_find(struct cmb *cmb, uint64_t bytes, uint64_t *offset)
{
	struct cmb_piece **link = &cmb->pieces;

	*offset = 0;
	while (*link && (*link)->offset - *offset < bytes) {
		*offset = (*link)->offset + (*link)->bytes;
		link = &(*link)->next;
	}
	return bytes <= cmb->memory.bytes - *offset ? link : NULL;
}

static int cmb_piece_take(struct upnvme_ctrlr *ctrlr, uint64_t bytes, struct cmb_piece *piece)
{
	struct cmb *cmb = ctrlr->cmb;
	uint64_t offset;
	struct cmb_piece **link = room_find(cmb, bytes, &offset);

	if (!link)
		return error_set(
			-ENOSPC, UPNVME_ERR_NO_MEMORY,
			"%s: the controller's memory buffer of %llu bytes has no %llu bytes left "
			"in one piece: ask for fewer entries, or close a queue pair that is in the "
			"buffer",
			ctrlr->uri, (unsigned long long)cmb->memory.bytes,
			(unsigned long long)bytes);
	*piece = (struct cmb_piece){ .next = *link, .offset = offset, .bytes = bytes };
	*link = piece;
	return 0;
}

static int check_able(const struct upnvme_ctrlr *ctrlr)
{
	const struct cmb *cmb = ctrlr->cmb;

	if (!cmb)
		return error_set(
			-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
			"%s: the controller has no memory buffer that could be used: create the "
			"queue pair without UPNVME_QPAIR_CMB",
			ctrlr->uri);
	if (!(cmb->abilities & UPNVME_CMB_SUBMISSION_QUEUES))
		return error_set(-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
				 "%s: the controller's memory buffer takes no submission queues "
				 "(CMBSZ.SQS): create the queue pair without UPNVME_QPAIR_CMB",
				 ctrlr->uri);
	return 0;
}

int cmb_take(struct upnvme_ctrlr *ctrlr, uint64_t bytes, struct cmb_piece *piece, void **va)
{
	struct cmb *cmb = ctrlr->cmb;
	int rc = check_able(ctrlr);

	if (rc)
		return rc;
	pthread_mutex_lock(&cmb->lock);
	rc = cmb_enable(ctrlr);
	if (!rc)
		rc = cmb_piece_take(ctrlr, align_up(bytes, NVME_PAGE_BYTES), piece);
	pthread_mutex_unlock(&cmb->lock);
	if (!rc)
		*va = (char *)cmb->memory.base + piece->offset;
	return rc;
}

void cmb_drop(struct upnvme_ctrlr *ctrlr, struct cmb_piece *piece)
{
	struct cmb_piece **link = &ctrlr->cmb->pieces;

	pthread_mutex_lock(&ctrlr->cmb->lock);
	while (*link != piece)
		link = &(*link)->next;
	*link = piece->next;
	pthread_mutex_unlock(&ctrlr->cmb->lock);
	*piece = (struct cmb_piece){ 0 };
}

uint64_t cmb_iova(const struct upnvme_ctrlr *ctrlr, const struct cmb_piece *piece)
{
	return ctrlr->cmb->memory.iova + piece->offset;
}
