/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Features and Set Features (NVMe Base 2.0c, 5.15 and 5.27). */
#ifndef UPNVME_DRIVER_FEATURES_H
#define UPNVME_DRIVER_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_completion;
struct upnvme_ctrlr;

/* One feature, in both directions. `data` is null for a feature without. */
struct feature {
	uint32_t nsid;
	uint32_t fid;
	uint32_t value; /* dword 11; after a get: dword 0 of the answer */
	void *data;
	uint32_t data_bytes;
};

/* `select`: UPNVME_FEATURE_... */
int feature_get(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select);
/* As feature_get, but whatever the status, which is in *done. */
int feature_ask(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select,
		struct upnvme_completion *done);
/* -EINVAL for the features that belong to the driver. */
int feature_set(struct upnvme_ctrlr *ctrlr, const struct feature *feature, bool save);
/* Whether feature_set would take the feature: 0, or -EINVAL with its sentence. */
int feature_check_settable(uint32_t fid);
/* For the driver itself: sets any feature, and saves none. The answer's dword 0 goes to *result, if that is not
 * null. */
int feature_set_own(struct upnvme_ctrlr *ctrlr, const struct feature *feature, uint32_t *result);

/* Host Behavior Support: the host knows extended LBA formats, where the controller has them. */
int feature_extend_formats(struct upnvme_ctrlr *ctrlr);
/* Number of Queues: how many I/O queue pairs the controller grants, into the limits. None where it answers with an
 * error: a degraded drive can still be formatted, or given new firmware. */
int feature_negotiate_queues(struct upnvme_ctrlr *ctrlr);

#endif
