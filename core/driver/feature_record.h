/* SPDX-License-Identifier: BSD-3-Clause */
/* The current values of the features as plain numbers. */
#ifndef UPNVME_DRIVER_FEATURE_RECORD_H
#define UPNVME_DRIVER_FEATURE_RECORD_H

#include <upnvme/ctrlr.h>

/* Asks for each feature that the controller may have; a feature that the controller refuses is left out of `valid`. */
int feature_record(struct upnvme_ctrlr *ctrlr, struct upnvme_features *features);

#endif
