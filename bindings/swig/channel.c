/* SPDX-License-Identifier: BSD-3-Clause */
/* A queue pair: its creation, its close, and its passing from one thread to another. */
#include "lock.h"

#include <errno.h>

static void channel_link(struct channel *self, struct session *session)
{
	Py_INCREF((PyObject *)session);
	self->session = session;
	self->next = session->channels;
	self->link = &session->channels;
	if (self->next)
		self->next->link = &self->next;
	session->channels = self;
	self->weak = lock_weak((PyObject *)self);
}

static void channel_unlink(struct channel *self)
{
	*self->link = self->next;
	if (self->next)
		self->next->link = self->link;
}

static int channel_create(struct channel *self, struct session *session,
			  const struct upnvme_qpair_opts *opts)
{
	int rc;

	if (session_enter(session) < 0)
		return -1;
	rc = qpair_make(session, opts, &self->qp);
	if (rc == 0) {
		upnvme_qpair_adopt(self->qp);
		channel_link(self, session);
	}
	session_leave(session);
	return rc;
}

PyObject *channel_open(struct channel *self, struct session *session, uint32_t flags,
		       uint32_t entries, uint32_t outstanding)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	if (self->session) {
		PyErr_SetString(PyExc_ValueError,
				"this queue pair was opened before: make a new one");
		return NULL;
	}
	opts.flags = flags;
	opts.entries = entries;
	opts.outstanding = outstanding;
	if (channel_create(self, session, &opts) < 0)
		return NULL;
	self->nslots = upnvme_qpair_outstanding_max(self->qp);
	if (slots_init(self) < 0)
		return NULL;
	Py_RETURN_NONE;
}

bool channel_is_open(struct channel *self)
{
	return self->qp && !self->closing && session_is_open(self->session);
}

int channel_check(struct channel *self)
{
	if (!self->session)
		return glue_raise_own(EINVAL, UPNVME_ERR_NULL,
				      "this queue pair was not opened: use Controller.qpair");
	if (session_check(self->session) < 0)
		return -1;
	if (!self->qp || self->closing)
		return glue_raise_own(ESHUTDOWN, UPNVME_ERR_QPAIR_CLOSED,
				      "the queue pair was closed: make a new one");
	return 0;
}

static bool within_callback(const struct channel *self)
{
	return self->delivering && self->deliverer == PyThread_get_thread_ident();
}

int channel_enter(struct channel *self, const char *call)
{
	if (channel_check(self) < 0)
		return -1;
	if (within_callback(self))
		return glue_raise_own(
			EDEADLK, UPNVME_ERR_IN_CALLBACK,
			"%s within a callback of queue pair %u: let the callback return first",
			call, upnvme_qpair_id(self->qp));
	return session_enter(self->session);
}

/* A signal's handler may have closed the queue pair. */
int channel_look(struct channel *self)
{
	return wait_look(self->session) < 0 ? -1 : channel_check(self);
}

void channel_leave(struct channel *self)
{
	session_leave(self->session);
}

PyObject *channel_may_wait(struct channel *self)
{
	if (channel_enter(self, "run") < 0)
		return NULL;
	channel_leave(self);
	Py_RETURN_NONE;
}

/* Takes the queue pair over from its owner, which is not inside the library with it, and closes it;
 * commands in flight complete here. */
int channel_shut(struct channel *self, PyObject **errors)
{
	upnvme_qpair *qp = self->qp;
	int rc, closed;

	if (!qp || self->closing)
		return 0;
	self->closing = true;
	upnvme_qpair_abandon(qp);
	upnvme_qpair_adopt(qp);
	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_qpair_stop(qp);
	Py_END_ALLOW_THREADS;
	if (rc < 0) {
		glue_raise(rc);
		glue_collect(errors);
	}
	deliver(self, errors);
	Py_BEGIN_ALLOW_THREADS;
	closed = upnvme_qpair_close(qp);
	Py_END_ALLOW_THREADS;
	if (closed < 0 && rc == 0) { /* after a failed stop this is the same error again */
		glue_raise(closed);
		glue_collect(errors);
	}
	self->qp = NULL;
	channel_unlink(self);
	turn_wake();
	slots_fini(self);
	return 0;
}

/* Closes the queue pair on any thread, whoever the owner is: for channel_close, which has checked
 * the owner, and for finalisers, when no other reference to the object is left. */
