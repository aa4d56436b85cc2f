/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Features and Set Features (NVMe Base 2.0c, 5.15 and 5.27). */
#ifndef UPNVME_DRIVER_FEATURES_H
#define UPNVME_DRIVER_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct upnvme_completion;
struct upnvme_ctrlr;

/* A feature to get or to set. `data` is null for a feature without data. */
struct feature {
	uint32_t nsid;
	uint32_t fid;
	uint32_t value; /* dword 11; after a get: dword 0 of the answer */
	void *data;
	uint32_t data_bytes;
};

/* `select`: UPNVME_FEATURE_... */
int feature_get(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select);
/* As feature_get, but an error status, which is in *done, is no failure. */
int feature_ask(struct upnvme_ctrlr *ctrlr, struct feature *feature, uint32_t select,
		struct upnvme_completion *done);
/* -EINVAL for the features that belong to the driver. */
int feature_set(struct upnvme_ctrlr *ctrlr, const struct feature *feature, bool save);
/* Whether feature_set would take the feature: 0, or -EINVAL with its sentence. */
int feature_check_settable(uint32_t fid);
/* For the driver itself: sets any feature, and saves none. The answer's dword 0 goes to *result, if that is not
 * null. */
int feature_set_own(struct upnvme_ctrlr *ctrlr, const struct feature *feature, uint32_t *result);

/* Sets Host Behavior Support: tells a controller with extended LBA formats that the host knows them. */
int feature_extend_formats(struct upnvme_ctrlr *ctrlr);
/* Sets Number of Queues, and puts the number of I/O queue pairs that the controller grants into the limits: 0 where it
 * answers with an error, since a degraded drive can still be formatted, or given new firmware. */
int feature_negotiate_queues(struct upnvme_ctrlr *ctrlr);

#endif
