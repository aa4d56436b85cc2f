/* SPDX-License-Identifier: BSD-3-Clause */
/* Converts Python's numbers and texts to C's. A value of the wrong type, or out of range, raises an
 * exception that names the argument. */
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

/* A buffer in the place of a number is probably a swapped argument, since some calls take the number
 * first and others the buffer: the sentence asks for the order. */
static int refuse_kind(const char *name, PyObject *object)
{
	if (!PyErr_ExceptionMatches(PyExc_TypeError))
		return -1;
	PyErr_Clear();
	if (PyObject_CheckBuffer(object))
		PyErr_Format(PyExc_TypeError,
			     "%s must be a whole number, not %R: are the arguments in their order?",
			     name, (PyObject *)Py_TYPE(object));
	else
		PyErr_Format(PyExc_TypeError, "%s must be a whole number, not %R", name, object);
	return -1;
}

int arg_number(PyObject *object, const char *name, uint64_t max, uint64_t *value)
{
	PyObject *index = PyNumber_Index(object);
	unsigned long long number;

	if (!index)
		return refuse_kind(name, object);
	number = PyLong_AsUnsignedLongLong(index);
	Py_DECREF(index);
	/* The number is negative, or too large for any of the types. */
	if (number == (unsigned long long)-1 && PyErr_Occurred())
		return refuse(name, max, object);
	if (number > max)
		return refuse(name, max, object);
	*value = number;
	return 0;
}

static int refuse_timeout(PyObject *type, PyObject *object)
{
	PyErr_Clear();
	PyErr_Format(type, "timeout must be seconds, or None for without end, not %R", object);
	return -1;
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
		return refuse_timeout(PyErr_ExceptionMatches(PyExc_TypeError) ? PyExc_TypeError :
										PyExc_ValueError,
				      object);
	if (!(seconds >= 0))
		return refuse_timeout(PyExc_ValueError, object);
	*timeout_ns = seconds < 9e9 ? (uint64_t)(seconds * 1e9) : UINT64_MAX;
	/* The shortest time is 1 ns, since 0 means: do not wait. */
	if (!*timeout_ns && seconds > 0)
		*timeout_ns = 1;
	return 0;
}

/* Encodes the text in the file system's encoding, since names of files need not be UTF-8 (PEP 383). */
const char *arg_text(PyObject *object, const char *name, PyObject **held)
{
	Py_ssize_t bytes;
	char *text;

	if (!PyUnicode_Check(object)) {
		PyErr_Format(PyExc_TypeError, "%s must be a str, not %R", name,
			     (PyObject *)Py_TYPE(object));
		return NULL;
	}
	*held = PyUnicode_EncodeFSDefault(object);
	if (!*held || PyBytes_AsStringAndSize(*held, &text, &bytes) < 0)
		return NULL;
	if ((size_t)bytes == strlen(text))
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
