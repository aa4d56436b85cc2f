/* SPDX-License-Identifier: BSD-3-Clause */
/* Raises the library's errors as exceptions. The exceptions' classes are written in Python: the
 * package gives this module the functions that make them (hooks_set). */
#include "glue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct hooks hooks;

void hooks_set(PyObject *error, PyObject *status, PyObject *group, PyObject *partial,
	       PyObject *timeout, PyObject *buffer, PyObject *completion, PyObject *completions,
	       PyObject *log)
{
	struct hooks set = { error,  status,     group,       partial, timeout,
			     buffer, completion, completions, log };
	PyObject **all = (PyObject **)&set;

	for (size_t i = 0; i < sizeof(set) / sizeof(*all); i++)
		Py_INCREF(all[i]);
	hooks = set;
}

/* Raises an exception, and takes over the reference to it; null: an exception is set already. */
static int raise_object(PyObject *exception)
{
	if (exception) {
		PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
		Py_DECREF(exception);
	}
	return -1;
}

PyObject *glue_text(const char *text)
{
	return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
}

static int raise_error(int err, uint32_t code, const char *text, unsigned status)
{
	return raise_object(
		PyObject_CallFunction(hooks.error, "iINI", err, code, glue_text(text), status));
}

/* The sentences for EAGAIN and ENOMSG: the library makes none for these errors of normal traffic. */
static const char *plain_text(int err)
{
	switch (err) {
	case EAGAIN:
		return "the queue is full: poll or reap, and try again";
	default:
		return "the next completion is a tagged one: take it with reap()";
	}
}

int glue_raise_error(int rc, const struct upnvme_error *error)
{
	if (error->err != rc)
		return raise_error(-rc, UPNVME_ERR_NONE, strerror(-rc), 0);
	return raise_error(-rc, error->code, error->text, error->status);
}

int glue_raise(int rc)
{
	struct upnvme_error error;

	if (rc == -EAGAIN || rc == -ENOMSG)
		return raise_error(-rc, UPNVME_ERR_NONE, plain_text(-rc), 0);
	upnvme_error_get(&error);
	return glue_raise_error(rc, &error);
}

int glue_raise_own(int err, uint32_t code, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return raise_error(err, code, text, 0);
}

int glue_raise_forked(void)
{
	return glue_raise_own(
		EOWNERDEAD, UPNVME_ERR_FORKED,
		"this is a fork of the process that opened it: open the controller anew here");
}

int glue_raise_status(const struct upnvme_completion *done, const struct upnvme_op *op)
{
	return raise_object(PyObject_CallFunction(hooks.status, "HHIIKI", done->status, done->flags,
						  done->blocks, (unsigned)op->opcode,
						  (unsigned long long)op->lba, op->blocks));
}

int glue_raise_timeout(const struct upnvme_op *op, uint64_t timeout_ns)
{
	return raise_object(PyObject_CallFunction(hooks.timeout, "IKIK", (unsigned)op->opcode,
						  (unsigned long long)op->lba, op->blocks,
						  (unsigned long long)timeout_ns));
}

PyObject *glue_take(void)
{
	PyObject *type, *value, *traceback;

	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	if (traceback)
		PyException_SetTraceback(value, traceback);
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return value;
}

int glue_raise_partial(uint32_t index)
{
	return raise_object(PyObject_CallFunction(hooks.partial, "IN", index, glue_take()));
}

int glue_collect(PyObject **list)
{
	PyObject *value = glue_take();

	if (!*list)
		*list = PyList_New(0);
	if (!*list || PyList_Append(*list, value) < 0)
		PyErr_Clear();
	Py_XDECREF(value);
	return -1;
}

int glue_raise_all(PyObject *list)
{
	PyObject *one;

	if (PyList_Size(list) == 1) {
		one = PyList_GetItem(list, 0);
		Py_INCREF(one);
	} else {
		one = PyObject_CallFunctionObjArgs(hooks.group, list, NULL);
	}
	Py_DECREF(list);
	return raise_object(one);
}
