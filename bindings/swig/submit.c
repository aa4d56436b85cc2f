/* SPDX-License-Identifier: BSD-3-Clause */
/* Submitting one command at a time, with a callback or a tag. */
#include "slot.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/* Submits an op with a slot. A tagged op has one, too: its memory, and the arrays that the op may point
 * to, must stay until it completes. */
static int send(struct channel *self, const struct upnvme_area *area, const struct upnvme_op *op,
		PyObject *keep, PyObject *callback)
{
	enum slot_kind kind = callback == Py_None ? SLOT_TAGGED : SLOT_CALL;
	struct slot *slot = slot_take(self, kind, callback, keep, op->tag);
	int rc = area ? upnvme_io_at(self->qp, area, op, slot_done, slot) :
			upnvme_io(self->qp, op, slot_done, slot);

	if (rc < 0)
		slot_give(slot);
	return rc;
}

/* Submits an op, and takes over the reference `keep`. */
static PyObject *send_op(struct channel *self, const struct upnvme_area *area,
			 const struct upnvme_op *op, PyObject *keep, PyObject *callback)
{
	int rc = -EAGAIN;

	/* Getting the buffers may have run Python, which may have closed the queue pair. */
	if (channel_check(self) < 0) {
		Py_XDECREF(keep);
		return NULL;
	}
	if (self->free)
		rc = send(self, area, op, keep, callback);
	Py_XDECREF(keep);
	if (rc == 0)
		Py_RETURN_NONE;
	glue_raise(rc);
	return NULL;
}

static int check_callback(PyObject *callback)
{
	if (callback == Py_None || PyCallable_Check(callback))
		return 0;
	PyErr_SetString(PyExc_TypeError, "callback must be callable, or None for a tagged command");
	return -1;
}

static int check_space(const struct channel *self, const struct space *space)
{
	if (space->session == self->session)
		return 0;
	return glue_raise_own(
		EXDEV, UPNVME_ERR_NS_FOREIGN,
		"namespace %u is of another controller than queue pair %u: use one of the same",
		space->nsid, upnvme_qpair_id(self->qp));
}

/* Sets the number of blocks: `given`, or if that is None as many as the data has. */
static int count_blocks(PyObject *given, const struct data *data, size_t block_bytes,
			uint32_t *blocks)
{
	uint64_t n;

	if (given == Py_None)
		return data_blocks(data, block_bytes, blocks);
	if (arg_number(given, "blocks", UINT32_MAX, &n) < 0)
		return -1;
	*blocks = (uint32_t)n;
	return 0;
}

static int check_room(const struct data *data, uint64_t bytes)
{
	if (bytes <= data->bytes)
		return 0;
	PyErr_Format(PyExc_ValueError, "the command moves %llu bytes, the buffer has %zu",
		     (unsigned long long)bytes, data->bytes);
	return -1;
}

static int io_data(struct upnvme_op *op, struct space *space, PyObject *object, PyObject *blocks,
		   PyObject **keep)
{
	struct data data = { 0 };

	if (object == Py_None) {
		op->blocks = 1;
		return blocks == Py_None ? 0 : count_blocks(blocks, &data, 1, &op->blocks);
	}
	if (data_of(object, op->opcode == UPNVME_OP_READ, &data) < 0)
		return -1;
	/* Getting the buffer may have run Python, which may have closed the controller, and the
	 * namespace with it. */
	if (space_check(space) < 0 ||
	    count_blocks(blocks, &data, space_bytes(space, 1), &op->blocks) < 0 ||
	    check_room(&data, space_bytes(space, op->blocks)) < 0) {
		Py_DECREF(data.keep);
		return -1;
	}
	op->buf = data.at;
	*keep = data.keep;
	return 0;
}

int io_prepare(struct channel *self, struct space *space, struct upnvme_op *op, PyObject *data,
	       PyObject *blocks, PyObject **keep)
{
	if (channel_check(self) < 0 || check_space(self, space) < 0)
		return -1;
	op->nsid = space->nsid;
	return io_data(op, space, data, blocks, keep);
}

PyObject *channel_io(struct channel *self, struct space *space, uint32_t opcode, PyObject *data,
		     uint64_t lba, PyObject *blocks, uint32_t flags, PyObject *callback,
		     uint64_t tag)
{
	struct upnvme_op op = { .opcode = (uint8_t)opcode,
				.flags = (uint16_t)flags,
				.nsid = space->nsid,
				.lba = lba,
				.tag = tag };
	PyObject *keep = NULL;

	if (channel_check(self) < 0 || check_callback(callback) < 0 ||
	    check_space(self, space) < 0 || io_data(&op, space, data, blocks, &keep) < 0)
		return NULL;
	return send_op(self, NULL, &op, keep, callback);
}

static int copy_op(struct upnvme_op *op, const char *bytes, size_t n)
{
	if (n != sizeof(*op)) {
		PyErr_SetString(PyExc_ValueError, "an op has 64 bytes: make it with upnvme.batch");
		return -1;
	}
	memcpy(op, bytes, sizeof(*op));
	return 0;
}

/* Submits an op with data and metadata, and takes over both references; `rc` is -1 if an exception is
 * set. */
static PyObject *send_both(struct channel *self, const struct upnvme_area *area,
			   const struct upnvme_op *op, PyObject *data, PyObject *metadata, int rc,
			   PyObject *callback)
{
	PyObject *keep = NULL;

	if (rc == 0) {
		keep = PyTuple_Pack(2, data ? data : Py_None, metadata ? metadata : Py_None);
		rc = keep ? 0 : -1;
	}
	Py_XDECREF(data);
	Py_XDECREF(metadata);
	return rc < 0 ? NULL : send_op(self, area, op, keep, callback);
}

