/* SPDX-License-Identifier: BSD-3-Clause */
/* A namespace, and its commands, which run on a leased queue pair and are waited for. */
#include "glue.h"

#include <errno.h>
#include <string.h>

uint32_t space_extended(upnvme_ns *ns)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };

	if (!upnvme_ns_metadata_size(ns) || upnvme_ns_info_get(ns, &info) < 0)
		return 0;
	return info.metadata_extended ? info.metadata_bytes : 0;
}

PyObject *space_open(struct space *self, struct session *session, uint32_t nsid)
{
	int rc;

	if (self->session) {
		PyErr_SetString(PyExc_ValueError,
				"this namespace was opened before: make a new one");
		return NULL;
	}
	if (session_check(session) < 0)
		return NULL;
	rc = upnvme_ns_get(&self->ns, session->ctrlr, nsid);
	if (rc < 0) {
		glue_raise(rc);
		return NULL;
	}
	self->nsid = nsid;
	self->extended = space_extended(self->ns);
	Py_INCREF((PyObject *)session);
	self->session = session;
	Py_RETURN_NONE;
}

int space_check(struct space *self)
{
	if (self->session)
		return session_check(self->session);
	return glue_raise_own(EINVAL, UPNVME_ERR_NULL,
			      "this namespace was not opened: use Controller.namespaces");
}

size_t space_bytes(const struct space *self, uint32_t blocks)
{
	return (size_t)blocks * (upnvme_ns_block_size(self->ns) + self->extended);
}

/* Runs one command, and raises what the library or the controller refuses. */
static int space_run(struct space *self, const struct upnvme_op *op, size_t bytes, PyObject *keep,
		     uint64_t timeout_ns)
{
	struct upnvme_completion done;
	int rc = lease_run(self->session, op, bytes, keep, timeout_ns, &done);

	if (rc < 0)
		return glue_raise(rc);
	if (rc > 0)
		return -1;
	return done.status ? glue_raise_status(&done, op) : 0;
}

static struct upnvme_op op_of(const struct space *self, uint32_t opcode, uint64_t lba,
			      uint32_t blocks, uint32_t flags)
{
	return (struct upnvme_op){ .opcode = (uint8_t)opcode,
				   .flags = (uint16_t)flags,
				   .nsid = self->nsid,
				   .lba = lba,
				   .blocks = blocks };
}

/* Reads into a new Buffer, which is the result. */
PyObject *space_read(struct space *self, uint64_t lba, uint32_t blocks, uint32_t flags,
		     uint64_t timeout_ns)
{
	struct upnvme_op op = op_of(self, UPNVME_OP_READ, lba, blocks, flags);
	struct memory *memory;
	size_t bytes;

	if (space_check(self) < 0)
		return NULL;
	bytes = space_bytes(self, blocks);
	/* A read that is out of range must not cost memory: the library refuses it without touching
	 * this one byte. */
	if (lba > upnvme_ns_block_count(self->ns) || blocks > upnvme_ns_block_count(self->ns))
		bytes = 1;
	memory = memory_take(self->session, bytes ? bytes : 1);
	if (!memory)
		return NULL;
	op.buf = memory->data;
	if (space_run(self, &op, bytes, (PyObject *)memory, timeout_ns) == 0)
		return (PyObject *)memory;
	Py_DECREF((PyObject *)memory);
	return NULL;
}

/* Moves the data through memory that the device reaches. Such copies are counted, since callers
 * want to avoid them. */
static int move_bounced(struct space *self, struct upnvme_op *op, const struct data *data,
			uint64_t timeout_ns)
{
	struct session *session = self->session;
	struct memory *memory = memory_take(session, data->bytes);
	int rc;

	if (!memory)
		return -1;
	rc = data_check(data);
	if (rc == 0 && op->opcode != UPNVME_OP_READ)
		memcpy(memory->data, data->at, data->bytes);
	op->buf = memory->data;
	session->bounced_bytes += rc == 0 ? data->bytes : 0;
	if (rc == 0)
		rc = space_run(self, op, data->bytes, (PyObject *)memory, timeout_ns);
	if (rc == 0 && op->opcode == UPNVME_OP_READ)
		rc = data_check(data);
	if (rc == 0 && op->opcode == UPNVME_OP_READ)
		memcpy(data->at, memory->data, data->bytes);
	Py_DECREF((PyObject *)memory);
	return rc;
}

bool space_unreachable(int rc)
{
	struct upnvme_error error;

	if (rc == -EFAULT)
		return true;
	upnvme_error_get(&error);
	return rc == -EINVAL && error.code == UPNVME_ERR_BUFFER_ALIGN;
}

static int move_straight(struct space *self, struct upnvme_op *op, const struct data *data,
			 uint64_t timeout_ns)
{
	struct upnvme_completion done;
	int rc;

	op->buf = data->at;
	rc = lease_run(self->session, op, data->bytes, data->keep, timeout_ns, &done);
	if (rc < 0)
		return space_unreachable(rc) ? move_bounced(self, op, data, timeout_ns) :
					       glue_raise(rc);
	if (rc > 0)
		return -1;
	return done.status ? glue_raise_status(&done, op) : 0;
}

static int count_blocks(const struct space *self, const struct data *data, uint32_t *blocks)
{
	if (data->bytes)
		return data_blocks(data, space_bytes(self, 1), blocks);
	PyErr_SetString(PyExc_ValueError, "there are no bytes: a command moves one block at least");
	return -1;
}

PyObject *space_move(struct space *self, uint32_t opcode, PyObject *object, uint64_t lba,
		     uint32_t flags, uint64_t timeout_ns)
{
	struct upnvme_op op = op_of(self, opcode, lba, 0, flags);
	struct data data;
	int rc;

	if (space_check(self) < 0 || data_of(object, opcode == UPNVME_OP_READ, &data) < 0)
		return NULL;
	/* Getting the buffer may have run Python, which may have closed the controller. */
	rc = space_check(self);
	if (rc == 0)
		rc = count_blocks(self, &data, &op.blocks);
	if (rc == 0)
		rc = PyBytes_Check(object) ? move_bounced(self, &op, &data, timeout_ns) :
					     move_straight(self, &op, &data, timeout_ns);
	Py_DECREF(data.keep);
	if (rc < 0)
		return NULL;
	Py_RETURN_NONE;
}

/* Runs a command without data. */
PyObject *space_tell(struct space *self, uint32_t opcode, uint64_t lba, uint32_t blocks,
		     uint32_t flags, uint64_t timeout_ns)
{
	struct upnvme_op op = op_of(self, opcode, lba, blocks, flags);

	if (space_check(self) < 0 || space_run(self, &op, 0, NULL, timeout_ns) < 0)
		return NULL;
	Py_RETURN_NONE;
}

static void space_dealloc(PyObject *object)
{
	Py_XDECREF((PyObject *)((struct space *)object)->session);
	type_free(object);
}

static PyType_Slot slots[] = {
	{ Py_tp_dealloc, space_dealloc },
	{ Py_tp_doc, "A namespace, as upnvme.Namespace builds on it." },
	{ 0, NULL },
};

PyType_Spec space_spec = { "_upnvme.Space", sizeof(struct space), 0,
			   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots };
