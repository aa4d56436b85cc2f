/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Status names and texts: every value that NVMe 2.0 defines, and the texts of all others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/status.h>
#include "spec/status_text.h"

#define NCODES 0x800u /* type and code: 11 bits */

struct expected_status {
	uint16_t code;
	const char *name;
};

/* Written as numbers, so that a wrong constant in the header is found too. */
static const struct expected_status expected[] = {
	{ 0x000, "Successful Completion" },
	{ 0x001, "Invalid Command Opcode" },
	{ 0x002, "Invalid Field in Command" },
	{ 0x003, "Command ID Conflict" },
	{ 0x004, "Data Transfer Error" },
	{ 0x005, "Commands Aborted due to Power Loss Notification" },
	{ 0x006, "Internal Error" },
	{ 0x007, "Command Abort Requested" },
	{ 0x008, "Command Aborted due to SQ Deletion" },
	{ 0x009, "Command Aborted due to Failed Fused Command" },
	{ 0x00a, "Command Aborted due to Missing Fused Command" },
	{ 0x00b, "Invalid Namespace or Format" },
	{ 0x00c, "Command Sequence Error" },
	{ 0x00d, "Invalid SGL Segment Descriptor" },
	{ 0x00e, "Invalid Number of SGL Descriptors" },
	{ 0x00f, "Data SGL Length Invalid" },
	{ 0x010, "Metadata SGL Length Invalid" },
	{ 0x011, "SGL Descriptor Type Invalid" },
	{ 0x012, "Invalid Use of Controller Memory Buffer" },
	{ 0x013, "PRP Offset Invalid" },
	{ 0x014, "Atomic Write Unit Exceeded" },
	{ 0x015, "Operation Denied" },
	{ 0x016, "SGL Offset Invalid" },
	{ 0x018, "Host Identifier Inconsistent Format" },
	{ 0x019, "Keep Alive Timer Expired" },
	{ 0x01a, "Keep Alive Timeout Invalid" },
	{ 0x01b, "Command Aborted due to Preempt and Abort" },
	{ 0x01c, "Sanitize Failed" },
	{ 0x01d, "Sanitize In Progress" },
	{ 0x01e, "SGL Data Block Granularity Invalid" },
	{ 0x01f, "Command Not Supported for Queue in CMB" },
	{ 0x020, "Namespace is Write Protected" },
	{ 0x021, "Command Interrupted" },
	{ 0x022, "Transient Transport Error" },
	{ 0x023, "Command Prohibited by Command and Feature Lockdown" },
	{ 0x024, "Admin Command Media Not Ready" },
	{ 0x080, "LBA Out of Range" },
	{ 0x081, "Capacity Exceeded" },
	{ 0x082, "Namespace Not Ready" },
	{ 0x083, "Reservation Conflict" },
	{ 0x084, "Format In Progress" },
	{ 0x085, "Invalid Value Size" },
	{ 0x086, "Invalid Key Size" },
	{ 0x087, "KV Key Does Not Exist" },
	{ 0x088, "Unrecovered Error" },
	{ 0x089, "Key Exists" },
	{ 0x100, "Completion Queue Invalid" },
	{ 0x101, "Invalid Queue Identifier" },
	{ 0x102, "Invalid Queue Size" },
	{ 0x103, "Abort Command Limit Exceeded" },
	{ 0x105, "Asynchronous Event Request Limit Exceeded" },
	{ 0x106, "Invalid Firmware Slot" },
	{ 0x107, "Invalid Firmware Image" },
	{ 0x108, "Invalid Interrupt Vector" },
	{ 0x109, "Invalid Log Page" },
	{ 0x10a, "Invalid Format" },
	{ 0x10b, "Firmware Activation Requires Conventional Reset" },
	{ 0x10c, "Invalid Queue Deletion" },
	{ 0x10d, "Feature Identifier Not Saveable" },
	{ 0x10e, "Feature Not Changeable" },
	{ 0x10f, "Feature Not Namespace Specific" },
	{ 0x110, "Firmware Activation Requires NVM Subsystem Reset" },
	{ 0x111, "Firmware Activation Requires Controller Level Reset" },
	{ 0x112, "Firmware Activation Requires Maximum Time Violation" },
	{ 0x113, "Firmware Activation Prohibited" },
	{ 0x114, "Overlapping Range" },
	{ 0x115, "Namespace Insufficient Capacity" },
	{ 0x116, "Namespace Identifier Unavailable" },
	{ 0x118, "Namespace Already Attached" },
	{ 0x119, "Namespace Is Private" },
	{ 0x11a, "Namespace Not Attached" },
	{ 0x11b, "Thin Provisioning Not Supported" },
	{ 0x11c, "Controller List Invalid" },
	{ 0x11d, "Device Self-test In Progress" },
	{ 0x11e, "Boot Partition Write Prohibited" },
	{ 0x11f, "Invalid Controller Identifier" },
	{ 0x120, "Invalid Secondary Controller State" },
	{ 0x121, "Invalid Number of Controller Resources" },
	{ 0x122, "Invalid Resource Identifier" },
	{ 0x123, "Sanitize Prohibited While Persistent Memory Region is Enabled" },
	{ 0x124, "ANA Group Identifier Invalid" },
	{ 0x125, "ANA Attach Failed" },
	{ 0x126, "Insufficient Capacity" },
	{ 0x127, "Namespace Attachment Limit Exceeded" },
	{ 0x128, "Prohibition of Command Execution Not Supported" },
	{ 0x129, "I/O Command Set Not Supported" },
	{ 0x12a, "I/O Command Set Not Enabled" },
	{ 0x12b, "I/O Command Set Combination Rejected" },
	{ 0x12c, "Invalid I/O Command Set" },
	{ 0x12d, "Identifier Unavailable" },
	{ 0x17f, "Stream Resource Allocation Failed" },
	{ 0x180, "Conflicting Attributes" },
	{ 0x181, "Invalid Protection Information" },
	{ 0x182, "Attempted Write to Read Only Range" },
	{ 0x183, "Command Size Limit Exceeded" },
	{ 0x184, "Connect Invalid Host" },
	{ 0x185, "Invalid Queue Type" },
	{ 0x190, "Discover Restart" },
	{ 0x191, "Authentication Required" },
	{ 0x1b6, "Invalid Zone Operation Request" },
	{ 0x1b7, "ZRWA Resources Unavailable" },
	{ 0x1b8, "Zoned Boundary Error" },
	{ 0x1b9, "Zone Is Full" },
	{ 0x1ba, "Zone Is Read Only" },
	{ 0x1bb, "Zone Is Offline" },
	{ 0x1bc, "Zone Invalid Write" },
	{ 0x1bd, "Too Many Active Zones" },
	{ 0x1be, "Too Many Open Zones" },
	{ 0x1bf, "Invalid Zone State Transition" },
	{ 0x280, "Write Fault" },
	{ 0x281, "Unrecovered Read Error" },
	{ 0x282, "End-to-end Guard Check Error" },
	{ 0x283, "End-to-end Application Tag Check Error" },
	{ 0x284, "End-to-end Reference Tag Check Error" },
	{ 0x285, "Compare Failure" },
	{ 0x286, "Access Denied" },
	{ 0x287, "Deallocated or Unwritten Logical Block" },
	{ 0x288, "End-to-End Storage Tag Check Error" },
	{ 0x300, "Internal Path Error" },
	{ 0x301, "Asymmetric Access Persistent Loss" },
	{ 0x302, "Asymmetric Access Inaccessible" },
	{ 0x303, "Asymmetric Access Transition" },
	{ 0x360, "Controller Pathing Error" },
	{ 0x370, "Host Pathing Error" },
	{ 0x371, "Command Aborted By Host" },
};

