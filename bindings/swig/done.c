/* SPDX-License-Identifier: BSD-3-Clause */
/* One completion, as a callback gets it. */
#include "glue.h"

#include <structmember.h>

#define AT(name) (Py_ssize_t)(offsetof(struct done, c) + offsetof(struct upnvme_completion, name))

static PyMemberDef members[] = {
	{ "tag", T_ULONGLONG, AT(tag), READONLY, "the command's tag" },
	{ "result", T_ULONGLONG, AT(result), READONLY, "dwords 0 and 1 of the completion entry" },
	{ "status", T_USHORT, AT(status), READONLY, "0 for success" },
	{ "flags", T_USHORT, AT(flags), READONLY, "DoneFlag bits" },
	{ "blocks", T_UINT, AT(blocks), READONLY, "blocks valid before the first error" },
	{ NULL, 0, 0, 0, NULL },
};

PyObject *done_new(const struct upnvme_completion *c)
{
	struct done *self = (struct done *)type_new((PyTypeObject *)hooks.completion);

	if (self)
		self->c = *c;
	return (PyObject *)self;
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, type_free },
	{ Py_tp_members, members },
	{ Py_tp_doc, "One completion, as upnvme.Completion builds on it." },
	{ 0, NULL },
};

PyType_Spec done_spec = { "_upnvme.Done", sizeof(struct done), 0,
			  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots };
