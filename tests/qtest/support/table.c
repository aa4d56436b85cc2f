/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a QEMU process of a case's size and shape; idle processes are used again. */
#include "support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviour/stranger.h"
#include "support/qemu.h"
#include "support/qtest_transport.h"

#define PROCESSES_MAX 6u

static struct process {
	struct qemu *qemu;
	struct shape shape;
} processes[PROCESSES_MAX];

static struct qemu *start(const struct shape *shape)
{
	struct qemu_ns namespaces[QEMU_NAMESPACES_MAX] = { { 0 } };
	struct qemu_config config = { .namespaces = namespaces,
				      .nnamespaces = (uint32_t)shape->nnamespaces };
	char properties[64];

	snprintf(properties, sizeof(properties), "mdts=%u,max_ioqpairs=%u", (unsigned)shape->mdts,
		 (unsigned)shape->nqueues);
	config.properties = properties;
	for (uint32_t i = 0; i < shape->nnamespaces; i++)
		namespaces[i] = (struct qemu_ns){ .nsid = i + 1,
						  .bytes = shape->size,
						  .block_bytes = (uint32_t)shape->block };
	return qemu_start(&config);
}

/* An idle process of that shape, wiped, or a new one, for which an idle one may have to end. */
static struct qemu *process_for(const struct shape *shape)
{
	struct process *place = NULL;

	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		struct process *process = &processes[i];

		if (process->qemu && process->qemu->nusers)
			continue;
		if (process->qemu && !memcmp(&process->shape, shape, sizeof(*shape))) {
			qemu_wipe(process->qemu);
			return process->qemu;
		}
		if (!place || !process->qemu)
			place = process;
	}
	if (!place)
		abort(); /* no case has that many controllers */
	qemu_stop(place->qemu);
	*place = (struct process){ start(shape), *shape };
	return place->qemu;
}

static uint64_t given(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

int stranger_open(upnvme_ctrlr **ctrlr, const struct shape *shape,
		  const struct upnvme_open_opts *opts)
{
	struct shape whole = {
		.size = given(shape->size, 1 << 30),
		.block = given(shape->block, 4096),
		.mdts = given(shape->mdts, 7),
		.nqueues = given(shape->nqueues, 64),
		.nnamespaces = given(shape->nnamespaces, 1),
	};

	return qtest_open(ctrlr, process_for(&whole), opts);
}

void table_end(void)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		qemu_stop(processes[i].qemu);
		processes[i].qemu = NULL;
	}
}
