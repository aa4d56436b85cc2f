/* SPDX-License-Identifier: BSD-3-Clause */
/* The Admin command set, and the Admin Queue's other work. NVMe Base 2.0c, 5 */
#include "softctrl/admin.h"

#include "softctrl/abort.h"
#include "softctrl/admin_queue.h"
#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/features.h"
#include "softctrl/identify.h"
#include "softctrl/keep_alive.h"
#include "softctrl/log_pages.h"
#include "softctrl/orphan.h"
#include "softctrl/registers.h"
#include <upnvme/spec/opcode.h>

#define EFFECTS                          \
	(UPNVME_SPEC_EFFECTS_SUPPORTED | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_EFFECTS_SCOPE, UPNVME_SPEC_EFFECTS_SCOPE_CTRLR))

static const struct sc_command_set
	admin_commands = { .rows = {
				   [UPNVME_SPEC_ADMIN_DELETE_IO_SQ] = { sc_admin_delete_sq, EFFECTS,
									0 },
				   [UPNVME_SPEC_ADMIN_CREATE_IO_SQ] = { sc_admin_create_sq, EFFECTS,
									0 },
				   [UPNVME_SPEC_ADMIN_GET_LOG_PAGE] = { sc_get_log_page, EFFECTS,
									SC_USES_NSID },
				   [UPNVME_SPEC_ADMIN_DELETE_IO_CQ] = { sc_admin_delete_cq, EFFECTS,
									0 },
				   [UPNVME_SPEC_ADMIN_CREATE_IO_CQ] = { sc_admin_create_cq, EFFECTS,
									0 },
				   [UPNVME_SPEC_ADMIN_IDENTIFY] = { sc_identify, EFFECTS,
								    SC_USES_NSID },
				   [UPNVME_SPEC_ADMIN_ABORT] = { sc_abort, EFFECTS, 0 },
				   [UPNVME_SPEC_ADMIN_SET_FEATURES] = { sc_set_features, EFFECTS,
									SC_USES_NSID },
				   [UPNVME_SPEC_ADMIN_GET_FEATURES] = { sc_get_features, EFFECTS,
									SC_USES_NSID },
				   [UPNVME_SPEC_ADMIN_ASYNC_EVENT_REQUEST] = { sc_async_event_request,
									       EFFECTS, 0 },
				   [UPNVME_SPEC_ADMIN_KEEP_ALIVE] = { sc_keep_alive, EFFECTS, 0 },
			   } };

/* Does the Admin Queue's work that comes from no fetched command. Tells whether any command has ended. */
static bool admin_service(struct softctrl *sc)
{
	bool worked = false;

	if (sc->naborting)
		worked |= sc_abort_service(sc);
	if (sc->ndeleting)
		worked |= sc_admin_queue_service(sc);
	if (sc->orphans)
		sc_orphans_rest(sc);
	worked |= sc_events_deliver(sc);
	if (sc_keep_alive_expired(sc)) {
		sc_error_record_event(&sc->errors, UPNVME_SPEC_ERROR_SQID_NONE,
				      UPNVME_SPEC_SC_KEEP_ALIVE_TIMER_EXPIRED);
		sc_fatal(sc, "the Keep Alive Timer expired");
	}
	return worked;
}

const struct sc_queue_kind sc_admin_queue = {
	.commands = &admin_commands,
	.execute = sc_admin_execute,
	.service = admin_service,
};
