// SPDX-License-Identifier: BSD-3-Clause
// Typemaps that convert Python's arguments to C's, and C's results to Python's.

// Numbers are converted by arg_number, whose errors name the argument and its range; those of SWIG's own conversions
// do not.
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
%typemap(in) bool {
	int value$argnum = PyObject_IsTrue($input);

	if (value$argnum < 0)
		SWIG_fail;
	$1 = value$argnum;
}
%typemap(out) uint8_t, uint16_t, uint32_t "$result = PyLong_FromUnsignedLong((unsigned long)$1);"
%typemap(out) uint64_t, size_t "$result = PyLong_FromUnsignedLongLong($1);"
%typemap(out) int32_t "$result = PyLong_FromLong($1);"
%typemap(out) bool "$result = PyBool_FromLong($1);"
// Texts are decoded in the way that arg_text encodes them, so that a result can be an argument again.
%typemap(out) char * "$result = PyUnicode_DecodeFSDefault($1);"

// A time limit in seconds, or None for a wait without end.
%typemap(in) uint64_t timeout_ns {
	if (arg_timeout($input, &$1) < 0)
		SWIG_fail;
}

%typemap(in) const char * (PyObject *text = NULL) {
	$1 = (char *)arg_text($input, "$1_name", &text);
	if (!$1)
		SWIG_fail;
}
%typemap(freearg) const char * "Py_XDECREF(text$argnum);"

// Bytes-like objects, held for the time of the call.
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

// Objects of the types of glue.h; `name` is the public class, for the error.
%define OBJECT(type, name)
%typemap(in) struct type * {
	$1 = type_cast($input, type##_type, name);
	if (!$1)
		SWIG_fail;
}
%enddef
OBJECT(session, "Controller")
OBJECT(space, "Namespace")
OBJECT(memory, "Buffer")
OBJECT(records, "Batch or Completions")
OBJECT(channel, "QPair")

// Handles of the library come from their objects, whose controller stays open for the time of the call.
%typemap(in) upnvme_ctrlr * (struct session *held = NULL) {
	struct session *session$argnum = type_cast($input, session_type, "Controller");

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
	struct space *space$argnum = type_cast($input, space_type, "Namespace");

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
	struct channel *channel$argnum = type_cast($input, channel_type, "QPair");

	if (!channel$argnum || channel_check(channel$argnum) < 0 || session_enter(channel$argnum->session) < 0)
		SWIG_fail;
	held = channel$argnum->session;
	$1 = channel$argnum->qp;
}
%typemap(freearg) upnvme_qpair * {
	if (held$argnum)
		session_leave(held$argnum);
}

// Negative results become exceptions.
%typemap(out) int {
	if ($1 < 0) {
		glue_raise($1);
		SWIG_fail;
	}
	$result = PyLong_FromLong($1);
}
// A function that waits runs without the interpreter's lock, so its $action must not touch Python.
%define WAITS(function)
%exception function {
	Py_BEGIN_ALLOW_THREADS;
	$action
	Py_END_ALLOW_THREADS;
}
%enddef
