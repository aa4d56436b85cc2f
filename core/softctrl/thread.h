/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's thread, from its start to its end. */
#ifndef UPNVME_SOFTCTRL_THREAD_H
#define UPNVME_SOFTCTRL_THREAD_H

struct softctrl;

/* 0, or a negative errno with its sentence recorded. Stopping a thread that was not started does nothing. */
int sc_thread_start(struct softctrl *sc);
void sc_thread_stop(struct softctrl *sc);

#endif
