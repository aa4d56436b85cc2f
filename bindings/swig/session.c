/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller: opening it, and counting the calls that are inside. */
#include "errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The errand of an open: the controller may take minutes to become ready. */
struct opening {
	struct errand errand;
	struct upnvme_open_opts opts;
	upnvme_ctrlr *ctrlr;
	char uri[];
};

static int opening_call(struct errand *errand)
{
	struct opening *opening = (struct opening *)errand;

	return upnvme_open(&opening->ctrlr, opening->uri, &opening->opts);
}

static void opening_undo(struct errand *errand)
{
	upnvme_close(((struct opening *)errand)->ctrlr);
}

static upnvme_ctrlr *open_handle(const char *uri, const struct upnvme_open_opts *opts)
{
	struct opening *opening = calloc(1, sizeof(*opening) + strlen(uri) + 1);
	upnvme_ctrlr *ctrlr;

	if (!opening) {
		PyErr_NoMemory();
		return NULL;
	}
	opening->errand.call = opening_call;
	opening->errand.undo = opening_undo;
	opening->opts = *opts;
	strcpy(opening->uri, uri);
	if (errand_run(NULL, &opening->errand) < 0)
		return NULL;
	ctrlr = opening->ctrlr;
	free(opening);
	return ctrlr;
}

struct session *sessions;

static void session_link(struct session *self)
{
	self->next = sessions;
	self->link = &sessions;
	if (self->next)
		self->next->link = &self->next;
	sessions = self;
}

static void session_unlink(struct session *self)
{
	*self->link = self->next;
	if (self->next)
		self->next->link = self->link;
}

PyObject *session_open(struct session *self, const char *uri, uint32_t flags, uint32_t nqpairs,
		       uint32_t keep_alive_ms, uint64_t admin_timeout_ns,
		       uint64_t max_transfer_bytes, uint32_t leases, uint32_t lease_entries)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;
	upnvme_ctrlr *ctrlr;

	if (self->life != LIFE_NONE) {
		PyErr_SetString(PyExc_ValueError,
				"this controller was opened before: make a new one");
		return NULL;
	}
	opts.flags = flags;
	opts.nqpairs = nqpairs;
	opts.keep_alive_ms = keep_alive_ms;
	opts.admin_timeout_ns = admin_timeout_ns;
	opts.max_transfer_bytes = max_transfer_bytes;
	ctrlr = open_handle(uri, &opts);
	if (!ctrlr)
		return NULL;
	self->ctrlr = ctrlr;
	self->life = LIFE_OPEN;
	self->born = glue_generation;
	self->pool.max = leases;
	self->pool.entries = lease_entries;
	events_init(self);
	session_link(self);
	Py_RETURN_NONE;
}

bool session_is_open(struct session *self)
{
	return self->life == LIFE_OPEN && self->born == glue_generation;
}

bool session_holds(struct session *self)
{
	return self->ctrlr && self->born == glue_generation;
}

int session_refuse(void)
{
	return glue_raise_own(ESHUTDOWN, UPNVME_ERR_NONE,
			      "the controller was closed: open it anew");
}

int session_check(struct session *self)
{
	if (self->life == LIFE_NONE)
		return glue_raise_own(EINVAL, UPNVME_ERR_NULL,
				      "this controller was not opened: use upnvme.open");
	if (self->born != glue_generation)
		return glue_raise_forked();
	return self->life == LIFE_OPEN ? 0 : session_refuse();
}

/* The sessions that calls of this thread are inside of: there are several where a callback calls
 * again. Beyond DEPTH_MAX calls a thread counts as inside of every session. */
#define DEPTH_MAX 32u
static _Thread_local struct session *inside[DEPTH_MAX];
static _Thread_local unsigned ninside;

void inside_push(struct session *self)
{
	if (ninside < DEPTH_MAX)
		inside[ninside] = self;
	ninside++;
}

void inside_pop(void)
{
	ninside--;
}

bool is_inside(const struct session *self)
{
	for (unsigned i = 0; i < ninside && i < DEPTH_MAX; i++)
		if (inside[i] == self)
			return true;
	return ninside > DEPTH_MAX;
}

void session_join(struct session *self)
{
	self->calls++;
	inside_push(self);
}

int session_enter(struct session *self)
{
	if (session_check(self) < 0)
		return -1;
	if (self->close_wanted && !is_inside(self))
		return session_refuse();
	session_join(self);
	return 0;
}

/* Carries out a close that was asked for within a call, when the last call ends; the exception of that
 * call stays set. */
static void close_now(struct session *self)
{
	PyObject *type, *value, *traceback, *result;

	self->close_wanted = false;
	PyErr_Fetch(&type, &value, &traceback);
	result = session_end(self, false);
	if (!result)
		PyErr_WriteUnraisable((PyObject *)self);
	Py_XDECREF(result);
	PyErr_Restore(type, value, traceback);
}

void session_leave(struct session *self)
{
	inside_pop();
	if (--self->calls)
		return;
	if (self->life == LIFE_CLOSING)
		turn_wake();
	else if (self->close_wanted)
		close_now(self);
}

PyObject *session_stats(struct session *self)
{
	unsigned draining = 0, nmemories = 0, nchannels = 0;

	for (struct lease *lease = self->pool.draining; lease; lease = lease->next)
		draining++;
	for (struct memory *memory = self->memories; memory; memory = memory->next)
		nmemories++;
	for (struct channel *channel = self->channels; channel; channel = channel->next)
		nchannels++;
	return Py_BuildValue("{s:K,s:I,s:I,s:I,s:I}", "bounced_bytes",
			     (unsigned long long)self->bounced_bytes, "leases", self->pool.n,
			     "draining", draining, "buffers", nmemories, "qpairs", nchannels);
}

/* Closes the controller, if it is open. Namespaces, queue pairs, buffers and calls have a reference to
 * the session, so none of them is left. */
static void session_dealloc(PyObject *object)
{
	struct session *self = (struct session *)object;

	if (self->life == LIFE_OPEN && self->born == glue_generation) {
		PyObject *type, *value, *traceback, *result;

		PyErr_Fetch(&type, &value, &traceback);
		result = session_end(self, false);
		if (!result)
			PyErr_WriteUnraisable(NULL);
		Py_XDECREF(result);
		PyErr_Restore(type, value, traceback);
	}
	if (self->link)
		session_unlink(self);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, session_dealloc },
	{ Py_tp_doc, "A controller, as upnvme.Controller builds on it." },
	{ 0, NULL },
};

PyType_Spec session_spec = { "_upnvme.Session", sizeof(struct session), 0,
			     Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots };
