/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands. A caller waits for its command in slices, so that the wait for a command that
 * takes minutes can be interrupted. */
#include "glue.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAP_NS 50000

/* An admin command. The library writes to `done` when the command ends, and the record stays in
 * memory until then. */
struct admin {
	struct upnvme_raw raw;
	struct upnvme_completion done;
	atomic_bool is_done;
	bool abandoned;   /* the caller was interrupted: admin_sweep frees the command */
	PyObject *keep;   /* the holder of the data; may be null */
	PyObject *future; /* of an event loop; null: a caller waits for the command */
	struct admin *next;
};

/* The library's callback for a command, on any thread that serves the admin side. */
static void admin_done(void *arg, const struct upnvme_completion *done)
{
	struct admin *admin = arg;

	admin->done = *done;
	admin->done.tag = 0;
	atomic_store_explicit(&admin->is_done, true, memory_order_release);
}

static void admin_unlink(struct session *session, struct admin *admin)
{
	struct admin **link = &session->admins;

	while (*link != admin)
		link = &(*link)->next;
	*link = admin->next;
	Py_XDECREF(admin->keep);
	Py_XDECREF(admin->future);
	PyMem_Free(admin);
}

/* Frees the commands that interrupted calls left behind; `all`: the controller is closed. */
void admin_sweep(struct session *session, bool all)
{
	struct admin *admin = session->admins;

	while (admin)
		if (all || (admin->abandoned &&
			    atomic_load_explicit(&admin->is_done, memory_order_acquire))) {
			admin_unlink(session, admin);
			/* Freeing the command may have run Python, which may have changed the list. */
			admin = session->admins;
		} else {
			admin = admin->next;
		}
}

static struct admin *admin_make(const char *cdw, size_t bytes, PyObject *object, uint32_t direction,
				uint64_t timeout_ns)
{
	struct data data = { 0 };
	struct admin *admin;

	if (bytes > sizeof(admin->raw.cdw) || bytes % 4) {
		PyErr_SetString(PyExc_ValueError, "a command has up to 16 dwords");
		return NULL;
	}
	if (object != Py_None && data_of(object, direction == UPNVME_DATA_FROM_DEVICE, &data) < 0)
		return NULL;
	admin = PyMem_Calloc(1, sizeof(*admin));
	if (!admin || data.bytes > UINT32_MAX) {
		PyErr_SetString(PyExc_ValueError, "the data is too large");
		Py_XDECREF(data.keep);
		PyMem_Free(admin);
		return NULL;
	}
	memcpy(admin->raw.cdw, cdw, bytes);
	admin->raw.data = data.at;
	admin->raw.data_bytes = (uint32_t)data.bytes;
	admin->raw.direction = direction;
	if (timeout_ns != UINT64_MAX)
		admin->raw.timeout_ns = timeout_ns ? timeout_ns : 1;
	admin->keep = data.keep;
	return admin;
}

static int admin_slice(struct session *session, struct admin *admin)
{
	const struct timespec nap = { 0, NAP_NS };
	uint64_t until_ns = clock_ns() + SLICE_NS;
	int rc = 0;

	Py_BEGIN_ALLOW_THREADS;
	while (!atomic_load_explicit(&admin->is_done, memory_order_acquire) &&
	       clock_ns() < until_ns) {
		rc = upnvme_ctrlr_poll(session->ctrlr);
		if (rc <= 0)
			nanosleep(&nap, NULL);
	}
	Py_END_ALLOW_THREADS;
	return wait_look(session);
}

/* Raises the exception for a command that the library completed without an answer of the
 * controller: the controller has failed, or the command's time was over. */
static void admin_raise(struct session *session, const struct admin *admin)
{
	uint64_t timeout_ns = admin->raw.timeout_ns;
	char time[64] = "admin_timeout";
	int rc = upnvme_ctrlr_poll(session->ctrlr);

	if (rc < 0) {
		glue_raise(rc);
		return;
	}
	if (timeout_ns)
		snprintf(time, sizeof(time), "%g s", (double)timeout_ns / 1e9);
	glue_raise_own(ETIMEDOUT, UPNVME_ERR_TIMEOUT,
		       "admin command %02Xh was not answered in %s: raise that, or close the "
		       "controller",
		       admin->raw.cdw[0] & 0xFF, time);
}

