/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin commands: NVMe Base 2.0c, 5, and NVM Command Set 1.0c, 4.2. */
#include "driver/commands/admin.h"

#include "driver/command_timeout.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/sqe.h>

#define DWORD_BYTES 4u

/* --- the data that a command moves ---------------------------------------------------------------- */

static uint64_t identify_bytes(const struct upnvme_spec_sqe *sqe)
{
	(void)sqe;
	return UPNVME_SPEC_IDENTIFY_BYTES;
}

/* 5.16: NUMDL and NUMDU together count dwords from 0. */
static uint64_t log_page_bytes(const struct upnvme_spec_sqe *sqe)
{
	uint64_t low = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_NUMDL, sqe->cdw10);
	uint64_t high = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_NUMDU, sqe->cdw11);

	return ((high << 16 | low) + 1) * DWORD_BYTES;
}

/* The bytes of features with data (5.27.1). */
static uint64_t feature_bytes(uint32_t fid, uint32_t dword11)
{
	switch (fid) {
	case UPNVME_SPEC_FEAT_LBA_RANGE_TYPE:
	case UPNVME_SPEC_FEAT_ENHANCED_CTRLR_METADATA:
	case UPNVME_SPEC_FEAT_CTRLR_METADATA:
	case UPNVME_SPEC_FEAT_NS_METADATA:
		return 4096;
	case UPNVME_SPEC_FEAT_AUTONOMOUS_POWER_STATE:
		return 256;
	case UPNVME_SPEC_FEAT_TIMESTAMP:
		return 8;
	case UPNVME_SPEC_FEAT_PREDICTABLE_LATENCY_CONFIG:
	case UPNVME_SPEC_FEAT_HOST_BEHAVIOR_SUPPORT:
		return 512;
	case UPNVME_SPEC_FEAT_HOST_IDENTIFIER: /* EXHID: 128 bits */
		return dword11 & 1 ? 16 : 8;
	default:
		return ADMIN_BYTES_ANY;
	}
}

static uint64_t get_features_bytes(const struct upnvme_spec_sqe *sqe)
{
	uint32_t select = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_FEATURES_SEL, sqe->cdw10);

	return select == UPNVME_SPEC_FEATURES_SEL_SUPPORTED ?
		       ADMIN_BYTES_ANY :
		       feature_bytes(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_FEATURES_FID,
							   sqe->cdw10),
				     sqe->cdw11);
}

static uint64_t set_features_bytes(const struct upnvme_spec_sqe *sqe)
{
	return feature_bytes(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SET_FEATURES_FID, sqe->cdw10),
			     sqe->cdw11);
}

static uint64_t ns_management_bytes(const struct upnvme_spec_sqe *sqe)
{
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NS_MANAGEMENT_SEL, sqe->cdw10) ==
			       UPNVME_SPEC_NS_MANAGEMENT_SEL_CREATE ?
		       UPNVME_SPEC_IDENTIFY_BYTES :
		       ADMIN_BYTES_ANY;
}

/* 5.13: NUMD counts dwords from 0. */
static uint64_t firmware_bytes(const struct upnvme_spec_sqe *sqe)
{
	return (sqe->cdw10 + 1ull) * DWORD_BYTES;
}

/* 5.26, 5.25: TL and AL. */
static uint64_t security_bytes(const struct upnvme_spec_sqe *sqe)
{
	return sqe->cdw11;
}

/* NVM Command Set 1.0c, 4.2.1: MNDW counts dwords from 0. */
static uint64_t lba_status_bytes(const struct upnvme_spec_sqe *sqe)
{
	return (sqe->cdw12 + 1ull) * DWORD_BYTES;
}

/* --- the rows ------------------------------------------------------------------------------------- */

/* Commands that the library itself runs, also while it reads namespaces, have ADMIN_KEEPS_NS: garbage in the log page
 * of effects must not make the library wait for itself. Commands with ADMIN_CHANGES_NS are those of 5.3, 5.14 and 5.22
 * to 5.24. */
const struct admin_kind admin_kinds[256] = {
	[UPNVME_SPEC_ADMIN_DELETE_IO_SQ] = { .flags = ADMIN_DRIVERS | ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_CREATE_IO_SQ] = { .flags = ADMIN_DRIVERS | ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_GET_LOG_PAGE] = { .bytes = log_page_bytes, .flags = ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_DELETE_IO_CQ] = { .flags = ADMIN_DRIVERS | ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_CREATE_IO_CQ] = { .flags = ADMIN_DRIVERS | ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_IDENTIFY] = { .bytes = identify_bytes, .flags = ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_ABORT] = { .flags = ADMIN_KEEPS_NS },
	/* The log page of effects has one entry for all features together, most of which leave blocks alone. */
	[UPNVME_SPEC_ADMIN_SET_FEATURES] = { .bytes = set_features_bytes, .flags = ADMIN_SETTINGS },
	[UPNVME_SPEC_ADMIN_GET_FEATURES] = { .bytes = get_features_bytes, .flags = ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST] = { .flags = ADMIN_DRIVERS | ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_NAMESPACE_MANAGEMENT] = { .bytes = ns_management_bytes,
						     .flags = ADMIN_CHANGES_NS },
	[UPNVME_SPEC_ADMIN_FIRMWARE_COMMIT] = { .work_ns = firmware_commit_ns },
	[UPNVME_SPEC_ADMIN_FIRMWARE_DOWNLOAD] = { .bytes = firmware_bytes,
						  .work_ns = firmware_download_ns },
	[UPNVME_SPEC_ADMIN_NAMESPACE_ATTACHMENT] = { .bytes = identify_bytes,
						     .flags = ADMIN_CHANGES_NS },
	[UPNVME_SPEC_ADMIN_KEEP_ALIVE] = { .flags = ADMIN_KEEPS_NS },
	[UPNVME_SPEC_ADMIN_CAPACITY_MANAGEMENT] = { .flags = ADMIN_CHANGES_NS },
	[UPNVME_SPEC_ADMIN_DOORBELL_BUFFER_CONFIG] = { .flags = ADMIN_DRIVERS },
	[UPNVME_SPEC_ADMIN_FORMAT_NVM] = { .work_ns = format_ns, .flags = ADMIN_CHANGES_NS },
	[UPNVME_SPEC_ADMIN_SECURITY_SEND] = { .bytes = security_bytes },
	[UPNVME_SPEC_ADMIN_SECURITY_RECEIVE] = { .bytes = security_bytes },
	[UPNVME_SPEC_ADMIN_SANITIZE] = { .work_ns = sanitize_ns, .flags = ADMIN_CHANGES_NS },
	[UPNVME_SPEC_ADMIN_GET_LBA_STATUS] = { .bytes = lba_status_bytes },
};
