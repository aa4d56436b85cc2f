/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A software controller's configuration from a URI, for all who offer such a controller: a transport to their own
 * process, servers to others. The URI's path and some keys are the medium's (media/maker.h); the other keys are the
 * controller's, to try a program against controllers of another shape (softctrl.h has the largest values):
 *   namespaces=  how many, 1 or more, each with a medium of its own; only for kinds of media that share nothing
 *   mode=        inline (the default): each queue's owner does the controller's work for it; thread: a thread does
 *   mdts=        a command's data is at most 2^mdts pages of 4 KiB, 1 or more
 *   entries=     of the largest queue (CAP.MQES + 1), 2 to 65536
 *   queues=      I/O queue pairs, 1 or more
 *   dstrd=       doorbell stride (CAP.DSTRD)
 *   sgl=         0: PRP only
 *   cmb=         bytes of the controller memory buffer, whole pages of 4 KiB; 0: none
 *   noiob=       Namespace Optimal I/O Boundary in blocks, 0 to 65535
 *   serial=      serial number, at most 20 printable ASCII characters, of which all identifiers are made; if not given,
 *                a file's own, the same at each opening, and a random one for memory. SMART counts from the opening: a
 *                count that lasts would have to be written into somebody's file, or beside it
 */
#ifndef UPNVME_SOFTCTRL_CONFIG_H
#define UPNVME_SOFTCTRL_CONFIG_H

#include "softctrl/softctrl.h"

struct media_maker;
struct uri;

/*
 * Fills the configuration, all but `dma` and `interrupt`, from a URI and a table of makers (media/maker.h). A key that
 * neither the medium nor the controller takes is refused, unless it is among `others`: words, ended by NULL, that
 * somebody else reads. 0, or a negative errno with its sentence.
 *
 * The configuration is valid as long as the URI is, and until softctrl_config_release. An error leaves nothing to
 * release.
 */
int softctrl_config_read(struct softctrl_config *config, const struct uri *uri,
			 const struct media_maker *const *makers, const char *const *others);
void softctrl_config_release(struct softctrl_config *config);

#endif
