/* SPDX-License-Identifier: BSD-3-Clause */
/* Creating a queue pair: an errand, since the controller may take long to answer. */
#include <stdlib.h>

#include "errand.h"

struct creation {
	struct errand errand;
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	struct upnvme_qpair_opts opts;
};

/* Creates the queue pair and releases it, since its owner must be the caller's thread, not this. */
static int creation_call(struct errand *errand)
{
	struct creation *creation = (struct creation *)errand;
	int rc = upnvme_qpair_create(&creation->qp, creation->ctrlr, &creation->opts);

	return rc < 0 ? rc : upnvme_qpair_release(creation->qp);
}

static void creation_undo(struct errand *errand)
{
	upnvme_qpair *qp = ((struct creation *)errand)->qp;

	upnvme_qpair_adopt(qp);
	upnvme_qpair_close(qp);
}

int qpair_make(struct session *session, const struct upnvme_qpair_opts *opts, upnvme_qpair **qp)
{
	struct creation *creation = calloc(1, sizeof(*creation));
	int rc;

	if (!creation) {
		PyErr_NoMemory();
		return -1;
	}
	creation->errand.call = creation_call;
	creation->errand.undo = creation_undo;
	creation->ctrlr = session->ctrlr;
	creation->opts = *opts;
	rc = errand_run(session, &creation->errand);
	if (rc < 0)
		return rc;
	*qp = creation->qp;
	free(creation);
	return 0;
}
