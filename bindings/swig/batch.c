/* SPDX-License-Identifier: BSD-3-Clause */
/* A batch: an array of struct upnvme_op, with offsets into a buffer where pointers belong. All are checked before the
 * first is submitted. */
#include "slot.h"

#include <errno.h>
#include <stdint.h>

struct batch {
	struct channel *channel;
	const struct upnvme_op *from;
	uint32_t n;
	struct data data, metadata;
	PyObject *group;                      /* null: tagged commands */
	uint64_t block_bytes, metadata_bytes; /* of the namespace that the channel remembers */
};

static bool moves_data(uint8_t opcode)
{
	return opcode == UPNVME_OP_READ || opcode == UPNVME_OP_WRITE || opcode == UPNVME_OP_COMPARE;
}

/* What no namespace is called: the library says what is wrong with it. */
static void batch_namespace(struct batch *batch, uint32_t nsid)
{
	struct channel *channel = batch->channel;

	if (channel->nsid != nsid || !channel->ns) {
		channel->ns = NULL;
		if (upnvme_ns_get(&channel->ns, channel->session->ctrlr, nsid) == 0)
			channel->extended = space_extended(channel->ns);
		channel->nsid = nsid;
	}
	batch->block_bytes =
		channel->ns ? upnvme_ns_block_size(channel->ns) + channel->extended : 0;
	batch->metadata_bytes = channel->ns ? upnvme_ns_metadata_size(channel->ns) : 0;
}

static int batch_refuse(const struct upnvme_op *op, uint32_t index, uint64_t bytes,
			const struct data *data)
{
	if (op->form)
		PyErr_Format(PyExc_ValueError, "op %u: form %u is none of a batch's: leave it 0",
			     index, op->form);
	else if (!data->at)
		PyErr_Format(PyExc_ValueError, "op %u moves data: give submit() a buffer", index);
	else if (op->opcode == UPNVME_OP_READ && data->readonly)
		PyErr_Format(PyExc_ValueError, "op %u reads into a buffer that is read-only",
			     index);
	else
		PyErr_Format(
			PyExc_ValueError,
			"op %u: %u blocks are %llu bytes and do not fit at that offset: the buffer has %zu",
			index, op->blocks, (unsigned long long)bytes, data->bytes);
	return -1;
}

static bool fits(const struct data *data, uint64_t offset, uint64_t bytes)
{
	return data->at && bytes <= data->bytes && offset <= data->bytes - bytes;
}

/* Makes pointers of the offsets. */
static int batch_place(struct batch *batch, struct upnvme_op *op, uint32_t index)
{
	uint64_t offset = (uintptr_t)op->buf, metadata = (uintptr_t)op->metadata, bytes;

	op->buf = op->metadata = NULL;
	if (op->form)
		return batch_refuse(op, index, 0, &batch->data);
	if (!moves_data(op->opcode))
		return 0;
	if (op->nsid != batch->channel->nsid)
		batch_namespace(batch, op->nsid);
	bytes = op->blocks * batch->block_bytes;
	if (!fits(&batch->data, offset, bytes) ||
	    (batch->data.readonly && op->opcode == UPNVME_OP_READ))
		return batch_refuse(op, index, bytes, &batch->data);
	op->buf = batch->data.at + offset;
	if (!batch->metadata.at)
		return 0;
	bytes = op->blocks * batch->metadata_bytes;
	if (!fits(&batch->metadata, metadata, bytes) ||
	    (batch->metadata.readonly && op->opcode == UPNVME_OP_READ))
		return batch_refuse(op, index, bytes, &batch->metadata);
	op->metadata = batch->metadata.at + metadata;
	return 0;
}

/* The copies are what is checked and submitted: the array itself may change at any time. */
static int batch_convert(struct batch *batch, uint32_t room)
{
	struct upnvme_op spare;

	for (uint32_t i = 0; i < batch->n; i++) {
		struct upnvme_op *op = i < room ? &batch->channel->ops[i] : &spare;

		*op = batch->from[i];
		if (batch_place(batch, op, i) < 0)
			return -1;
	}
	return 0;
}

static PyObject *batch_keep(const struct batch *batch)
{
	if (batch->data.keep && batch->metadata.keep)
		return PyTuple_Pack(2, batch->data.keep, batch->metadata.keep);
	Py_XINCREF(batch->data.keep);
	return batch->data.keep;
}

