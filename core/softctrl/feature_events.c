/* SPDX-License-Identifier: BSD-3-Clause */
/* The features that say which events a host wants. NVMe Base 2.0c, 5.27.1.3 and 5.27.1.8 */
#include "softctrl/feature_events.h"

#include "softctrl/controller.h"

static uint16_t check_threshold(struct sc_cmd *cmd, uint32_t sensor, uint32_t select)
{
	if (sensor > SC_NSENSORS)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_TEMPERATURE_TMPSEL));
	if (select > UPNVME_SPEC_TEMPERATURE_THSEL_UNDER)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw11, UPNVME_SPEC_TEMPERATURE_THSEL));
	return UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_temperature_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	uint32_t sensor = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_TMPSEL, cmd->sqe.cdw11);
	uint32_t select = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_THSEL, cmd->sqe.cdw11);
	bool under = select == UPNVME_SPEC_TEMPERATURE_THSEL_UNDER;
	uint16_t status = check_threshold(cmd, sensor, select);

	if (status)
		return status;
	if (!initial)
		cmd->dw0 = sc_events_threshold(sc, sensor, under);
	else if (!under)
		cmd->dw0 = sensor ? 0xffff : SC_WCTEMP;
	return UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_temperature_set(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint16_t kelvin =
		(uint16_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_TMPTH, cmd->sqe.cdw11);
	uint32_t sensor = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_TMPSEL, cmd->sqe.cdw11);
	uint32_t select = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_TEMPERATURE_THSEL, cmd->sqe.cdw11);
	uint32_t first = sensor, last = sensor;
	uint16_t status;

	if (sensor == UPNVME_SPEC_TEMPERATURE_TMPSEL_ALL) {
		first = 0;
		last = SC_NSENSORS;
	}
	status = check_threshold(cmd, last, select);
	if (status)
		return status;
	for (uint32_t i = first; i <= last; i++)
		sc_events_threshold_set(sc, i, select == UPNVME_SPEC_TEMPERATURE_THSEL_UNDER,
					kelvin);
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Notices that OAES does not offer are refused, so that the host knows that they never come. */
uint16_t sc_event_config_set(struct softctrl *sc, struct sc_cmd *cmd)
{
	uint32_t others = cmd->sqe.cdw11 & ~SC_EVENT_CONFIG_FIELDS;

	if (others)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_AT(cdw11, __builtin_ctz(others)));
	sc_events_configure(sc, cmd->sqe.cdw11);
	return UPNVME_SPEC_SC_SUCCESS;
}
