/* SPDX-License-Identifier: BSD-3-Clause */
/* A batch: an array of struct upnvme_op, with offsets into a buffer in place of pointers. The
 * library takes the array as it is, and checks each offset. Tagged commands need no slot, and no
 * reference to their memory: the library keeps freed memory as long as a device may touch it, and
 * memory.c a registration. Commands of a group have a slot each. */
#include "slot.h"

#include <errno.h>
#include <stdint.h>

struct batch {
	struct channel *channel;
	const struct upnvme_op *ops;
	uint32_t n;
	struct data data, metadata;
	PyObject *group; /* that the completions go to; null: tagged commands */
};

static struct upnvme_area batch_area(const struct batch *batch)
{
	return (struct upnvme_area){ batch->data.at, batch->data.bytes, batch->metadata.at,
				     batch->metadata.bytes };
}

/* Read-only memory must not be given to a read, since the device would write into it. */
static int batch_check_readonly(const struct batch *batch)
{
	if (!batch->data.readonly && !batch->metadata.readonly)
		return 0;
	for (uint32_t i = 0; i < batch->n; i++)
		if (batch->ops[i].opcode == UPNVME_OP_READ) {
			PyErr_Format(PyExc_ValueError,
				     "op %u reads into a buffer that is read-only", i);
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

/* Submits commands one by one, each with a slot that leads its completion to the group. */
static int batch_send_group(struct batch *batch)
{
	struct channel *channel = batch->channel;
	struct upnvme_area area = batch_area(batch);
	PyObject *keep = batch_keep(batch);
	uint32_t n = 0, room = group_room(batch->group);
	int rc = 0;

	if (!keep && PyErr_Occurred())
		return -1;
	while (n < batch->n && n < room && channel->free) {
		const struct upnvme_op *op = &batch->ops[n];
		struct slot *slot = slot_take(channel, SLOT_GROUP, batch->group, keep, op->tag);

		rc = upnvme_io_at(channel->qp, &area, op, slot_done, slot);
		if (rc == 0) {
			n++;
			continue;
		}
		slot_give(slot);
		break;
	}
	Py_XDECREF(keep);
	group_sent(batch->group, n);
	if (n || rc == 0 || rc == -EAGAIN)
		return (int)n;
	return glue_raise(rc);
}

/* A short count does not tell whether the queue is full or the next command is refused; submitting
 * again from that command returns its error. */
static int batch_send(struct batch *batch)
{
	struct upnvme_area area = batch_area(batch);
	uint32_t n = 0;
	int rc;

	data_settle(&batch->data);
	data_settle(&batch->metadata);
	do {
		rc = upnvme_submit_at(batch->channel->qp, &area, batch->ops + n, batch->n - n);
		n += rc > 0 ? (uint32_t)rc : 0;
	} while (rc > 0 && n < batch->n);
	if (rc >= 0 || (n && rc == -EAGAIN))
		return (int)n;
	glue_raise(rc);
	return n ? glue_raise_partial(n) : -1;
}

static int batch_data(struct batch *batch, PyObject *data, PyObject *metadata)
{
	if (data != Py_None && data_of(data, false, &batch->data) < 0)
		return -1;
	if (metadata != Py_None && data_of(metadata, false, &batch->metadata) < 0)
		return -1;
	return batch_check_readonly(batch);
}

static PyObject *batch_submit(struct batch *batch, PyObject *data, PyObject *metadata)
{
	int rc = batch_data(batch, data, metadata);

	/* Getting the buffers may have run Python, which may have closed the queue pair. */
	if (rc == 0)
		rc = channel_check(batch->channel);
	if (rc == 0)
		rc = batch->group ? batch_send_group(batch) : batch_send(batch);
	Py_XDECREF(batch->data.keep);
	Py_XDECREF(batch->metadata.keep);
	return rc < 0 ? NULL : PyLong_FromLong(rc);
}

static int array_of(PyObject *ops, Py_buffer *view)
{
	if (buffer_get(ops, false, view) < 0)
		return -1;
	if (view->itemsize == sizeof(struct upnvme_op) && view->ndim <= 1 &&
	    view->len / view->itemsize <= UINT32_MAX)
		return 0;
	PyErr_Format(PyExc_TypeError,
		     "ops has %d dimensions, and items of %zd bytes: make it with upnvme.batch",
		     view->ndim, view->itemsize);
	PyBuffer_Release(view);
	return -1;
}

/* A Batch of the package is taken without the buffer protocol, which costs more than the submission
 * of one command. */
static PyObject *batch_of(struct batch *batch, PyObject *ops, PyObject *data, PyObject *metadata)
{
	struct records *records = (struct records *)ops;
	Py_buffer view;
	PyObject *result;

	if (channel_check(batch->channel) < 0)
		return NULL;
	if (PyObject_TypeCheck(ops, records_type) &&
	    records->itemsize == sizeof(struct upnvme_op)) {
		batch->ops = (const struct upnvme_op *)records->data;
		batch->n = (uint32_t)records->n;
		return batch_submit(batch, data, metadata);
	}
	if (array_of(ops, &view) < 0)
		return NULL;
	batch->ops = view.buf;
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

/* Submits as many commands as there is room for, and returns their number. */
PyObject *channel_group(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata,
			PyObject *group)
{
	struct batch batch = { .channel = self, .group = group };

	return type_cast(group, group_type, "group") ? batch_of(&batch, ops, data, metadata) : NULL;
}
