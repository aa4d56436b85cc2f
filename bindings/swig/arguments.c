/* SPDX-License-Identifier: BSD-3-Clause */
/* Python's numbers as C's: what is out of range is a ValueError that names the argument. */
#include "glue.h"

#include <errno.h>
#include <string.h>

static int refuse(const char *name, uint64_t max, PyObject *object)
{
	PyErr_Clear();
	PyErr_Format(PyExc_ValueError, "%s must be from 0 to %llu, not %R", name,
		     (unsigned long long)max, object);
	return -1;
}

int arg_number(PyObject *object, const char *name, uint64_t max, uint64_t *value)
{
	PyObject *index = PyNumber_Index(object);
	unsigned long long number;

	if (!index)
		return -1;
	number = PyLong_AsUnsignedLongLong(index);
	Py_DECREF(index);
	/* Negative, or too large for any of them. */
	if (number == (unsigned long long)-1 && PyErr_Occurred())
		return refuse(name, max, object);
	if (number > max)
		return refuse(name, max, object);
	*value = number;
	return 0;
}

int arg_timeout(PyObject *object, uint64_t *timeout_ns)
{
	double seconds;

	if (object == Py_None) {
		*timeout_ns = UINT64_MAX;
		return 0;
	}
	seconds = PyFloat_AsDouble(object);
	if (seconds == -1.0 && PyErr_Occurred())
		return -1;
	if (!(seconds >= 0)) {
		PyErr_Format(PyExc_ValueError,
			     "timeout must be seconds, or None for without end, not %R", object);
		return -1;
	}
	*timeout_ns = seconds < 9e9 ? (uint64_t)(seconds * 1e9) : UINT64_MAX;
	return 0;
}

const char *arg_text(PyObject *object, const char *name)
{
	Py_ssize_t bytes;
	const char *text;

	if (!PyUnicode_Check(object)) {
		PyErr_Format(PyExc_TypeError, "%s must be a str, not %R", name,
			     (PyObject *)Py_TYPE(object));
		return NULL;
	}
	text = PyUnicode_AsUTF8AndSize(object, &bytes);
	if (!text || (size_t)bytes == strlen(text))
		return text;
	PyErr_Format(PyExc_ValueError, "%s has a null character in it: %R", name, object);
	return NULL;
}

int arg_space(struct space *space)
{
	if (space->session)
		return session_enter(space->session);
	return glue_raise_own(EINVAL, UPNVME_ERR_NULL,
			      "this namespace was not opened: use Controller.namespaces");
}
