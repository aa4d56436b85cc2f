/* SPDX-License-Identifier: BSD-3-Clause */
/* A group: the commands of a batch that one future waits for. Their completions are gathered in an
 * array, which becomes the future's result. */
#include "glue.h"

struct group {
	PyObject_HEAD PyObject *future;
	PyObject *refusal; /* the exception for the command that ended the batch; may be null */
	struct records *done;
	uint32_t wanted, sent, taken;
};

PyObject *group_make(uint32_t n, PyObject *future)
{
	struct group *self = (struct group *)type_new(group_type);

	if (!self)
		return NULL;
	self->done = records_completions(n);
	self->wanted = n;
	Py_INCREF(future);
	self->future = future;
	if (self->done)
		return (PyObject *)self;
	Py_DECREF((PyObject *)self);
	return NULL;
}

/* The number of commands that may still be sent: as many as the batch had when the group was made,
 * whatever length the array has by now. */
uint32_t group_room(PyObject *group)
{
	return ((struct group *)group)->wanted - ((struct group *)group)->sent;
}

void group_sent(PyObject *group, uint32_t n)
{
	((struct group *)group)->sent += n;
}

/* Settles the future when all commands are done. */
static int group_settle(struct group *self)
{
	if (self->taken < self->wanted)
		return 0;
	self->done->n = self->taken;
	if (!self->refusal)
		return future_set(self->future, (PyObject *)self->done);
	if (PyObject_SetAttrString(self->refusal, "completions", (PyObject *)self->done) < 0)
		return -1;
	PyErr_SetObject((PyObject *)Py_TYPE(self->refusal), self->refusal);
	return future_fail(self->future);
}

int group_take(struct group *self, const struct upnvme_completion *done)
{
	((struct upnvme_completion *)self->done->data)[self->taken++] = *done;
	return group_settle(self);
}

/* Ends the batch after n commands; `refusal`: None, or the exception that says why. */
PyObject *group_end(PyObject *group, uint32_t n, PyObject *refusal)
{
	struct group *self = type_cast(group, group_type, "group");

	if (!self)
		return NULL;
	self->wanted = n;
	if (refusal != Py_None)
		self->refusal = Py_NewRef(refusal);
	if (group_settle(self) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static int group_traverse(PyObject *object, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(object));
	Py_VISIT(((struct group *)object)->future);
	Py_VISIT(((struct group *)object)->refusal);
	return 0;
}

static int group_clear(PyObject *object)
{
	Py_CLEAR(((struct group *)object)->future);
	Py_CLEAR(((struct group *)object)->refusal);
	return 0;
}

static void group_dealloc(PyObject *object)
{
	PyObject_GC_UnTrack(object);
	group_clear(object);
	Py_XDECREF((PyObject *)((struct group *)object)->done);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, group_dealloc },
	{ Py_tp_traverse, group_traverse },
	{ Py_tp_clear, group_clear },
	{ Py_tp_doc, "The commands of a batch that one future waits for." },
	{ 0, NULL },
};

PyType_Spec group_spec = { "_upnvme.Group", sizeof(struct group), 0,
			   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots };
