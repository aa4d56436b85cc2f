/* SPDX-License-Identifier: BSD-3-Clause */
/* The lock of free-threaded interpreters. What the interpreter's own lock does for this module elsewhere, one of the
 * module's does there: each of its functions and finalisers holds it. It is a critical section: as the interpreter's
 * it is let go by Py_BEGIN_ALLOW_THREADS, and while a call waits for another thread. Elsewhere nothing of this is
 * compiled.
 */
#ifndef UPNVME_BINDINGS_SWIG_LOCK_H
#define UPNVME_BINDINGS_SWIG_LOCK_H

#include "glue.h"

#ifdef Py_GIL_DISABLED

/* The module's functions, and what its types do by themselves. */
int lock_module(PyObject *module);
PyObject *lock_type(PyType_Spec *spec);
/* Another thread may be about to free what a list of ours still names: a reference is had by way of a weak one. */
#define LOCK_TPFLAGS Py_TPFLAGS_MANAGED_WEAKREF
PyObject *lock_weak(PyObject *object);
bool lock_hold(PyObject *object, PyObject *weak);

#else

#define LOCK_TPFLAGS 0ul
static inline int lock_module(PyObject *module)
{
	(void)module;
	return 0;
}

static inline PyObject *lock_type(PyType_Spec *spec)
{
	return PyType_FromSpec(spec);
}

static inline PyObject *lock_weak(PyObject *object)
{
	(void)object;
	return NULL;
}

static inline bool lock_hold(PyObject *object, PyObject *weak)
{
	(void)weak;
	Py_INCREF(object);
	return true;
}

#endif
#endif
