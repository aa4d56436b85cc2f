/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's description of itself, taken with care: no value of a garbled structure leads
 * past a limit. */
#include "driver/identify.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/command_sets.h"
#include "driver/ctrlr.h"
#include "driver/quirks.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>

/* The bytes that PRP1 and one list page of 512 entries describe, at any offset in the first page. */
#define TRANSFER_BYTES_MAX (512u * NVME_PAGE_BYTES)

int identify_run(struct upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data,
		 struct upnvme_completion *done)
{
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_IDENTIFY,
			 .nsid = nsid,
			 .cdw10 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_IDENTIFY_CNS, cns) },
		.data = data,
		.data_bytes = UPNVME_SPEC_IDENTIFY_BYTES,
		.direction = UPNVME_DATA_FROM_DEVICE,
	};

	return admin_run(ctrlr, &command, done);
}

int identify(struct upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data)
{
	struct upnvme_completion done;
	int rc = identify_run(ctrlr, cns, nsid, data, &done);

	return rc ? rc : admin_check_status(&done, "Identify");
}

void identify_trim(char *to, size_t to_bytes, const char *from, size_t from_bytes)
{
	size_t n = 0;

	while (from_bytes && (from[from_bytes - 1] == ' ' || from[from_bytes - 1] == '\0'))
		from_bytes--;
	while (from_bytes && *from == ' ') {
		from++;
		from_bytes--;
	}
	while (n < from_bytes && n < to_bytes - 1) {
		to[n] = from[n] >= 0x20 && from[n] <= 0x7e ? from[n] : '?';
		n++;
	}
	memset(to + n, 0, to_bytes - n);
}

/* The bytes of 2^exponent pages, saturated. */
static uint64_t pages_bytes(uint8_t exponent)
{
	return exponent < 40 ? (uint64_t)NVME_PAGE_BYTES << exponent : UINT64_MAX;
}

/* A limit says that the command is supported, even where ONCS does not (NVM Command Set 1.0c,
 * 4.1.5.4). */
static void take_nvm_limits(struct ctrlr_limits *limits, const struct upnvme_spec_id_ctrl_nvm *nvm)
{
	if (nvm->wzsl) {
		limits->oncs |= UPNVME_SPEC_ONCS_WRITE_ZEROES;
		limits->max_write_zeroes_bytes = pages_bytes(nvm->wzsl);
	}
	if (nvm->vsl) {
		limits->oncs |= UPNVME_SPEC_ONCS_VERIFY;
		limits->max_verify_bytes = pages_bytes(nvm->vsl);
	}
	if (nvm->dmrl) {
		limits->oncs |= UPNVME_SPEC_ONCS_DSM;
		limits->max_deallocate_ranges = nvm->dmrl;
	}
	if (nvm->dmrsl)
		limits->max_deallocate_blocks = nvm->dmrsl;
	if (nvm->dmsl)
		limits->max_deallocate_blocks =
			(uint32_t)MIN(limits->max_deallocate_blocks, nvm->dmsl);
}

/* Whether the controller knows CNS 06h, with the limits of commands without data: it came with the I/O command sets,
 * which NVMe 2.0 has, and a controller of 1.4 that offers them. Other controllers would log an error. */
static bool knows_command_sets(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->version >= UPNVME_SPEC_VERSION_2_0 ||
	       UPNVME_SPEC_CAP_CSS(ctrlr->cap) & UPNVME_SPEC_CAP_CSS_IOCS;
}

/* Limits of commands without data; those of a controller that answers with an error status, since it does not know the
 * structure, are the defaults. */
