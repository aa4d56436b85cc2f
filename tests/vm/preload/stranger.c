/* SPDX-License-Identifier: BSD-3-Clause */
/* A preloaded library for programs that this build does not link, Python's and Go's. It stands
 * before the library's upnvme_open, and opens the controllers of UPNVME_STRANGERS, URIs with blanks
 * between, in the place of software ones. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour/known.h"
#include "behaviour/stranger.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void get_to_know_all(void)
{
	const char *list = getenv("UPNVME_STRANGERS");
	char *uris = list ? strdup(list) : NULL, *rest = NULL; /* known.c keeps its pieces */

	for (char *uri = uris ? strtok_r(uris, " ", &rest) : NULL; uri;
	     uri = strtok_r(NULL, " ", &rest))
		known_add(uri);
}

/* Openings by known.c come here too, and go straight on: none is of a software controller. */
__attribute__((visibility("default"))) int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri,
						       const struct upnvme_open_opts *opts)
{
	void *symbol = dlsym(RTLD_NEXT, "upnvme_open");
	stranger_open_fn *open;

	if (!symbol)
		return -ENOSYS;
	memcpy(&open, &symbol, sizeof(symbol));
	if (uri && !strncmp(uri, "soft:", 5))
		pthread_once(&once, get_to_know_all);
	return stranger_replace(open, ctrlr, uri, opts);
}
