/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names of status values, and a sentence for each.
 *
 * The names are those of NVMe Base 2.0c, 3.3.3.2.1; NVM Command Set 1.0c, 3.1; Key Value Command Set
 * 1.0c; and Zoned Namespace Command Set 1.1c. The sentences are this library's.
 */
#include <upnvme/spec/status.h>
#include "spec/status_text.h"

#include <stddef.h>

struct status_entry {
	uint16_t code; /* UPNVME_SPEC_SC_... */
	const char *name;
	const char *text;
};

/* The statuses, sorted by code for the binary search. */
static const struct status_entry statuses[] = {
	{ UPNVME_SPEC_SC_SUCCESS, "Successful Completion", "The command completed without error." },
	{ UPNVME_SPEC_SC_INVALID_OPCODE, "Invalid Command Opcode",
	  "The controller does not know this opcode, or does not support it here." },
	{ UPNVME_SPEC_SC_INVALID_FIELD, "Invalid Field in Command",
	  "A field of the command has a value that is not supported or not defined." },
	{ UPNVME_SPEC_SC_CID_CONFLICT, "Command ID Conflict",
	  "The command identifier belongs to another command that is still outstanding." },
	{ UPNVME_SPEC_SC_DATA_TRANSFER_ERROR, "Data Transfer Error",
	  "The data or metadata could not be moved between host memory and controller." },
	{ UPNVME_SPEC_SC_ABORTED_POWER_LOSS, "Commands Aborted due to Power Loss Notification",
	  "The controller was told that power is about to go and gave up the command." },
	{ UPNVME_SPEC_SC_INTERNAL_ERROR, "Internal Error",
	  "The controller failed for a reason of its own; the log pages may tell more." },
	{ UPNVME_SPEC_SC_ABORT_REQUESTED, "Command Abort Requested",
	  "An Abort command asked for this command to be given up." },
	{ UPNVME_SPEC_SC_ABORTED_SQ_DELETION, "Command Aborted due to SQ Deletion",
	  "The submission queue was deleted while the command was in it." },
	{ UPNVME_SPEC_SC_ABORTED_FAILED_FUSED, "Command Aborted due to Failed Fused Command",
	  "The other half of the fused operation failed." },
	{ UPNVME_SPEC_SC_ABORTED_MISSING_FUSED, "Command Aborted due to Missing Fused Command",
	  "The other half of the fused operation is not next to this one in the queue." },
	{ UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT, "Invalid Namespace or Format",
	  "The namespace is not attached or does not exist, or its format is not supported." },
	{ UPNVME_SPEC_SC_COMMAND_SEQUENCE_ERROR, "Command Sequence Error",
	  "The command is only allowed after, or before, another that it depends on." },
	{ UPNVME_SPEC_SC_INVALID_SGL_SEGMENT_DESCRIPTOR, "Invalid SGL Segment Descriptor",
	  "A segment descriptor of the SGL is malformed or not in the place it must have." },
	{ UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_COUNT, "Invalid Number of SGL Descriptors",
	  "The SGL has too many or too few descriptors for its segment or for the controller." },
	{ UPNVME_SPEC_SC_INVALID_DATA_SGL_LENGTH, "Data SGL Length Invalid",
	  "The data SGL's length does not fit the amount of data that the command moves." },
	{ UPNVME_SPEC_SC_INVALID_METADATA_SGL_LENGTH, "Metadata SGL Length Invalid",
	  "The metadata SGL's length does not fit the metadata that the command moves." },
	{ UPNVME_SPEC_SC_INVALID_SGL_DESCRIPTOR_TYPE, "SGL Descriptor Type Invalid",
	  "The type or subtype of an SGL descriptor is not supported in its place." },
	{ UPNVME_SPEC_SC_INVALID_USE_OF_CMB, "Invalid Use of Controller Memory Buffer",
	  "The command uses the controller memory buffer in a way that it does not allow." },
	{ UPNVME_SPEC_SC_INVALID_PRP_OFFSET, "PRP Offset Invalid",
	  "A PRP entry points to a place in its page where it must not." },
	{ UPNVME_SPEC_SC_ATOMIC_WRITE_UNIT_EXCEEDED, "Atomic Write Unit Exceeded",
	  "The write is longer than the controller can do atomically." },
	{ UPNVME_SPEC_SC_OPERATION_DENIED, "Operation Denied",
	  "The host lacks the rights for this command." },
	{ UPNVME_SPEC_SC_INVALID_SGL_OFFSET, "SGL Offset Invalid",
	  "The offset of an SGL descriptor is outside what may be addressed, or misaligned." },
	{ UPNVME_SPEC_SC_HOST_ID_INCONSISTENT_FORMAT, "Host Identifier Inconsistent Format",
	  "Controllers of the subsystem have host identifiers of both 64 and 128 bits." },
	{ UPNVME_SPEC_SC_KEEP_ALIVE_TIMER_EXPIRED, "Keep Alive Timer Expired",
	  "The host did not show that it is alive within the time agreed on." },
	{ UPNVME_SPEC_SC_INVALID_KEEP_ALIVE_TIMEOUT, "Keep Alive Timeout Invalid",
	  "The keep alive time is too short, too long, or not one that the controller can keep." },
	{ UPNVME_SPEC_SC_ABORTED_PREEMPT, "Command Aborted due to Preempt and Abort",
	  "Another host took the reservation and had this host's commands aborted." },
	{ UPNVME_SPEC_SC_SANITIZE_FAILED, "Sanitize Failed",
	  "The last sanitize operation failed, and the recovery from that failure is still to be done." },
	{ UPNVME_SPEC_SC_SANITIZE_IN_PROGRESS, "Sanitize In Progress",
	  "The command is not allowed while a sanitize operation is running." },
	{ UPNVME_SPEC_SC_INVALID_SGL_GRANULARITY, "SGL Data Block Granularity Invalid",
	  "A data block's address or length is not a multiple of the granularity required." },
	{ UPNVME_SPEC_SC_NOT_SUPPORTED_QUEUE_IN_CMB, "Command Not Supported for Queue in CMB",
	  "The controller does not take this command from a queue in its memory buffer." },
	{ UPNVME_SPEC_SC_NAMESPACE_WRITE_PROTECTED, "Namespace is Write Protected",
	  "The namespace is write protected and the command would change it." },
	{ UPNVME_SPEC_SC_COMMAND_INTERRUPTED, "Command Interrupted",
	  "The controller stopped the command for its own work; the host may send it again." },
	{ UPNVME_SPEC_SC_TRANSIENT_TRANSPORT_ERROR, "Transient Transport Error",
	  "The transport failed for a moment; the same command may succeed when sent again." },
	{ UPNVME_SPEC_SC_PROHIBITED_BY_LOCKDOWN,
	  "Command Prohibited by Command and Feature Lockdown",
	  "A Lockdown command has forbidden this command or feature." },
	{ UPNVME_SPEC_SC_ADMIN_COMMAND_MEDIA_NOT_READY, "Admin Command Media Not Ready",
	  "The controller is ready, but the media that this Admin command needs are not." },

	{ UPNVME_SPEC_SC_LBA_OUT_OF_RANGE, "LBA Out of Range",
	  "The command reaches beyond the last block of the namespace." },
	{ UPNVME_SPEC_SC_CAPACITY_EXCEEDED, "Capacity Exceeded",
	  "The command would make the namespace use more than its capacity." },
	{ UPNVME_SPEC_SC_NAMESPACE_NOT_READY, "Namespace Not Ready",
	  "The namespace cannot be accessed now; it may be later." },
	{ UPNVME_SPEC_SC_RESERVATION_CONFLICT, "Reservation Conflict",
	  "Another host's reservation of the namespace forbids the command." },
	{ UPNVME_SPEC_SC_FORMAT_IN_PROGRESS, "Format In Progress",
	  "The command is not allowed while the namespace is being formatted." },
	{ UPNVME_SPEC_SC_INVALID_VALUE_SIZE, "Invalid Value Size",
	  "The value's size is not one that the key value namespace takes." },
	{ UPNVME_SPEC_SC_INVALID_KEY_SIZE, "Invalid Key Size",
	  "The key's size is not one that the key value namespace takes." },
	{ UPNVME_SPEC_SC_KEY_DOES_NOT_EXIST, "KV Key Does Not Exist",
	  "The key value namespace has no such key." },
	{ UPNVME_SPEC_SC_UNRECOVERED_ERROR, "Unrecovered Error",
	  "The key value pair could not be read from or written to the media." },
	{ UPNVME_SPEC_SC_KEY_EXISTS, "Key Exists",
	  "The key is there already and the command asked not to overwrite it." },

	{ UPNVME_SPEC_SC_CQ_INVALID, "Completion Queue Invalid",
	  "The completion queue that the submission queue is to use does not exist." },
	{ UPNVME_SPEC_SC_INVALID_QUEUE_IDENTIFIER, "Invalid Queue Identifier",
	  "The queue identifier is out of range, in use already, or names no queue." },
	{ UPNVME_SPEC_SC_INVALID_QUEUE_SIZE, "Invalid Queue Size",
	  "The number of entries is zero or more than the controller supports." },
	{ UPNVME_SPEC_SC_ABORT_LIMIT_EXCEEDED, "Abort Command Limit Exceeded",
	  "More Abort commands are outstanding than the controller takes at a time." },
	{ UPNVME_SPEC_SC_AER_LIMIT_EXCEEDED, "Asynchronous Event Request Limit Exceeded",
	  "More event requests are outstanding than the controller takes at a time." },
	{ UPNVME_SPEC_SC_INVALID_FIRMWARE_SLOT, "Invalid Firmware Slot",
	  "The firmware slot does not exist, is read only, or holds nothing to activate." },
	{ UPNVME_SPEC_SC_INVALID_FIRMWARE_IMAGE, "Invalid Firmware Image",
	  "The firmware image was not accepted; nothing was activated." },
	{ UPNVME_SPEC_SC_INVALID_INTERRUPT_VECTOR, "Invalid Interrupt Vector",
	  "The interrupt vector is beyond those that the controller has." },
	{ UPNVME_SPEC_SC_INVALID_LOG_PAGE, "Invalid Log Page",
	  "The log page is not supported, or not in the way that was asked for." },
	{ UPNVME_SPEC_SC_INVALID_FORMAT, "Invalid Format",
	  "The LBA format, or its combination with metadata and protection, is not supported." },
	{ UPNVME_SPEC_SC_FIRMWARE_NEEDS_CONVENTIONAL_RESET,
	  "Firmware Activation Requires Conventional Reset",
	  "The firmware was stored; it becomes active with a conventional PCI Express reset." },
	{ UPNVME_SPEC_SC_INVALID_QUEUE_DELETION, "Invalid Queue Deletion",
	  "The completion queue still has submission queues that use it." },
	{ UPNVME_SPEC_SC_FEATURE_NOT_SAVEABLE, "Feature Identifier Not Saveable",
	  "The feature's value cannot be kept over a reset or power cycle." },
	{ UPNVME_SPEC_SC_FEATURE_NOT_CHANGEABLE, "Feature Not Changeable",
	  "The feature's value cannot be changed." },
	{ UPNVME_SPEC_SC_FEATURE_NOT_NS_SPECIFIC, "Feature Not Namespace Specific",
	  "The feature belongs to the whole controller, not to one namespace." },
	{ UPNVME_SPEC_SC_FIRMWARE_NEEDS_SUBSYSTEM_RESET,
	  "Firmware Activation Requires NVM Subsystem Reset",
	  "The firmware was stored; it becomes active with an NVM subsystem reset." },
	{ UPNVME_SPEC_SC_FIRMWARE_NEEDS_CONTROLLER_RESET,
	  "Firmware Activation Requires Controller Level Reset",
	  "The firmware was stored; it becomes active with a controller level reset." },
	{ UPNVME_SPEC_SC_FIRMWARE_MAX_TIME_VIOLATION,
	  "Firmware Activation Requires Maximum Time Violation",
	  "Activating the firmware at once would take longer than the controller has promised." },
	{ UPNVME_SPEC_SC_FIRMWARE_ACTIVATION_PROHIBITED, "Firmware Activation Prohibited",
	  "The controller does not allow this image to be activated." },
	{ UPNVME_SPEC_SC_OVERLAPPING_RANGE, "Overlapping Range",
	  "Ranges that the command names, or parts of the firmware image, overlap." },
	{ UPNVME_SPEC_SC_NS_INSUFFICIENT_CAPACITY, "Namespace Insufficient Capacity",
	  "There is not enough free capacity for the namespace." },
	{ UPNVME_SPEC_SC_NSID_UNAVAILABLE, "Namespace Identifier Unavailable",
	  "No more namespaces can be created: all identifiers are taken." },
	{ UPNVME_SPEC_SC_NS_ALREADY_ATTACHED, "Namespace Already Attached",
	  "The controller is attached to the namespace already." },
	{ UPNVME_SPEC_SC_NS_IS_PRIVATE, "Namespace Is Private",
	  "The namespace belongs to one controller and cannot be attached to another." },
	{ UPNVME_SPEC_SC_NS_NOT_ATTACHED, "Namespace Not Attached",
	  "The namespace is not attached to the controller." },
	{ UPNVME_SPEC_SC_THIN_PROVISIONING_NOT_SUPPORTED, "Thin Provisioning Not Supported",
	  "The controller cannot make a namespace with less capacity than size." },
	{ UPNVME_SPEC_SC_INVALID_CONTROLLER_LIST, "Controller List Invalid",
	  "The list of controllers is malformed or names one that cannot be used." },
	{ UPNVME_SPEC_SC_SELF_TEST_IN_PROGRESS, "Device Self-test In Progress",
	  "The device is testing itself already." },
	{ UPNVME_SPEC_SC_BOOT_PARTITION_WRITE_PROHIBITED, "Boot Partition Write Prohibited",
	  "The boot partition is locked against writing." },
	{ UPNVME_SPEC_SC_INVALID_CONTROLLER_IDENTIFIER, "Invalid Controller Identifier",
	  "The controller identifier names no controller that the command can work on." },
	{ UPNVME_SPEC_SC_INVALID_SECONDARY_STATE, "Invalid Secondary Controller State",
	  "The secondary controller is online or offline when it must be the other." },
	{ UPNVME_SPEC_SC_INVALID_NUMBER_OF_RESOURCES, "Invalid Number of Controller Resources",
	  "The number of resources is more than there are, or not one that can be assigned." },
	{ UPNVME_SPEC_SC_INVALID_RESOURCE_IDENTIFIER, "Invalid Resource Identifier",
	  "The resource type of the command is not one that there is." },
	{ UPNVME_SPEC_SC_SANITIZE_PROHIBITED_PMR,
	  "Sanitize Prohibited While Persistent Memory Region is Enabled",
	  "The persistent memory region must be disabled before sanitizing." },
	{ UPNVME_SPEC_SC_INVALID_ANA_GROUP, "ANA Group Identifier Invalid",
	  "The asymmetric access group does not exist or cannot be chosen." },
	{ UPNVME_SPEC_SC_ANA_ATTACH_FAILED, "ANA Attach Failed",
	  "The controller cannot be attached in the state of the asymmetric access group." },
	{ UPNVME_SPEC_SC_INSUFFICIENT_CAPACITY, "Insufficient Capacity",
	  "The free capacity is not enough for the request." },
	{ UPNVME_SPEC_SC_NS_ATTACHMENT_LIMIT_EXCEEDED, "Namespace Attachment Limit Exceeded",
	  "No more namespaces can be attached to the controller, or to all of them." },
	{ UPNVME_SPEC_SC_LOCKDOWN_NOT_SUPPORTED, "Prohibition of Command Execution Not Supported",
	  "This command or feature cannot be locked down." },
	{ UPNVME_SPEC_SC_IOCS_NOT_SUPPORTED, "I/O Command Set Not Supported",
	  "The controller does not support the command set." },
	{ UPNVME_SPEC_SC_IOCS_NOT_ENABLED, "I/O Command Set Not Enabled",
	  "The controller supports the command set but it is not switched on." },
	{ UPNVME_SPEC_SC_IOCS_COMBINATION_REJECTED, "I/O Command Set Combination Rejected",
	  "The controller does not take this combination of command sets." },
	{ UPNVME_SPEC_SC_INVALID_IOCS, "Invalid I/O Command Set",
	  "The command does not go with the command set that it names." },
	{ UPNVME_SPEC_SC_IDENTIFIER_UNAVAILABLE, "Identifier Unavailable",
	  "No identifier is left for the new namespace, endurance group or NVM set." },
	{ UPNVME_SPEC_SC_STREAM_ALLOCATION_FAILED, "Stream Resource Allocation Failed",
	  "No stream resources could be given to the host." },

	{ UPNVME_SPEC_SC_CONFLICTING_ATTRIBUTES, "Conflicting Attributes",
	  "The attributes of the command's ranges contradict each other." },
	{ UPNVME_SPEC_SC_INVALID_PROTECTION_INFO, "Invalid Protection Information",
	  "The protection information fields do not go with the namespace's format." },
	{ UPNVME_SPEC_SC_WRITE_TO_READ_ONLY_RANGE, "Attempted Write to Read Only Range",
	  "The command would change blocks that are read only." },
	{ UPNVME_SPEC_SC_COMMAND_SIZE_LIMIT_EXCEEDED, "Command Size Limit Exceeded",
	  "The command covers more blocks or ranges than the controller takes in one." },
	{ UPNVME_SPEC_SC_FABRICS_INVALID_HOST, "Connect Invalid Host",
	  "The host may not connect to this subsystem." },
	{ UPNVME_SPEC_SC_FABRICS_INVALID_QUEUE_TYPE, "Invalid Queue Type",
	  "The command was sent on an I/O queue but belongs on the Admin queue, or vice versa." },
	{ UPNVME_SPEC_SC_FABRICS_DISCOVER_RESTART, "Discover Restart",
	  "The discovery log changed while it was read; it must be read again." },
	{ UPNVME_SPEC_SC_FABRICS_AUTHENTICATION_REQUIRED, "Authentication Required",
	  "The host must authenticate before it may send this command." },

	{ UPNVME_SPEC_SC_INVALID_ZONE_OPERATION_REQUEST, "Invalid Zone Operation Request",
	  "The zone's attributes do not allow the operation." },
	{ UPNVME_SPEC_SC_ZRWA_RESOURCES_UNAVAILABLE, "ZRWA Resources Unavailable",
	  "No random write area is left to give to the zone." },
	{ UPNVME_SPEC_SC_ZONE_BOUNDARY_ERROR, "Zoned Boundary Error",
	  "The command reaches over the end of a zone." },
	{ UPNVME_SPEC_SC_ZONE_IS_FULL, "Zone Is Full",
	  "The zone is full and takes no more writes." },
	{ UPNVME_SPEC_SC_ZONE_IS_READ_ONLY, "Zone Is Read Only", "The zone can only be read." },
	{ UPNVME_SPEC_SC_ZONE_IS_OFFLINE, "Zone Is Offline",
	  "The zone can neither be read nor be written." },
	{ UPNVME_SPEC_SC_ZONE_INVALID_WRITE, "Zone Invalid Write",
	  "The write does not begin at the zone's write pointer." },
	{ UPNVME_SPEC_SC_TOO_MANY_ACTIVE_ZONES, "Too Many Active Zones",
	  "No more zones may be active at a time." },
	{ UPNVME_SPEC_SC_TOO_MANY_OPEN_ZONES, "Too Many Open Zones",
	  "No more zones may be open at a time." },
	{ UPNVME_SPEC_SC_INVALID_ZONE_STATE_TRANSITION, "Invalid Zone State Transition",
	  "The zone cannot go from its state to the one asked for." },

	{ UPNVME_SPEC_SC_WRITE_FAULT, "Write Fault",
	  "The data could not be written to the media." },
	{ UPNVME_SPEC_SC_UNRECOVERED_READ_ERROR, "Unrecovered Read Error",
	  "The data could not be read from the media." },
	{ UPNVME_SPEC_SC_GUARD_CHECK_ERROR, "End-to-end Guard Check Error",
	  "The guard in the protection information does not match the data." },
	{ UPNVME_SPEC_SC_APPLICATION_TAG_CHECK_ERROR, "End-to-end Application Tag Check Error",
	  "The application tag in the protection information is not the expected one." },
	{ UPNVME_SPEC_SC_REFERENCE_TAG_CHECK_ERROR, "End-to-end Reference Tag Check Error",
	  "The reference tag in the protection information is not the expected one." },
	{ UPNVME_SPEC_SC_COMPARE_FAILURE, "Compare Failure",
	  "The data on the media is not the same as the data compared with." },
	{ UPNVME_SPEC_SC_ACCESS_DENIED, "Access Denied",
	  "The host has no right to these blocks, for example because they are locked." },
	{ UPNVME_SPEC_SC_DEALLOCATED_OR_UNWRITTEN_BLOCK, "Deallocated or Unwritten Logical Block",
	  "The command reads a block that is deallocated or was never written." },
	{ UPNVME_SPEC_SC_STORAGE_TAG_CHECK_ERROR, "End-to-End Storage Tag Check Error",
	  "The storage tag in the protection information is not the expected one." },

	{ UPNVME_SPEC_SC_INTERNAL_PATH_ERROR, "Internal Path Error",
	  "The controller failed on the way to the namespace; another path may work." },
	{ UPNVME_SPEC_SC_ANA_PERSISTENT_LOSS, "Asymmetric Access Persistent Loss",
	  "The namespace is lost to this controller for good." },
	{ UPNVME_SPEC_SC_ANA_INACCESSIBLE, "Asymmetric Access Inaccessible",
	  "The namespace cannot be reached through this controller now." },
	{ UPNVME_SPEC_SC_ANA_TRANSITION, "Asymmetric Access Transition",
	  "The access to the namespace through this controller is just changing." },
	{ UPNVME_SPEC_SC_CONTROLLER_PATHING_ERROR, "Controller Pathing Error",
	  "The controller found an error on the path to the namespace." },
	{ UPNVME_SPEC_SC_HOST_PATHING_ERROR, "Host Pathing Error",
	  "The host found an error on the path to the controller." },
	{ UPNVME_SPEC_SC_ABORTED_BY_HOST, "Command Aborted By Host",
	  "The host gave up the command, for example because it took too long." },
};

