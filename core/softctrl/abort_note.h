/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aborts that wait for the completion of the command that they abort. Such an Abort is noted in the submission queue
 * of that command, and is answered when the completion is posted.
 *
 * The notes are guarded by their queue's lock, the number of all notes by the Admin SQ's.
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
	uint32_t place;        /* of the command in the ring, until the command is fetched */
	struct sc_cmd *target; /* the command, from its fetch until its completion is posted */
	bool posted;
	struct sc_cmd *abort;
};

/*
 * Notes an Abort of the command at that place. The caller makes sure that all queues have fewer than SC_NABORTS notes.
 */
void sc_abort_note(struct sc_sq *sq, uint32_t place, struct sc_cmd *abort);

/* The command at that place is fetched now; true when an Abort wants its end. */
bool sc_abort_fetched(struct sc_sq *sq, uint32_t place, struct sc_cmd *cmd);

/* The command's completion is posted: the Aborts of the command can be answered. */
void sc_abort_posted(struct sc_sq *sq, const struct sc_cmd *cmd);

/* Answers the Aborts that can be answered; true when there was any. */
bool sc_abort_answer(struct sc_sq *sq);

/* Answers all Aborts: the queue is deleted, and with the queue the commands that wait in it. */
void sc_abort_end(struct sc_sq *sq);

#endif