/* One by one, for the group's future. Those that completed go to it. */
static int batch_send_group(struct batch *batch, uint32_t room)
{
	struct channel *channel = batch->channel;
	PyObject *keep = batch_keep(batch);
	uint32_t n = 0;
	int rc = 0;

	if (!keep && PyErr_Occurred())
		return -1;
	while (n < room) {
		struct slot *slot =
			slot_take(channel, SLOT_GROUP, batch->group, keep, channel->ops[n].tag);

		channel->ops[n].tag = 0;
		rc = upnvme_io(channel->qp, &channel->ops[n], slot_done, slot);
		if (rc == 0) {
			n++;
			continue;
		}
		slot_give(slot);
		break;
	}
	Py_XDECREF(keep);
	if (n || rc == 0 || rc == -EAGAIN)
		return (int)n;
	return glue_raise(rc);
}

static int batch_send(struct batch *batch, uint32_t room)
{
	struct channel *channel = batch->channel;
	struct upnvme_op *ops = channel->ops;
	PyObject *keep = batch_keep(batch);
	struct share *share = share_new(keep, room);
	uint32_t accepted;
	int rc;

	Py_XDECREF(keep);
	if (!share && PyErr_Occurred())
		return -1;
	for (uint32_t i = 0; i < room; i++)
		ops[i].tag = (uintptr_t)slot_take_tagged(channel, share, ops[i].tag);
	rc = upnvme_submit(channel->qp, ops, room);
	accepted = rc < 0 ? 0 : (uint32_t)rc;
	for (uint32_t i = room; i-- > accepted;)
		slot_push((struct slot *)(uintptr_t)ops[i].tag);
	share_drop(share, room - accepted);
	if (rc < 0)
		glue_raise(rc);
	return rc;
}

static int batch_run(struct batch *batch)
{
	uint32_t room = batch->n < batch->channel->nfree ? batch->n : batch->channel->nfree;

	batch_namespace(batch, batch->channel->nsid ? batch->channel->nsid : 1);
	if (batch_convert(batch, room) < 0)
		return -1;
	if (batch->group)
		return batch_send_group(batch, room);
	if (batch->n && !room)
		return glue_raise(-EAGAIN);
	return batch_send(batch, room);
}

static int batch_data(struct batch *batch, PyObject *data, PyObject *metadata)
{
	if (data != Py_None && data_of(data, false, &batch->data) < 0)
		return -1;
	return metadata == Py_None ? 0 : data_of(metadata, false, &batch->metadata);
}

static PyObject *batch_submit(struct batch *batch, PyObject *data, PyObject *metadata)
{
	int rc = batch_data(batch, data, metadata);

	if (rc == 0)
		rc = batch_run(batch);
	Py_XDECREF(batch->data.keep);
	Py_XDECREF(batch->metadata.keep);
	return rc < 0 ? NULL : PyLong_FromLong(rc);
}

static int array_of(PyObject *ops, Py_buffer *view)
{
	if (PyObject_GetBuffer(ops, view, PyBUF_ND | PyBUF_FORMAT) < 0)
		return -1;
	if (view->itemsize == sizeof(struct upnvme_op) && view->len / view->itemsize <= UINT32_MAX)
		return 0;
	PyErr_Format(PyExc_TypeError, "ops has items of %zd bytes: make it with upnvme.batch",
		     view->itemsize);
	PyBuffer_Release(view);
	return -1;
}

/* The package's own arrays are taken as they are; getting another's buffer costs more than a batch of one. */
static PyObject *batch_of(struct batch *batch, PyObject *ops, PyObject *data, PyObject *metadata)
{
	struct records *records = (struct records *)ops;
	Py_buffer view;
	PyObject *result;

	if (channel_check(batch->channel) < 0)
		return NULL;
	if (PyObject_TypeCheck(ops, records_type) &&
	    records->itemsize == sizeof(struct upnvme_op)) {
		batch->from = (const struct upnvme_op *)records->data;
		batch->n = (uint32_t)records->n;
		return batch_submit(batch, data, metadata);
	}
	if (array_of(ops, &view) < 0)
		return NULL;
	batch->from = view.buf;
	batch->n = (uint32_t)(view.len / view.itemsize);
	result = batch_submit(batch, data, metadata);
	PyBuffer_Release(&view);
	return result;
}

PyObject *channel_submit(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata)
{
	struct batch batch = { .channel = self };

	return batch_of(&batch, ops, data, metadata);
}

/* Returns how many there was room for. */
PyObject *channel_group(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata,
			PyObject *group)
{
	struct batch batch = { .channel = self, .group = group };

	return type_cast(group, group_type, "group") ? batch_of(&batch, ops, data, metadata) : NULL;
}