PyObject *channel_force(struct channel *self)
{
	PyObject *errors = NULL;

	if (!self->session || self->session->born != glue_generation)
		Py_RETURN_NONE;
	session_join(self->session);
	channel_shut(self, &errors);
	session_leave(self->session);
	if (!errors)
		Py_RETURN_NONE;
	glue_raise_all(errors);
	return NULL;
}

PyObject *channel_close(struct channel *self)
{
	struct upnvme_error error;
	int rc;

	if (!self->session || !self->qp || self->closing)
		Py_RETURN_NONE;
	if (channel_check(self) < 0)
		return NULL;
	if (within_callback(self)) {
		self->close_wanted = true;
		Py_RETURN_NONE;
	}
	/* Ringing fails on any thread but the owner's; a released queue pair may be closed on any. */
	rc = upnvme_qpair_ring(self->qp);
	upnvme_error_get(&error);
	if (rc < 0 && !(rc == -EPERM && error.code == UPNVME_ERR_QPAIR_RELEASED)) {
		glue_raise(rc);
		return NULL;
	}
	return ask_alive(self->session) < 0 ? NULL : channel_force(self);
}

static PyObject *channel_result(int rc)
{
	if (rc >= 0)
		Py_RETURN_NONE;
	glue_raise(rc);
	return NULL;
}

PyObject *channel_stop(struct channel *self)
{
	PyObject *errors = NULL;
	int rc;

	if (channel_enter(self, "stop") < 0)
		return NULL;
	if (ask_alive(self->session) < 0) {
		channel_leave(self);
		return NULL;
	}
	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_qpair_stop(self->qp);
	Py_END_ALLOW_THREADS;
	if (rc < 0) {
		glue_raise(rc);
		glue_collect(&errors);
	}
	if (rc == 0 || rc == -EIO || rc == -ETIMEDOUT) /* the queue pair is stopped */
		deliver(self, &errors);
	channel_leave(self);
	if (!errors)
		Py_RETURN_NONE;
	glue_raise_all(errors);
	return NULL;
}

PyObject *channel_release(struct channel *self)
{
	int rc;

	if (channel_enter(self, "release") < 0)
		return NULL;
	rc = upnvme_qpair_release(self->qp);
	channel_leave(self);
	return channel_result(rc);
}

PyObject *channel_adopt(struct channel *self)
{
	return channel_check(self) < 0 ? NULL : channel_result(upnvme_qpair_adopt(self->qp));
}

PyObject *channel_abandon(struct channel *self)
{
	return channel_check(self) < 0 ? NULL : channel_result(upnvme_qpair_abandon(self->qp));
}

PyObject *channel_ring(struct channel *self)
{
	return channel_check(self) < 0 ? NULL : channel_result(upnvme_qpair_ring(self->qp));
}

uint32_t channel_inflight(struct channel *self)
{
	return channel_is_open(self) ? upnvme_qpair_inflight(self->qp) + self->narrived : 0;
}

static int channel_traverse(PyObject *object, visitproc visit, void *arg)
{
	struct channel *self = (struct channel *)object;

	Py_VISIT(Py_TYPE(object));
	Py_VISIT((PyObject *)self->session);
	for (uint32_t i = 0; self->slots && i < self->nslots; i++) {
		if (!self->slots[i].callback)
			continue;
		Py_VISIT(self->slots[i].callback);
		Py_VISIT(self->slots[i].keep);
	}
	return 0;
}

/* Closes the queue pair, which completes its commands and so drops their callbacks: these may hold
 * the queue pair, which is the cycle to break. */
static int channel_clear(PyObject *object)
{
	PyObject *result = channel_force((struct channel *)object);

	if (!result)
		PyErr_WriteUnraisable(NULL);
	Py_XDECREF(result);
	return 0;
}

static void channel_dealloc(PyObject *object)
{
	struct channel *self = (struct channel *)object;
	PyObject *type, *value, *traceback;

	PyObject_GC_UnTrack(object);
	PyErr_Fetch(&type, &value, &traceback);
	channel_clear(object);
	PyErr_Restore(type, value, traceback);
	Py_CLEAR(self->session);
	Py_CLEAR(self->weak);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, channel_dealloc },
	{ Py_tp_traverse, channel_traverse },
	{ Py_tp_clear, channel_clear },
	{ Py_tp_doc, "A queue pair, as upnvme.QPair builds on it." },
	{ 0, NULL },
};

PyType_Spec channel_spec = { "_upnvme.Channel", sizeof(struct channel), 0,
			     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
				     LOCK_TPFLAGS,
			     slots };
