/* SPDX-License-Identifier: BSD-3-Clause */
/* Running an errand, waiting for it, and ending an errand that its caller has left behind. */
#include "errand.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Ends an errand without a caller. Once `left` is decremented, the session may be freed, so nothing
 * of it is touched after that. */
static void errand_end(struct errand *errand)
{
	atomic_uint *left = errand->left;

	if (errand->undo && errand->rc >= 0)
		errand->undo(errand);
	free(errand);
	if (left)
		atomic_fetch_sub(left, 1);
	turn_wake();
}

static void *errand_main(void *arg)
{
	struct errand *errand = arg;

	errand->rc = errand->call(errand);
	if (errand->rc < 0)
		upnvme_error_get(&errand->error);
	if (atomic_exchange(&errand->state, ERRAND_DONE) == ERRAND_LEFT)
		errand_end(errand);
	else
		turn_wake();
	return NULL;
}

/* Starts the errand's thread, with all signals blocked: they are for the interpreter's threads. */
static int errand_start(struct session *session, struct errand *errand)
{
	sigset_t all, before;
	int err;

	errand->born = glue_generation;
	if (session) {
		errand->left = &session->errands;
		atomic_fetch_add(errand->left, 1);
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&errand->thread, NULL, errand_main, errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	errand->rc = -err;
	errand_end(errand);
	return glue_raise_own(err, UPNVME_ERR_SYSTEM,
			      "no thread can be started to wait for the device (%s)",
			      strerror(err));
}

/* Leaves the errand behind; an exception is set. */
static int errand_leave(struct errand *errand)
{
	pthread_t thread = errand->thread;

	if (errand->born != glue_generation) /* forked: the errand is the parent's */
		return ERRAND_WAS_LEFT;
	if (atomic_exchange(&errand->state, ERRAND_LEFT) == ERRAND_RUNNING) {
		pthread_detach(thread);
	} else {
		pthread_join(thread, NULL);
		errand_end(errand);
	}
	return ERRAND_WAS_LEFT;
}

static int errand_wait(struct session *session, struct errand *errand)
{
	int rc;

	while (atomic_load(&errand->state) == ERRAND_RUNNING && errand->born == glue_generation) {
		turn_wait_while(&errand->state, ERRAND_RUNNING);
		if (atomic_load(&errand->state) == ERRAND_RUNNING && wait_look(session) < 0)
			return errand_leave(errand);
	}
	if (errand->born != glue_generation) { /* a signal's handler forked */
		glue_raise_forked();
		return ERRAND_WAS_LEFT;
	}
	pthread_join(errand->thread, NULL);
	if (errand->left)
		atomic_fetch_sub(errand->left, 1);
	rc = errand->rc;
	if (rc < 0) {
		glue_raise_error(rc, &errand->error);
		free(errand);
	}
	return rc;
}

int errand_run(struct session *session, struct errand *errand)
{
	int rc;

	if (session && session_enter(session) < 0) {
		free(errand);
		return ERRAND_WAS_LEFT;
	}
	rc = errand_start(session, errand);
	if (rc == 0)
		rc = errand_wait(session, errand);
	if (session)
		session_leave(session);
	return rc;
}
