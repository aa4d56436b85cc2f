/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of a caller's object: a Buffer's own, any other object's by the buffer protocol. */
#include "glue.h"

/* The memoryview that is made here is `keep`: it holds the buffer until the command is done. */
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

/* Checks that a Buffer has its memory still: another thread may call its free() during a wait, which
 * a reference to the object does not prevent. */
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

/* Makes cached memory ordinary. A Buffer of Namespace.read may lose its last reference before a
 * command that uses it is done: its memory must then go to the library, which sets it aside, and not
 * to the next read. The data may be a view of the Buffer, which may belong to another controller, so
 * all controllers are searched for its address. */
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
