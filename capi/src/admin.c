/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/ctrlr.h, the admin side: raw commands, Identify, features, log pages. */
#include "driver/admin.h"

#include "check.h"
#include "driver/admin_raw.h"
#include "driver/ctrlr.h"
#include "driver/feature_record.h"
#include "driver/features.h"
#include "driver/identify.h"
#include "driver/log_pages.h"
#include "options.h"

/* The sizes of the first version, which never change. */
#define SMART_V1    136u
#define FIRMWARE_V1 96u
#define FEATURES_V1 72u
_Static_assert(sizeof(struct upnvme_smart) >= SMART_V1, "records only grow");
_Static_assert(sizeof(struct upnvme_firmware) >= FIRMWARE_V1, "records only grow");
_Static_assert(sizeof(struct upnvme_features) >= FEATURES_V1, "records only grow");

/* --- raw ------------------------------------------------------------------------------------------ */

int upnvme_admin(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, struct upnvme_completion *done)
{
	int rc = ctrlr_check(ctrlr, "upnvme_admin");

	if (!rc)
		rc = check_pointer(raw, "upnvme_admin", "raw");
	if (!rc)
		rc = check_pointer(done, "upnvme_admin", "done");
	return rc ? rc : admin_raw_run(ctrlr, raw, done);
}

int upnvme_admin_submit(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb, void *arg)
{
	int rc = ctrlr_check(ctrlr, "upnvme_admin_submit");

	if (!rc)
		rc = check_pointer(raw, "upnvme_admin_submit", "raw");
	if (!rc)
		rc = check_pointer((const void *)(uintptr_t)cb, "upnvme_admin_submit", "cb");
	return rc ? rc : admin_raw_start(ctrlr, raw, cb, arg);
}

/* --- Identify and features ------------------------------------------------------------------------ */

static int check_byte(uint32_t value, const char *call, const char *argument)
{
	if (value <= 0xff)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT, "%s: %s is %xh: give one byte, 0 to FFh",
			 call, argument, value);
}

static int check_feature_data(const void *data, size_t bytes, const char *call)
{
	if (bytes <= ADMIN_DATA_MAX && !data == !bytes)
		return 0;
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			 "%s: %zu bytes of data at %p: give both, up to %u bytes, or neither", call,
			 bytes, data, ADMIN_DATA_MAX);
}

int upnvme_identify(upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data)
{
	int rc = ctrlr_check(ctrlr, "upnvme_identify");

	if (!rc)
		rc = check_pointer(data, "upnvme_identify", "data");
	if (!rc)
		rc = check_byte(cns, "upnvme_identify", "cns");
	return rc ? rc : identify(ctrlr, cns, nsid, data);
}

int upnvme_feature_get(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t select,
		       uint32_t *value, void *data, size_t bytes)
{
	struct feature feature = { nsid, fid, 0, data, (uint32_t)bytes };
	int rc = ctrlr_check(ctrlr, "upnvme_feature_get");

	if (!rc)
		rc = check_byte(fid, "upnvme_feature_get", "fid");
	if (!rc)
		rc = check_feature_data(data, bytes, "upnvme_feature_get");
	if (!rc && select > UPNVME_FEATURE_CAPABILITIES)
		rc = error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"upnvme_feature_get: select is %u: use UPNVME_FEATURE_CURRENT, _DEFAULT, "
			"_SAVED or _CAPABILITIES",
			select);
	if (!rc)
		rc = feature_get(ctrlr, &feature, select);
	if (!rc && value)
		*value = feature.value;
	return rc;
}

int upnvme_feature_set(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t value, int save,
		       const void *data, size_t bytes)
{
	struct feature feature = { nsid, fid, value, (void *)(uintptr_t)data, (uint32_t)bytes };
	int rc = ctrlr_check(ctrlr, "upnvme_feature_set");

	if (!rc)
		rc = check_byte(fid, "upnvme_feature_set", "fid");
	if (!rc)
		rc = check_feature_data(data, bytes, "upnvme_feature_set");
	return rc ? rc : feature_set(ctrlr, &feature, save);
}

int upnvme_features_get(upnvme_ctrlr *ctrlr, struct upnvme_features *features)
{
	struct upnvme_features full;
	int rc = ctrlr_check(ctrlr, "upnvme_features_get");

	if (!rc)
		rc = check_pointer(features, "upnvme_features_get", "features");
	if (!rc)
		rc = record_check(features, FEATURES_V1, "upnvme_features");
	if (!rc)
		rc = feature_record(ctrlr, &full);
	if (!rc)
		record_give(features, &full, sizeof(full));
	return rc;
}

/* --- log pages ------------------------------------------------------------------------------------ */

static int check_log(const void *data, size_t bytes, uint64_t offset)
{
	int rc = check_pointer(data, "upnvme_log_page", "data");

	if (!rc && (!bytes || bytes % 4 || offset % 4 || bytes > UINT64_MAX - offset))
		rc = error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			       "upnvme_log_page: %zu bytes from offset %llu: log pages are read in "
			       "dwords, one at least: use multiples of 4",
			       bytes, (unsigned long long)offset);
	return rc;
}

int upnvme_log_page(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t lid, uint64_t offset, void *data,
		    size_t bytes)
{
	struct log_range range = { nsid, lid, offset, data, bytes };
	int rc = ctrlr_check(ctrlr, "upnvme_log_page");

	if (!rc)
		rc = check_byte(lid, "upnvme_log_page", "lid");
	if (!rc)
		rc = check_log(data, bytes, offset);
	return rc ? rc : log_page_read(ctrlr, &range);
}

int upnvme_smart_get(upnvme_ctrlr *ctrlr, struct upnvme_smart *smart)
{
	struct upnvme_smart full;
	int rc = ctrlr_check(ctrlr, "upnvme_smart_get");

	if (!rc)
		rc = check_pointer(smart, "upnvme_smart_get", "smart");
	if (!rc)
		rc = record_check(smart, SMART_V1, "upnvme_smart");
	if (!rc)
		rc = log_smart(ctrlr, &full);
	if (!rc)
		record_give(smart, &full, sizeof(full));
	return rc;
}

int upnvme_error_log(upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries, uint32_t n)
{
	int rc = ctrlr_check(ctrlr, "upnvme_error_log");

	if (!rc && n)
		rc = check_pointer(entries, "upnvme_error_log", "entries");
	return rc ? rc : log_errors(ctrlr, entries, n);
}

int upnvme_firmware_get(upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware)
{
	struct upnvme_firmware full;
	int rc = ctrlr_check(ctrlr, "upnvme_firmware_get");

	if (!rc)
		rc = check_pointer(firmware, "upnvme_firmware_get", "firmware");
	if (!rc)
		rc = record_check(firmware, FIRMWARE_V1, "upnvme_firmware");
	if (!rc)
		rc = log_firmware(ctrlr, &full);
	if (!rc)
		record_give(firmware, &full, sizeof(full));
	return rc;
}

int upnvme_command_effects(upnvme_ctrlr *ctrlr, uint32_t admin, uint32_t opcode, uint32_t *effects)
{
	int rc = ctrlr_check(ctrlr, "upnvme_command_effects");

	if (!rc)
		rc = check_pointer(effects, "upnvme_command_effects", "effects");
	if (!rc)
		rc = check_byte(opcode, "upnvme_command_effects", "opcode");
	return rc ? rc : log_command_effects(ctrlr, admin, (uint8_t)opcode, effects);
}
