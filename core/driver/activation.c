/* SPDX-License-Identifier: BSD-3-Clause */
/* A command is not late while the controller is paused, nor within the time of one command after the pause. A pause
 * counts for no longer than the controller said that it may last. */
#include "driver/activation.h"

#include "base/clock.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include <upnvme/spec/regs.h>

/* The longest pause: MTFA, or, where the controller gives none, the time of an admin command. */
static uint64_t longest_ns(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->id.mtfa ? ctrlr->id.mtfa * UPNVME_SPEC_MTFA_UNIT_MS * NS_PER_MS :
				ctrlr->admin_timeout_ns;
}

void activation_begin(struct upnvme_ctrlr *ctrlr)
{
	uint64_t end_ns = deadline_after(longest_ns(ctrlr));

	if (atomic_exchange(&ctrlr->activation.paused, true))
		return;
	atomic_store(&ctrlr->activation.end_ns, end_ns);
	atomic_store(&ctrlr->activation.excused_ns, ns_add(end_ns, ctrlr->admin_timeout_ns));
}

void activation_note(struct upnvme_ctrlr *ctrlr, uint32_t csts)
{
	if (UPNVME_SPEC_CSTS_PP(csts))
		activation_begin(ctrlr);
	else if (atomic_exchange(&ctrlr->activation.paused, false))
		atomic_store(&ctrlr->activation.excused_ns,
			     deadline_after(ctrlr->admin_timeout_ns));
}

bool activation_goes_on(const struct upnvme_ctrlr *ctrlr)
{
	return atomic_load(&ctrlr->activation.paused) &&
	       !deadline_passed(atomic_load(&ctrlr->activation.end_ns));
}

/* A controller that pauses again and again gives a command the time of one pause, and no more. */
bool activation_excuses(const struct upnvme_ctrlr *ctrlr, uint64_t deadline_ns)
{
	uint64_t excused_ns = atomic_load(&ctrlr->activation.excused_ns);
	uint64_t one_pause_ns = ns_add(longest_ns(ctrlr), ctrlr->admin_timeout_ns);

	return excused_ns && !deadline_passed(MIN(excused_ns, ns_add(deadline_ns, one_pause_ns)));
}
