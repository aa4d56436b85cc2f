/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks the format of a buffer's items (PEP 3118): commands take memory of bytes and numbers, and
 * never of pointers, which a read would overwrite and a write would keep for another process. */
#include "glue.h"

#include <string.h>

/* Characters of a format that are no items: sizes, byte orders, shapes, and the marks of records. */
static const char signs[] = "0123456789@=<>!^|(), T{}";
/* Characters of plain items: padding, bytes, whole numbers, floating point, characters. */
static const char plain[] = "xcbB?hHiIlLqQnNefdgstpuwDFG";

/* A complex number is Z with the kind of its parts; Z alone is a pointer of ctypes to characters. */
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
