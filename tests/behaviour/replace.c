/* SPDX-License-Identifier: BSD-3-Clause */
/* How a stranger's controller takes the software controller's place. */
#include <string.h>

#include "base/uri.h"
#include "base/util.h"
#include "stranger.h"

static struct shape shape_of(const char *text)
{
	struct shape shape = { 0 };
	struct uri *uri;

	if (uri_parse(&uri, text))
		return shape;
	uri_get_size(uri, "size", &shape.size);
	uri_get_size(uri, "block", &shape.block);
	uri_get_number(uri, "mdts", 0, 12, &shape.mdts);
	uri_get_number(uri, "queues", 1, 64, &shape.nqueues);
	uri_get_number(uri, "namespaces", 1, 1024, &shape.nnamespaces);
	uri_free(uri);
	return shape;
}

int stranger_replace(stranger_open_fn *open, upnvme_ctrlr **ctrlr, const char *uri,
		     const struct upnvme_open_opts *opts)
{
	struct upnvme_open_opts known = UPNVME_OPEN_OPTS_INIT;
	int rc = open(ctrlr, uri, opts);
	struct shape shape;

	if (rc || strncmp(uri, "soft:", 5) != 0)
		return rc;
	rc = upnvme_close(*ctrlr);
	if (rc)
		return rc;
	if (opts)
		memcpy(&known, opts, MIN(opts->size, sizeof(known)));
	shape = shape_of(uri);
	return stranger_open(ctrlr, &shape, &known);
}
