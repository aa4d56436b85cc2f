/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking and giving back slots, which are the records of commands. */
#ifndef UPNVME_BINDINGS_SWIG_SLOT_H
#define UPNVME_BINDINGS_SWIG_SLOT_H

#include "glue.h"

static inline struct slot_more *slot_more(const struct slot *slot)
{
	return &slot->channel->more[slot - slot->channel->slots];
}

/* Takes a slot off the free list, which must have one. */
static inline struct slot *slot_pop(struct channel *channel)
{
	struct slot *slot = channel->free;

	channel->free = slot->next;
	return slot;
}

static inline void slot_push(struct slot *slot)
{
	struct channel *channel = slot->channel;

	slot->callback = NULL;
	slot->keep = NULL;
	slot->next = channel->free;
	channel->free = slot;
}

/* Takes a slot for a command; the slot gets references of its own to callback and keep. */
static inline struct slot *slot_take(struct channel *channel, enum slot_kind kind,
				     PyObject *callback, PyObject *keep, uint64_t tag)
{
	struct slot *slot = slot_pop(channel);

	Py_INCREF(callback);
	Py_XINCREF(keep);
	slot->callback = callback;
	slot->keep = keep;
	slot->tag = tag;
	slot_more(slot)->kind = kind;
	return slot;
}

/* Frees the slot, and then its references, whose end may run Python. */
static inline void slot_give(struct slot *slot)
{
	PyObject *callback = slot->callback, *keep = slot->keep;

	slot_push(slot);
	Py_DECREF(callback);
	Py_XDECREF(keep);
}

#endif
