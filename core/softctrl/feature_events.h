/* SPDX-License-Identifier: BSD-3-Clause */
/* The features that say which events a host wants: Temperature Threshold, Asynchronous Event Configuration. */
#ifndef UPNVME_SOFTCTRL_FEATURE_EVENTS_H
#define UPNVME_SOFTCTRL_FEATURE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/spec/feature.h>
#include <upnvme/spec/log_page.h>

/*
 * The bits of Asynchronous Event Configuration that a host may set: the notices that OAES offers, and all SMART
 * warnings, even those that never come.
 */
#define SC_EVENT_CONFIG_NOTICES UPNVME_SPEC_ASYNC_EVENT_NS_ATTRIBUTE
#define SC_EVENT_CONFIG_WARNINGS                                                       \
	(UPNVME_SPEC_SMART_WARNING_SPARE | UPNVME_SPEC_SMART_WARNING_TEMPERATURE |     \
	 UPNVME_SPEC_SMART_WARNING_RELIABILITY | UPNVME_SPEC_SMART_WARNING_READ_ONLY | \
	 UPNVME_SPEC_SMART_WARNING_BACKUP | UPNVME_SPEC_SMART_WARNING_PMR_READ_ONLY)
#define SC_EVENT_CONFIG_FIELDS (SC_EVENT_CONFIG_NOTICES | SC_EVENT_CONFIG_WARNINGS)

struct sc_cmd;
struct softctrl;

uint16_t sc_temperature_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial);
uint16_t sc_temperature_set(struct softctrl *sc, struct sc_cmd *cmd);
uint16_t sc_event_config_set(struct softctrl *sc, struct sc_cmd *cmd);

#endif
