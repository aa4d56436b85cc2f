/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A software controller's configuration from a URI. All that offer such a controller use it: the transport that offers
 * one to its own process, and servers that offer one to others. The URI's path and some keys are the medium's
 * (media/maker.h). The other keys are the controller's, so that a program can be tried against controllers of other
 * shapes (softctrl.h has the largest values):
 *   namespaces=  how many namespaces, 1 or more, each with a medium of its own; only for kinds of media that share
 *                nothing
 *   mode=        inline (the default): each queue's owner does the controller's work for the queue; thread: a thread
 *                of the controller's does the work
 *   mdts=        a command's data is at most 2^mdts pages of 4 KiB, 1 or more
 *   entries=     entries of the largest queue (CAP.MQES + 1), 2 to 65536
 *   queues=      I/O queue pairs, 1 or more
 *   dstrd=       doorbell stride (CAP.DSTRD)
 *   sgl=         0: I/O commands have PRPs only
 *   cmb=         bytes of the controller memory buffer, whole pages of 4 KiB; 0: none
 *   noiob=       Namespace Optimal I/O Boundary in blocks, 0 to 65535
 *   serial=      serial number, at most 20 printable ASCII characters. The NQN and the namespaces' identifiers are made
 *                of it. The default is the same for a file at each opening, and random for memory.
 * The counters of SMART begin with the opening: counters that last would have to be kept in the user's file, or in a
 * file beside it.
 */
#ifndef UPNVME_SOFTCTRL_CONFIG_H
#define UPNVME_SOFTCTRL_CONFIG_H

#include "softctrl/softctrl.h"

struct media_maker;
struct uri;

/*
 * Fills the configuration, all but `dma` and `interrupt`, from a URI and a table of makers (media/maker.h). A key that
 * neither the medium nor the controller takes is refused, unless the key is among `others`: words, ended by NULL, that
 * the caller reads itself. 0, or a negative errno with its sentence.
 *
 * The configuration is valid as long as the URI is, and until softctrl_config_release. An error leaves nothing to
 * release.
 */
int softctrl_config_read(struct softctrl_config *config, const struct uri *uri,
			 const struct media_maker *const *makers, const char *const *others);
void softctrl_config_release(struct softctrl_config *config);

#endif
