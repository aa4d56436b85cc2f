/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/io.h: upnvme_exec, with which a binding submits and waits in one call. */
#include "driver/queue/exec.h"

#include <upnvme/io.h>

#include "base/error.h"

static int exec_check(const struct upnvme_qpair *qp, const struct exec *exec, const char *name)
{
	if (!qp || !exec->done || (exec->n && !exec->ops))
		return error_set(-EINVAL, UPNVME_ERR_NULL, "%s: %s is null", name,
				 !qp         ? "the queue pair" :
				 !exec->done ? "done" :
					       "ops");
	if (exec->ndone < exec->n || !exec->ndone)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"%s: room for %u completions of %u commands: give room for each, and for one at least",
			name, exec->ndone, exec->n);
	return 0;
}

int upnvme_exec(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n,
		struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns)
{
	struct exec exec = { .ops = n ? ops : NULL,
			     .n = n,
			     .done = done,
			     .ndone = ndone,
			     .timeout_ns = timeout_ns };
	int rc = exec_check(qp, &exec, "upnvme_exec");

	return rc ? rc : qpair_exec(qp, &exec);
}

int upnvme_exec_at(upnvme_qpair *qp, const struct upnvme_area *area, const struct upnvme_op *ops,
		   uint32_t n, struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns)
{
	struct exec exec = { .ops = n ? ops : NULL,
			     .area = area,
			     .n = n,
			     .done = done,
			     .ndone = ndone,
			     .timeout_ns = timeout_ns };
	int rc = exec_check(qp, &exec, "upnvme_exec_at");

	if (!rc && !area)
		rc = error_set(-EINVAL, UPNVME_ERR_NULL, "upnvme_exec_at: the area is null");
	return rc ? rc : qpair_exec(qp, &exec);
}
