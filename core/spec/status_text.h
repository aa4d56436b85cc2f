/* SPDX-License-Identifier: BSD-3-Clause */
/* Statuses in words: the name of each status in the specification, and a sentence that explains it. */
#ifndef UPNVME_SPEC_STATUS_TEXT_H
#define UPNVME_SPEC_STATUS_TEXT_H

#include <stdint.h>

/*
 * The specification's name of a status, and a sentence that explains the status. Never NULL: values that
 * the specification does not define are named for what they are (vendor specific, reserved). CRD,
 * M and DNR are not looked at. Values that Admin, NVM and Fabrics commands use differently are
 * taken for an Admin or NVM command's.
 */
const char *nvme_status_name(uint16_t status);
const char *nvme_status_text(uint16_t status);

/* Name and text of a Fabrics command's status (Connect, Property Get, ...). */
const char *nvme_fabrics_status_name(uint16_t status);
const char *nvme_fabrics_status_text(uint16_t status);

#endif
