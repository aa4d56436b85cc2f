/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aborts that wait for the completion of the command to abort. Such an Abort is noted in the submission queue of that
 * command, and is answered when the completion is posted.
 *
 * A queue's lock guards the queue's notes. The Admin SQ's lock guards the number of all notes (softctrl.naborting).
 */
#ifndef UPNVME_SOFTCTRL_ABORT_NOTE_H
#define UPNVME_SOFTCTRL_ABORT_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#define SC_ACL     3u /* Abort Command Limit, 0's based */
#define SC_NABORTS (SC_ACL + 1u)

struct sc_cmd;
struct sc_sq;

struct sc_abort {
	uint32_t place;        /* where the command to abort is in the ring, until it is fetched */
	struct sc_cmd *target; /* this command, from its fetch until its completion is posted */
	bool posted;           /* the target's completion is posted */
	struct sc_cmd *abort;  /* the Abort itself */
};

/*
 * Notes an Abort of the command at that place. The caller makes sure that all queues together have fewer than
 * SC_NABORTS notes.
 */
void sc_abort_note(struct sc_sq *sq, uint32_t place, struct sc_cmd *abort);

/* Tells the notes that the command at that place is fetched; true when the command is to be aborted. */
bool sc_abort_fetched(struct sc_sq *sq, uint32_t place, struct sc_cmd *cmd);

/* Tells the notes that the command's completion is posted: Aborts of the command can be answered now. */
void sc_abort_posted(struct sc_sq *sq, const struct sc_cmd *cmd);

/* Answers the Aborts that can be answered; true when it answered any. */
bool sc_abort_answer(struct sc_sq *sq);

/* Answers all Aborts, because the queue is deleted, and the commands that wait in the queue with it. */
void sc_abort_end(struct sc_sq *sq);

#endif
