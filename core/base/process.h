/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The number of this process, and guards for what all of its threads share.
 *
 * A process has a number that none of its parents has, so that a child knows inherited things as
 * its parent's. The number is kept in a page that fork wipes; a process identifier would not do,
 * since the first process of each PID namespace is 1.
 *
 * A forked child has one thread, and a lock that another thread held at the fork would be held for
 * ever. A guard therefore names the process that holds it: in the child the guard is free, and the
 * guarded data has no owner.
 */
#ifndef UPNVME_BASE_PROCESS_H
#define UPNVME_BASE_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Makes pages read as zeroes in a forked child. 0, or a negative errno with its sentence. */
int process_wipe(void *base, uint64_t bytes);

/* To be called before anything is made that children must not use. 0, or a negative errno with its sentence
 * if the kernel wipes no page on fork: children would be taken for their parents. */
int process_begin(void);

/* The number of this process, which is greater than that of every process that it was forked from. */
uint32_t process_number(void);

/* A guard is static, and all zeroes at first. */
struct guard {
	/* The number of the process whose thread holds the guard, and whether other threads wait. */
	_Atomic uint32_t holder;
	uint32_t user; /* the process that held the guard last */
};

/* Waits for the guard. True for the first thread of this process that gets it: the guarded data is all zeroes,
 * or was a parent's, whose threads may have been changing it. */
bool guard_enter(struct guard *guard);
void guard_leave(struct guard *guard);

#endif
