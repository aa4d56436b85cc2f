/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that devices reach, as a Python object with the buffer protocol. */
#include "glue.h"

#include <errno.h>

/* A registration whose Buffer has gone, while a command in flight may still touch the memory. */
struct orphan {
	Py_buffer view;
	struct orphan *next;
};

static void memory_link(struct memory *self, struct session *session)
{
	Py_INCREF((PyObject *)session);
	self->session = session;
	self->next = session->memories;
	self->link = &session->memories;
	if (self->next)
		self->next->link = &self->next;
	session->memories = self;
}

static void memory_unlink(struct memory *self)
{
	*self->link = self->next;
	if (self->next)
		self->next->link = self->link;
	self->data = NULL;
}

static int memory_is_new(struct memory *self, struct session *session)
{
	if (!self->session)
		return session_check(session);
	PyErr_SetString(PyExc_ValueError, "this buffer has memory: make a new one");
	return -1;
}

PyObject *memory_alloc(struct memory *self, struct session *session, size_t bytes, size_t align)
{
	void *data;
	int rc;

	if (memory_is_new(self, session) < 0)
		return NULL;
	rc = upnvme_dma_alloc(&data, session->ctrlr, bytes, align);
	if (rc < 0) {
		glue_raise(rc);
		return NULL;
	}
	self->data = data;
	self->size = bytes;
	memory_link(self, session);
	Py_RETURN_NONE;
}

/* Takes an orphan that no command needs any more off the list; null: there is none. */
static struct orphan *take_orphan(struct session *session)
{
	for (struct orphan **link = &session->orphans; *link; link = &(*link)->next) {
		struct orphan *orphan = *link;

		if (upnvme_mem_unregister(session->ctrlr, orphan->view.buf,
					  (size_t)orphan->view.len) == -EBUSY)
			continue;
		*link = orphan->next;
		return orphan;
	}
	return NULL;
}

/* Ends the registrations that no command needs any more. Releasing a view may run Python, which may
 * come here again: each orphan is off the list by then. */
static void orphans_retry(struct session *session)
{
	struct orphan *orphan;

	while ((orphan = take_orphan(session))) {
		PyBuffer_Release(&orphan->view);
		PyMem_Free(orphan);
	}
}

PyObject *memory_register(struct memory *self, struct session *session, PyObject *owner)
{
	int rc;

	if (memory_is_new(self, session) < 0)
		return NULL;
	orphans_retry(session);
	if (buffer_get(owner, true, &self->view) < 0) {
		if (!PyErr_ExceptionMatches(PyExc_BufferError) &&
		    !PyErr_ExceptionMatches(PyExc_ValueError))
			return NULL;
		PyErr_Clear();
		self->readonly = true;
		if (buffer_get(owner, false, &self->view) < 0)
			return NULL;
	}
	/* Getting the buffer may have run Python, which may have used this object or closed the
	 * controller. */
	if (memory_is_new(self, session) < 0) {
		PyBuffer_Release(&self->view);
		return NULL;
	}
	rc = upnvme_mem_register(session->ctrlr, self->view.buf, (size_t)self->view.len);
	if (rc < 0) {
		PyBuffer_Release(&self->view);
		glue_raise(rc);
		return NULL;
	}
	self->registered = true;
	self->data = self->view.buf;
	self->size = (size_t)self->view.len;
	memory_link(self, session);
	Py_RETURN_NONE;
}

/* Gives the memory back to the library, or ends its registration. With `must`, a registration that a
 * command still needs becomes an orphan; without, that is an error, and the Buffer keeps its memory. */
static int memory_give_back(struct memory *self, bool must)
{
	struct session *session = self->session;
	Py_buffer view = self->view;
	struct orphan *orphan;
	int rc = self->registered ? upnvme_mem_unregister(session->ctrlr, self->data, self->size) :
				    upnvme_dma_free(session->ctrlr, self->data);

	if (rc < 0 && !must)
		return rc;
	memory_unlink(self);
	if (!self->registered)
		return rc;
	orphan = rc == -EBUSY ? PyMem_Malloc(sizeof(*orphan)) : NULL;
	if (orphan) {
		*orphan = (struct orphan){ view, session->orphans };
		session->orphans = orphan;
	} else {
		PyBuffer_Release(&view);
	}
	return 0;
}

