/* SPDX-License-Identifier: BSD-3-Clause */
/* The transports that this library has, by the scheme of their URIs. */
#include "transport/transport.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"

static const struct transport_ops *const transports[] = { &transport_soft, &transport_pcie };

/* Lists the schemes, as in "soft, pcie"; the list is cut where the room ends. */
static const char *schemes(char *room, size_t bytes)
{
	size_t used = 0;

	room[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(transports) && used < bytes; i++)
		used += (size_t)snprintf(room + used, bytes - used, "%s%s", i ? ", " : "",
					 transports[i]->scheme);
	return room;
}

int transport_open(struct transport **transport, const struct uri *uri,
		   const struct media_maker *const *makers)
{
	char known[64];

	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (!strcmp(transports[i]->scheme, uri_scheme(uri)))
			return transports[i]->open(transport, uri, makers);
	return error_set(-EINVAL, UPNVME_ERR_URI_SCHEME,
			 "URI \"%s\": unknown scheme \"%s\"; this library knows: %s", uri_text(uri),
			 uri_scheme(uri), schemes(known, sizeof(known)));
}

void transport_close(struct transport *transport)
{
	if (transport)
		transport->ops->close(transport);
}
