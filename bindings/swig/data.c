/* SPDX-License-Identifier: BSD-3-Clause */
/* A caller's object as memory: a Buffer as it is, any other by the buffer protocol. */
#include "glue.h"

/* A memoryview holds the buffer for as long as the command needs it. */
static int data_of_view(PyObject *object, bool writable, struct data *data)
{
	PyObject *holder = PyMemoryView_FromObject(object);
	Py_buffer view;

	if (!holder)
		return -1;
	if (PyObject_GetBuffer(holder, &view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0) {
		Py_DECREF(holder);
		return -1;
	}
	*data = (struct data){ view.buf, (size_t)view.len, holder, view.readonly };
	PyBuffer_Release(&view);
	return 0;
}

int data_of(PyObject *object, bool writable, struct data *data)
{
	struct memory *memory = (struct memory *)object;

	if (!PyObject_TypeCheck(object, memory_type))
		return data_of_view(object, writable, data);
	if (!memory->data || (writable && memory->readonly)) {
		PyErr_SetString(PyExc_ValueError, memory->data ? "this buffer is read-only" :
								 "this buffer was freed");
		return -1;
	}
	Py_INCREF(object);
	*data = (struct data){ memory->data, memory->size, object, memory->readonly };
	return 0;
}

/* It may be dropped before the command is done, and must go to the library then, and not to the next read. Another
 * object may stand between it and the caller. */
void data_settle(struct session *session, const struct data *data)
{
	struct memory *memory = (struct memory *)data->keep;

	if (memory && PyObject_TypeCheck(data->keep, memory_type)) {
		memory->cached = false;
		return;
	}
	for (memory = data->at ? session->memories : NULL; memory; memory = memory->next)
		if (memory->cached && (size_t)(data->at - memory->data) < memory->size)
			memory->cached = false;
}
