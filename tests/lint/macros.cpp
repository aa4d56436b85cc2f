// SPDX-License-Identifier: BSD-3-Clause
// Every macro of the public headers that makes a value, as a C++ program would use it: no warning of old-style casts.
#include <upnvme.h>
#include <upnvme/spec/command.h>
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>
#include <upnvme/spec/version.h>
#include <upnvme/sys/error.h>

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

/* Each macro of the specification's that computes, from the narrowest type that it is meant for. */
uint64_t use_spec(uint64_t cap, uint32_t word, uint16_t status, uint8_t byte);

uint64_t use_spec(uint64_t cap, uint32_t word, uint16_t status, uint8_t byte)
{
	const uint16_t narrow[] = { UPNVME_SPEC_CQE_PHASE(status), UPNVME_SPEC_CQE_STATUS(status),
				    UPNVME_SPEC_CQE_STATUS_WORD(status, 1) };
	const uint8_t id = UPNVME_SPEC_SGL_ID(UPNVME_SPEC_SGL_TYPE_SEGMENT, byte & 0xfu);
	const uint32_t words[] = {
		UPNVME_SPEC_AER_TYPE(word),
		UPNVME_SPEC_SGL_ID_TYPE(id),
		UPNVME_SPEC_SGL_ID_SUBTYPE(id),
		UPNVME_SPEC_OPCODE_DIRECTION(byte),
		UPNVME_SPEC_REG_SQ_TAIL_DOORBELL(status, word),
		UPNVME_SPEC_REG_CQ_HEAD_DOORBELL(status, word),
		UPNVME_SPEC_VERSION(2, byte, 0),
		UPNVME_SPEC_CC_MPS(word),
		UPNVME_SPEC_STATUS_CODE(status),
		UPNVME_SPEC_SQE_FUSE(byte),
		UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_IDENTIFY_CNTID, word),
		upnvme_spec_flbas_format(byte, byte),
	};
	uint64_t sum = UPNVME_SPEC_CAP_MQES(cap) + UPNVME_SPEC_MPS_BYTES(word) +
		       UPNVME_SPEC_CMBSZ_UNIT_BYTES(UPNVME_SPEC_CMBSZ_SZU(word)) +
		       UPNVME_SPEC_STATUS_SC(status);

	for (uint16_t value : narrow)
		sum += value;
	for (uint32_t value : words)
		sum += value;
	return sum;
}
