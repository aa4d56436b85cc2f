/* SPDX-License-Identifier: BSD-3-Clause */
/* An open controller with all that a call may want as an argument, through libffi. */
#ifndef UPNVME_TESTS_ABI_RIG_H
#define UPNVME_TESTS_ABI_RIG_H

#include "call.h"

#define RIG_BLOCK   4096u
#define RIG_BLOCKS  256u
#define RIG_RECORDS 16

struct rig {
	uint64_t ctrlr, ns, qp, buf; /* `buf` has 16 blocks of DMA memory */
	uint64_t got;                /* room for results of a call */
	void *data, *memory;         /* two pages each; the second is for registering */
	struct closure cb, event_cb, log_fn;
	uint32_t ncallbacks;
	uint64_t last_arg;   /* the last argument of a callback */
	uint64_t last_event; /* kind of the last event */
	void *done;          /* a copy of the last completion */
	void *records[RIG_RECORDS];
	unsigned nrecords;
};

void rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* A record that goes with the rig: zeroed, or what makes sense in a call. */
void *rig_record(struct rig *rig, const char *name);

/*
 * An argument by its name: `null`; a slot of the rig (`qp`), `&` and the slot for its address; `data`, `memory`; a
 * constant; a callback's type; a record's name for one of these; `'` and a text.
 */
uint64_t rig_value(struct rig *rig, const char *word);

/* Notes that the handle or buffer in that slot was closed or freed; other names are ignored. */
void rig_forget(struct rig *rig, const char *name);

#endif
