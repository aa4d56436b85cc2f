/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events: listens to what a controller reports by itself.
 *
 * The example shows an event callback, the poll of the admin side in which the callback runs, and features: the
 * warning threshold is set to the present temperature, which brings a health warning at once, and is put back
 * afterwards.
 *
 *	events soft:ram
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <upnvme.h>

#define TEMPERATURE_THRESHOLD 0x04u /* feature identifier; NVMe Base 2.0, 5.27.1.3 */
#define ZERO_CELSIUS          273   /* in kelvin */
#define POLL_NS               1000000
#define POLLS                 10000

static const char *const kinds[] = {
	[UPNVME_EVENT_NS_CHANGED] = "a namespace has changed",
	[UPNVME_EVENT_SMART] = "a health warning",
	[UPNVME_EVENT_ERROR] = "an error",
	[UPNVME_EVENT_FAILED] = "the controller has failed",
	[UPNVME_EVENT_OTHER] = "something else",
};

struct heard {
	unsigned nwarnings;
};

static void on_event(void *arg, const struct upnvme_event *event)
{
	struct heard *heard = arg;

	printf("event: %s (type %u, information %02xh, log page %02xh, namespace %u)\n",
	       event->kind <= UPNVME_EVENT_OTHER ? kinds[event->kind] : "one of a later version",
	       event->type, event->info, event->log_page, event->nsid);
	heard->nwarnings += event->kind == UPNVME_EVENT_SMART;
}

static void set_threshold(upnvme_ctrlr *ctrlr, int32_t celsius)
{
	if (upnvme_feature_set(ctrlr, 0, TEMPERATURE_THRESHOLD, (uint32_t)(celsius + ZERO_CELSIUS),
			       0, NULL, 0) < 0)
		errx(1, "%s", upnvme_last_error());
}

/* Polls until a warning has come, POLLS times at most. Events come in polls, which cost little while there are none. */
static void listen(upnvme_ctrlr *ctrlr, const struct heard *heard)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	for (int i = 0; i < POLLS && !heard->nwarnings; i++) {
		if (upnvme_ctrlr_poll(ctrlr) < 0)
			errx(1, "%s", upnvme_last_error());
		nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	struct upnvme_features features = { .size = UPNVME_FEATURES_SIZE };
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct heard heard = { 0 };
	upnvme_ctrlr *ctrlr;

	if (argc != 2)
		errx(2, "usage: events URI");
	if (upnvme_open(&ctrlr, argv[1], NULL) < 0 || upnvme_features_get(ctrlr, &features) < 0 ||
	    upnvme_smart_get(ctrlr, &smart) < 0 ||
	    upnvme_ctrlr_on_event(ctrlr, on_event, &heard) < 0)
		errx(1, "%s", upnvme_last_error());

	printf("%d degrees Celsius, warned of from %d on\n", smart.temperature_celsius,
	       features.over_celsius);
	set_threshold(ctrlr, smart.temperature_celsius);
	listen(ctrlr, &heard);
	set_threshold(ctrlr, features.over_celsius);

	if (upnvme_close(ctrlr) < 0)
		errx(1, "%s", upnvme_last_error());
	return !heard.nwarnings;
}
