/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of media that a URI of a software controller can name. */
#ifndef UPNVME_CAPI_MEDIA_H
#define UPNVME_CAPI_MEDIA_H

struct media_maker;

/* The table of makers (media/maker.h), which is handed down to the code that opens a controller. */
extern const struct media_maker *const media_makers[];

#endif
