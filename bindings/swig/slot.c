/* SPDX-License-Identifier: BSD-3-Clause */
/* The notes on a command from its acceptance to its completion: its callback, and the holder of its
 * memory. */
#include "slot.h"

int slots_init(struct channel *channel)
{
	uint32_t n = channel->nslots;

	channel->slots = PyMem_Calloc(n, sizeof(*channel->slots));
	channel->more = PyMem_Calloc(n, sizeof(*channel->more));
	channel->recorded = PyMem_Calloc(n, sizeof(*channel->recorded));
	channel->arrived = PyMem_Calloc(n, sizeof(*channel->arrived));
	if (!channel->slots || !channel->more || !channel->recorded || !channel->arrived) {
		PyErr_NoMemory();
		return -1;
	}
	for (uint32_t i = n; i-- > 0;) {
		channel->slots[i].channel = channel;
		slot_push(&channel->slots[i]);
	}
	return 0;
}

/* To be called once the device touches none of the memory any more. A free slot holds nothing. */
void slots_fini(struct channel *channel)
{
	for (uint32_t i = 0; channel->slots && i < channel->nslots; i++) {
		struct slot *slot = &channel->slots[i];

		if (slot->callback)
			slot_give(slot);
	}
	PyMem_Free(channel->slots);
	PyMem_Free(channel->more);
	PyMem_Free(channel->recorded);
	PyMem_Free(channel->arrived);
	channel->slots = channel->free = NULL;
	channel->more = NULL;
	channel->recorded = NULL;
	channel->arrived = NULL;
	channel->nslots = channel->narrived = 0;
}

/* The library calls this on the owner's thread, which may not have the interpreter's lock. */
void slot_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot_more(slot)->done = *done;
	slot->channel->recorded[slot->channel->nrecorded++] = slot;
}
