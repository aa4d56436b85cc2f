/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands whose completions settle an asyncio future, with the buffer that was read, or None. */
#include "slot.h"

#include <errno.h>
#include <string.h>

#define FUTURE_RAISED 1 /* with an exception set */

static PyObject *name_result, *name_exception;

static int names_make(void)
{
	if (!name_result)
		name_result = PyUnicode_InternFromString("set_result");
	if (!name_exception)
		name_exception = PyUnicode_InternFromString("set_exception");
	return name_result && name_exception ? 0 : -1;
}

/* Calls set_result or set_exception. A cancelled future refuses both, which is no error. */
static int future_call(PyObject *future, PyObject *name, PyObject *value)
{
	PyObject *result = PyObject_CallMethodObjArgs(future, name, value, NULL), *done;
	PyObject *type, *error, *traceback;
	int cancelled;

	Py_XDECREF(result);
	if (result)
		return 0;
	PyErr_Fetch(&type, &error, &traceback);
	done = PyObject_CallMethod(future, "cancelled", NULL);
	cancelled = done ? PyObject_IsTrue(done) : -1;
	Py_XDECREF(done);
	if (cancelled != 1) {
		PyErr_Restore(type, error, traceback);
		return -1;
	}
	Py_XDECREF(type);
	Py_XDECREF(error);
	Py_XDECREF(traceback);
	return 0;
}

int future_set(PyObject *future, PyObject *value)
{
	return names_make() < 0 ? -1 : future_call(future, name_result, value);
}

/* Settles the future with the exception that is set, and clears that. */
int future_fail(PyObject *future)
{
	PyObject *type, *value, *traceback;
	int rc;

	PyErr_Fetch(&type, &value, &traceback);
	PyErr_NormalizeException(&type, &value, &traceback);
	rc = names_make() < 0 ? -1 : future_call(future, name_exception, value);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(traceback);
	return rc;
}

int slot_settle(const struct slot_more *more, PyObject *future, PyObject *keep)
{
	struct upnvme_op op = { .opcode = more->opcode, .lba = more->lba, .blocks = more->blocks };

	if (!more->done.status)
		return future_set(future, more->kind == SLOT_FUTURE_BUFFER ? keep : Py_None);
	glue_raise_status(&more->done, &op);
	return future_fail(future);
}

/* Readies a read without a buffer of the caller's: takes memory for its data. */
static int take_memory(struct channel *self, struct space *space, struct upnvme_op *op,
		       PyObject *blocks, PyObject **keep)
{
	struct memory *memory;
	size_t bytes;

	if (io_prepare(self, space, op, Py_None, blocks, keep) < 0)
		return -1;
	bytes = space_bytes(space, op->blocks);
	/* A read of more blocks than the namespace has must not cost memory: the library refuses it
	 * without touching this one byte. */
	if (op->blocks > upnvme_ns_block_count(space->ns) || !bytes)
		bytes = 1;
	memory = memory_take(self->session, bytes);
	if (!memory)
		return -1;
	op->buf = memory->data;
	*keep = (PyObject *)memory;
	return 0;
}

/* Copies the data into memory that the device reaches, and makes the op use the copy. */
static int take_copy(struct channel *self, struct upnvme_op *op, size_t bytes, PyObject **keep)
{
	struct memory *memory = memory_take(self->session, bytes);

	if (!memory)
		return -1;
	memcpy(memory->data, op->buf, bytes);
	op->buf = memory->data;
	Py_DECREF(*keep);
	*keep = (PyObject *)memory;
	return 0;
}

static int future_send(struct channel *self, const struct upnvme_op *op, enum slot_kind kind,
		       PyObject *future, PyObject *keep)
{
	struct slot *slot;
	struct slot_more *more;
	int rc;

	/* Getting the buffer may have run Python, which may have used the last slot, or have closed
	 * the queue pair, which frees the slots. */
	if (!self->free)
		return channel_check(self) < 0 ? FUTURE_RAISED : -EAGAIN;
	slot = slot_take(self, kind, future, keep, 0);
	more = slot_more(slot);
	more->opcode = op->opcode;
	more->lba = op->lba;
	more->blocks = op->blocks;
	rc = upnvme_io(self->qp, op, slot_done, slot);
	if (rc < 0)
		slot_give(slot);
	return rc;
}

/* Submits the command. Data that the device does not reach is copied, except for a read. */
static int future_send_any(struct channel *self, struct space *space, struct upnvme_op *op,
			   PyObject *future, PyObject **keep)
{
	int rc = future_send(self, op, SLOT_FUTURE, future, *keep);
	size_t bytes;

	if (!*keep || op->opcode == UPNVME_OP_READ || rc >= 0 || rc == -EAGAIN ||
	    !space_unreachable(rc))
		return rc;
	bytes = space_bytes(space, op->blocks);
	if (take_copy(self, op, bytes, keep) < 0)
		return FUTURE_RAISED;
	rc = future_send(self, op, SLOT_FUTURE, future, *keep);
	self->session->bounced_bytes += rc == 0 ? bytes : 0;
	return rc;
}

/* Submits a command with a future; returns False if the queue is full, else True. */
PyObject *channel_future(struct channel *self, struct space *space, uint32_t opcode, PyObject *data,
			 uint64_t lba, PyObject *blocks, uint32_t flags, PyObject *future)
{
	struct upnvme_op op = { .opcode = (uint8_t)opcode, .flags = (uint16_t)flags, .lba = lba };
	bool own = opcode == UPNVME_OP_READ && data == Py_None;
	PyObject *keep = NULL;
	int rc;

	if (!self->free && channel_is_open(self))
		Py_RETURN_FALSE;
	rc = own ? take_memory(self, space, &op, blocks, &keep) :
		   io_prepare(self, space, &op, data, blocks, &keep);
	if (rc < 0)
		return NULL;
	rc = own ? future_send(self, &op, SLOT_FUTURE_BUFFER, future, keep) :
		   future_send_any(self, space, &op, future, &keep);
	Py_XDECREF(keep);
	if (rc == 0 || rc == -EAGAIN)
		return PyBool_FromLong(rc == 0);
	if (rc != FUTURE_RAISED)
		glue_raise(rc);
	return NULL;
}

/* One turn of the loop: takes completions, and settles their futures. Returns the number of
 * commands; -1: none, and nothing is in flight. */
PyObject *channel_turn(struct channel *self)
{
	PyObject *errors = NULL;
	int rc;

	if (channel_enter(self, "poll") < 0)
		return NULL;
	rc = upnvme_poll(self->qp, 0);
	if (rc < 0) {
		glue_raise(rc);
		glue_collect(&errors);
	} else if (rc > 0) {
		deliver(self, &errors);
	} else if (!upnvme_qpair_inflight(self->qp)) {
		rc = -1;
	}
	channel_leave(self);
	if (!errors)
		return PyLong_FromLong(rc);
	glue_raise_all(errors);
	return NULL;
}
