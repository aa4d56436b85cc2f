/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands that are waited for in slices: one that takes minutes can be interrupted. */
#include "glue.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define NAP_NS 50000

/* What the library writes when the command is done; it stays until then. */
struct admin {
	struct upnvme_raw raw;
	struct upnvme_completion done;
	atomic_bool is_done;
	bool abandoned; /* its caller has gone: the sweep frees it */
	PyObject *keep;
	struct admin *next;
};

/* On whatever thread polls. */
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
	PyMem_Free(admin);
}

/* Frees what interrupted calls left behind; `all`: the controller is closed. */
void admin_sweep(struct session *session, bool all)
{
	struct admin *next;

	for (struct admin *admin = session->admins; admin; admin = next) {
		next = admin->next;
		if (all || (admin->abandoned &&
			    atomic_load_explicit(&admin->is_done, memory_order_acquire)))
			admin_unlink(session, admin);
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
	admin->raw.timeout_ns = timeout_ns == UINT64_MAX ? 0 : timeout_ns;
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

static PyObject *admin_wait(struct session *session, struct admin *admin)
{
	PyObject *result;

	while (!atomic_load_explicit(&admin->is_done, memory_order_acquire))
		if (admin_slice(session, admin) < 0 &&
		    !atomic_load_explicit(&admin->is_done, memory_order_acquire)) {
			admin->abandoned = true;
			return NULL;
		}
	result = PyErr_Occurred() ? NULL : done_new(&admin->done);
	admin_unlink(session, admin);
	return result;
}

PyObject *session_admin(struct session *self, const char *cdw, size_t cdw_bytes, PyObject *data,
			uint32_t direction, uint64_t timeout_ns)
{
	struct upnvme_error error;
	struct admin *admin;
	PyObject *result = NULL;
	int rc;

	if (session_enter(self) < 0)
		return NULL;
	admin_sweep(self, false);
	admin = admin_make(cdw, cdw_bytes, data, direction, timeout_ns);
	if (admin) {
		admin->next = self->admins;
		self->admins = admin;
		rc = upnvme_admin_submit(self->ctrlr, &admin->raw, admin_done, admin);
		if (rc == 0) {
			result = admin_wait(self, admin);
		} else {
			upnvme_error_get(&error);
			glue_raise_error(rc, &error);
			admin_unlink(self, admin);
		}
	}
	session_leave(self);
	return result;
}
