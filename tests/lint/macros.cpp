// SPDX-License-Identifier: BSD-3-Clause
// Every macro of the public headers that makes a value, as a C++ program would use it: no warning of old-style casts.
#include <upnvme.h>

namespace
{

const upnvme_open_opts open_opts = UPNVME_OPEN_OPTS_INIT;
const upnvme_qpair_opts qpair_opts = UPNVME_QPAIR_OPTS_INIT;
const uint32_t sizes[] = { UPNVME_CTRLR_INFO_SIZE, UPNVME_FEATURES_SIZE, UPNVME_SMART_SIZE,
			   UPNVME_FIRMWARE_SIZE,   UPNVME_NS_INFO_SIZE,  UPNVME_SYSTEM_SIZE,
			   UPNVME_QPAIR_STATS_SIZE };

} // namespace

uint32_t use(uint16_t status);

uint32_t use(uint16_t status)
{
	uint32_t sum = open_opts.size + qpair_opts.size + UPNVME_STATUS_SC(status) +
		       UPNVME_STATUS_SCT(status) + UPNVME_STATUS_CRD(status);

	for (uint32_t size : sizes)
		sum += size;
	return sum + UPNVME_STATUS_MORE(status) + UPNVME_STATUS_DNR(status);
}
