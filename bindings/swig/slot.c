/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots: the records of commands from their acceptance to their completion, with the callback and the
 * holder of the memory. */
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

/* Frees the slots and the references of those in use, once the device does not touch the commands'
 * memory any more. */
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

/* Records a completion. The library calls this on the owner's thread, which may have given up the
 * interpreter's lock, so no Python object is touched. */
void slot_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot_more(slot)->done = *done;
	slot->channel->recorded[slot->channel->nrecorded++] = slot;
}