static int memory_check_views(const struct memory *self)
{
	if (!self->exports)
		return 0;
	PyErr_Format(PyExc_BufferError, "%zd views of this buffer live: release them first",
		     self->exports);
	return -1;
}

int memory_check(const struct memory *self)
{
	if (self->data)
		return 0;
	PyErr_SetString(
		PyExc_ValueError,
		!self->session ? "this buffer has no memory: use Controller.alloc" :
		self->went     ? "this buffer was freed with its controller: copy what is needed "
				 "(bytes, numpy.array) before that is closed" :
				 "this buffer was freed");
	return -1;
}

PyObject *memory_free(struct memory *self)
{
	int rc;

	if (!self->data)
		Py_RETURN_NONE;
	if (self->session->born != glue_generation) {
		glue_raise_forked();
		return NULL;
	}
	if (memory_check_views(self) < 0)
		return NULL;
	rc = memory_give_back(self, false);
	if (rc == 0)
		Py_RETURN_NONE;
	glue_raise(rc);
	return NULL;
}

PyObject *memory_address(struct memory *self)
{
	return PyLong_FromVoidPtr(self->data);
}

/* Makes a Buffer of the package, with memory for a read. */
struct memory *memory_take(struct session *session, size_t bytes)
{
	struct memory *self = (struct memory *)type_new((PyTypeObject *)hooks.buffer);

	/* The allocation may have run Python, which may have closed the controller. */
	if (self && session_check(session) == 0)
		self->data = cache_get(session, bytes);
	if (!self || !self->data) {
		Py_XDECREF((PyObject *)self);
		return NULL;
	}
	self->size = bytes;
	self->cached = true;
	memory_link(self, session);
	return self;
}

static struct memory *memory_without_views(const struct session *session)
{
	struct memory *self = session->memories;

	while (self && self->exports)
		self = self->next;
	return self;
}

/* Frees the controller's buffers, except those with views. Freeing one may run Python, which may free
 * others: so the list is searched anew each time. */
void memory_drop_all(struct session *session)
{
	struct memory *self;

	while ((self = memory_without_views(session))) {
		self->went = true;
		memory_give_back(self, true);
	}
	orphans_retry(session);
}

static void memory_dealloc(PyObject *object)
{
	struct memory *self = (struct memory *)object;
	struct session *session = self->session;

	if (self->data && session->born == glue_generation) {
		if (self->cached && cache_put(session, self->data, self->size))
			memory_unlink(self);
		else
			memory_give_back(self, true);
		session_last_view(session);
	}
	Py_XDECREF((PyObject *)session);
	type_free(object);
}

static int memory_get(PyObject *object, Py_buffer *view, int flags)
{
	struct memory *self = (struct memory *)object;

	view->obj = NULL;
	if (self->data && self->session->born != glue_generation)
		return glue_raise_forked();
	if (memory_check(self) < 0)
		return -1;
	if (PyBuffer_FillInfo(view, object, self->data, (Py_ssize_t)self->size, self->readonly,
			      flags) < 0)
		return -1;
	self->exports++;
	return 0;
}

static void memory_release(PyObject *object, Py_buffer *view)
{
	struct memory *self = (struct memory *)object;
	struct session *session = self->session;

	(void)view;
	if (--self->exports || session->life != LIFE_CLOSED || session->born != glue_generation)
		return;
	self->went = true;
	memory_give_back(self, true);
	session_last_view(session);
}

static Py_ssize_t memory_length(PyObject *object)
{
	return (Py_ssize_t)((struct memory *)object)->size;
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, memory_dealloc },
	{ Py_bf_getbuffer, memory_get },
	{ Py_bf_releasebuffer, memory_release },
	{ Py_sq_length, memory_length },
	{ Py_tp_doc, "Memory that devices reach, as upnvme.Buffer builds on it." },
	{ 0, NULL },
};

PyType_Spec memory_spec = { "_upnvme.Memory", sizeof(struct memory), 0,
			    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots };
