/* SPDX-License-Identifier: BSD-3-Clause */
/* The features whose value is in a data buffer: Timestamp and Host Behavior Support. */
#include "softctrl/feature_data.h"

#include <string.h>

#include "base/clock.h"
#include "softctrl/controller.h"

#define TIMESTAMP_MAX_MS 0xffffffffffffull

/* The timestamp counts from zero after a reset: Base 2.0c, 5.27.1.11. */
void sc_timestamp_reset(struct softctrl *sc)
{
	sc->features.timestamp_ms = 0;
	sc->features.timestamp_set_ns = clock_now_ns();
	sc->features.timestamp_is_set = false;
}

uint16_t sc_timestamp_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	uint64_t elapsed_ms = (clock_now_ns() - sc->features.timestamp_set_ns) / NS_PER_MS;
	uint64_t ms = (sc->features.timestamp_ms + elapsed_ms) & TIMESTAMP_MAX_MS;
	uint32_t origin = sc->features.timestamp_is_set ? UPNVME_SPEC_TIMESTAMP_ORIGIN_HOST :
							  UPNVME_SPEC_TIMESTAMP_ORIGIN_RESET;
	struct upnvme_spec_timestamp data = { .attributes = 0 };

	if (initial) {
		ms = 0;
		origin = UPNVME_SPEC_TIMESTAMP_ORIGIN_RESET;
	}
	memcpy(data.timestamp, &ms, sizeof(data.timestamp));
	data.attributes = (uint8_t)UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_TIMESTAMP_ORIGIN, origin);
	return sc_cmd_write(cmd, &data, sizeof(data));
}

uint16_t sc_timestamp_set(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_timestamp data;
	uint16_t status = sc_cmd_read(cmd, &data, sizeof(data));
	uint64_t ms = 0;

	if (status)
		return status;
	memcpy(&ms, data.timestamp, sizeof(data.timestamp));
	sc->features.timestamp_ms = ms;
	sc->features.timestamp_set_ns = clock_now_ns();
	sc->features.timestamp_is_set = true;
	return UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_host_behavior_get(struct softctrl *sc, struct sc_cmd *cmd, bool initial)
{
	static const struct upnvme_spec_host_behavior none;

	return sc_cmd_write(cmd, initial ? &none : &sc->features.host_behavior, sizeof(none));
}

/*
 * Each field is 1 where the host is ready for a behavior, else 0: Base 2.0c, 5.27.1.18. LBAFEE may not be 1, since
 * Identify Controller does not offer it (CTRATT.ELBAS).
 */
uint16_t sc_host_behavior_set(struct softctrl *sc, struct sc_cmd *cmd)
{
	struct upnvme_spec_host_behavior data;
	uint16_t status = sc_cmd_read(cmd, &data, sizeof(data));

	if (status)
		return status;
	if (data.acre > 1 || data.etdas > 1 || data.lbafee)
		return sc_dnr(UPNVME_SPEC_SC_INVALID_FIELD);
	memset(data.rsvd3, 0, sizeof(data.rsvd3));
	sc->features.host_behavior = data;
	return UPNVME_SPEC_SC_SUCCESS;
}
