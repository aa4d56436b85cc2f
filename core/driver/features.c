/* SPDX-License-Identifier: BSD-3-Clause */
/* Features: those that callers get and set, and those that the driver sets before there are I/O queues. */
#include "driver/features.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/opcode.h>
#include "transport/transport.h"

int feature_ask(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select,
		struct upnvme_completion *done)
{
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_GET_FEATURES,
			 .nsid = feature->nsid,
			 .cdw10 =
				 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_FEATURES_FID, feature->fid) |
				 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_GET_FEATURES_SEL, select),
			 .cdw11 = feature->value },
		.data = feature->data,
		.data_bytes = feature->data_bytes,
		.direction = feature->data_bytes ? UPNVME_DATA_FROM_DEVICE : UPNVME_DATA_NONE,
	};
	int rc = admin_run(ctrlr, &command, done);

	if (!rc)
		feature->value = (uint32_t)done->result;
	return rc;
}

int feature_get(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select)
{
	struct upnvme_completion done;
	int rc = feature_ask(ctrlr, feature, select, &done);

	return rc ? rc : admin_check_status(&done, "Get Features");
}

static int set_features(struct upnvme_ctrlr *ctrlr, const struct feature *feature, bool save,
			uint64_t *result)
{
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_SET_FEATURES,
			 .nsid = feature->nsid,
			 .cdw10 =
				 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_SET_FEATURES_FID, feature->fid) |
				 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_SET_FEATURES_SV, save ? 1u : 0u),
			 .cdw11 = feature->value },
		.data = feature->data,
		.data_bytes = feature->data_bytes,
		.direction = feature->data_bytes ? UPNVME_DATA_TO_DEVICE : UPNVME_DATA_NONE,
	};

	return admin_expect(ctrlr, &command, "Set Features", result);
}

int feature_check_settable(uint32_t fid)
{
	const char *remedy;

	switch (fid) {
	case UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES:
		remedy = "give the number of queues as upnvme_open_opts.nqpairs";
		break;
	case UPNVME_SPEC_FEAT_KEEP_ALIVE_TIMER:
		remedy = "give the Keep Alive Timer as upnvme_open_opts.keep_alive_ms";
		break;
	case UPNVME_SPEC_FEAT_HOST_MEMORY_BUFFER:
		remedy = "the driver lends no Host Memory Buffer, so leave the feature alone";
		break;
	default:
		return 0;
	}
	return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
			 "feature %02xh is set by the driver alone: %s", fid, remedy);
}

int feature_set(struct upnvme_ctrlr *ctrlr, const struct feature *feature, bool save)
{
	int rc = feature_check_settable(feature->fid);

	return rc ? rc : set_features(ctrlr, feature, save, NULL);
}

int feature_set_own(struct upnvme_ctrlr *ctrlr, const struct feature *feature, uint32_t *result)
{
	uint64_t answer;
	int rc = set_features(ctrlr, feature, false, &answer);

	if (!rc && result)
		*result = (uint32_t)answer;
	return rc;
}

/* Extended LBA formats may be used once the host has said that it knows them (NVMe Base 2.0c, 5.27.1.18). The
 * feature's other fields stay as they are. */
int feature_extend_formats(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_spec_host_behavior behavior = { 0 };
	struct feature feature = {
		.fid = UPNVME_SPEC_FEAT_HOST_BEHAVIOR_SUPPORT,
		.data = &behavior,
		.data_bytes = sizeof(behavior),
	};
	struct upnvme_completion done;
	int rc;

	if (!ctrlr->limits.extended_formats)
		return 0;
	rc = feature_ask(ctrlr, &feature, UPNVME_SPEC_FEATURES_SEL_CURRENT, &done);
	if (rc)
		return rc;
	if (done.status)
		memset(&behavior, 0, sizeof(behavior));
	behavior.lbafee = 1;
	feature.value = 0;
	rc = feature_set_own(ctrlr, &feature, NULL);
	if (rc && error_last()->code == UPNVME_ERR_CTRLR_STATUS) {
		log_warn("%s: its extended LBA formats cannot be used: %s", ctrlr->uri,
			 error_last()->text);
		return 0;
	}
	return rc;
}

int feature_negotiate_queues(struct upnvme_ctrlr *ctrlr)
{
	uint32_t wanted = ctrlr->wanted_qpairs, granted, nsqa, ncqa;
	struct feature feature = {
		.fid = UPNVME_SPEC_FEAT_NUMBER_OF_QUEUES,
		.value = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR, wanted - 1) |
			 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR, wanted - 1),
	};
	int rc = feature_set_own(ctrlr, &feature, &granted);

	if (rc && error_last()->code == UPNVME_ERR_CTRLR_STATUS) {
		log_warn("%s has no I/O queue pairs, and is opened for its admin side alone: %s",
			 ctrlr->uri, error_last()->text);
		return 0;
	}
	if (rc)
		return rc;
	nsqa = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA, granted) + 1;
	ncqa = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA, granted) + 1;
	ctrlr->limits.max_qpairs = MIN(wanted, MIN(nsqa, ncqa));
	ctrlr->transport->nvectors = (uint16_t)MIN(ctrlr->limits.max_qpairs + 1, UINT16_MAX);
	return 0;
}
