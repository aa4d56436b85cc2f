/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of commands and of completions, in the layout that upnvme/types.h gives their structs. */
#include "glue.h"

#include <string.h>

/* The fields of struct upnvme_op, with offsets into buffers in place of the pointers. */
static const struct field op_fields[] = {
	{ "opcode", "B", 0 },    { "form", "B", 1 },          { "flags", "H", 2 },
	{ "nsid", "I", 4 },      { "lba", "Q", 8 },           { "blocks", "I", 16 },
	{ "dsm", "B", 20 },      { "dtype", "B", 21 },        { "directive", "H", 22 },
	{ "tag", "Q", 24 },      { "offset", "Q", 32 },       { "metadata", "Q", 40 },
	{ "ref_tag", "Q", 48 },  { "niov", "H", 56 },         { "app_tag", "H", 58 },
	{ "app_mask", "H", 60 }, { "ref_tag_high", "H", 62 }, { NULL, NULL, 0 },
};
static const char op_format[] =
	"T{<B:opcode:<B:form:<H:flags:<I:nsid:<Q:lba:<I:blocks:<B:dsm:<B:dtype:<H:directive:"
	"<Q:tag:<Q:offset:<Q:metadata:<Q:ref_tag:<H:niov:<H:app_tag:<H:app_mask:<H:ref_tag_high:}";

static const struct field done_fields[] = {
	{ "tag", "Q", 0 },    { "result", "Q", 8 },  { "status", "H", 16 },
	{ "flags", "H", 18 }, { "blocks", "I", 20 }, { NULL, NULL, 0 },
};
static const char done_format[] = "T{<Q:tag:<Q:result:<H:status:<H:flags:<I:blocks:<Q:reserved:}";

static int records_make(struct records *self, bool ops, size_t n)
{
	self->itemsize = ops ? sizeof(struct upnvme_op) : sizeof(struct upnvme_completion);
	self->format = ops ? op_format : done_format;
	self->fields = ops ? op_fields : done_fields;
	self->n = (Py_ssize_t)n;
	self->data =
		n < PY_SSIZE_T_MAX / 64 ? PyMem_Malloc((n ? n : 1) * (size_t)self->itemsize) : NULL;
	if (self->data)
		return 0;
	PyErr_NoMemory();
	return -1;
}

PyObject *records_init(struct records *self, uint32_t kind, size_t n)
{
	if (self->data) {
		PyErr_SetString(PyExc_ValueError, "these records have memory: make new ones");
		return NULL;
	}
	if (records_make(self, kind == 0, n) < 0)
		return NULL;
	memset(self->data, 0, n * (size_t)self->itemsize);
	Py_RETURN_NONE;
}

/* Makes a Completions of the package with room for n completions, which the caller fills in. */
struct records *records_completions(uint32_t n)
{
	struct records *self = (struct records *)type_new((PyTypeObject *)hooks.completions);

	if (!self || records_make(self, false, n) == 0)
		return self;
	Py_DECREF((PyObject *)self);
	return NULL;
}

PyObject *records_column(struct records *self, const char *name)
{
	for (const struct field *field = self->fields; field && field->name; field++)
		if (strcmp(field->name, name) == 0)
			return column_new((PyObject *)self, self->data + field->at, self->n,
					  self->itemsize, field->format);
	PyErr_Format(PyExc_KeyError, "no field \"%s\"", name);
	return NULL;
}

PyObject *records_done(struct records *self, size_t index)
{
	if (self->fields == done_fields && index < (size_t)self->n)
		return done_new((const struct upnvme_completion *)self->data + index);
	PyErr_SetString(PyExc_IndexError, "no such completion");
	return NULL;
}

static int records_get(PyObject *object, Py_buffer *view, int flags)
{
	struct records *self = (struct records *)object;

	view->obj = NULL;
	if (!self->data) {
		PyErr_SetString(PyExc_ValueError, "these records have no memory");
		return -1;
	}
	*view = (Py_buffer){ .buf = self->data,
			     .len = self->n * self->itemsize,
			     .itemsize = flags & PyBUF_FORMAT ? self->itemsize : 1,
			     .ndim = 1,
			     .format = flags & PyBUF_FORMAT ? (char *)self->format : NULL,
			     .shape = flags & PyBUF_ND ? &self->n : NULL,
			     .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &self->itemsize :
										   NULL };
	if (!(flags & PyBUF_FORMAT) && flags & PyBUF_ND)
		view->itemsize = self->itemsize;
	Py_INCREF(object);
	view->obj = object;
	return 0;
}

static Py_ssize_t records_length(PyObject *object)
{
	return ((struct records *)object)->n;
}

static void records_dealloc(PyObject *object)
{
	PyMem_Free(((struct records *)object)->data);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, records_dealloc },
	{ Py_bf_getbuffer, records_get },
	{ Py_sq_length, records_length },
	{ Py_tp_doc,
	  "Commands or completions, as upnvme.Batch and upnvme.Completions build on them." },
	{ 0, NULL },
};

PyType_Spec records_spec = { "_upnvme.Records", sizeof(struct records), 0,
			     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots };
