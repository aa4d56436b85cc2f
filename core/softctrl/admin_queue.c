/* SPDX-License-Identifier: BSD-3-Clause */
/* Creating and deleting I/O queues. NVMe Base 2.0c, 5.4 to 5.7 */
#include "softctrl/admin_queue.h"

#include "base/clock.h"
#include "softctrl/controller.h"
#include "softctrl/execute.h"
#include "softctrl/orphan.h"
#include "softctrl/process.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

/*
 * The time for which a deletion waits for flushes to end. For the same time, commands of other queues wait for bytes of
 * the medium that commands of the deleted queue still move (media_request.given_up_ns).
 */
#define PATIENCE_NS NS_PER_S

/* Checks a queue's size against CAP.MQES (both are 0's based), and that CC gives the size of its entries. */
static uint16_t check_queue_size(const struct softctrl *sc, struct sc_cmd *cmd, uint32_t qsize,
				 bool entry_size_is_set)
{
	if (!qsize || qsize > UPNVME_SPEC_CAP_MQES(sc->cap) || !entry_size_is_set)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_SIZE,
				 SC_FIELD(cdw10, UPNVME_SPEC_CREATE_SQ_QSIZE));
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Maps a ring that overlaps the controller memory buffer: only a submission queue's, and only wholly in the buffer. */
static uint16_t map_cmb_ring(const struct softctrl *sc, struct sc_cmd *cmd, uint64_t bytes,
			     void **ring)
{
	*ring = cmd->sqe.opcode == UPNVME_SPEC_ADMIN_CREATE_IO_SQ ?
			sc_cmb_at(&sc->memory.cmb, cmd->sqe.prp1, bytes) :
			NULL;
	return *ring ? UPNVME_SPEC_SC_SUCCESS :
		       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_USE_OF_CMB, SC_AT(prp1, 0));
}

/* Maps a ring, which must be contiguous (CAP.CQR is 1), begin a page, and be reachable as a whole. */
static uint16_t map_ring(const struct softctrl *sc, struct sc_cmd *cmd, bool contiguous,
			 uint64_t bytes, void **ring)
{
	uint64_t iova = cmd->sqe.prp1;

	if (!contiguous)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(cdw11, 0));
	if (!is_aligned(iova, sc_memory_page_bytes(&sc->memory)))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_PRP_OFFSET, SC_AT(prp1, 0));
	if (sc_cmb_overlaps(&sc->memory.cmb, iova, bytes))
		return map_cmb_ring(sc, cmd, bytes, ring);
	*ring = sc_memory_map(&sc->memory, iova, bytes);
	return *ring ? UPNVME_SPEC_SC_SUCCESS : UPNVME_SPEC_SC_DATA_TRANSFER_ERROR;
}

/* Create I/O Completion Queue: 5.4, Figures 149 to 151 */
uint16_t sc_admin_create_cq(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t qid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_CQ_QID, cmd->sqe.cdw10);
	uint32_t qsize = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_CQ_QSIZE, cmd->sqe.cdw10);
	uint32_t vector = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_CQ_IV, cmd->sqe.cdw11);
	uint16_t status;
	void *ring;

	if (!qid || qid > sc->features.ncqs || sc->cqs[qid].live)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER,
				 SC_FIELD(cdw10, UPNVME_SPEC_CREATE_CQ_QID));
	status = check_queue_size(sc, cmd, qsize,
				  UPNVME_SPEC_CC_IOCQES(sc->cc) == UPNVME_SPEC_CC_IOCQES_NVM);
	if (status)
		return status;
	/* The vector has to be valid even where interrupts are not enabled. */
	if (vector > sc->nqueues)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_INTERRUPT_VECTOR,
				 SC_FIELD(cdw11, UPNVME_SPEC_CREATE_CQ_IV));
	status = map_ring(sc, cmd, UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_CQ_PC, cmd->sqe.cdw11),
			  (qsize + 1ull) * UPNVME_SPEC_CQE_BYTES, &ring);
	if (status)
		return status;
	sc_cq_create(&sc->cqs[qid], ring, qsize + 1,
		     UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_CQ_IEN, cmd->sqe.cdw11),
		     (uint16_t)vector);
	sc->features.queues_fixed = true;
	return UPNVME_SPEC_SC_SUCCESS;
}

static uint16_t check_cqid(const struct softctrl *sc, struct sc_cmd *cmd, uint32_t cqid)
{
	if (!cqid || cqid > sc->features.ncqs)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER,
				 SC_FIELD(cdw11, UPNVME_SPEC_CREATE_SQ_CQID));
	return sc->cqs[cqid].live ? UPNVME_SPEC_SC_SUCCESS :
				    sc_refuse(cmd, UPNVME_SPEC_SC_CQ_INVALID,
					      SC_FIELD(cdw11, UPNVME_SPEC_CREATE_SQ_CQID));
}

/* Create I/O Submission Queue: 5.5, Figures 153 to 156 */
uint16_t sc_admin_create_sq(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t qid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_SQ_QID, cmd->sqe.cdw10);
	uint32_t qsize = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_SQ_QSIZE, cmd->sqe.cdw10);
	uint32_t cqid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_SQ_CQID, cmd->sqe.cdw11);
	uint16_t status;
	void *ring;
	int err;

	if (!qid || qid > sc->features.nsqs || sc_sq_live(&sc->sqs[qid]))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER,
				 SC_FIELD(cdw10, UPNVME_SPEC_CREATE_SQ_QID));
	status = check_queue_size(sc, cmd, qsize,
				  UPNVME_SPEC_CC_IOSQES(sc->cc) == UPNVME_SPEC_CC_IOSQES_NVM);
	if (!status)
		status = check_cqid(sc, cmd, cqid);
	if (!status && UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_SQ_NVMSETID, cmd->sqe.cdw12))
		status = sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				   SC_FIELD(cdw12, UPNVME_SPEC_CREATE_SQ_NVMSETID));
	if (!status)
		status = map_ring(sc, cmd,
				  UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_CREATE_SQ_PC, cmd->sqe.cdw11),
				  (qsize + 1ull) * UPNVME_SPEC_SQE_BYTES, &ring);
	if (status)
		return status;
	pthread_mutex_lock(&sc->sqs[qid].lock);
	err = sc_sq_create(&sc->sqs[qid], &sc->cqs[cqid], ring, qsize + 1);
	pthread_mutex_unlock(&sc->sqs[qid].lock);
	sc->features.queues_fixed = true;
	return err ? UPNVME_SPEC_SC_INTERNAL_ERROR : UPNVME_SPEC_SC_SUCCESS;
}

uint16_t sc_admin_delete_cq(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t qid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DELETE_QUEUE_QID, cmd->sqe.cdw10);

	if (!qid || qid > sc->features.ncqs || !sc->cqs[qid].live)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER,
				 SC_FIELD(cdw10, UPNVME_SPEC_DELETE_QUEUE_QID));
	if (sc->cqs[qid].nsqs)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_DELETION,
				 SC_FIELD(cdw10, UPNVME_SPEC_DELETE_QUEUE_QID));
	sc_cq_delete(&sc->cqs[qid]);
	return UPNVME_SPEC_SC_SUCCESS;
}

/*
 * Deletes the queue if none of its commands is at the media any more. Commands that were not fetched, or whose
 * completions have no room in the completion queue, then count as aborted: Base 2.0c, 5.7. The caller has the queue's
 * lock.
 *
 * A command that moves data keeps the queue alive, since the host may use the data's memory again when the queue is
 * deleted. A flush moves no data, and a slow flush should not make the host give up the controller. So after
 * PATIENCE_NS the queue is deleted, and the flush goes on without the queue.
 */
static bool try_delete(struct sc_sq *sq)
{
	sc_sq_run(sq);
	if (sq->noutstanding)
		return sq->noutstanding == sq->nflushing && deadline_passed(sq->patience_ns) &&
		       sc_sq_orphan(sq);
	sc_sq_delete(sq);
	return true;
}

bool sc_admin_queue_service(struct softctrl *sc)
{
	bool worked = false;

	for (uint32_t qid = 1; qid <= sc->nqueues; qid++) {
		struct sc_sq *sq = &sc->sqs[qid];
		struct sc_cmd *cmd = sq->delete_cmd;

		if (!cmd)
			continue;
		pthread_mutex_lock(&sq->lock);
		if (try_delete(sq)) {
			sc->ndeleting--;
			sc_cmd_complete(cmd, UPNVME_SPEC_SC_SUCCESS);
			worked = true;
		}
		pthread_mutex_unlock(&sq->lock);
	}
	return worked;
}

/* Tells the media that the host no longer waits for the queue's requests. The caller has the queue's lock. */
static void give_up_requests(struct sc_sq *sq)
{
	for (uint32_t i = 0; i < sq->ncmds; i++)
		atomic_store_explicit(&sq->cmds[i].request.given_up_ns, sq->patience_ns,
				      memory_order_relaxed);
}

uint16_t sc_admin_delete_sq(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t qid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_DELETE_QUEUE_QID, cmd->sqe.cdw10);
	uint16_t status = UPNVME_SPEC_SC_SUCCESS;
	struct sc_sq *sq;

	if (!qid || qid > sc->features.nsqs || !sc_sq_live(&sc->sqs[qid]) ||
	    sc->sqs[qid].delete_cmd)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER,
				 SC_FIELD(cdw10, UPNVME_SPEC_DELETE_QUEUE_QID));
	sq = &sc->sqs[qid];
	pthread_mutex_lock(&sq->lock);
	sq->deleting = true;
	sq->patience_ns = deadline_after(PATIENCE_NS);
	give_up_requests(sq);
	if (!try_delete(sq)) {
		sq->delete_cmd = cmd;
		sc->ndeleting++;
		status = SC_PENDING;
	}
	pthread_mutex_unlock(&sq->lock);
	return status;
}
