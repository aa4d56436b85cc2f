/* SPDX-License-Identifier: BSD-3-Clause */
/* The table, run against a controller that is not ours: QEMU's. Where a case opens a software
 * controller, the program, which is linked with --wrap=upnvme_open, opens a controller of that
 * shape. */
#ifndef UPNVME_TESTS_BEHAVIOUR_STRANGER_H
#define UPNVME_TESTS_BEHAVIOUR_STRANGER_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme.h>

/* The shape that a URI of the software controller asks for. 0: any. */
struct shape {
	uint64_t size, block; /* of a namespace and of a block of it, in bytes */
	uint64_t mdts, nqueues, nnamespaces;
};

typedef int stranger_open_fn(upnvme_ctrlr **ctrlr, const char *uri,
			     const struct upnvme_open_opts *opts);

/* replace.c: an upnvme_open that first checks arguments, options and URI by the real one; a
 * software controller that this has opened is then replaced. */
int stranger_replace(stranger_open_fn *open, upnvme_ctrlr **ctrlr, const char *uri,
		     const struct upnvme_open_opts *opts);

/* The cases to run: all, or a half of them; cases about memory, threads and processes, and those
 * with one size of blocks, are in both halves. Or a few: the former, and one of each kind of the
 * others. */
enum stranger_choice { STRANGER_ALL, STRANGER_EVEN, STRANGER_ODD, STRANGER_FEW };

/* The choice with this name, for example "even"; STRANGER_ALL for a name that is none. */
enum stranger_choice stranger_choice_of(const char *name);

/* The names of the chosen cases that QEMU's controller can be opened for, in blocks of this size,
 * on standard output. */
int stranger_list(const char *table, uint32_t block, enum stranger_choice choice);

/* Runs the cases that QEMU's controller can be opened for, in blocks of these sizes, each as a
 * test; returns as cmocka does. The tests' names have the label. */
int stranger_run(const char *table, const char *label, const uint32_t *blocks, size_t nblocks,
		 enum stranger_choice choice);

/* Each program has its own: opens a free controller of that shape, which holds nothing but zeroes;
 * returns as upnvme_open. */
int stranger_open(upnvme_ctrlr **ctrlr, const struct shape *shape,
		  const struct upnvme_open_opts *opts);

#endif
