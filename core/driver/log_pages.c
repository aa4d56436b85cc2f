/* SPDX-License-Identifier: BSD-3-Clause */
/* Log pages: read in parts that every controller takes, and decoded into plain numbers. */
#include "driver/log_pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>

/* The most bytes of one Get Log Page: a size that every controller takes; and, without extended data, as many dwords as
 * 12 bits count, at no offset (NVMe 1.2.1, 5.10). */
#define PART_BYTES_MAX  65536u
#define SHORT_BYTES_MAX (4096u * 4u)

/* Whether the driver itself reads the page when an event names it (event.c). */
static bool is_own(uint32_t lid)
{
	return lid == UPNVME_SPEC_LOG_ERROR || lid == UPNVME_SPEC_LOG_SMART ||
	       lid == UPNVME_SPEC_LOG_FIRMWARE_SLOT || lid == UPNVME_SPEC_LOG_CHANGED_NS_LIST;
}

static int read_part(struct upnvme_ctrlr *ctrlr, const struct log_range *range, bool retain,
		     uint64_t done, uint32_t bytes)
{
	uint32_t ndwords = bytes / 4 - 1;
	uint64_t offset = range->offset + done;
	uint32_t rae = retain && ctrlr->version >= UPNVME_SPEC_VERSION_1_3;
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_GET_LOG_PAGE,
			 .nsid = range->nsid,
			 .cdw10 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_LOG_LID, range->lid) |
				  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_LOG_NUMDL, ndwords) |
				  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_LOG_RAE, rae),
			 .cdw11 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_LOG_NUMDU, ndwords >> 16),
			 .cdw12 = (uint32_t)offset,
			 .cdw13 = (uint32_t)(offset >> 32) },
		.data = (char *)range->data + done,
		.data_bytes = bytes,
		.direction = UPNVME_DATA_FROM_DEVICE,
	};

	return admin_expect(ctrlr, &command, "Get Log Page", NULL);
}

static int read_range(struct upnvme_ctrlr *ctrlr, const struct log_range *range, bool retain)
{
	bool extended = ctrlr->id.lpa & UPNVME_SPEC_LPA_EXTENDED_DATA;
	uint64_t part = MIN(ctrlr->limits.max_transfer_bytes, PART_BYTES_MAX);
	int rc = 0;

	if (!extended && (range->offset || range->bytes > MIN(part, SHORT_BYTES_MAX)))
		return error_set(
			-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
			"log page %02xh from %llu, %llu bytes: this controller has no offsets in "
			"log pages (LPA bit 2): ask for up to %llu bytes from 0",
			range->lid, (unsigned long long)range->offset,
			(unsigned long long)range->bytes,
			(unsigned long long)MIN(part, SHORT_BYTES_MAX));
	for (uint64_t done = 0; !rc && done < range->bytes; done += part)
		rc = read_part(ctrlr, range, retain, done,
			       (uint32_t)MIN(part, range->bytes - done));
	return rc;
}

int log_page_read(struct upnvme_ctrlr *ctrlr, const struct log_range *range)
{
	return read_range(ctrlr, range, is_own(range->lid));
}

int log_page_peek(struct upnvme_ctrlr *ctrlr, const struct log_range *range)
{
	return read_range(ctrlr, range, true);
}

int log_page_acknowledge(struct upnvme_ctrlr *ctrlr, const struct log_range *range)
{
	return read_range(ctrlr, range, false);
}

static int read_whole(struct upnvme_ctrlr *ctrlr, uint32_t lid, void *data, uint64_t bytes)
{
	struct log_range range = {
		.nsid = UPNVME_SPEC_NSID_BROADCAST,
		.lid = lid,
		.data = data,
		.bytes = bytes,
	};

	return log_page_read(ctrlr, &range);
}

/* --- SMART ---------------------------------------------------------------------------------------- */

static uint64_t saturate(const struct upnvme_spec_uint128 *counter)
{
	uint64_t half[2];

	memcpy(half, counter, sizeof(half));
	return half[1] ? UINT64_MAX : half[0];
}

static int32_t sensor_celsius(uint16_t kelvin)
{
	return kelvin ? (int32_t)kelvin - UPNVME_SPEC_KELVIN_ZERO : INT32_MIN;
}

static void decode_smart(struct upnvme_smart *smart, const struct upnvme_spec_smart_log *log)
{
	uint16_t kelvin =
		(uint16_t)(log->composite_temperature[0] | log->composite_temperature[1] << 8);

	*smart = (struct upnvme_smart){
		.size = UPNVME_SMART_SIZE,
		.critical_warning = log->critical_warning,
		.available_spare = log->available_spare,
		.spare_threshold = log->available_spare_threshold,
		.percentage_used = log->percentage_used,
		.temperature_celsius = (int32_t)kelvin - UPNVME_SPEC_KELVIN_ZERO,
		.warning_temperature_minutes = log->warning_temperature_time,
		.critical_temperature_minutes = log->critical_temperature_time,
		.data_units_read = saturate(&log->data_units_read),
		.data_units_written = saturate(&log->data_units_written),
		.host_reads = saturate(&log->host_read_commands),
		.host_writes = saturate(&log->host_write_commands),
		.busy_minutes = saturate(&log->controller_busy_time),
		.power_cycles = saturate(&log->power_cycles),
		.power_on_hours = saturate(&log->power_on_hours),
		.unsafe_shutdowns = saturate(&log->unsafe_shutdowns),
		.media_errors = saturate(&log->media_errors),
		.error_log_entries = saturate(&log->error_log_entries),
	};
	for (size_t i = 0; i < ARRAY_SIZE(smart->sensor_celsius); i++)
		smart->sensor_celsius[i] = sensor_celsius(log->temperature_sensor[i]);
}

