/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Features and Set Features, and the features' values. */
#ifndef UPNVME_SOFTCTRL_FEATURES_H
#define UPNVME_SOFTCTRL_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/spec/feature.h>

#define SC_NFEATURES 0x20u /* all supported feature identifiers are below this */

struct sc_cmd;
struct softctrl;

/* The features' values. The Admin SQ's lock guards them. */
struct sc_features {
	uint32_t values[SC_NFEATURES]; /* current values of features whose value is one dword */
	uint32_t nsqs;                 /* allocated I/O queues */
	uint32_t ncqs;
	bool queues_fixed; /* an I/O queue was created since the controller was enabled */
	uint16_t *tler;    /* Error Recovery, by NSID minus 1 */
	uint64_t timestamp_ms;
	uint64_t timestamp_set_ns;
	bool timestamp_is_set;
	struct upnvme_spec_host_behavior host_behavior;
};

int sc_features_init(struct softctrl *sc);
void sc_features_fini(struct softctrl *sc);

/* Gives all features their defaults. NVMe Base 2.0c, 3.7.2 */
void sc_features_reset(struct softctrl *sc);

/* A feature's dword in the Feature Identifiers Supported and Effects log page. */
uint32_t sc_feature_effects(const struct softctrl *sc, uint8_t fid);

uint16_t sc_get_features(struct sc_cmd *cmd);
uint16_t sc_set_features(struct sc_cmd *cmd);

#endif
