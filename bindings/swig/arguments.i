// SPDX-License-Identifier: BSD-3-Clause
// How Python's arguments become C's, and C's results Python's.

// SWIG's own conversions of numbers know less of names and ranges.
%define NUMBER(type, max)
%typemap(in) type {
	uint64_t value$argnum;

	if (arg_number($input, "$1_name", max, &value$argnum) < 0)
		SWIG_fail;
	$1 = ($1_ltype)value$argnum;
}
%enddef
NUMBER(uint8_t, UINT8_MAX)
NUMBER(uint16_t, UINT16_MAX)
NUMBER(uint32_t, UINT32_MAX)
NUMBER(uint64_t, UINT64_MAX)
NUMBER(size_t, SIZE_MAX)
%typemap(out) uint8_t, uint16_t, uint32_t "$result = PyLong_FromUnsignedLong((unsigned long)$1);"
%typemap(out) uint64_t, size_t "$result = PyLong_FromUnsignedLongLong($1);"
%typemap(out) int32_t "$result = PyLong_FromLong($1);"
%typemap(out) bool "$result = PyBool_FromLong($1);"
%typemap(out) char * "$result = PyUnicode_DecodeUTF8($1, (Py_ssize_t)strlen($1), \"replace\");"

// Seconds, or None for without end.
%typemap(in) uint64_t timeout_ns {
	if (arg_timeout($input, &$1) < 0)
		SWIG_fail;
}

// Bytes-like objects, for the time of the call.
%typemap(in) (const char *bytes, size_t nbytes) (Py_buffer view = { 0 }) {
	if (PyObject_GetBuffer($input, &view, PyBUF_SIMPLE) < 0)
		SWIG_fail;
	$1 = view.buf;
	$2 = (size_t)view.len;
}
%typemap(freearg) (const char *bytes, size_t nbytes) {
	if (view$argnum.obj)
		PyBuffer_Release(&view$argnum);
}
%typemap(in) (void *data, size_t bytes) (Py_buffer view = { 0 }) {
	if ($input != Py_None && PyObject_GetBuffer($input, &view, PyBUF_WRITABLE) < 0)
		SWIG_fail;
	$1 = view.buf;
	$2 = (size_t)view.len;
}
%typemap(in) (const void *data, size_t bytes) (Py_buffer view = { 0 }) {
	if ($input != Py_None && PyObject_GetBuffer($input, &view, PyBUF_SIMPLE) < 0)
		SWIG_fail;
	$1 = ($1_ltype)view.buf;
	$2 = (size_t)view.len;
}
%typemap(freearg) (void *data, size_t bytes) {
	if (view$argnum.obj)
		PyBuffer_Release(&view$argnum);
}
%typemap(freearg) (const void *data, size_t bytes) {
	if (view$argnum.obj)
		PyBuffer_Release(&view$argnum);
}

// The types of glue.h.
%define OBJECT(type)
%typemap(in) struct type * {
	$1 = type_cast($input, type##_type, #type);
	if (!$1)
		SWIG_fail;
}
%enddef
OBJECT(session)
OBJECT(space)
OBJECT(memory)
OBJECT(records)
OBJECT(channel)

// A handle of the library's is its object's, which stays open for the time of the call.
%typemap(in) upnvme_ctrlr * (struct session *held = NULL) {
	struct session *session$argnum = type_cast($input, session_type, "controller");

	if (!session$argnum || session_enter(session$argnum) < 0)
		SWIG_fail;
	held = session$argnum;
	$1 = held->ctrlr;
}
%typemap(freearg) upnvme_ctrlr * {
	if (held$argnum)
		session_leave(held$argnum);
}
%typemap(in) upnvme_ns * (struct session *held = NULL) {
	struct space *space$argnum = type_cast($input, space_type, "namespace");

	if (!space$argnum || arg_space(space$argnum) < 0)
		SWIG_fail;
	held = space$argnum->session;
	$1 = space$argnum->ns;
}
%typemap(freearg) upnvme_ns * {
	if (held$argnum)
		session_leave(held$argnum);
}
%typemap(in) upnvme_qpair * (struct session *held = NULL) {
	struct channel *channel$argnum = type_cast($input, channel_type, "queue pair");

	if (!channel$argnum || channel_check(channel$argnum) < 0 || session_enter(channel$argnum->session) < 0)
		SWIG_fail;
	held = channel$argnum->session;
	$1 = channel$argnum->qp;
}
%typemap(freearg) upnvme_qpair * {
	if (held$argnum)
		session_leave(held$argnum);
}

// Negative results are exceptions. What $action does without the lock must not touch Python.
%typemap(out) int {
	if ($1 < 0) {
		glue_raise($1);
		SWIG_fail;
	}
	$result = PyLong_FromLong($1);
}
%define WAITS(function)
%exception function {
	Py_BEGIN_ALLOW_THREADS;
	$action
	Py_END_ALLOW_THREADS;
}
%enddef

%{
static int arg_number(PyObject *object, const char *name, uint64_t max, uint64_t *value)
{
	unsigned long long number = PyLong_AsUnsignedLongLong(object);

	if (number == (unsigned long long)-1 && PyErr_Occurred()) {
		PyObject *index = PyErr_ExceptionMatches(PyExc_TypeError) ? (PyErr_Clear(), PyNumber_Index(object)) : NULL;

		if (index) {
			number = PyLong_AsUnsignedLongLong(index);
			Py_DECREF(index);
		}
		if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OverflowError)) {
			PyErr_Clear();
			PyErr_Format(PyExc_ValueError, "%s must be from 0 to %llu, not %R", name, (unsigned long long)max,
				     object);
		}
		if (PyErr_Occurred())
			return -1;
	}
	if (number > max) {
		PyErr_Format(PyExc_ValueError, "%s must be from 0 to %llu, not %R", name, (unsigned long long)max, object);
		return -1;
	}
	*value = number;
	return 0;
}

static int arg_timeout(PyObject *object, uint64_t *timeout_ns)
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
		PyErr_Format(PyExc_ValueError, "timeout must be seconds, or None for without end, not %R", object);
		return -1;
	}
	*timeout_ns = seconds < 9e9 ? (uint64_t)(seconds * 1e9) : UINT64_MAX;
	return 0;
}

static int arg_space(struct space *space)
{
	if (space->session)
		return session_enter(space->session);
	return glue_raise_own(EINVAL, UPNVME_ERR_NULL, "this namespace was not opened: use Controller.namespaces");
}
%}