PyObject *channel_op(struct channel *self, const char *bytes, size_t op_bytes, PyObject *object,
		     PyObject *metadata, PyObject *callback)
{
	struct data data = { 0 }, meta = { 0 };
	struct upnvme_area area;
	struct upnvme_op op;
	bool writable;
	int rc = 0;

	if (channel_check(self) < 0 || check_callback(callback) < 0 ||
	    copy_op(&op, bytes, op_bytes) < 0)
		return NULL;
	writable = op.opcode == UPNVME_OP_READ;
	if (object != Py_None)
		rc = data_of(object, writable, &data);
	if (rc == 0 && metadata != Py_None)
		rc = data_of(metadata, writable, &meta);
	area = (struct upnvme_area){ data.at, data.bytes, meta.at, meta.bytes };
	return send_both(self, &area, &op, data.keep, meta.keep, rc, callback);
}

/* Returns a tuple: the iovec array, as a bytes object, and the holder of each piece. */
static PyObject *pieces_of(PyObject *pieces, bool writable)
{
	Py_ssize_t n = PySequence_Size(pieces);
	PyObject *array, *all;

	if (n < 0)
		return NULL;
	array = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(struct iovec));
	all = PyTuple_New(n + 1);
	if (!array || !all || PyTuple_SetItem(all, 0, array) < 0)
		goto fail;
	for (Py_ssize_t i = 0; i < n; i++) {
		struct iovec *iov = (struct iovec *)PyBytes_AsString(array) + i;
		PyObject *piece = PySequence_GetItem(pieces, i);
		struct data data;
		int rc = piece ? data_of(piece, writable, &data) : -1;

		Py_XDECREF(piece);
		if (rc < 0)
			goto fail;
		*iov = (struct iovec){ data.at, data.bytes };
		PyTuple_SetItem(all, i + 1, data.keep);
	}
	return all;
fail:
	Py_XDECREF(all);
	return NULL;
}

static int op_metadata(struct channel *self, struct upnvme_op *op, PyObject *object,
		       struct data *metadata)
{
	upnvme_ns *ns;

	op->metadata = NULL;
	if (object == Py_None)
		return 0;
	if (data_of(object, op->opcode == UPNVME_OP_READ, metadata) < 0)
		return -1;
	op->metadata = metadata->at;
	if (upnvme_ns_get(&ns, self->session->ctrlr, op->nsid) < 0)
		return 0;
	return check_room(metadata, (uint64_t)op->blocks * upnvme_ns_metadata_size(ns));
}

PyObject *channel_iov(struct channel *self, const char *bytes, size_t op_bytes, PyObject *pieces,
		      PyObject *metadata, PyObject *callback)
{
	struct data meta = { 0 };
	struct upnvme_op op;
	PyObject *all;
	int rc;

	if (channel_check(self) < 0 || check_callback(callback) < 0 ||
	    copy_op(&op, bytes, op_bytes) < 0)
		return NULL;
	all = pieces_of(pieces, op.opcode == UPNVME_OP_READ);
	if (!all)
		return NULL;
	op.form = UPNVME_FORM_IOV;
	op.buf = PyBytes_AsString(PyTuple_GetItem(all, 0));
	op.niov = (uint16_t)(PyTuple_Size(all) - 1);
	if (PyTuple_Size(all) - 1 > UINT16_MAX) {
		PyErr_SetString(PyExc_ValueError, "at most 65535 pieces");
		Py_DECREF(all);
		return NULL;
	}
	rc = op_metadata(self, &op, metadata, &meta);
	return send_both(self, NULL, &op, all, meta.keep, rc, callback);
}

/* Makes a struct upnvme_raw within a bytes object, which the slot holds until the command is done. */
static PyObject *raw_make(const char *cdw, size_t bytes, uint32_t direction)
{
	struct upnvme_raw raw = { .direction = direction };

	if (bytes > sizeof(raw.cdw) || bytes % 4) {
		PyErr_SetString(PyExc_ValueError, "a command has up to 16 dwords");
		return NULL;
	}
	memcpy(raw.cdw, cdw, bytes);
	return PyBytes_FromStringAndSize((const char *)&raw, sizeof(raw));
}

PyObject *channel_raw(struct channel *self, const char *cdw, size_t cdw_bytes, PyObject *object,
		      PyObject *metadata, uint32_t direction, PyObject *callback, uint64_t tag)
{
	struct data data = { 0 }, meta = { 0 };
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .tag = tag };
	bool writable = direction == UPNVME_DATA_FROM_DEVICE;
	PyObject *keep, *holder;
	struct upnvme_raw *raw;
	int rc = 0;

	if (channel_check(self) < 0 || check_callback(callback) < 0)
		return NULL;
	holder = raw_make(cdw, cdw_bytes, direction);
	if (!holder)
		return NULL;
	raw = (struct upnvme_raw *)PyBytes_AsString(holder);
	if (object != Py_None)
		rc = data_of(object, writable, &data);
	if (rc == 0 && metadata != Py_None)
		rc = data_of(metadata, writable, &meta);
	if (rc == 0 && (data.bytes > UINT32_MAX || meta.bytes > UINT32_MAX))
		rc = check_room(&data, UINT64_MAX);
	raw->data = data.at;
	raw->data_bytes = (uint32_t)data.bytes;
	raw->metadata = meta.at;
	raw->metadata_bytes = (uint32_t)meta.bytes;
	op.buf = raw;
	keep = PyTuple_Pack(2, holder, data.keep ? data.keep : Py_None);
	Py_DECREF(holder);
	Py_XDECREF(data.keep);
	return send_both(self, NULL, &op, keep, meta.keep, keep ? rc : -1, callback);
}
