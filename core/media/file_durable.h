/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether written data is on the disk: a failed sync of a file is never forgotten. */
#ifndef UPNVME_MEDIA_FILE_DURABLE_H
#define UPNVME_MEDIA_FILE_DURABLE_H

#include "media/file.h"

/*
 * Makes reads give what is on the disk: data that others have written is synced, and the system's cached pages of the
 * file are dropped. 0, or a negative errno with its sentence. Not for a file that is only read.
 */
int file_durable_begin(struct file_media *file);
void file_durable_end(struct file_media *file);

/* A sync has failed: from now on the medium changes no more, and every request that asks for durability fails. */
void file_durable_lost(struct file_media *file, const char *why);

/*
 * Whether all written data may be durable. Asked when a sync or a durable write has succeeded, before anybody is told
 * of that success. False for good once anything was lost.
 */
bool file_durable(struct file_media *file);

#endif
