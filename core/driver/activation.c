/* SPDX-License-Identifier: BSD-3-Clause */
/* No command is late while the controller is paused, nor for as long after that as a command may take. A pause that
 * lasts longer than it was to excuses nothing any more. */
#include "driver/activation.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "spec/regs.h"

#define MTFA_UNIT_NS (100 * NS_PER_MS)

/* MTFA may be missing: then as long as an admin command. */
static uint64_t longest_ns(const struct upnvme_ctrlr *ctrlr)
{
	return ctrlr->id.mtfa ? ctrlr->id.mtfa * MTFA_UNIT_NS : ctrlr->admin_timeout_ns;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void activation_begin(struct upnvme_ctrlr *ctrlr)
{
	uint64_t end_ns = deadline_after(longest_ns(ctrlr));

	if (atomic_exchange(&ctrlr->activation.paused, true))
		return;
	atomic_store(&ctrlr->activation.end_ns, end_ns);
	atomic_store(&ctrlr->activation.excused_ns, add(end_ns, ctrlr->admin_timeout_ns));
}

void activation_note(struct upnvme_ctrlr *ctrlr, uint32_t csts)
{
	if (NVME_CSTS_PP(csts))
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

bool activation_excuses(const struct upnvme_ctrlr *ctrlr)
{
	uint64_t excused_ns = atomic_load(&ctrlr->activation.excused_ns);

	return excused_ns && !deadline_passed(excused_ns);
}