static int identify_nvm_limits(struct upnvme_ctrlr *ctrlr)
{
	struct ctrlr_limits *limits = &ctrlr->limits;
	struct upnvme_spec_id_ctrl_nvm nvm;
	struct upnvme_completion done;
	int rc;

	/* MDTS limits data, and Write Zeroes has none; yet there is firmware that takes no more than MDTS, and
	 * Linux does not give it more (nvme_init_non_mdts_limits in drivers/nvme/host/core.c). */
	limits->max_write_zeroes_bytes = limits->max_transfer_bytes;
	limits->max_verify_bytes = UINT64_MAX;
	limits->max_deallocate_ranges = UPNVME_SPEC_DSM_RANGES_MAX;
	limits->max_deallocate_blocks = UINT32_MAX;
	if (!knows_command_sets(ctrlr))
		return 0;
	rc = identify_run(ctrlr, UPNVME_SPEC_CNS_IOCS_CTRLR, 0, &nvm, &done);
	if (!rc && !done.status)
		take_nvm_limits(limits, &nvm);
	return rc;
}

static int check_identity(const struct upnvme_ctrlr *ctrlr)
{
	const struct upnvme_spec_id_ctrl *id = &ctrlr->id;

	if (id->cntrltype != UPNVME_SPEC_CNTRLTYPE_NOT_REPORTED &&
	    id->cntrltype != UPNVME_SPEC_CNTRLTYPE_IO)
		return error_set(-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
				 "%s: a controller of type %u (CNTRLTYPE) does no I/O: open an I/O "
				 "controller",
				 ctrlr->uri, id->cntrltype);
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MIN, id->sqes) >
		    UPNVME_SPEC_CC_IOSQES_NVM ||
	    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MAX, id->sqes) <
		    UPNVME_SPEC_CC_IOSQES_NVM ||
	    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MIN, id->cqes) >
		    UPNVME_SPEC_CC_IOCQES_NVM ||
	    UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MAX, id->cqes) < UPNVME_SPEC_CC_IOCQES_NVM)
		return error_set(
			-EIO, UPNVME_ERR_CTRLR_INVALID,
			"%s: queue entries of 64 and 16 bytes are not among those that the "
			"controller says it takes (SQES %02xh, CQES %02xh), but every NVM "
			"controller must take them",
			ctrlr->uri, id->sqes, id->cqes);
	return 0;
}

static void decode_ctrlr_limits(struct upnvme_ctrlr *ctrlr)
{
	const struct upnvme_spec_id_ctrl *id = &ctrlr->id;
	struct ctrlr_limits *limits = &ctrlr->limits;
	uint64_t bytes = id->mdts ? pages_bytes(id->mdts) : UINT64_MAX;
	uint32_t sgls = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SGLS_SUPPORT, id->sgls);

	if (ctrlr->wanted_max_transfer_bytes)
		bytes = MIN(bytes, align_down(ctrlr->wanted_max_transfer_bytes, NVME_PAGE_BYTES));
	limits->max_transfer_bytes = MIN(bytes, TRANSFER_BYTES_MAX);
	limits->oncs = id->oncs;
	limits->volatile_write_cache = id->vwc & UPNVME_SPEC_VWC_PRESENT;
	limits->extended_formats = id->ctratt & UPNVME_SPEC_CTRATT_ELBAS;
	limits->sizes_exclude_metadata = id->ctratt & UPNVME_SPEC_CTRATT_MEM;
	limits->sgl =
		sgls == UPNVME_SPEC_SGLS_SUPPORT_BYTE || sgls == UPNVME_SPEC_SGLS_SUPPORT_DWORD;
	limits->sgl_dword_align = sgls == UPNVME_SPEC_SGLS_SUPPORT_DWORD;
}

int identify_ctrlr(struct upnvme_ctrlr *ctrlr)
{
	int rc;

	ctrlr->limits.max_transfer_bytes = NVME_PAGE_BYTES; /* until MDTS is known */
	rc = identify(ctrlr, UPNVME_SPEC_CNS_CTRLR, 0, &ctrlr->id);
	if (!rc)
		rc = check_identity(ctrlr);
	if (rc)
		return rc;
	decode_ctrlr_limits(ctrlr);
	rc = command_sets_settle(ctrlr);
	if (!rc)
		rc = identify_nvm_limits(ctrlr);
	if (!rc)
		quirks_settle(ctrlr);
	return rc;
}