int log_smart(struct upnvme_ctrlr *ctrlr, struct upnvme_smart *smart)
{
	struct upnvme_spec_smart_log log;
	int rc = read_whole(ctrlr, UPNVME_SPEC_LOG_SMART, &log, sizeof(log));

	if (!rc)
		decode_smart(smart, &log);
	return rc;
}

/* --- firmware ------------------------------------------------------------------------------------- */

int log_firmware(struct upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware)
{
	struct upnvme_spec_firmware_slot_log log;
	int rc = read_whole(ctrlr, UPNVME_SPEC_LOG_FIRMWARE_SLOT, &log, sizeof(log));

	if (rc)
		return rc;
	memset(firmware, 0, sizeof(*firmware));
	firmware->size = UPNVME_FIRMWARE_SIZE;
	firmware->active_slot = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AFI_ACTIVE, log.afi);
	firmware->next_slot = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AFI_NEXT, log.afi);
	for (size_t i = 0; i < ARRAY_SIZE(firmware->revision); i++)
		identify_trim(firmware->revision[i], sizeof(firmware->revision[i]), log.frs[i],
			      sizeof(log.frs[i]));
	return 0;
}

/* --- errors --------------------------------------------------------------------------------------- */

static void decode_error(struct upnvme_error_entry *entry,
			 const struct upnvme_spec_error_log_entry *log)
{
	*entry = (struct upnvme_error_entry){
		.count = log->error_count,
		.lba = log->lba,
		.nsid = log->nsid,
		.sqid = log->sqid,
		.cid = log->cid,
		.status = log->status >> 1,
		.parameter = log->parameter_location,
	};
}

int log_errors(struct upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries, uint32_t n)
{
	uint32_t nlog = MIN(n, ctrlr->id.elpe + 1u), found = 0;
	struct upnvme_spec_error_log_entry *log = calloc(nlog + 1, sizeof(*log));
	int rc;

	if (!log)
		return error_no_memory("the error log", nlog * sizeof(*log));
	rc = nlog ? read_whole(ctrlr, UPNVME_SPEC_LOG_ERROR, log, nlog * sizeof(*log)) : 0;
	for (uint32_t i = 0; !rc && i < nlog; i++)
		if (log[i].error_count)
			decode_error(&entries[found++], &log[i]);
	free(log);
	return rc ? rc : (int)found;
}

/* --- effects -------------------------------------------------------------------------------------- */

/* The public value is the log page's dword as it is. */
_Static_assert(UPNVME_EFFECT_SUPPORTED == UPNVME_SPEC_EFFECTS_SUPPORTED, "CSUPP");
_Static_assert(UPNVME_EFFECT_CONTENT == UPNVME_SPEC_EFFECTS_LBCC, "LBCC");
_Static_assert(UPNVME_EFFECT_NS_CAPABILITY == UPNVME_SPEC_EFFECTS_NCC, "NCC");
_Static_assert(UPNVME_EFFECT_NS_INVENTORY == UPNVME_SPEC_EFFECTS_NIC, "NIC");
_Static_assert(UPNVME_EFFECT_CTRLR_CAPABILITY == UPNVME_SPEC_EFFECTS_CCC, "CCC");
_Static_assert(UPNVME_EFFECT_EXECUTION_MASK == UPNVME_SPEC_EFFECTS_CSE_MASK
						       << UPNVME_SPEC_EFFECTS_CSE_SHIFT,
	       "CSE");
_Static_assert(UPNVME_EFFECT_EXECUTION_NS == UPNVME_SPEC_EFFECTS_CSE_NS
						     << UPNVME_SPEC_EFFECTS_CSE_SHIFT,
	       "CSE");
_Static_assert(UPNVME_EFFECT_EXECUTION_ALL == UPNVME_SPEC_EFFECTS_CSE_ALL_NS
						      << UPNVME_SPEC_EFFECTS_CSE_SHIFT,
	       "CSE");
_Static_assert(UPNVME_EFFECT_UUID == UPNVME_SPEC_EFFECTS_UUID, "UUID selection");
_Static_assert(UPNVME_EFFECT_SCOPE_NS == UPNVME_SPEC_EFFECTS_SCOPE_NS
						 << UPNVME_SPEC_EFFECTS_SCOPE_SHIFT,
	       "CSP");
_Static_assert(UPNVME_EFFECT_SCOPE_SUBSYSTEM == UPNVME_SPEC_EFFECTS_SCOPE_SUBSYSTEM
							<< UPNVME_SPEC_EFFECTS_SCOPE_SHIFT,
	       "CSP");

int log_effects(struct upnvme_ctrlr *ctrlr, struct upnvme_spec_commands_supported_log *log)
{
	return read_whole(ctrlr, UPNVME_SPEC_LOG_COMMANDS_SUPPORTED, log, sizeof(*log));
}

int log_command_effects(struct upnvme_ctrlr *ctrlr, bool admin, uint8_t opcode, uint32_t *effects)
{
	struct upnvme_spec_commands_supported_log log;
	int rc;

	if (!(ctrlr->id.lpa & UPNVME_SPEC_LPA_COMMANDS_SUPPORTED))
		return error_set(
			-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
			"the effects of command %02xh are not known: this controller has no log "
			"page of commands' effects (LPA bit 1)",
			opcode);
	rc = log_effects(ctrlr, &log);
	if (!rc)
		*effects = admin ? log.acs[opcode] : log.iocs[opcode];
	return rc;
}
