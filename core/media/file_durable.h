/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what was written to a file is where it should be: a failed sync is never forgotten. */
#ifndef UPNVME_MEDIA_FILE_DURABLE_H
#define UPNVME_MEDIA_FILE_DURABLE_H

#include "media/file.h"

/*
 * Makes what is read what is on the disk: what others have written is synced, and what the system keeps of the file is
 * dropped. 0, or a negative errno with its sentence. Not for a file that is only read.
 */
int file_durable_begin(struct file_media *file);
void file_durable_end(struct file_media *file);

/* A sync has failed: from now on the medium changes no more, and whatever would have to be durable fails. */
void file_durable_lost(struct file_media *file, const char *why);

/*
 * Whether all that was written may be durable: asked after a sync or a durable write that succeeded, and before it is
 * told. False for good once anything was lost.
 */
bool file_durable(struct file_media *file);

#endif
