/* SPDX-License-Identifier: BSD-3-Clause */
/* Media of a software controller that fail, or that answer only when the test lets them. */
#ifndef UPNVME_TESTS_FAULT_MEDIA_H
#define UPNVME_TESTS_FAULT_MEDIA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "softctrl/internal.h"
#include "media/ops.h"

/* A request waits as long as it is held, and then ends with the result for its operation. */
struct fault {
	_Atomic bool held;
	_Atomic unsigned held_ops; /* bit per operation: these are held, too */
	int results[MEDIA_WRITE_ZEROES + 1];
	_Atomic unsigned nsubmitted[MEDIA_WRITE_ZEROES + 1];
	unsigned nclosed_early; /* channels that were closed with something outstanding */
	bool fua;
};
extern struct fault fault;

/* Forgets all faults, and puts the faults before the media of a controller that is not enabled. */
void fault_attach(struct softctrl *sc);

#endif
