/* SPDX-License-Identifier: BSD-3-Clause */
/* The current values of the features: the controller is asked for each, and its answer decoded into plain numbers. */
#include "driver/feature_record.h"

#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/features.h"
#include "driver/ns.h"
#include <upnvme/spec/feature.h>
#include <upnvme/spec/status.h>

/* --- decoding ------------------------------------------------------------------------------------- */

static void decode_arbitration(struct upnvme_features *features, uint32_t value)
{
	uint32_t burst = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ARBITRATION_AB, value);

	features->arbitration_burst =
		burst == UPNVME_SPEC_ARBITRATION_AB_NO_LIMIT ? 0 : 1u << burst;
	features->low_weight =
		(uint16_t)(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ARBITRATION_LPW, value) + 1);
	features->medium_weight =
		(uint16_t)(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ARBITRATION_MPW, value) + 1);
	features->high_weight =
		(uint16_t)(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ARBITRATION_HPW, value) + 1);
}

static void decode_power(struct upnvme_features *features, uint32_t value)
{
	features->power_state =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_POWER_MANAGEMENT_PS, value);
	features->workload_hint =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_POWER_MANAGEMENT_WH, value);
}

static int32_t threshold_celsius(uint32_t value)
{
	return (int32_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_TMPTH, value) -
	       UPNVME_SPEC_KELVIN_ZERO;
}

static void decode_over(struct upnvme_features *features, uint32_t value)
{
	features->over_celsius = threshold_celsius(value);
}

static void decode_under(struct upnvme_features *features, uint32_t value)
{
	features->under_celsius = threshold_celsius(value);
}

static void decode_error_recovery(struct upnvme_features *features, uint32_t value)
{
	features->error_recovery_ms =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ERROR_RECOVERY_TLER, value) * 100;
	features->deallocated_reads_fail =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ERROR_RECOVERY_DULBE, value);
}

static void decode_write_cache(struct upnvme_features *features, uint32_t value)
{
	features->volatile_write_cache_enabled =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VOLATILE_WRITE_CACHE_WCE, value);
}

static void decode_queues(struct upnvme_features *features, uint32_t value)
{
	features->submission_queues =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA, value) + 1;
	features->completion_queues =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA, value) + 1;
}

static void decode_coalescing(struct upnvme_features *features, uint32_t value)
{
	features->coalescing_entries =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_THR, value) + 1;
	features->coalescing_us =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_COALESCING_TIME, value) * 100;
}

static void decode_atomicity(struct upnvme_features *features, uint32_t value)
{
	features->write_atomicity_disabled =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_WRITE_ATOMICITY_DN, value);
}

static void decode_events(struct upnvme_features *features, uint32_t value)
{
	features->events = value;
}

static void decode_keep_alive(struct upnvme_features *features, uint32_t value)
{
	features->keep_alive_ms = value;
}

static void decode_timestamp(struct upnvme_features *features,
			     const struct upnvme_spec_timestamp *data)
{
	memcpy(&features->timestamp_ms, data->timestamp, sizeof(data->timestamp));
	features->timestamp_from_host =
		UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TIMESTAMP_ORIGIN, data->attributes) ==
		UPNVME_SPEC_TIMESTAMP_ORIGIN_HOST;
	features->timestamp_stopped =
		(uint8_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TIMESTAMP_SYNCH, data->attributes);
}

/* --- asking --------------------------------------------------------------------------------------- */

/* A feature whose value is in dword 0 of the answer. */
struct source {
	uint32_t bit; /* UPNVME_FEATURES_... */
	uint32_t fid;
	uint32_t dword11;
	void (*decode)(struct upnvme_features *features, uint32_t value);
};

