/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking completions: by callbacks (poll), as arrays (reap), and sleeping until there are some. */
#include "slot.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* The number of looks at the queue between two yields of the processor. */
#define SPINS 64u

static int call_back(const struct upnvme_completion *completion, PyObject *callback)
{
	PyObject *done = done_new(completion);
	PyObject *result = done ? PyObject_CallFunctionObjArgs(callback, done, NULL) : NULL;

	Py_XDECREF(done);
	Py_XDECREF(result);
	return result ? 0 : -1;
}

/* Runs the callback, or settles the future. Python may submit there, so the slot is freed before. */
static int deliver_to_python(struct slot *slot)
{
	PyObject *callback = slot->callback, *keep = slot->keep;
	struct slot_more more = *slot_more(slot);
	int rc;

	more.done.tag = slot->tag;
	slot_push(slot);
	if (more.kind == SLOT_CALL)
		rc = call_back(&more.done, callback);
	else
		rc = slot_settle(&more, callback, keep);
	Py_DECREF(callback);
	Py_XDECREF(keep);
	return rc;
}

static int deliver_to_group(struct slot *slot)
{
	struct slot_more *more = slot_more(slot);
	int rc;

	more->done.tag = slot->tag;
	rc = group_take((struct group *)slot->callback, &more->done);
	slot_give(slot);
	return rc;
}

static void deliver_one(struct slot *slot, PyObject **errors)
{
	struct channel *channel = slot->channel;
	int rc = 0;

	if (slot_more(slot)->kind == SLOT_TAGGED)
		channel->arrived[channel->narrived++] = slot;
	else if (slot_more(slot)->kind == SLOT_GROUP)
		rc = deliver_to_group(slot);
	else
		rc = deliver_to_python(slot);
	if (rc < 0)
		glue_collect(errors);
}

/* Delivers all recorded completions; an exception of one is collected, and the others go on. */
int deliver(struct channel *self, PyObject **errors)
{
	if (!self->nrecorded)
		return 0;
	self->delivering = true;
	self->deliverer = PyThread_get_thread_ident();
	for (uint32_t i = 0; i < self->nrecorded; i++)
		deliver_one(self->recorded[i], errors);
	self->nrecorded = 0;
	self->delivering = false;
	if (self->close_wanted)
		channel_shut(self, errors);
	return 0;
}

/* Looks again and again, without the lock, until a completion is there or the slice is over. */
static int poll_slice(struct channel *self, uint32_t max, uint64_t until_ns)
{
	int rc = 0;

	Py_BEGIN_ALLOW_THREADS;
	for (unsigned i = 1; (rc = upnvme_poll(self->qp, max)) == 0; i++) {
		if (clock_ns() >= until_ns)
			break;
		if (i % SPINS == 0)
			sched_yield();
	}
	Py_END_ALLOW_THREADS;
	return rc;
}

static void let_others_run(void)
{
	Py_BEGIN_ALLOW_THREADS;
	sched_yield();
	Py_END_ALLOW_THREADS;
}

static int poll_until(struct channel *self, uint32_t max, uint64_t timeout_ns)
{
	struct wait wait = { timeout_ns, 0 };
	uint64_t until_ns;
	int rc = upnvme_poll(self->qp, max);

	if (rc == 0 && !timeout_ns)
		let_others_run();
	while (rc == 0 && upnvme_qpair_inflight(self->qp) && (until_ns = wait_slice(&wait))) {
		rc = poll_slice(self, max, until_ns);
		if (rc == 0 && channel_look(self) < 0)
			return -1;
	}
	if (rc < 0)
		glue_raise(rc);
	return rc;
}

PyObject *channel_poll(struct channel *self, uint32_t max, uint64_t timeout_ns)
{
	PyObject *errors = NULL;
	uint32_t before;
	int rc;

	if (channel_enter(self, "poll") < 0)
		return NULL;
	before = self->narrived;
	rc = poll_until(self, max, before ? 0 : timeout_ns);
	if (rc < 0)
		glue_collect(&errors);
	/* After a failure nothing is delivered: on a wrong thread the recorded completions are the
	 * owner's. */
	if (rc > 0)
		deliver(self, &errors);
	/* Tagged commands that arrived are for reap, and are not counted. */
	rc -= self->narrived > before ? (int)(self->narrived - before) : 0;
	if (rc == 0 && self->narrived && !errors) {
		glue_raise(-ENOMSG);
		glue_collect(&errors);
	}
	channel_leave(self);
	if (!errors)
		return PyLong_FromLong(rc);
	glue_raise_all(errors);
	return NULL;
}

/* The progress of a reap. */
struct reap {
	struct channel *channel;
	struct upnvme_completion *done;
	uint32_t room, stored;
	PyObject *errors;
};

