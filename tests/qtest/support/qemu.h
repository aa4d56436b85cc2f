/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A QEMU process whose processor is halted: an NVMe controller that is not ours, without a guest.
 * Registers and configuration space are reached by qtest commands, its memory is shared
 * (shared_memory.h), faults come by QMP.
 *
 * All its files are memory files and socket pairs, so nothing is left behind however a test ends;
 * and the process dies with the test program.
 */
#ifndef UPNVME_TESTS_QTEST_QEMU_H
#define UPNVME_TESTS_QTEST_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <pthread.h>

#include "support/shared_memory.h"

#define QEMU_NAMESPACES_MAX 16u
#define QEMU_SERIAL         "qtest-1"
#define QEMU_MODEL          "QEMU NVMe Ctrl"

/* A namespace over a medium of zeroes. */
struct qemu_ns {
	uint32_t nsid;
	uint64_t bytes;         /* of the medium, metadata included */
	uint32_t block_bytes;   /* of data in a block; 0: 512 */
	const char *properties; /* of nvme-ns, as "ms=8,pi=1", or null */
	const char *faults;     /* of blkdebug, as "inject-error.0.errno=5,...", or null */
};

struct qemu_config {
	const char *properties; /* of nvme, as "mdts=1", or null */
	const char *object;     /* that the properties name, or null */
	const struct qemu_ns *namespaces;
	uint32_t nnamespaces;
	bool subsystem; /* namespaces can be attached and detached */
};

struct qemu {
	pid_t pid;
	struct shared_memory *memory;
	int qtest;                      /* socket */
	int qmp;                        /* socket */
	int media[QEMU_NAMESPACES_MAX]; /* memory files */
	uint32_t nmedia;
	pthread_mutex_t lock; /* one command at a time on the qtest socket */
	_Atomic bool gone;    /* the process does not answer any more */
	uint32_t nusers;      /* transports */
};

/* Ends the program with the code for "skipped" where QEMU is not installed. */
void qemu_require(void);

/* Fails the test if it cannot be started. */
struct qemu *qemu_start(const struct qemu_config *config);
/* Null is accepted. */
void qemu_stop(struct qemu *qemu);
/* All media are zeroes again. Nothing is in flight. */
void qemu_wipe(struct qemu *qemu);
/* At once, as a controller is pulled from its slot. */
void qemu_kill(struct qemu *qemu);

/* Registers of the controller, from any thread. A controller that is gone reads as all ones. */
uint64_t qemu_read(struct qemu *qemu, uint32_t offset, uint32_t bytes);
void qemu_write(struct qemu *qemu, uint32_t offset, uint32_t bytes, uint64_t value);

/* A QMP command in JSON, as printf; fails the test unless QEMU returns success. Main thread
 * only. */
__attribute__((format(printf, 2, 3))) void qemu_monitor(struct qemu *qemu, const char *format, ...);

#endif