/* The values that Fabrics commands use for another status than NVM commands do, sorted by code. */
static const struct status_entry fabrics_statuses[] = {
	{ UPNVME_SPEC_SC_FABRICS_INCOMPATIBLE_FORMAT, "Connect Incompatible Format",
	  "The controller does not support this format of the Connect command." },
	{ UPNVME_SPEC_SC_FABRICS_CONTROLLER_BUSY, "Connect Controller Busy",
	  "The controller is connected to a host already, or cannot connect now." },
	{ UPNVME_SPEC_SC_FABRICS_INVALID_PARAMETERS, "Connect Invalid Parameters",
	  "A parameter of the Connect command or of its data is not acceptable." },
	{ UPNVME_SPEC_SC_FABRICS_RESTART_DISCOVERY, "Connect Restart Discovery",
	  "The subsystem is not here any more; discovery must begin again." },
};

static const struct status_entry vendor_status = {
	0, "Vendor Specific", "Only the vendor of the controller can say what this status means."
};

static const struct status_entry reserved_status = {
	0, "Reserved", "The specification does not define this status (as of NVMe 2.0)."
};

static const struct status_entry *table_find(const struct status_entry *table, size_t nentries,
					     uint16_t code)
{
	size_t low = 0, high = nentries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table[middle].code == code)
			return &table[middle];
		if (table[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The entry of a code that is in no table: from C0h on in the defined types, and in all of type 7, codes are the
 * vendor's. */
static const struct status_entry *undefined_status(uint16_t code)
{
	unsigned int type = UPNVME_SPEC_STATUS_SCT(code);

	if (type == UPNVME_SPEC_SCT_VENDOR)
		return &vendor_status;
	if (type <= UPNVME_SPEC_SCT_PATH &&
	    UPNVME_SPEC_STATUS_SC(code) >= UPNVME_SPEC_STATUS_SC_VENDOR_FIRST)
		return &vendor_status;
	return &reserved_status;
}

static const struct status_entry *status_find(uint16_t status)
{
	uint16_t code = (uint16_t)UPNVME_SPEC_STATUS_CODE(status);
	const struct status_entry *entry;

	entry = table_find(statuses, sizeof(statuses) / sizeof(statuses[0]), code);
	return entry ? entry : undefined_status(code);
}

static const struct status_entry *fabrics_status_find(uint16_t status)
{
	uint16_t code = (uint16_t)UPNVME_SPEC_STATUS_CODE(status);
	const struct status_entry *entry;

	entry = table_find(fabrics_statuses, sizeof(fabrics_statuses) / sizeof(fabrics_statuses[0]),
			   code);
	return entry ? entry : status_find(status);
}

const char *nvme_status_name(uint16_t status)
{
	return status_find(status)->name;
}

const char *nvme_status_text(uint16_t status)
{
	return status_find(status)->text;
}

const char *nvme_fabrics_status_name(uint16_t status)
{
	return fabrics_status_find(status)->name;
}

const char *nvme_fabrics_status_text(uint16_t status)
{
	return fabrics_status_find(status)->text;
}
