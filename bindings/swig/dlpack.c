/* SPDX-License-Identifier: BSD-3-Clause */
/* The DLPack protocol, by which other array libraries share a buffer's memory. A library that asks
 * for version 1 gets its capsule; any other gets the capsule without a version, which cannot say
 * that memory is read-only. */
#include "glue.h"

#include <string.h>

#define KIND_CPU       1
#define CODE_UINT      1
#define FLAG_READ_ONLY 1u
#define FLAG_IS_COPIED 2u

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

struct dl_versioned {
	uint32_t major, minor;
	void *context;
	void (*deleter)(struct dl_versioned *self);
	uint64_t flags;
	struct dl_tensor tensor;
};

/* The context of a capsule. The view holds the buffer's memory; a copy has none. */
struct exported {
	struct dl_managed managed;
	struct dl_versioned versioned;
	Py_buffer view;
	void *copy;
	int64_t shape, stride;
};

/* Frees the context; the consumer may call this without the interpreter's lock. */
static void exported_delete(struct exported *exported)
{
	PyGILState_STATE state = PyGILState_Ensure();

	if (exported->view.obj)
		PyBuffer_Release(&exported->view);
	PyMem_Free(exported->copy);
	PyMem_Free(exported);
	PyGILState_Release(state);
}

static void managed_delete(struct dl_managed *managed)
{
	exported_delete(managed->context);
}

static void versioned_delete(struct dl_versioned *versioned)
{
	exported_delete(versioned->context);
}

/* The names of capsules that no consumer has taken: a consumer renames the capsule. */
static const char managed_name[] = "dltensor", versioned_name[] = "dltensor_versioned";

static void capsule_delete(PyObject *capsule)
{
	struct dl_managed *managed;
	struct dl_versioned *versioned;

	if (PyCapsule_IsValid(capsule, managed_name)) {
		managed = PyCapsule_GetPointer(capsule, managed_name);
		managed->deleter(managed);
	} else if (PyCapsule_IsValid(capsule, versioned_name)) {
		versioned = PyCapsule_GetPointer(capsule, versioned_name);
		versioned->deleter(versioned);
	}
}

static int exported_copy(struct exported *exported)
{
	exported->copy = PyMem_Malloc((size_t)exported->view.len);
	if (!exported->copy) {
		PyErr_NoMemory();
		return -1;
	}
	memcpy(exported->copy, exported->view.buf, (size_t)exported->view.len);
	PyBuffer_Release(&exported->view);
	return 0;
}

static PyObject *exported_capsule(struct exported *exported, bool versioned)
{
	struct dl_tensor tensor = { .data = exported->copy ? exported->copy : exported->view.buf,
				    .device_type = KIND_CPU,
				    .ndim = 1,
				    .code = CODE_UINT,
				    .bits = 8,
				    .lanes = 1,
				    .shape = &exported->shape,
				    .strides = &exported->stride };
	uint64_t flags = exported->copy          ? FLAG_IS_COPIED :
			 exported->view.readonly ? FLAG_READ_ONLY :
						   0;

	exported->stride = 1;
	exported->managed = (struct dl_managed){ tensor, exported, managed_delete };
	exported->versioned =
		(struct dl_versioned){ 1, 0, exported, versioned_delete, flags, tensor };
	if (versioned)
		return PyCapsule_New(&exported->versioned, versioned_name, capsule_delete);
	if (!(flags & FLAG_READ_ONLY))
		return PyCapsule_New(&exported->managed, managed_name, capsule_delete);
	PyErr_SetString(PyExc_BufferError,
			"this buffer is read-only, which only version 1 of DLPack can say: "
			"give max_version=(1, 0), or copy=True");
	return NULL;
}

PyObject *memory_dlpack(PyObject *memory, bool versioned, bool copy)
{
	struct exported *exported = PyMem_Calloc(1, sizeof(*exported));
	PyObject *capsule = NULL;

	if (!exported)
		return PyErr_NoMemory();
	if (PyObject_GetBuffer(memory, &exported->view, PyBUF_SIMPLE) < 0) {
		PyMem_Free(exported);
		return NULL;
	}
	exported->shape = exported->view.len;
	if (!copy || exported_copy(exported) == 0)
		capsule = exported_capsule(exported, versioned);
	if (!capsule)
		exported_delete(exported);
	return capsule;
}
