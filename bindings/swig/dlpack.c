/* SPDX-License-Identifier: BSD-3-Clause */
/* A buffer for other libraries of arrays, as the DLPack protocol lays it down (version 0.8's unversioned capsule). */
#include "glue.h"

#define KIND_CPU  1
#define CODE_UINT 1

struct dl_tensor {
	void *data;
	int32_t device_type, device_id;
	int32_t ndim;
	uint8_t code, bits;
	uint16_t lanes;
	int64_t *shape, *strides;
	uint64_t byte_offset;
};

struct dl_managed {
	struct dl_tensor tensor;
	void *context;
	void (*deleter)(struct dl_managed *self);
};

/* What goes with it: the view keeps the memory. */
struct exported {
	struct dl_managed managed;
	Py_buffer view;
	int64_t shape, stride;
};

/* The consumer may have given the interpreter's lock up. */
static void exported_delete(struct dl_managed *managed)
{
	struct exported *exported = managed->context;
	PyGILState_STATE state = PyGILState_Ensure();

	PyBuffer_Release(&exported->view);
	PyMem_Free(exported);
	PyGILState_Release(state);
}

/* A capsule that was taken has another name. */
static void capsule_delete(PyObject *capsule)
{
	struct dl_managed *managed;

	if (!PyCapsule_IsValid(capsule, "dltensor"))
		return;
	managed = PyCapsule_GetPointer(capsule, "dltensor");
	managed->deleter(managed);
}

static void tensor_fill(struct exported *exported)
{
	exported->shape = exported->view.len;
	exported->stride = 1;
	exported->managed.tensor = (struct dl_tensor){ .data = exported->view.buf,
						       .device_type = KIND_CPU,
						       .ndim = 1,
						       .code = CODE_UINT,
						       .bits = 8,
						       .lanes = 1,
						       .shape = &exported->shape,
						       .strides = &exported->stride };
	exported->managed.context = exported;
	exported->managed.deleter = exported_delete;
}

PyObject *memory_dlpack(PyObject *memory)
{
	struct exported *exported = PyMem_Calloc(1, sizeof(*exported));
	PyObject *capsule;

	if (!exported)
		return PyErr_NoMemory();
	if (PyObject_GetBuffer(memory, &exported->view, PyBUF_WRITABLE) < 0) {
		PyMem_Free(exported);
		return NULL;
	}
	tensor_fill(exported);
	capsule = PyCapsule_New(&exported->managed, "dltensor", capsule_delete);
	if (!capsule)
		exported_delete(&exported->managed);
	return capsule;
}
