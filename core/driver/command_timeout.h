/* SPDX-License-Identifier: BSD-3-Clause */
/* How long an admin command may take whose caller does not say. */
#ifndef UPNVME_DRIVER_COMMAND_TIMEOUT_H
#define UPNVME_DRIVER_COMMAND_TIMEOUT_H

#include <stdint.h>

struct upnvme_spec_sqe;
struct upnvme_ctrlr;

/* Of Sanitize the controller is asked, so the caller holds no lock. */
uint64_t command_timeout_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);

/* The work of one kind, beside the time of an answer: for the rows of commands/admin.c. */
uint64_t format_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t sanitize_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t firmware_download_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t firmware_commit_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);

#endif
