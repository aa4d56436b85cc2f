/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orphans: what is left of submission queues that were deleted before their flushes ended. The caller of each function
 * has the Admin SQ's lock.
 */
#ifndef UPNVME_SOFTCTRL_ORPHAN_H
#define UPNVME_SOFTCTRL_ORPHAN_H

#include <stdbool.h>

struct sc_sq;
struct softctrl;

/* Deletes a queue; its flushes go on as an orphan. The caller has the queue's lock, too. False: there is no memory. */
bool sc_sq_orphan(struct sc_sq *sq);

/* Polls the media, and frees the orphans whose flushes have ended; true when no orphan is left. */
bool sc_orphans_rest(struct softctrl *sc);

/* Frees all orphans. Waits for the media. */
void sc_orphans_free(struct softctrl *sc);

#endif
