/* SPDX-License-Identifier: BSD-3-Clause */
/* The lock of free-threaded interpreters. There a lock of this module does what the interpreter's
 * lock does elsewhere: each function and finaliser of the module holds it. The lock is a critical
 * section: as the interpreter's, it is released by Py_BEGIN_ALLOW_THREADS, and while a call waits
 * for another thread. Other interpreters compile nothing of this.
 */
#ifndef UPNVME_BINDINGS_SWIG_LOCK_H
#define UPNVME_BINDINGS_SWIG_LOCK_H

#include "glue.h"

#ifdef Py_GIL_DISABLED

/* Locks the module's functions, and the slots of its types. */
int lock_module(PyObject *module);
PyObject *lock_type(PyType_Spec *spec);
/* Another thread may be about to free an object that a list of the module still names: a reference
 * is taken through a weak one. */
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