#define NEXPECTED (sizeof(expected) / sizeof(expected[0]))

static const char *expected_name(uint16_t code)
{
	for (size_t i = 0; i < NEXPECTED; i++) {
		if (expected[i].code == code)
			return expected[i].name;
	}
	return NULL;
}

static void every_defined_status_has_the_name_of_the_specification(void **state)
{
	(void)state;
	for (size_t i = 0; i < NEXPECTED; i++)
		assert_string_equal(nvme_status_name(expected[i].code), expected[i].name);
}

static void every_defined_status_has_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < NEXPECTED; i++) {
		const char *text = nvme_status_text(expected[i].code);

		assert_true(strlen(text) > 20);
		assert_int_equal(text[strlen(text) - 1], '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(text, nvme_status_text(expected[j].code));
	}
}

static void all_other_statuses_are_vendor_specific_or_reserved(void **state)
{
	(void)state;
	for (uint16_t code = 0; code < NCODES; code++) {
		const char *name = nvme_status_name(code);
		unsigned int type = code >> 8;
		int vendor = type == 7 || (type <= 3 && (code & 0xff) >= 0xc0);

		if (expected_name(code))
			continue;
		assert_string_equal(name, vendor ? "Vendor Specific" : "Reserved");
		assert_non_null(nvme_status_text(code));
	}
}