/* Takes the completions of tagged commands with a slot, in the order in which they came. */
static void reap_arrived(struct reap *reap)
{
	struct channel *channel = reap->channel;
	uint32_t n = 0;

	for (; n < channel->narrived && reap->stored < reap->room; n++) {
		struct slot *slot = channel->arrived[n];
		struct upnvme_completion *done = &reap->done[reap->stored++];

		*done = slot_more(slot)->done;
		done->tag = slot->tag;
		slot_give(slot);
	}
	channel->narrived -= n;
	memmove(channel->arrived, channel->arrived + n, channel->narrived * sizeof(struct slot *));
}

/* Notes the result of one look of reap, and delivers what was recorded meanwhile. -1: reap ends. */
static int reap_note(struct reap *reap, int rc)
{
	if (rc < 0) {
		glue_raise(rc);
		return glue_collect(&reap->errors);
	}
	reap->stored += (uint32_t)rc;
	deliver(reap->channel, &reap->errors);
	if (reap->channel->narrived)
		reap_arrived(reap);
	return reap->errors || reap->channel->closing ? -1 : 0;
}

static int reap_slice(struct reap *reap, uint64_t until_ns)
{
	struct channel *channel = reap->channel;
	int rc = 0;

	Py_BEGIN_ALLOW_THREADS;
	for (unsigned i = 1;; i++) {
		rc = upnvme_reap(channel->qp, reap->done + reap->stored, reap->room - reap->stored);
		if (rc || channel->nrecorded || clock_ns() >= until_ns)
			break;
		if (i % SPINS == 0)
			sched_yield();
	}
	Py_END_ALLOW_THREADS;
	return rc;
}

static void reap_until(struct reap *reap, uint32_t min, uint64_t timeout_ns)
{
	struct channel *channel = reap->channel;
	struct wait wait = { timeout_ns, 0 };
	uint64_t until_ns;

	if (reap_note(reap, upnvme_reap(channel->qp, reap->done, reap->room)) < 0)
		return;
	while (reap->stored < min && reap->stored < reap->room &&
	       upnvme_qpair_inflight(channel->qp) && (until_ns = wait_slice(&wait))) {
		if (reap_note(reap, reap_slice(reap, until_ns)) < 0)
			return;
		if (channel_look(channel) < 0) {
			glue_collect(&reap->errors);
			return;
		}
	}
}

/* Returns the completions. After a failure they are the attribute `completions` of each exception. */
static PyObject *reap_result(struct reap *reap, struct records *records)
{
	records->n = reap->stored;
	if (!reap->errors)
		return (PyObject *)records;
	for (Py_ssize_t i = 0; reap->stored && i < PyList_Size(reap->errors); i++)
		PyObject_SetAttrString(PyList_GetItem(reap->errors, i), "completions",
				       (PyObject *)records);
	Py_DECREF((PyObject *)records);
	glue_raise_all(reap->errors);
	return NULL;
}

/* Makes the array for the completions, and checks the queue pair again: the allocation may have run
 * Python, which may have closed it. */
static struct records *reap_records(struct reap *reap)
{
	struct records *records = records_completions(reap->room);

	if (!records || channel_check(reap->channel) == 0)
		return records;
	Py_DECREF((PyObject *)records);
	return NULL;
}

PyObject *channel_reap(struct channel *self, uint32_t min, uint32_t max, uint64_t timeout_ns)
{
	struct reap reap = { .channel = self };
	struct records *records;

	if (channel_enter(self, "reap") < 0)
		return NULL;
	reap.room = channel_inflight(self);
	if (max && reap.room > max)
		reap.room = max;
	if (max && min > max)
		min = max;
	records = reap_records(&reap);
	if (records) {
		reap.done = (struct upnvme_completion *)records->data;
		reap_until(&reap, min, timeout_ns);
	}
	channel_leave(self);
	return records ? reap_result(&reap, records) : NULL;
}

/* Sleeps on the queue's eventfd, a slice at a time. */
PyObject *channel_wait(struct channel *self, uint64_t timeout_ns)
{
	struct wait wait = { timeout_ns, 0 };
	uint64_t until_ns;
	int rc;

	if (channel_enter(self, "wait") < 0)
		return NULL;
	rc = self->narrived ? 1 : upnvme_qpair_wait(self->qp, 0);
	while (rc == 0 && (until_ns = wait_slice(&wait))) {
		uint64_t now = clock_ns();

		Py_BEGIN_ALLOW_THREADS;
		rc = upnvme_qpair_wait(self->qp, until_ns > now ? until_ns - now : 0);
		Py_END_ALLOW_THREADS;
		if (rc == 0 && channel_look(self) < 0) {
			channel_leave(self);
			return NULL;
		}
	}
	channel_leave(self);
	if (rc >= 0)
		return PyBool_FromLong(rc);
	glue_raise(rc);
	return NULL;
}
