/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Controllers that are closed while something may still touch their memory: storage behind a software controller has
 * not answered, or a device could be neither disabled nor isolated. Their memory stays as it is, and the controllers
 * are looked at again whenever a controller is opened or closed.
 */
#include "driver/aside.h"

#include <stdatomic.h>

#include "base/error.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/process.h"
#include "driver/bringdown.h"
#include "driver/ctrlr.h"
#include "driver/ns.h"

static struct guard aside_guard;
static struct upnvme_ctrlr *aside;

/* In a forked child the list begins empty: controllers that the parent has set aside are the parent's. */
static void aside_enter(void)
{
	if (guard_enter(&aside_guard))
		aside = NULL;
}

static void set_aside(struct upnvme_ctrlr *ctrlr)
{
	aside_enter();
	ctrlr->next_aside = aside;
	aside = ctrlr;
	guard_leave(&aside_guard);
}

static struct upnvme_ctrlr *take_all(void)
{
	struct upnvme_ctrlr *all;

	aside_enter();
	all = aside;
	aside = NULL;
	guard_leave(&aside_guard);
	return all;
}

/* Handles of the controller and of its namespaces are stale from here on, even when its memory is set aside. */
void ctrlr_end(struct upnvme_ctrlr *ctrlr)
{
	handle_remove(ctrlr);
	ns_destroy(ctrlr);
	if (!atomic_load(&ctrlr->at_large)) {
		ctrlr_free(ctrlr);
		return;
	}
	log_error(
		"%s could not be disabled and may still access its memory: all of it is set aside "
		"until the controller is disabled",
		ctrlr->uri);
	set_aside(ctrlr);
}

static void sweep(struct upnvme_ctrlr *ctrlr)
{
	if (!bringdown_is_disabled(ctrlr)) {
		set_aside(ctrlr);
		return;
	}
	log_info("%s, which was set aside, is disabled now and is freed", ctrlr->uri);
	ctrlr_free(ctrlr);
}

void ctrlrs_sweep(void)
{
	struct upnvme_ctrlr *ctrlr = take_all(), *next;
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
