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