static const struct source sources[] = {
	{ UPNVME_FEATURES_ARBITRATION, UPNVME_SPEC_FEAT_ARBITRATION, 0, decode_arbitration },
	{ UPNVME_FEATURES_POWER, UPNVME_SPEC_FEAT_POWER_MANAGEMENT, 0, decode_power },
	{ UPNVME_FEATURES_OVER_TEMPERATURE, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD,
	  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_TEMPERATURE_THSEL, UPNVME_SPEC_TEMPERATURE_THSEL_OVER),
	  decode_over },
	{ UPNVME_FEATURES_UNDER_TEMPERATURE, UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD,
	  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_TEMPERATURE_THSEL, UPNVME_SPEC_TEMPERATURE_THSEL_UNDER),
	  decode_under },
	{ UPNVME_FEATURES_ERROR_RECOVERY, UPNVME_SPEC_FEAT_ERROR_RECOVERY, 0,
	  decode_error_recovery },
	{ UPNVME_FEATURES_VOLATILE_WRITE_CACHE, UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE, 0,
	  decode_write_cache },
	{ UPNVME_FEATURES_QUEUES, UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES, 0, decode_queues },
	{ UPNVME_FEATURES_COALESCING, UPNVME_SPEC_FEAT_INTERRUPT_COALESCING, 0, decode_coalescing },
	{ UPNVME_FEATURES_WRITE_ATOMICITY, UPNVME_SPEC_FEAT_WRITE_ATOMICITY, 0, decode_atomicity },
	{ UPNVME_FEATURES_EVENTS, UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG, 0, decode_events },
	{ UPNVME_FEATURES_KEEP_ALIVE, UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER, 0, decode_keep_alive },
};

/* A question for a feature that Identify says is absent would make an entry in the controller's error log. */
static bool may_have_feature(const struct upnvme_ctrlr *ctrlr, const struct feature *feature)
{
	switch (feature->fid) {
	case UPNVME_SPEC_FEAT_ERROR_RECOVERY:
		return feature->nsid;
	case UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE:
		return ctrlr->id.vwc & UPNVME_SPEC_VWC_PRESENT;
	case UPNVME_SPEC_FEAT_TIMESTAMP:
		return ctrlr->id.oncs & UPNVME_SPEC_ONCS_TIMESTAMP;
	case UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER:
		return ctrlr->id.kas;
	default:
		return true;
	}
}

/* An unsupported identifier is an invalid field (NVMe Base 2.0c, 5.15); a namespace may have gone
 * just now. */
static bool is_absent(uint16_t status)
{
	uint16_t code = UPNVME_SPEC_STATUS_CODE(status);

	return code == UPNVME_SPEC_SC_INVALID_FIELD ||
	       code == UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT;
}

/* 1: the controller answered; 0: the controller does not have the feature; else a negative errno. */
static int ask_feature(struct upnvme_ctrlr *ctrlr, struct feature *feature)
{
	struct upnvme_completion done;
	int rc;

	if (!may_have_feature(ctrlr, feature))
		return 0;
	rc = feature_ask(ctrlr, feature, UPNVME_FEATURE_CURRENT, &done);
	if (rc || is_absent(done.status))
		return rc;
	rc = admin_check_status(&done, "Get Features");
	return rc ? rc : 1;
}

static int read_value(struct upnvme_ctrlr *ctrlr, const struct source *source,
		      struct upnvme_features *features)
{
	struct feature feature = { .fid = source->fid, .value = source->dword11 };
	int rc;

	if (source->fid == UPNVME_SPEC_FEAT_ERROR_RECOVERY)
		feature.nsid = ns_next(ctrlr, 0);
	rc = ask_feature(ctrlr, &feature);
	if (rc <= 0)
		return rc;
	source->decode(features, feature.value);
	features->valid |= source->bit;
	return 0;
}

static int read_timestamp(struct upnvme_ctrlr *ctrlr, struct upnvme_features *features)
{
	struct upnvme_spec_timestamp data;
	struct feature feature = { .fid = UPNVME_SPEC_FEAT_TIMESTAMP,
				   .data = &data,
				   .data_bytes = sizeof(data) };
	int rc = ask_feature(ctrlr, &feature);

	if (rc <= 0)
		return rc;
	decode_timestamp(features, &data);
	features->valid |= UPNVME_FEATURES_TIMESTAMP;
	return 0;
}

int feature_record(struct upnvme_ctrlr *ctrlr, struct upnvme_features *features)
{
	int rc = 0;

	memset(features, 0, sizeof(*features));
	features->size = UPNVME_FEATURES_SIZE;
	features->volatile_write_cache = !!(ctrlr->id.vwc & UPNVME_SPEC_VWC_PRESENT);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(sources); i++)
		rc = read_value(ctrlr, &sources[i], features);
	return rc ? rc : read_timestamp(ctrlr, features);
}
