/* SPDX-License-Identifier: BSD-3-Clause */
/* Who a medium is: what distinguishes it from all others, whoever opens it, and for as long as it lives. */
#ifndef UPNVME_MEDIA_IDENTITY_H
#define UPNVME_MEDIA_IDENTITY_H

#include "media/media.h"

/* Of something that begins with this call and ends with the process. */
void identity_random(struct media_identity *identity);

/*
 * Of an open file or block device: the same when it is opened again, renamed, or the system has started anew; another
 * for a copy, and for a file that takes a removed one's place. Falls back to a random one where nothing is known.
 */
void identity_of_file(struct media_identity *identity, int fd);

#endif
