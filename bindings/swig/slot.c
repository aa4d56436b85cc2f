/* SPDX-License-Identifier: BSD-3-Clause */
/* What is noted of a command from its acceptance to its completion: whom to call, and what holds its memory. */
#include "glue.h"

int slots_init(struct channel *channel)
{
	uint32_t n = channel->nslots;

	channel->slots = PyMem_Calloc(n, sizeof(*channel->slots));
	channel->recorded = PyMem_Calloc(n, sizeof(*channel->recorded));
	channel->ops = PyMem_Calloc(n, sizeof(*channel->ops));
	if (!channel->slots || !channel->recorded || !channel->ops) {
		PyErr_NoMemory();
		return -1;
	}
	for (uint32_t i = n; i-- > 0;) {
		channel->slots[i].channel = channel;
		channel->slots[i].next = channel->free;
		channel->free = &channel->slots[i];
	}
	channel->nfree = n;
	return 0;
}

/* Only once the device touches nothing of it any more. */
void slots_fini(struct channel *channel)
{
	for (uint32_t i = 0; channel->slots && i < channel->nslots; i++) {
		Py_CLEAR(channel->slots[i].callback);
		Py_CLEAR(channel->slots[i].keep);
	}
	PyMem_Free(channel->slots);
	PyMem_Free(channel->recorded);
	PyMem_Free(channel->ops);
	channel->slots = channel->free = NULL;
	channel->recorded = NULL;
	channel->ops = NULL;
	channel->nfree = channel->nslots = 0;
}

/* Holds what it is given. Null without an exception: there is none free. */
struct slot *slot_take(struct channel *channel, PyObject *callback, PyObject *keep, uint64_t tag)
{
	struct slot *slot = channel->free;

	if (!slot)
		return NULL;
	channel->free = slot->next;
	channel->nfree--;
	Py_XINCREF(callback);
	Py_XINCREF(keep);
	slot->callback = callback;
	slot->keep = keep;
	slot->tag = tag;
	slot->kind = SLOT_CALL;
	return slot;
}

void slot_give(struct slot *slot)
{
	struct channel *channel = slot->channel;
	PyObject *callback = slot->callback, *keep = slot->keep;

	slot->callback = slot->keep = NULL;
	slot->next = channel->free;
	channel->free = slot;
	channel->nfree++;
	Py_XDECREF(callback);
	Py_XDECREF(keep);
}

/* The library calls it on the owner's thread, which may not have the interpreter's lock. */
void slot_done(void *arg, const struct upnvme_completion *done)
{
	struct slot *slot = arg;

	slot->done = *done;
	slot->channel->recorded[slot->channel->nrecorded++] = slot;
}

void slots_restore(struct upnvme_completion *done, int n)
{
	for (int i = 0; i < n; i++) {
		struct slot *slot = (struct slot *)(uintptr_t)done[i].tag;

		done[i].tag = slot->tag;
		slot_give(slot);
	}
}
