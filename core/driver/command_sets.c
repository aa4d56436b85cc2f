/* SPDX-License-Identifier: BSD-3-Clause */
/* NVMe Base 2.0c, 3.1.3.1 (CAP.CSS), 3.1.3.5 (CC.CSS), 5.17.2.21 (Identify I/O Command Set) and 5.27.1.21 (I/O Command
 * Set Profile). */
#include "driver/command_sets.h"

#include "base/error.h"
#include "driver/admin.h"
#include "driver/ctrlr.h"
#include "driver/features.h"
#include "spec/command.h"
#include "spec/feature.h"
#include "spec/opcode.h"
#include "spec/regs.h"

/* Controllers before NVMe 1.1 may leave the field at 0, and know nothing but NVM. */
bool command_sets_are_known(uint64_t cap)
{
	uint32_t css = (uint32_t)NVME_CAP_CSS(cap);

	return !css || css & (NVME_CAP_CSS_NVM | NVME_CAP_CSS_IOCS);
}

uint32_t command_sets_select(uint64_t cap)
{
	uint32_t css = (uint32_t)NVME_CAP_CSS(cap);

	return !css || css & NVME_CAP_CSS_NVM ? NVME_CC_CSS_NVM : NVME_CC_CSS_IOCS;
}

/* The first combination that has NVM; NVME_IOCS_LIST_ENTRIES: none. */
static uint32_t combination_find(const struct nvme_iocs_list *list)
{
	uint32_t i = 0;

	while (i < NVME_IOCS_LIST_ENTRIES && !(list->vector[i] & NVME_IOCS_VECTOR_NVM))
		i++;
	return i;
}

static int choose(struct upnvme_ctrlr *ctrlr, const struct nvme_iocs_list *list)
{
	struct feature profile = { .fid = NVME_FEAT_IOCS_PROFILE };
	int rc = feature_get(ctrlr, &profile, UPNVME_FEATURE_CURRENT);

	if (rc)
		return rc;
	profile.value = NVME_FIELD_GET(NVME_IOCS_PROFILE_IOCSCI, profile.value);
	if (list->vector[profile.value] & NVME_IOCS_VECTOR_NVM)
		return 0;
	profile.value = combination_find(list);
	if (profile.value < NVME_IOCS_LIST_ENTRIES)
		return feature_set_own(ctrlr, &profile, NULL);
	return error_set(
		-ENOTSUP, UPNVME_ERR_CTRLR_UNSUPPORTED,
		"%s: none of the combinations of I/O command sets that the controller offers has "
		"the NVM command set, and this library uses no other",
		ctrlr->uri);
}

int command_sets_settle(struct upnvme_ctrlr *ctrlr)
{
	struct nvme_iocs_list list;
	struct admin_command command = {
		.sqe = { .opcode = NVME_ADMIN_IDENTIFY,
			 .cdw10 = NVME_FIELD_SET(NVME_IDENTIFY_CNS, NVME_CNS_IOCS_LIST) |
				  NVME_FIELD_SET(NVME_IDENTIFY_CNTID, (uint32_t)ctrlr->id.cntlid) },
		.data = &list,
		.data_bytes = sizeof(list),
		.direction = UPNVME_DATA_FROM_DEVICE,
	};
	int rc;

	if (command_sets_select(ctrlr->cap) != NVME_CC_CSS_IOCS)
		return 0;
	rc = admin_expect(ctrlr, &command, "Identify I/O Command Set", NULL);
	return rc ? rc : choose(ctrlr, &list);
}
