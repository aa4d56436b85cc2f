/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Get Features and Set Features. NVMe Base 2.0c, 5.15 and 5.27; NVM Command Set 1.0c, 4.1.3.
 *
 * No feature can be saved. The value of a feature is one dword that is kept, unless its row has a function that gets
 * the value from elsewhere. A feature that has an effect has a function that sets it.
 */
#include "softctrl/features.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "softctrl/controller.h"
#include "softctrl/feature_data.h"
#include "softctrl/feature_events.h"
#include "softctrl/keep_alive.h"
#include "softctrl/process.h"
#include <upnvme/spec/command.h>

#define ARBITRATION_FIELDS 0xffffff07u

struct feature_row {
	bool supported;
	bool ns_specific;
	uint32_t fields;  /* the bits that are kept of the dword; 0: none are */
	uint32_t initial; /* the dword's default */
	uint16_t (*get)(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
	uint16_t (*set)(struct softctrl *sc, struct sc_cmd *cmd);
};

/* Arbitration Burst is how many commands a queue fetches before the other queues' turn comes. Base 2.0c, 3.4.4.1 */
static uint16_t set_arbitration(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint32_t ab = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ARBITRATION_AB, cmd->sqe.cdw11);

	atomic_store(&sc->burst,
		     ab == UPNVME_SPEC_ARBITRATION_AB_NO_LIMIT ? SC_NO_BURST : 1u << ab);
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t set_power(struct softctrl *sc, struct sc_cmd *cmd)
{
	(void)sc;
	/* Power state 0 is the only one: NPSS is 0. */
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_POWER_MANAGEMENT_PS, cmd->sqe.cdw11) ?
		       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_POWER_MANAGEMENT_PS)) :
		       UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t get_error_recovery(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	cmd->dw0 = initial ? 0 : sc->features.tler[cmd->sqe.nsid - 1];
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t set_error_recovery(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint16_t tler =
		(uint16_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ERROR_RECOVERY_TLER, cmd->sqe.cdw11);
	uint32_t nsid = cmd->sqe.nsid;

	/* NSFEAT does not offer errors for deallocated blocks. */
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ERROR_RECOVERY_DULBE, cmd->sqe.cdw11))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_ERROR_RECOVERY_DULBE));
	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		if (nsid == UPNVME_SPEC_NSID_BROADCAST || nsid == i + 1)
			sc->features.tler[i] = tler;
	}
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Volatile Write Cache exists only where a namespace has such a cache: Base 2.0c, 5.27.1.4. */
static uint16_t get_write_cache(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	if (!sc->volatile_cache)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_GET_FEATURES_FID));
	cmd->dw0 = initial || !atomic_load(&sc->writes_through);
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t set_write_cache(struct softctrl *sc, struct sc_cmd *cmd)
{
	bool enabled = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_VOLATILE_WRITE_CACHE_WCE, cmd->sqe.cdw11);

	if (!sc->volatile_cache)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_SET_FEATURES_FID));
	atomic_store(&sc->writes_through, !enabled);
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint32_t queues_value(uint32_t nsqs, uint32_t ncqs)
{
	return UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA, nsqs - 1) |
	       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA, ncqs - 1);
}

static uint16_t get_queues(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	cmd->dw0 = initial ? queues_value(sc->nqueues, sc->nqueues) :
			     queues_value(sc->features.nsqs, sc->features.ncqs);
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Number of Queues cannot be changed after the first I/O queue is created: Base 2.0c, 5.27.1.5. */
static uint16_t set_queues(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint32_t nsqr = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR, cmd->sqe.cdw11);
	uint32_t ncqr = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR, cmd->sqe.cdw11);

	if (nsqr == 0xffff)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR));
	if (ncqr == 0xffff)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR));
	if (sc->features.queues_fixed)
		return sc_dnr(UPNVME_SPEC_SC_COMMAND_SEQUENCE_ERROR);
	sc->features.nsqs = MIN(nsqr + 1, sc->nqueues);
	sc->features.ncqs = MIN(ncqr + 1, sc->nqueues);
	return get_queues(sc, cmd, false);
}

static uint16_t get_vector(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	uint32_t vector = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_VECTOR_IV, cmd->sqe.cdw11);
	uint32_t disabled;

	if (vector > sc->nqueues)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_INTERRUPT_VECTOR_IV));
	disabled = initial ? 0 : atomic_load(&sc->interrupts.vectors[vector].at_once);
	cmd->dw0 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_INTERRUPT_VECTOR_IV, vector) |
		   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_INTERRUPT_VECTOR_CD, disabled);
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t set_vector(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint32_t vector = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_VECTOR_IV, cmd->sqe.cdw11);

	if (vector > sc->nqueues)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_INTERRUPT_VECTOR_IV));
	atomic_store(&sc->interrupts.vectors[vector].at_once,
		     UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_INTERRUPT_VECTOR_CD, cmd->sqe.cdw11));
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t set_coalescing(struct softctrl *sc, struct sc_cmd *cmd)
{
	atomic_store(&sc->interrupts.coalescing, cmd->sqe.cdw11);
	return UPNVME_SPEC_SC_SUCCESS;
}

