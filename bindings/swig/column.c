/* SPDX-License-Identifier: BSD-3-Clause */
/* A column: one field of all records, as an array with a stride, for memoryview and NumPy. */
#include "glue.h"

struct column {
	PyObject_HEAD PyObject *owner;
	char *data;
	const char *format;
	Py_ssize_t n, stride, itemsize;
};

PyObject *column_new(PyObject *owner, char *data, Py_ssize_t n, Py_ssize_t stride,
		     const char *format)
{
	struct column *self = (struct column *)type_new(column_type);

	if (!self)
		return NULL;
	Py_INCREF(owner);
	self->owner = owner;
	self->data = data;
	self->n = n;
	self->stride = stride;
	self->format = format;
	self->itemsize = PyBuffer_SizeFromFormat(format);
	return (PyObject *)self;
}

static int column_get(PyObject *object, Py_buffer *view, int flags)
{
	struct column *self = (struct column *)object;

	view->obj = NULL;
	if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
		PyErr_SetString(PyExc_BufferError,
				"a column has a stride: use memoryview or NumPy");
		return -1;
	}
	*view = (Py_buffer){ .buf = self->data,
			     .len = self->n * self->itemsize,
			     .itemsize = self->itemsize,
			     .ndim = 1,
			     .format = flags & PyBUF_FORMAT ? (char *)self->format : NULL,
			     .shape = &self->n,
			     .strides = &self->stride };
	Py_INCREF(object);
	view->obj = object;
	return 0;
}

static void column_dealloc(PyObject *object)
{
	Py_XDECREF(((struct column *)object)->owner);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, column_dealloc },
	{ Py_bf_getbuffer, column_get },
	{ Py_tp_doc, "One field of every record." },
	{ 0, NULL },
};

PyType_Spec column_spec = { "_upnvme.Column", sizeof(struct column), 0, Py_TPFLAGS_DEFAULT, slots };
