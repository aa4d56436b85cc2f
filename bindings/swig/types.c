/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's types, which are made once, however often the module is imported; and checked casts. */
#include "lock.h"

PyTypeObject *session_type, *space_type, *channel_type, *memory_type, *records_type, *done_type,
	*column_type, *group_type;

static const struct {
	PyTypeObject **type;
	PyType_Spec *spec;
	const char *name;
} all[] = {
	{ &session_type, &session_spec, "Session" }, { &space_type, &space_spec, "Space" },
	{ &channel_type, &channel_spec, "Channel" }, { &memory_type, &memory_spec, "Memory" },
	{ &records_type, &records_spec, "Records" }, { &done_type, &done_spec, "Done" },
	{ &column_type, &column_spec, "Column" },    { &group_type, &group_spec, "Group" },
};

/* Refuses sub-interpreters: the module's state (its types, the hooks, the library's log) belongs to the
 * process, and a second interpreter would take it from the first. */
static int check_interpreter(void)
{
	if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0)
		return 0;
	PyErr_SetString(PyExc_ImportError,
			"upnvme is for the main interpreter of a process, and this is a "
			"sub-interpreter: import it there, or in a process of its own");
	return -1;
}

int types_init(PyObject *module)
{
	if (check_interpreter() < 0)
		return -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!*all[i].type)
			*all[i].type = (PyTypeObject *)lock_type(all[i].spec);
		if (!*all[i].type ||
		    PyModule_AddObjectRef(module, all[i].name, (PyObject *)*all[i].type) < 0)
			return -1;
	}
	return 0;
}

void *type_cast(PyObject *object, PyTypeObject *type, const char *name)
{
	if (PyObject_TypeCheck(object, type))
		return object;
	PyErr_Format(PyExc_TypeError, "a %s is needed, not %R", name, (PyObject *)Py_TYPE(object));
	return NULL;
}

PyObject *type_new(PyTypeObject *type)
{
	return ((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
}

void type_free(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);

	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}
