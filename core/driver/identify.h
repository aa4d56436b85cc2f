/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify (NVMe Base 2.0c, 5.17), and the controller's limits that follow from it. */
#ifndef UPNVME_DRIVER_IDENTIFY_H
#define UPNVME_DRIVER_IDENTIFY_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/types.h>

struct upnvme_ctrlr;
struct upnvme_ctrlr_info;

/* Identify of UPNVME_SPEC_IDENTIFY_BYTES into `data`. An error status is no failure: *done has it. The command set
 * identifier is 0, NVM. */
int identify_run(struct upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data,
		 struct upnvme_completion *done);
/* As identify_run, but an error status is -EIO. */
int identify(struct upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data);

/* Fills in ctrlr->id and the limits that follow from it. */
int identify_ctrlr(struct upnvme_ctrlr *ctrlr);

/* Copies an ASCII field of the specification, padded with spaces, into a terminated string of `to_bytes`:
 * trimmed on both sides, with '?' for each character that cannot be printed. */
void identify_trim(char *to, size_t to_bytes, const char *from, size_t from_bytes);

#endif
