/* SPDX-License-Identifier: BSD-3-Clause */
/* NVMe Base 2.0c, 3.1.3.1 (CAP.CSS), 3.1.3.5 (CC.CSS), 5.17.2.21 (Identify I/O Command Set) and 5.27.1.21 (I/O Command
 * Set Profile). */
#include "driver/command_sets.h"

#include "base/error.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/features.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>

/* Controllers before NVMe 1.1 may leave CAP.CSS at 0, and know no set but NVM. */
bool command_sets_are_known(uint64_t cap)
{
	uint32_t css = (uint32_t)UPNVME_SPEC_CAP_CSS(cap);

	return !css || css & (UPNVME_SPEC_CAP_CSS_NVM | UPNVME_SPEC_CAP_CSS_IOCS);
}

uint32_t command_sets_select(uint64_t cap)
{
	uint32_t css = (uint32_t)UPNVME_SPEC_CAP_CSS(cap);

	return !css || css & UPNVME_SPEC_CAP_CSS_NVM ? UPNVME_SPEC_CC_CSS_NVM :
						       UPNVME_SPEC_CC_CSS_IOCS;
}

/* The index of the first combination that has NVM; UPNVME_SPEC_IOCS_LIST_ENTRIES when none has. */
static uint32_t combination_find(const struct upnvme_spec_iocs_list *list)
{
	uint32_t i = 0;

	while (i < UPNVME_SPEC_IOCS_LIST_ENTRIES &&
	       !(list->vector[i] & UPNVME_SPEC_IOCS_VECTOR_NVM))
		i++;
	return i;
}

static int choose(struct upnvme_ctrlr *ctrlr, const struct upnvme_spec_iocs_list *list)
{
	struct feature profile = { .fid = UPNVME_SPEC_FEAT_IOCS_PROFILE };
	int rc = feature_get(ctrlr, &profile, UPNVME_FEATURE_CURRENT);

	if (rc)
		return rc;
	profile.value = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_IOCS_PROFILE_IOCSCI, profile.value);
	if (list->vector[profile.value] & UPNVME_SPEC_IOCS_VECTOR_NVM)
		return 0;
	profile.value = combination_find(list);
	if (profile.value < UPNVME_SPEC_IOCS_LIST_ENTRIES)
		return feature_set_own(ctrlr, &profile, NULL);
	return error_set(
		-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
		"%s: none of the combinations of I/O command sets that the controller offers has "
		"the NVM command set, and this library uses no other",
		ctrlr->uri);
}

int command_sets_settle(struct upnvme_ctrlr *ctrlr)
{
	struct upnvme_spec_iocs_list list;
	struct admin_command command = {
		.sqe = { .opcode = UPNVME_SPEC_ADMIN_IDENTIFY,
			 .cdw10 = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_IDENTIFY_CNS,
							UPNVME_SPEC_CNS_IOCS_LIST) |
				  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_IDENTIFY_CNTID,
							(uint32_t)ctrlr->id.cntlid) },
		.data = &list,
		.data_bytes = sizeof(list),
		.direction = UPNVME_DATA_FROM_DEVICE,
	};
	int rc;

	if (command_sets_select(ctrlr->cap) != UPNVME_SPEC_CC_CSS_IOCS)
		return 0;
	rc = admin_expect(ctrlr, &command, "Identify I/O Command Set", NULL);
	return rc ? rc : choose(ctrlr, &list);
}