/* The timer's time is rounded up to KAS's granularity, and Get Features gives the rounded time. 5.27.1.12 */
static uint16_t set_keep_alive(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint64_t ms = ((uint64_t)cmd->sqe.cdw11 + SC_KAS_MS - 1) / SC_KAS_MS * SC_KAS_MS;

	sc_keep_alive_set(sc, MIN(ms, UINT32_MAX / SC_KAS_MS * SC_KAS_MS));
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t get_keep_alive(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	cmd->dw0 = initial ? 0 : (uint32_t)sc->keep_alive_ms;
	return UPNVME_SPEC_SC_SUCCESS;
}

/* The only combination of command sets is at index 0 of Identify's list (CNS 1Ch): Base 2.0c, 5.27.1.21. */
static uint16_t set_profile(struct softctrl *sc, struct sc_cmd *cmd)
{
	(void)sc;
	return UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IOCS_PROFILE_IOCSCI, cmd->sqe.cdw11) ?
		       sc_refuse(cmd, UPNVME_SPEC_SC_IOCS_COMBINATION_REJECTED,
				 SC_FIELD(cdw11, UPNVME_SPEC_IOCS_PROFILE_IOCSCI)) :
		       UPNVME_SPEC_SC_SUCCESS;
}

static const struct feature_row features[SC_NFEATURES] = {
	[UPNVME_SPEC_FEAT_ARBITRATION] = { .supported = true,
					   .fields = ARBITRATION_FIELDS,
					   .initial = UPNVME_SPEC_ARBITRATION_AB_NO_LIMIT,
					   .set = set_arbitration },
	[UPNVME_SPEC_FEAT_POWER_MANAGEMENT] = { .supported = true,
						.fields = 0xff,
						.set = set_power },
	[UPNVME_SPEC_FEAT_TEMPERATURE_THRESHOLD] = { .supported = true,
						     .get = sc_temperature_get,
						     .set = sc_temperature_set },
	[UPNVME_SPEC_FEAT_ERROR_RECOVERY] = { .supported = true,
					      .ns_specific = true,
					      .get = get_error_recovery,
					      .set = set_error_recovery },
	[UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE] = { .supported = true,
						    .get = get_write_cache,
						    .set = set_write_cache },
	[UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES] = { .supported = true,
						.get = get_queues,
						.set = set_queues },
	[UPNVME_SPEC_FEAT_INTERRUPT_COALESCING] = { .supported = true,
						    .fields = 0xffff,
						    .set = set_coalescing },
	[UPNVME_SPEC_FEAT_INTERRUPT_VECTOR_CONFIG] = { .supported = true,
						       .get = get_vector,
						       .set = set_vector },
	[UPNVME_SPEC_FEAT_WRITE_ATOMICITY] = { .supported = true, .fields = 1 },
	[UPNVME_SPEC_FEAT_ASYNC_EVENT_CONFIG] = { .supported = true,
						  .fields = SC_EVENT_CONFIG_FIELDS,
						  .set = sc_event_config_set },
	[UPNVME_SPEC_FEAT_TIMESTAMP] = { .supported = true,
					 .get = sc_timestamp_get,
					 .set = sc_timestamp_set },
	[UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER] = { .supported = true,
						.get = get_keep_alive,
						.set = set_keep_alive },
	[UPNVME_SPEC_FEAT_HOST_BEHAVIOR_SUPPORT] = { .supported = true,
						     .get = sc_host_behavior_get,
						     .set = sc_host_behavior_set },
	[UPNVME_SPEC_FEAT_IOCS_PROFILE] = { .supported = true, .set = set_profile },
};

int sc_features_init(struct softctrl *sc)
{
	sc->features.tler = calloc(sc->nnamespaces, sizeof(*sc->features.tler));
	if (!sc->features.tler)
		return error_no_memory("features", sc->nnamespaces * sizeof(*sc->features.tler));
	sc_features_reset(sc);
	return 0;
}

void sc_features_fini(struct softctrl *sc)
{
	free(sc->features.tler);
}

