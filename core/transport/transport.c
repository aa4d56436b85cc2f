/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways to a controller that this library has, by the scheme of their URIs. */
#include "transport/transport.h"

#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"

static const struct transport_ops *const transports[] = { &transport_soft };

int transport_open(struct transport **transport, const struct uri *uri)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (!strcmp(transports[i]->scheme, uri_scheme(uri)))
			return transports[i]->open(transport, uri);
	return error_set(-EINVAL, UPNVME_ERR_URI_SCHEME,
			 "URI \"%s\": unknown scheme \"%s\"; this library knows: soft",
			 uri_text(uri), uri_scheme(uri));
}

void transport_close(struct transport *transport)
{
	if (transport)
		transport->ops->close(transport);
}
