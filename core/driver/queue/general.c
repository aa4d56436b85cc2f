/* SPDX-License-Identifier: BSD-3-Clause */
/* The general path of a submission: every kind of command, every check, and a sentence for each check that fails. The
 * kinds are the rows of driver/commands. */
#include "base/error.h"
#include "driver/commands/kind.h"
#include "driver/queue/area.h"
#include "driver/queue/doorbell.h"
#include "driver/queue/raw.h"
#include "driver/queue/split.h"
#include "driver/queue/straight.h"

static int error_flags(const struct upnvme_op *op, const struct command_kind *kind)
{
	if (op->flags & (UPNVME_FUSED_FIRST | UPNVME_FUSED_SECOND))
		return error_set(-ENOTSUP, UPNVME_ERR_FLAGS,
				 "fused commands are not supported: leave UPNVME_FUSED_FIRST and "
				 "UPNVME_FUSED_SECOND out");
	return error_set(-EINVAL, UPNVME_ERR_FLAGS,
			 "flags are %#x: with %s use only the flags in %#x", op->flags, kind->name,
			 kind->op_flags);
}

/* Checks of an op that need its row and the controller, and no namespace. */
static int check_kind(const struct upnvme_qpair *qp, const struct upnvme_op *op,
		      const struct command_kind *kind)
{
	if (!kind || !kind->check)
		return error_set(
			-EINVAL, UPNVME_ERR_OPCODE,
			"opcode %#x cannot be given by the fields of upnvme_op: give the command "
			"as upnvme_raw, with UPNVME_FORM_RAW",
			op->opcode);
	if (op->form > UPNVME_FORM_RANGES || op->dtype > 15)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"form %u or directive type %u is unknown: give a form of 0 to 3, and a "
			"type of 0 to 15",
			op->form, op->dtype);
	if (op->flags & ~kind->op_flags)
		return error_flags(op, kind);
	if ((qp->ctrlr->limits.oncs & kind->oncs) != kind->oncs)
		return error_set(-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
				 "the controller does not support %s (ONCS is %#x)", kind->name,
				 qp->ctrlr->limits.oncs);
	return 0;
}

/* The namespace that an op names, most often the one that was used last; null when there is none. */
static struct upnvme_ns *ns_named(const struct upnvme_qpair *qp, uint32_t nsid)
{
	return qp->ns->ctrlr && qp->ns->nsid == nsid ? qp->ns : ns_find(qp->ctrlr, nsid);
}

/* A handle that the caller gives takes the place of the identifier in the op. */
static int check_handle(const struct upnvme_qpair *qp, const struct upnvme_ns *ns,
			struct upnvme_op *op)
{
	if (!ns)
		return 0;
	if (ns->ctrlr != qp->ctrlr)
		return error_set(
			-EXDEV, UPNVME_ERR_NS_FOREIGN,
			"namespace %u belongs to another controller than queue pair %u: use a "
			"queue pair of the namespace's controller",
			ns->nsid, qp->qid);
	op->nsid = ns->nsid;
	return 0;
}

static int check_namespace(struct upnvme_qpair *qp, struct upnvme_ns *ns,
			   const struct ns_geometry *geometry, uint32_t nsid)
{
	if (!ns)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_NOT_FOUND,
			"this controller has no active namespace %u: upnvme_ns_next lists those "
			"that are active",
			nsid);
	if (!geometry->nblocks)
		return error_set(
			-ENODEV, UPNVME_ERR_NS_GONE,
			"namespace %u is not active any more: it was deleted or detached, or has a "
			"format that this library does not take",
			nsid);
	qp->ns = ns;
	return 0;
}

static int request_check(struct upnvme_qpair *qp, struct request *request, struct upnvme_ns *ns,
			 const struct upnvme_area *area)
{
	static const struct ns_geometry nowhere;
	const struct upnvme_op *op = &request->op;
	const struct ns_geometry *geometry;
	const struct command_kind *kind;
	int rc = check_handle(qp, ns, &request->op);

	if (rc)
		return rc;
	if (!ns)
		ns = ns_named(qp, op->nsid);
	geometry = ns ? ns_geometry(ns) : &nowhere;
	kind = command_kind(geometry->csi, op->opcode);
	rc = check_kind(qp, op, kind);
	if (!rc)
		rc = check_namespace(qp, ns, geometry, op->nsid);
	if (rc)
		return rc;
	request->geometry = geometry;
	request->block_bytes = ns_metadata_stays(geometry, op->flags & UPNVME_PRACT) ?
				       geometry->data_bytes :
				       geometry->block_bytes;
	return kind->check(qp, kind, request, area);
}

/* Accepts the request, as one command or as several. */
static void request_accept(struct upnvme_qpair *qp, struct request *request, upnvme_cb cb,
			   void *arg)
{
	uint32_t blocks = request_next_blocks(qp, request);
	struct slot *slot = qp->free;

	if (request_is_whole(request, blocks)) {
		request_slot_fill(qp, slot, request_touches(qp, request), blocks, cb, arg);
		request_issue(qp, request, slot, blocks);
	} else {
		slot_pop(qp, slot);
		split_begin(qp, slot, request, cb, arg);
	}
}

static int request_submit(struct upnvme_qpair *qp, const struct upnvme_op *op,
			  const struct upnvme_area *area, upnvme_cb cb, void *arg,
			  struct upnvme_ns *ns)
{
	struct request request = { .op = *op };
	int rc;

	if (request.op.form == UPNVME_FORM_RAW)
		return area ? area_refuse(&request.op) : raw_submit(qp, request.op.buf, cb, arg);
	rc = request_check(qp, &request, ns, area);
	if (rc)
		return rc;
	if (!qp->free)
		return -EAGAIN;
	request_accept(qp, &request, cb, arg);
	return 0;
}

int general_submit(struct upnvme_qpair *qp, const struct upnvme_op *op,
		   const struct upnvme_area *area, upnvme_cb cb, void *arg, struct upnvme_ns *ns)
{
	int rc = owner_pass_to_submit(qp);

	if (rc)
		return rc;
	rc = request_submit(qp, op, area, cb, arg, ns);
	if (rc == -EAGAIN)
		qp->stats.full++;
	if (rc)
		return rc;
	qp->stats.general++;
	if (qp->flags & UPNVME_QPAIR_RING_EACH)
		ring_now(qp);
	return 0;
}