static void retry_delay_more_and_do_not_retry_change_no_name(void **state)
{
	(void)state;
	for (uint32_t status = 0; status <= UINT16_MAX; status += 0x800)
		assert_string_equal(nvme_status_name((uint16_t)(status | 0x281)),
				    "Unrecovered Read Error");
	assert_string_equal(nvme_status_text(UPNVME_SPEC_SC_INVALID_FIELD |
					     UPNVME_SPEC_STATUS_DNR_BIT),
			    nvme_status_text(UPNVME_SPEC_SC_INVALID_FIELD));
}

static void fabrics_commands_have_their_own_names_for_shared_values(void **state)
{
	(void)state;
	assert_string_equal(nvme_fabrics_status_name(0x180), "Connect Incompatible Format");
	assert_string_equal(nvme_fabrics_status_name(0x181), "Connect Controller Busy");
	assert_string_equal(nvme_fabrics_status_name(0x182), "Connect Invalid Parameters");
	assert_string_equal(nvme_fabrics_status_name(0x183), "Connect Restart Discovery");
	assert_string_equal(nvme_fabrics_status_name(0x184), "Connect Invalid Host");
	assert_string_equal(nvme_fabrics_status_name(0x185), "Invalid Queue Type");
	assert_string_equal(nvme_fabrics_status_name(0x190), "Discover Restart");
	assert_string_equal(nvme_fabrics_status_name(0x191), "Authentication Required");
	for (uint16_t code = 0x180; code <= 0x183; code++) {
		assert_true(strlen(nvme_fabrics_status_text(code)) > 20);
		assert_string_not_equal(nvme_fabrics_status_text(code), nvme_status_text(code));
	}
}

static void fabrics_commands_share_all_other_names(void **state)
{
	(void)state;
	for (uint16_t code = 0; code < NCODES; code++) {
		if (code >= 0x180 && code <= 0x183)
			continue;
		assert_ptr_equal(nvme_fabrics_status_name(code), nvme_status_name(code));
		assert_ptr_equal(nvme_fabrics_status_text(code), nvme_status_text(code));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_defined_status_has_the_name_of_the_specification),
		cmocka_unit_test(every_defined_status_has_a_sentence_of_its_own),
		cmocka_unit_test(all_other_statuses_are_vendor_specific_or_reserved),
		cmocka_unit_test(retry_delay_more_and_do_not_retry_change_no_name),
		cmocka_unit_test(fabrics_commands_have_their_own_names_for_shared_values),
		cmocka_unit_test(fabrics_commands_share_all_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