static PyObject *admin_result(struct session *session, const struct admin *admin)
{
	if (!(admin->done.flags & UPNVME_DONE_ABORTED))
		return done_new(&admin->done);
	admin_raise(session, admin);
	return NULL;
}

static PyObject *admin_wait(struct session *session, struct admin *admin)
{
	PyObject *result;

	while (!atomic_load_explicit(&admin->is_done, memory_order_acquire))
		if (admin_slice(session, admin) < 0 &&
		    !atomic_load_explicit(&admin->is_done, memory_order_acquire)) {
			admin->abandoned = true;
			return NULL;
		}
	result = PyErr_Occurred() ? NULL : admin_result(session, admin);
	admin_unlink(session, admin);
	return result;
}

/* Submits a command; the caller has entered the session. Null with an exception. */
static struct admin *admin_start(struct session *session, const char *cdw, size_t cdw_bytes,
				 PyObject *data, uint32_t direction, uint64_t timeout_ns)
{
	struct admin *admin;
	struct upnvme_error error;
	int rc;

	admin_sweep(session, false);
	admin = admin_make(cdw, cdw_bytes, data, direction, timeout_ns);
	if (!admin)
		return NULL;
	admin->next = session->admins;
	session->admins = admin;
	/* A command that changes namespaces waits for the queue pairs of other threads. */
	Py_BEGIN_ALLOW_THREADS;
	rc = upnvme_admin_submit(session->ctrlr, &admin->raw, admin_done, admin);
	upnvme_error_get(&error);
	Py_END_ALLOW_THREADS;
	if (rc == 0)
		return admin;
	glue_raise_error(rc, &error);
	admin_unlink(session, admin);
	return NULL;
}

PyObject *session_admin(struct session *self, const char *cdw, size_t cdw_bytes, PyObject *data,
			uint32_t direction, uint64_t timeout_ns)
{
	struct admin *admin;
	PyObject *result;

	if (session_enter(self) < 0)
		return NULL;
	admin = admin_start(self, cdw, cdw_bytes, data, direction, timeout_ns);
	result = admin ? admin_wait(self, admin) : NULL;
	session_leave(self);
	return result;
}

/* --- for an event loop, which fetches the completions ------------------------------------------ */

PyObject *session_admin_start(struct session *self, const char *cdw, size_t cdw_bytes,
			      PyObject *data, uint32_t direction, uint64_t timeout_ns,
			      PyObject *future)
{
	struct admin *admin;

	if (session_enter(self) < 0)
		return NULL;
	admin = admin_start(self, cdw, cdw_bytes, data, direction, timeout_ns);
	if (admin) {
		Py_INCREF(future);
		admin->future = future;
	}
	session_leave(self);
	if (!admin)
		return NULL;
	Py_RETURN_NONE;
}

/* Moves ended commands to the list, each as a pair of its future and its completion or exception. */
static int admin_collect(struct session *session, PyObject *list)
{
	struct admin *next;

	for (struct admin *admin = session->admins; admin; admin = next) {
		PyObject *done, *pair;
		int rc;

		next = admin->next;
		if (!admin->future || !atomic_load_explicit(&admin->is_done, memory_order_acquire))
			continue;
		done = admin_result(session, admin);
		if (!done)
			done = glue_take();
		pair = done ? PyTuple_Pack(2, admin->future, done) : NULL;
		rc = pair ? PyList_Append(list, pair) : -1;
		Py_XDECREF(done);
		Py_XDECREF(pair);
		if (rc < 0)
			return -1;
		admin_unlink(session, admin);
	}
	return 0;
}

PyObject *session_admin_take(struct session *self)
{
	PyObject *list = PyList_New(0);
	int rc;

	if (!list || session_enter(self) < 0) {
		Py_XDECREF(list);
		return NULL;
	}
	/* An error of this call needs no look: the library completes all commands of a controller
	 * that has failed, and admin_result raises the error then. */
	upnvme_ctrlr_poll(self->ctrlr);
	rc = admin_collect(self, list);
	session_leave(self);
	if (rc == 0)
		return list;
	Py_DECREF(list);
	return NULL;
}
