/* SPDX-License-Identifier: BSD-3-Clause */
/* The identity of a medium: it differs from all others, whoever opens the medium, as long as the medium lives. */
#ifndef UPNVME_MEDIA_IDENTITY_H
#define UPNVME_MEDIA_IDENTITY_H

#include "media/media.h"

/* A new identity, for a medium that ends with the process. */
void identity_random(struct media_identity *identity);

/*
 * The identity of an open file or block device: the same when the file is opened again or renamed, and after a restart
 * of the system; another for a copy, and for a file in the place of a removed one. Random if the system
 * tells nothing of the file.
 */
void identity_of_file(struct media_identity *identity, int fd);

#endif
