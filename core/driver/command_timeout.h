/* SPDX-License-Identifier: BSD-3-Clause */
/* The time-out of an admin command whose caller gives none. */
#ifndef UPNVME_DRIVER_COMMAND_TIMEOUT_H
#define UPNVME_DRIVER_COMMAND_TIMEOUT_H

#include <stdint.h>

struct upnvme_spec_sqe;
struct upnvme_ctrlr;

/* The caller holds no lock: for Sanitize, the function asks the controller. */
uint64_t command_timeout_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);

/* The time that one kind of command works, besides the time of an answer: for the rows of commands/admin.c. */
uint64_t format_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t sanitize_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t firmware_download_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);
uint64_t firmware_commit_ns(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_sqe *sqe);

#endif
