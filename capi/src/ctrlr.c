/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/ctrlr.h, controllers: opening, closing, polling, properties. */
#include "driver/ctrlr.h"

#include "check.h"
#include "driver/event.h"
#include "driver/poll.h"
#include "media.h"
#include "options.h"

/* The sizes of the first version, which never change. */
#define OPEN_OPTS_V1  32u
#define CTRLR_INFO_V1 408u
_Static_assert(sizeof(struct upnvme_open_opts) >= OPEN_OPTS_V1, "options only grow");
_Static_assert(sizeof(struct upnvme_ctrlr_info) >= CTRLR_INFO_V1, "records only grow");

int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri, const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts known;
	int rc = check_pointer(ctrlr, "upnvme_open", "ctrlr");

	if (!rc)
		rc = check_pointer(uri, "upnvme_open", "uri");
	if (!rc)
		rc = options_take(&known, sizeof(known), opts, OPEN_OPTS_V1, "upnvme_open_opts");
	return rc ? rc : ctrlr_open(ctrlr, uri, &known, media_makers);
}

int upnvme_close(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr ? ctrlr_check(ctrlr, "upnvme_close") : 0;

	return rc || !ctrlr ? rc : ctrlr_close(ctrlr);
}

int upnvme_ctrlr_poll(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_poll");

	return rc ? rc : ctrlr_poll(ctrlr);
}

int upnvme_ctrlr_abandon(upnvme_ctrlr *ctrlr)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_abandon");

	if (!rc)
		poll_abandon(ctrlr);
	return rc;
}

int upnvme_ctrlr_on_event(upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg)
{
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_on_event");

	if (!rc)
		events_on(ctrlr, cb, arg);
	return rc;
}

const char *upnvme_ctrlr_uri(const upnvme_ctrlr *ctrlr)
{
	return ctrlr_check(ctrlr, "upnvme_ctrlr_uri") ? NULL : ctrlr->uri;
}

int upnvme_ctrlr_info_get(upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info)
{
	struct upnvme_ctrlr_info full;
	int rc = ctrlr_check(ctrlr, "upnvme_ctrlr_info_get");

	if (!rc)
		rc = check_pointer(info, "upnvme_ctrlr_info_get", "info");
	if (!rc)
		rc = record_check(info, CTRLR_INFO_V1, "upnvme_ctrlr_info");
	if (rc)
		return rc;
	ctrlr_info(ctrlr, &full);
	record_give(info, &full, sizeof(full));
	return 0;
}
