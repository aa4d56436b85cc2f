/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing a controller, from any thread: no call may enter, all calls end, commands complete,
 * memory is freed last. */
#include <errno.h>

#include "lock.h"

/* Finds a queue pair to close; one that another call or a finaliser is closing is passed over. */
static struct channel *channel_to_close(const struct session *self)
{
	struct channel *channel = self->channels;

	while (channel && channel->closing)
		channel = channel->next;
	return channel;
}

static void close_channels(struct session *self, PyObject **errors)
{
	while (self->channels) {
		struct channel *channel = channel_to_close(self);

		if (!channel || !lock_hold((PyObject *)channel, channel->weak)) {
			turn_wait();
			continue;
		}
		channel_shut(channel, errors);
		Py_DECREF((PyObject *)channel);
	}
}

/* Whether upnvme_close has left the controller open; after any other error the handle is gone. */
static bool was_refused(int rc)
{
	return rc == -EBUSY || rc == -EDEADLK || rc == -EOWNERDEAD;
}

/* Closes the library's handle. While views of a buffer live, nothing is done, since the memory would
 * be freed with the controller: session_last_view closes the handle later. */
static void close_handle(struct session *self, PyObject **errors)
{
	upnvme_ctrlr *ctrlr = self->ctrlr;
	int rc;

	if (self->memories || !ctrlr)
		return;
	self->ctrlr = NULL;
	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_close(ctrlr);
	Py_END_ALLOW_THREADS;
	if (rc < 0) {
		if (was_refused(rc))
			self->ctrlr = ctrlr;
		glue_raise(rc);
		glue_collect(errors);
	}
}

/* Waits for the calls, which end within a slice, and for the errands that interrupted calls left
 * behind, which end when the controller answers or their time is over. The wait for errands can be
 * interrupted, and the controller is open again then. */
static int wait_for_all(struct session *self, bool interruptible)
{
	self->life = LIFE_CLOSING;
	turn_wake();
	while (self->calls || atomic_load(&self->errands)) {
		turn_wait();
		if (self->born != glue_generation)
			return glue_raise_forked();
		if (interruptible && !self->calls && PyErr_CheckSignals() < 0) {
			self->life = LIFE_OPEN;
			turn_wake();
			return -1;
		}
	}
	return 0;
}

static void close_all(struct session *self, PyObject **errors)
{
	close_channels(self, errors);
	lease_close_all(self, errors);
	cache_empty(self);
	memory_drop_all(self);
	close_handle(self, errors);
	admin_sweep(self, true);
	self->life = LIFE_CLOSED;
	turn_wake();
}

/* Closes everything, and returns the number of buffers that still have views. */
static PyObject *close_and_count(struct session *self)
{
	PyObject *errors = NULL;
	long views = 0;

	close_all(self, &errors);
	for (struct memory *memory = self->memories; memory; memory = memory->next)
		views++;
	if (!errors)
		return PyLong_FromLong(views);
	glue_raise_all(errors);
	return NULL;
}

static PyObject *end_now(struct session *self, bool interruptible)
{
	PyObject *views;

	inside_push(self);
	views = wait_for_all(self, interruptible) < 0 ? NULL : close_and_count(self);
	inside_pop();
	return views;
}

/* Closes the controller. A callback, a signal's handler or a finaliser that runs within a call must
 * not wait for the end of that same call: session_leave carries its close out when the call ends. */
PyObject *session_end(struct session *self, bool interruptible)
{
	bool inside = is_inside(self);

	/* Another thread is closing the controller. Its close may be interrupted: then this thread
	 * closes. */
	while (self->life == LIFE_CLOSING && !inside && self->born == glue_generation) {
		turn_wait();
		if (interruptible && PyErr_CheckSignals() < 0)
			return NULL;
	}
	if (self->life == LIFE_CLOSING && !inside) {
		glue_raise_forked();
		return NULL;
	}
	if (self->life == LIFE_OPEN && session_check(self) < 0)
		return NULL;
	if (self->life == LIFE_OPEN && !inside)
		return end_now(self, interruptible);
	self->close_wanted = self->life == LIFE_OPEN;
	return PyLong_FromLong(0);
}

PyObject *session_close(struct session *self)
{
	return session_end(self, true);
}

/* Closes the handle of a closed controller once the last buffer with views has gone. */
void session_last_view(struct session *self)
{
	PyObject *errors = NULL;

	if (self->life != LIFE_CLOSED || self->born != glue_generation)
		return;
	close_handle(self, &errors);
	if (errors) {
		glue_raise_all(errors);
		PyErr_WriteUnraisable((PyObject *)self);
	}
}
