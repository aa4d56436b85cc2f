/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's types: made once, and told apart. */
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

int types_init(PyObject *module)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		PyObject *type = lock_type(all[i].spec);

		if (!type || PyModule_AddObjectRef(module, all[i].name, type) < 0)
			return -1;
		*all[i].type = (PyTypeObject *)type;
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
