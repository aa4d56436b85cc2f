/* SPDX-License-Identifier: BSD-3-Clause */
/* What is noted of a command from its acceptance to its completion: whom to call, and what holds its memory. */
#include "slot.h"

struct share *share_new(PyObject *object, uint32_t n)
{
	struct share *share = object && n ? PyMem_Malloc(sizeof(*share)) : NULL;

	if (share) {
		Py_INCREF(object);
		*share = (struct share){ object, n };
	} else if (object && n) {
		PyErr_NoMemory();
	}
	return share;
}

void share_drop(struct share *share, uint32_t n)
{
	if (!share)
		return;
	share->n -= n;
	if (share->n)
		return;
	Py_DECREF(share->object);
	PyMem_Free(share);
}

int slots_init(struct channel *channel)
{
	uint32_t n = channel->nslots;

	channel->slots = PyMem_Calloc(n, sizeof(*channel->slots));
	channel->more = PyMem_Calloc(n, sizeof(*channel->more));
	channel->recorded = PyMem_Calloc(n, sizeof(*channel->recorded));
	channel->ops = PyMem_Calloc(n, sizeof(*channel->ops));
	if (!channel->slots || !channel->more || !channel->recorded || !channel->ops) {
		PyErr_NoMemory();
		return -1;
	}
	for (uint32_t i = n; i-- > 0;) {
		channel->slots[i].channel = channel;
		slot_push(&channel->slots[i]);
	}
	return 0;
}

/* Only once the device touches nothing of it any more. A free slot holds nothing. */
void slots_fini(struct channel *channel)
{
	for (uint32_t i = 0; channel->slots && i < channel->nslots; i++) {
		struct slot *slot = &channel->slots[i];

		if (slot->callback)
			slot_give(slot);
		else
			share_drop(slot->share, 1);
	}
	PyMem_Free(channel->slots);
	PyMem_Free(channel->more);
	PyMem_Free(channel->recorded);
	PyMem_Free(channel->ops);
	channel->slots = channel->free = NULL;
	channel->more = NULL;
	channel->recorded = NULL;
	channel->ops = NULL;
	channel->nfree = channel->nslots = 0;
}

/* The library calls it on the owner's thread, which may not have the interpreter's lock. */
void slot_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot_more(slot)->done = *done;
	slot->channel->recorded[slot->channel->nrecorded++] = slot;
}

/* Commands of one batch mostly come together: they are counted together. */
void slots_restore(struct upnvme_completion *done, int n)
{
	struct share *share = NULL;
	uint32_t count = 0;

	for (int i = 0; i < n; i++) {
		struct slot *slot = (struct slot *)(uintptr_t)done[i].tag;

		if (slot->share != share) {
			share_drop(share, count);
			share = slot->share;
			count = 0;
		}
		count++;
		done[i].tag = slot->tag;
		slot_push(slot);
	}
	share_drop(share, count);
}
