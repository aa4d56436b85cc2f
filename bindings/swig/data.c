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
	if (buffer_get(holder, writable, &view) < 0) {
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
	if (memory_check(memory) < 0)
		return -1;
	if (writable && memory->readonly) {
		PyErr_SetString(PyExc_ValueError, "this buffer is read-only");
		return -1;
	}
	Py_INCREF(object);
	*data = (struct data){ memory->data, memory->size, object, memory->readonly };
	return 0;
}

/* A Buffer may be freed by another thread during a wait: holding the object does not prevent its
 * free(). */
int data_check(const struct data *data)
{
	return PyObject_TypeCheck(data->keep, memory_type) ?
		       memory_check((struct memory *)data->keep) :
		       0;
}

static void settle_at(struct session *session, const char *at)
{
	for (struct memory *memory = session->memories; memory; memory = memory->next)
		if (memory->cached && (size_t)(at - memory->data) < memory->size)
			memory->cached = false;
}

/* A Buffer may be dropped before its command is done: its memory must then go to the library, not
 * to the next read. The caller may give the Buffer through another object, and the Buffer may be of
 * another controller. */
void data_settle(const struct data *data)
{
	if (!data->at)
		return;
	if (PyObject_TypeCheck(data->keep, memory_type)) {
		((struct memory *)data->keep)->cached = false;
		return;
	}
	for (struct session *session = sessions; session; session = session->next)
		settle_at(session, data->at);
}

int data_blocks(const struct data *data, size_t block, uint32_t *blocks)
{
	size_t n = block ? data->bytes / block : 0;

	if (!block || data->bytes % block) {
		PyErr_Format(PyExc_ValueError,
			     "%zu bytes are no whole number of blocks of %zu bytes", data->bytes,
			     block);
		return -1;
	}
	if (n > UINT32_MAX) {
		PyErr_Format(PyExc_ValueError,
			     "%zu bytes are %zu blocks, and one command has %u at most",
			     data->bytes, n, UINT32_MAX);
		return -1;
	}
	*blocks = (uint32_t)n;
	return 0;
}
