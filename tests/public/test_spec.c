/* SPDX-License-Identifier: BSD-3-Clause */
/* The specification's records decode what a controller answers, beside the headers of the kernel. */
#include <errno.h>
#include <linux/nvme_ioctl.h>

#include <upnvme/spec/cqe.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>
#include <upnvme/spec/version.h>

#include "support.h"

#define URI "soft:ram?size=1MiB&block=4096&namespaces=3&serial=A1"

static int open_controller(void **state)
{
	*state = open_uri(URI);
	return 0;
}

static int close_controller(void **state)
{
	OK(upnvme_close(*state));
	return 0;
}

static void the_controllers_record_says_what_its_information_says(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_spec_id_ctrl id;

	OK(upnvme_ctrlr_info_get(*state, &info));
	OK(upnvme_identify(*state, UPNVME_SPEC_CNS_CTRLR, 0, &id));
	assert_memory_equal(id.sn, "A1                  ", sizeof(id.sn));
	assert_memory_equal(id.mn, info.model, strlen(info.model));
	assert_int_equal(id.ver, UPNVME_SPEC_BASE_VERSION);
	assert_int_equal(id.cntrltype, UPNVME_SPEC_CNTRLTYPE_IO);
	assert_int_equal(id.nn, 3);
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_ENTRY_SIZE_MIN, id.sqes), 6);
	assert_true(id.oncs & UPNVME_SPEC_ONCS_COMPARE);
}

static void the_namespaces_record_says_what_its_information_says(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct upnvme_spec_id_ns_indep indep;
	struct upnvme_spec_id_ns id;
	upnvme_ns *ns;

	OK(upnvme_ns_get(&ns, *state, 2));
	OK(upnvme_ns_info_get(ns, &info));
	OK(upnvme_identify(*state, UPNVME_SPEC_CNS_NS, 2, &id));
	assert_int_equal(id.nsze, upnvme_ns_block_count(ns));
	assert_int_equal(1u << id.lbaf[upnvme_spec_flbas_format(id.flbas, id.nlbaf)].lbads, 4096);
	assert_memory_equal(id.nguid, info.nguid, sizeof(id.nguid));
	OK(upnvme_identify(*state, UPNVME_SPEC_CNS_IOCS_INDEP_NS, 2, &indep));
	assert_true(indep.nstat & UPNVME_SPEC_NSTAT_NRDY);
}

static void lists_end_with_zero(void **state)
{
	struct upnvme_spec_ns_list list;

	OK(upnvme_identify(*state, UPNVME_SPEC_CNS_ACTIVE_NS_LIST, 1, &list));
	assert_int_equal(list.nsid[0], 2);
	assert_int_equal(list.nsid[1], 3);
	assert_int_equal(list.nsid[2], 0);
}

/* Each head tells how many bytes of the identifier follow. */
static void identifiers_follow_their_heads(void **state)
{
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	unsigned char data[UPNVME_SPEC_IDENTIFY_BYTES], *at = data, found = 0;
	struct upnvme_spec_ns_id_desc head;
	upnvme_ns *ns;

	OK(upnvme_ns_get(&ns, *state, 1));
	OK(upnvme_ns_info_get(ns, &info));
	OK(upnvme_identify(*state, UPNVME_SPEC_CNS_NS_ID_DESC_LIST, 1, data));
	for (memcpy(&head, at, sizeof(head)); head.nidl; memcpy(&head, at, sizeof(head))) {
		at += sizeof(head);
		if (head.nidt == UPNVME_SPEC_NIDT_UUID) {
			assert_int_equal(head.nidl, UPNVME_SPEC_NIDL_UUID);
			assert_memory_equal(at, info.uuid, sizeof(info.uuid));
			found++;
		}
		at += head.nidl;
	}
	assert_int_equal(found, 1);
}

static void log_pages_have_records(void **state)
{
	struct upnvme_spec_commands_supported_log commands;
	struct upnvme_spec_firmware_slot_log firmware;
	struct upnvme_smart smart = { .size = UPNVME_SMART_SIZE };
	struct upnvme_spec_smart_log log;

	OK(upnvme_smart_get(*state, &smart));
	OK(upnvme_log_page(*state, UPNVME_SPEC_NSID_BROADCAST, UPNVME_SPEC_LOG_SMART, 0, &log,
			   sizeof(log)));
	assert_int_equal(log.available_spare, smart.available_spare);
	OK(upnvme_log_page(*state, UPNVME_SPEC_NSID_BROADCAST, UPNVME_SPEC_LOG_FIRMWARE_SLOT, 0,
			   &firmware, sizeof(firmware)));
	assert_int_equal(UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_AFI_ACTIVE, firmware.afi), 1);
	OK(upnvme_log_page(*state, UPNVME_SPEC_NSID_BROADCAST, UPNVME_SPEC_LOG_COMMANDS_SUPPORTED,
			   0, &commands, sizeof(commands)));
	assert_true(commands.acs[UPNVME_SPEC_ADMIN_IDENTIFY] & UPNVME_SPEC_EFFECTS_SUPPORTED);
	assert_true(commands.iocs[UPNVME_SPEC_CMD_WRITE] & UPNVME_SPEC_EFFECTS_LBCC);
}

static void the_error_log_names_the_command_that_failed(void **state)
{
	struct upnvme_spec_error_log_entry entry;
	unsigned char data[4096];

	assert_int_equal(upnvme_identify(*state, 0xff, 0, data), -EIO);
	OK(upnvme_log_page(*state, UPNVME_SPEC_NSID_BROADCAST, UPNVME_SPEC_LOG_ERROR, 0, &entry,
			   sizeof(entry)));
	assert_int_equal(entry.sqid, 0);
	assert_int_equal(UPNVME_SPEC_STATUS_CODE(UPNVME_SPEC_CQE_STATUS(entry.status)),
			 UPNVME_SPEC_SC_INVALID_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_controllers_record_says_what_its_information_says),
		cmocka_unit_test(the_namespaces_record_says_what_its_information_says),
		cmocka_unit_test(lists_end_with_zero),
		cmocka_unit_test(identifiers_follow_their_heads),
		cmocka_unit_test(log_pages_have_records),
		cmocka_unit_test(the_error_log_names_the_command_that_failed),
	};

	return cmocka_run_group_tests(tests, open_controller, close_controller);
}
