/* SPDX-License-Identifier: BSD-3-Clause */
/* Wraps all functions that the interpreter calls, which are SWIG's and the slots of the types, in
 * functions that hold the module's lock. */
#include "lock.h"

#ifdef Py_GIL_DISABLED

static PyObject *lock;

/* --- functions -------------------------------------------------------------------------------------- */

/* Calls `self`, the wrapped function, with the lock held. */
static PyObject *call_locked(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
	PyObject *result;

	Py_BEGIN_CRITICAL_SECTION(lock);
	result = PyObject_Vectorcall(self, args, (size_t)nargs, NULL);
	Py_END_CRITICAL_SECTION();
	return result;
}

static PyObject *function_locked(PyObject *name, PyObject *function)
{
	PyMethodDef *def = PyMem_Calloc(1, sizeof(*def)); /* never freed: functions live as long */

	if (!def)
		return PyErr_NoMemory();
	def->ml_name = PyUnicode_AsUTF8(name);
	def->ml_meth = (PyCFunction)(void (*)(void))call_locked;
	def->ml_flags = METH_FASTCALL;
	return PyCFunction_New(def, function);
}

int lock_module(PyObject *module)
{
	PyObject *dict = PyModule_GetDict(module), *name, *value;
	Py_ssize_t at = 0;

	while (PyDict_Next(dict, &at, &name, &value)) {
		PyObject *locked;
		int rc;

		if (!PyCFunction_Check(value))
			continue;
		locked = function_locked(name, value);
		rc = locked ? PyDict_SetItem(dict, name, locked) : -1;
		Py_XDECREF(locked);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* --- types ------------------------------------------------------------------------------------------ */

/* The slots of a type as they were before the wrapping. */
#define TYPES_MAX 16u
static struct bare {
	PyTypeObject *type;
	destructor dealloc;
	inquiry clear;
	getbufferproc get;
	releasebufferproc release;
} bare[TYPES_MAX];
static unsigned nbare;

/* The slots of the object's type, or of its nearest base. */
static const struct bare *bare_of(PyObject *object)
{
	for (PyTypeObject *type = Py_TYPE(object); type; type = type->tp_base)
		for (unsigned i = 0; i < nbare; i++)
			if (bare[i].type == type)
				return &bare[i];
	Py_FatalError("an object of none of upnvme's types");
}

static void dealloc_locked(PyObject *object)
{
	const struct bare *own = bare_of(object);

	if (own->type->tp_flags & LOCK_TPFLAGS)
		PyObject_ClearWeakRefs(object);
	Py_BEGIN_CRITICAL_SECTION(lock);
	own->dealloc(object);
	Py_END_CRITICAL_SECTION();
}

static int clear_locked(PyObject *object)
{
	int rc;

	Py_BEGIN_CRITICAL_SECTION(lock);
	rc = bare_of(object)->clear(object);
	Py_END_CRITICAL_SECTION();
	return rc;
}

static int get_locked(PyObject *object, Py_buffer *view, int flags)
{
	int rc;

	Py_BEGIN_CRITICAL_SECTION(lock);
	rc = bare_of(object)->get(object, view, flags);
	Py_END_CRITICAL_SECTION();
	return rc;
}

static void release_locked(PyObject *object, Py_buffer *view)
{
	Py_BEGIN_CRITICAL_SECTION(lock);
	bare_of(object)->release(object, view);
	Py_END_CRITICAL_SECTION();
}

#define BARE(member, slot, to)                                        \
	do {                                                          \
		own->member = (__typeof__(own->member))(slot)->pfunc; \
		(slot)->pfunc = (void *)(to);                         \
	} while (0)

static void slot_lock(struct bare *own, PyType_Slot *slot)
{
	switch (slot->slot) {
	case Py_tp_dealloc:
		BARE(dealloc, slot, dealloc_locked);
		break;
	case Py_tp_clear:
		BARE(clear, slot, clear_locked);
		break;
	case Py_bf_getbuffer:
		BARE(get, slot, get_locked);
		break;
	case Py_bf_releasebuffer:
		BARE(release, slot, release_locked);
		break;
	default:
		break;
	}
}

static int lock_make(void)
{
	if (!lock)
		lock = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
	return lock ? 0 : -1;
}

PyObject *lock_type(PyType_Spec *spec)
{
	struct bare *own = &bare[nbare];

	if (lock_make() < 0)
		return NULL;
	if (nbare == TYPES_MAX) {
		PyErr_SetString(PyExc_ImportError,
				"upnvme._upnvme is for the main interpreter, once");
		return NULL;
	}
	for (PyType_Slot *slot = spec->slots; slot->slot; slot++)
		slot_lock(own, slot);
	own->type = (PyTypeObject *)PyType_FromSpec(spec);
	if (own->type)
		nbare++;
	return (PyObject *)own->type;
}

/* --- references ------------------------------------------------------------------------------------- */

PyObject *lock_weak(PyObject *object)
{
	return PyWeakref_NewRef(object, NULL);
}

bool lock_hold(PyObject *object, PyObject *weak)
{
	PyObject *held;

	(void)object;
	return weak && PyWeakref_GetRef(weak, &held) == 1;
}

#endif
