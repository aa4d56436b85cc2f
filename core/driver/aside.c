/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Controllers that are closed while something may still touch their memory: storage behind a software controller has
 * not answered, or a device could be neither disabled nor isolated. All that they have stays as it is, out of the
 * way, and they are looked at again whenever a controller is opened or closed.
 *
 * The list has no lock, so that a child that was forked meanwhile finds none held.
 */
#include "driver/aside.h"

#include <stdatomic.h>

#include "base/error.h"
#include "base/log.h"
#include "driver/bringup.h"
#include "driver/ctrlr.h"

static _Atomic(struct upnvme_ctrlr *) aside;

static void set_aside(struct upnvme_ctrlr *ctrlr)
{
	ctrlr->next_aside = atomic_load(&aside);
	while (!atomic_compare_exchange_weak(&aside, &ctrlr->next_aside, ctrlr))
		;
}

void ctrlr_end(struct upnvme_ctrlr *ctrlr)
{
	if (!atomic_load(&ctrlr->at_large)) {
		ctrlr_free(ctrlr);
		return;
	}
	log_error("%s does not come to rest, and is set aside with all its memory", ctrlr->uri);
	set_aside(ctrlr);
}

static void sweep(struct upnvme_ctrlr *ctrlr)
{
	if (ctrlr_check(ctrlr, "sweeping"))
		return; /* a forked child's copy: the parent looks after it */
	if (!bringup_is_disabled(ctrlr)) {
		set_aside(ctrlr);
		return;
	}
	log_info("%s has come to rest and is freed", ctrlr->uri);
	ctrlr_free(ctrlr);
}

void ctrlrs_sweep(void)
{
	struct upnvme_ctrlr *ctrlr = atomic_exchange(&aside, NULL), *next;
	struct upnvme_error before = *error_last();

	if (!ctrlr)
		return;
	for (; ctrlr; ctrlr = next) {
		next = ctrlr->next_aside;
		sweep(ctrlr);
	}
	if (before.err)
		error_set(before.err, before.code, "%s", before.text);
	else
		error_clear();
}