void sc_features_reset(struct softctrl *sc)
{
	for (unsigned fid = 0; fid < SC_NFEATURES; fid++)
		sc->features.values[fid] = features[fid].initial;
	sc->features.nsqs = sc->nqueues;
	sc->features.ncqs = sc->nqueues;
	sc->features.queues_fixed = false;
	memset(sc->features.tler, 0, sc->nnamespaces * sizeof(*sc->features.tler));
	memset(&sc->features.host_behavior, 0, sizeof(sc->features.host_behavior));
	atomic_store(&sc->writes_through, false);
	atomic_store(&sc->burst, SC_NO_BURST);
	sc_timestamp_reset(sc);
}

static const struct feature_row *find_feature(const struct softctrl *sc, uint32_t fid)
{
	if (fid >= SC_NFEATURES || !features[fid].supported)
		return NULL;
	if (fid == UPNVME_SPEC_FEAT_VOLATILE_WRITE_CACHE && !sc->volatile_cache)
		return NULL;
	return &features[fid];
}

static uint32_t capabilities(const struct feature_row *feature)
{
	return UPNVME_SPEC_FEATURES_CAP_CHANGEABLE |
	       (feature->ns_specific ? UPNVME_SPEC_FEATURES_CAP_NS_SPECIFIC : 0);
}

static bool is_namespace(const struct softctrl *sc, uint32_t nsid)
{
	return nsid - 1 < sc->nnamespaces;
}

/* Checks NSID, whose rules differ for a feature of the controller and one of namespaces: Base 2.0c, 4.4. */
static uint16_t check_nsid(const struct softctrl *sc, struct sc_cmd *cmd,
			   const struct feature_row *feature, bool set)
{
	uint32_t nsid = cmd->sqe.nsid;
	bool all = nsid == UPNVME_SPEC_NSID_BROADCAST;

	if (feature->ns_specific)
		return is_namespace(sc, nsid) || (set && all) ?
			       UPNVME_SPEC_SC_SUCCESS :
			       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT,
					 SC_AT(nsid, 0));
	if (!nsid || all)
		return UPNVME_SPEC_SC_SUCCESS;
	if (!is_namespace(sc, nsid))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT, SC_AT(nsid, 0));
	return set ? sc_refuse(cmd, UPNVME_SPEC_SC_FEATURE_NOT_NS_SPECIFIC, SC_AT(nsid, 0)) :
		     UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_get_features(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t fid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_FEATURES_FID, cmd->sqe.cdw10);
	uint32_t select = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_FEATURES_SEL, cmd->sqe.cdw10);
	const struct feature_row *feature = find_feature(sc, fid);
	bool initial = select != UPNVME_SPEC_FEATURES_SEL_CURRENT;
	uint16_t status;

	if (!feature)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_GET_FEATURES_FID));
	if (select > UPNVME_SPEC_FEATURES_SEL_SUPPORTED)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_GET_FEATURES_SEL));
	if (select == UPNVME_SPEC_FEATURES_SEL_SUPPORTED) {
		cmd->dw0 = capabilities(feature);
		return UPNVME_SPEC_SC_SUCCESS;
	}
	status = check_nsid(sc, cmd, feature, false);
	if (status)
		return status;
	/* The default is also given as the saved value of a feature that cannot be saved. 5.15.1 */
	if (feature->get)
		return feature->get(sc, cmd, initial);
	cmd->dw0 = initial ? feature->initial : sc->features.values[fid];
	return UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_set_features(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t fid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SET_FEATURES_FID, cmd->sqe.cdw10);
	const struct feature_row *feature = find_feature(sc, fid);
	uint16_t status;

	if (!feature)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_SET_FEATURES_FID));
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_SET_FEATURES_SV, cmd->sqe.cdw10))
		return sc_refuse(cmd, UPNVME_SPEC_SC_FEATURE_NOT_SAVEABLE,
				 SC_FIELD(cdw10, UPNVME_SPEC_SET_FEATURES_SV));
	status = check_nsid(sc, cmd, feature, true);
	if (!status && feature->set)
		status = feature->set(sc, cmd);
	if (!status && feature->fields)
		sc->features.values[fid] = cmd->sqe.cdw11 & feature->fields;
	return status;
}

uint32_t sc_feature_effects(const struct softctrl *sc, uint8_t fid)
{
	const struct feature_row *feature = find_feature(sc, fid);
	uint32_t scope;

	if (!feature)
		return 0;
	scope = feature->ns_specific ? UPNVME_SPEC_EFFECTS_SCOPE_NS :
				       UPNVME_SPEC_EFFECTS_SCOPE_CTRLR;
	return UPNVME_SPEC_EFFECTS_SUPPORTED |
	       UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_EFFECTS_SCOPE, scope);
}
