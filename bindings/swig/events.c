/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller's events: noted on the thread that the library calls back on, returned as a list. */
#include "glue.h"

/* Notes an event; where there is no room, it replaces the oldest. The library may call this on a
 * thread of its own, without the interpreter's lock. */
static void note_event(void *arg, const struct upnvme_event *event)
{
	struct events *events = &((struct session *)arg)->events;

	pthread_mutex_lock(&events->lock);
	events->ring[events->n++ % EVENTS_MAX] = *event;
	if (events->n - events->first > EVENTS_MAX)
		events->first++;
	pthread_mutex_unlock(&events->lock);
}

int events_init(struct session *self)
{
	pthread_mutex_init(&self->events.lock, NULL);
	return upnvme_ctrlr_on_event(self->ctrlr, note_event, self);
}

static bool take_event(struct events *events, struct upnvme_event *event)
{
	bool there;

	pthread_mutex_lock(&events->lock);
	there = events->first != events->n;
	if (there)
		*event = events->ring[events->first++ % EVENTS_MAX];
	pthread_mutex_unlock(&events->lock);
	return there;
}

/* Serves the admin side, which calls note_event for each new event. */
static int serve(struct session *self)
{
	int rc;

	if (session_enter(self) < 0)
		return -1;
	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_ctrlr_poll(self->ctrlr);
	Py_END_ALLOW_THREADS;
	if (rc < 0)
		glue_raise(rc);
	admin_sweep(self, false);
	session_leave(self);
	return rc < 0 ? -1 : 0;
}

static int append_event(PyObject *list, const struct upnvme_event *event)
{
	PyObject *one = Py_BuildValue("(IIBBB)", event->kind, event->nsid, event->type, event->info,
				      event->log_page);
	int rc = one ? PyList_Append(list, one) : -1;

	Py_XDECREF(one);
	return rc;
}

/* Serves the admin side, and returns the events since the last call. Where serving fails and events
 * are noted, the events are returned; the next call, without events, raises the exception. */
PyObject *session_events(struct session *self)
{
	struct upnvme_event event;
	PyObject *list = PyList_New(0), *errors = NULL;

	if (!list)
		return NULL;
	if (serve(self) < 0)
		glue_collect(&errors);
	while (self->life == LIFE_OPEN && take_event(&self->events, &event))
		if (append_event(list, &event) < 0)
			glue_collect(&errors);
	if (!errors || (self->life == LIFE_OPEN && PyList_Size(list))) {
		Py_XDECREF(errors);
		return list;
	}
	Py_DECREF(list);
	glue_raise_all(errors);
	return NULL;
}
