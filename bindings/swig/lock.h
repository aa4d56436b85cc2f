/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's lock in free-threaded interpreters, in place of the interpreter's lock: each function
 * and finaliser of the module holds it. The lock is a critical section: like the interpreter's lock,
 * Py_BEGIN_ALLOW_THREADS releases it, and so does a wait for another thread. In other interpreters
 * the functions below do nothing.
 */
#ifndef UPNVME_BINDINGS_SWIG_LOCK_H
#define UPNVME_BINDINGS_SWIG_LOCK_H

#include "glue.h"

#ifdef Py_GIL_DISABLED

/* Wraps the module's functions, and a type's slots, in functions that hold the lock. */
int lock_module(PyObject *module);
PyObject *lock_type(PyType_Spec *spec);
/* Weak references, through which a list of the module takes a reference to its object: another
 * thread may be about to free the object, and lock_hold is false then. */
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
