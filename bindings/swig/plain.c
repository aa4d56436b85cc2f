/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks the format of a buffer's items (PEP 3118): a device may get bytes and numbers, and never
 * addresses of this process. */
#include "glue.h"

#include <string.h>

/* Marks of size and byte order, shapes, and the braces of records: no items by themselves. */
static const char signs[] = "0123456789@=<>!^|(), T{}";
/* Padding, bytes, whole numbers, floating point, characters; in C's own sizes and in fixed ones. */
static const char plain[] = "xcbB?hHiIlLqQnNefdgstpuwDFG";

/* A complex number is Z with the kind of its parts; Z alone is a pointer to characters (of ctypes). */
static bool is_complex(const char *at)
{
	return *at == 'Z' && at[1] && strchr("fdg", at[1]);
}

static bool is_plain(const char *format)
{
	for (const char *at = format; *at; at++) {
		if (*at == ':') { /* a field's name stands between two colons */
			at = strchr(at + 1, ':');
			if (!at)
				return false;
		} else if (!strchr(signs, *at) && !strchr(plain, *at) && !is_complex(at)) {
			return false;
		}
	}
	return true;
}

int buffer_get(PyObject *object, bool writable, Py_buffer *view)
{
	int flags = PyBUF_ND | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);

	if (PyObject_GetBuffer(object, view, flags) < 0)
		return -1;
	if (!view->format || is_plain(view->format))
		return 0;
	PyErr_Format(
		PyExc_TypeError,
		"a buffer of the format \"%s\" has references to objects in it, or pointers: give "
		"one of plain bytes or numbers",
		view->format);
	PyBuffer_Release(view);
	return -1;
}
