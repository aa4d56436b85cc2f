/* SPDX-License-Identifier: BSD-3-Clause */
/* Flush, of one namespace or of all, which VWC in Identify Controller offers. NVMe Base 2.0c, 7.1 */
#include "softctrl/flush.h"

#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/io.h"

static void flush_next(struct sc_cmd *cmd, int result);

static bool needs_flush(const struct sc_ns *ns)
{
	return ns->media->volatile_cache && !ns->media->readonly;
}

/* Flushes the next namespace that needs a flush. False: none is left. */
static bool start_next_flush(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;

	while (cmd->index < cmd->count) {
		cmd->ns = &sc->namespaces[cmd->index++];
		if (needs_flush(cmd->ns)) {
			sc_cmd_flush(cmd, flush_next);
			return true;
		}
	}
	return false;
}

static void flush_next(struct sc_cmd *cmd, int result)
{
	if (result || !start_next_flush(cmd))
		sc_io_complete_media(cmd, result);
}

uint16_t sc_io_flush(struct sc_cmd *cmd)
{
	cmd->index = cmd->ns ? cmd->ns->nsid - 1 : 0;
	cmd->count = cmd->ns ? cmd->ns->nsid : cmd->sq->sc->nnamespaces;
	return start_next_flush(cmd) ? SC_PENDING : UPNVME_SPEC_SC_SUCCESS;
}
