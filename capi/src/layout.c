/* SPDX-License-Identifier: BSD-3-Clause */
/* Where every field of every public struct is. Written by `make abi-baseline`: nothing that is
 * here changes, but structs that begin with their size may grow at their end. */
#include <upnvme.h>

#define SIZE(type, bytes) \
	UPNVME_ASSERT(sizeof(struct type) == (bytes), "struct " #type " has " #bytes " bytes")
#define FIELD(type, field, offset, bytes)                                      \
	UPNVME_ASSERT(offsetof(struct type, field) == (offset) &&              \
			      sizeof(((struct type *)NULL)->field) == (bytes), \
		      #type "." #field " is at " #offset " and has " #bytes " bytes")

SIZE(upnvme_area, 32);
FIELD(upnvme_area, data, 0, 8);
FIELD(upnvme_area, data_bytes, 8, 8);
FIELD(upnvme_area, metadata, 16, 8);
FIELD(upnvme_area, metadata_bytes, 24, 8);

SIZE(upnvme_completion, 32);
FIELD(upnvme_completion, tag, 0, 8);
FIELD(upnvme_completion, result, 8, 8);
FIELD(upnvme_completion, status, 16, 2);
FIELD(upnvme_completion, flags, 18, 2);
FIELD(upnvme_completion, blocks, 20, 4);
FIELD(upnvme_completion, reserved, 24, 8);

SIZE(upnvme_ctrlr_info, 696);
FIELD(upnvme_ctrlr_info, size, 0, 4);
FIELD(upnvme_ctrlr_info, vendor_id, 4, 2);
FIELD(upnvme_ctrlr_info, ctrlr_id, 6, 2);
FIELD(upnvme_ctrlr_info, version, 8, 4);
FIELD(upnvme_ctrlr_info, ns_count, 12, 4);
FIELD(upnvme_ctrlr_info, serial, 16, 24);
FIELD(upnvme_ctrlr_info, model, 40, 44);
FIELD(upnvme_ctrlr_info, firmware, 84, 12);
FIELD(upnvme_ctrlr_info, subnqn, 96, 256);
FIELD(upnvme_ctrlr_info, max_transfer_bytes, 352, 8);
FIELD(upnvme_ctrlr_info, max_queue_entries, 360, 4);
FIELD(upnvme_ctrlr_info, max_qpairs, 364, 4);
FIELD(upnvme_ctrlr_info, page_bytes, 368, 4);
FIELD(upnvme_ctrlr_info, buffer_align, 372, 4);
FIELD(upnvme_ctrlr_info, oncs, 376, 2);
FIELD(upnvme_ctrlr_info, volatile_write_cache, 378, 1);
FIELD(upnvme_ctrlr_info, sgl, 379, 1);
FIELD(upnvme_ctrlr_info, ready_timeout_ms, 380, 4);
FIELD(upnvme_ctrlr_info, max_write_zeroes_bytes, 384, 8);
FIELD(upnvme_ctrlr_info, max_verify_bytes, 392, 8);
FIELD(upnvme_ctrlr_info, max_deallocate_ranges, 400, 4);
FIELD(upnvme_ctrlr_info, numa_node, 404, 4);
FIELD(upnvme_ctrlr_info, environment, 408, 16);
FIELD(upnvme_ctrlr_info, cmb_bytes, 424, 8);
FIELD(upnvme_ctrlr_info, cmb_flags, 432, 4);
FIELD(upnvme_ctrlr_info, reserved, 436, 4);
FIELD(upnvme_ctrlr_info, quirks, 440, 256);

SIZE(upnvme_device, 512);
FIELD(upnvme_device, address, 0, 24);
FIELD(upnvme_device, vendor_id, 24, 2);
FIELD(upnvme_device, device_id, 26, 2);
FIELD(upnvme_device, subsystem_vendor_id, 28, 2);
FIELD(upnvme_device, subsystem_id, 30, 2);
FIELD(upnvme_device, class_code, 32, 4);
FIELD(upnvme_device, iommu_group, 36, 4);
FIELD(upnvme_device, numa_node, 40, 4);
FIELD(upnvme_device, flags, 44, 4);
FIELD(upnvme_device, model, 48, 48);
FIELD(upnvme_device, serial, 96, 24);
FIELD(upnvme_device, firmware, 120, 16);
FIELD(upnvme_device, driver, 136, 32);
FIELD(upnvme_device, kernel_name, 168, 24);
FIELD(upnvme_device, in_use_by, 192, 256);
FIELD(upnvme_device, reserved, 448, 64);

SIZE(upnvme_error, 512);
FIELD(upnvme_error, err, 0, 4);
FIELD(upnvme_error, code, 4, 4);
FIELD(upnvme_error, status, 8, 2);
FIELD(upnvme_error, reserved, 10, 2);
FIELD(upnvme_error, text, 12, 500);

SIZE(upnvme_error_entry, 32);
FIELD(upnvme_error_entry, count, 0, 8);
FIELD(upnvme_error_entry, lba, 8, 8);
FIELD(upnvme_error_entry, nsid, 16, 4);
FIELD(upnvme_error_entry, sqid, 20, 2);
FIELD(upnvme_error_entry, cid, 22, 2);
FIELD(upnvme_error_entry, status, 24, 2);
FIELD(upnvme_error_entry, parameter, 26, 2);
FIELD(upnvme_error_entry, reserved, 28, 4);

SIZE(upnvme_event, 16);
FIELD(upnvme_event, kind, 0, 4);
FIELD(upnvme_event, nsid, 4, 4);
FIELD(upnvme_event, type, 8, 1);
FIELD(upnvme_event, info, 9, 1);
FIELD(upnvme_event, log_page, 10, 1);
FIELD(upnvme_event, reserved, 11, 5);

SIZE(upnvme_features, 72);
FIELD(upnvme_features, size, 0, 4);
FIELD(upnvme_features, valid, 4, 4);
FIELD(upnvme_features, arbitration_burst, 8, 4);
FIELD(upnvme_features, low_weight, 12, 2);
FIELD(upnvme_features, medium_weight, 14, 2);
FIELD(upnvme_features, high_weight, 16, 2);
FIELD(upnvme_features, power_state, 18, 1);
FIELD(upnvme_features, workload_hint, 19, 1);
FIELD(upnvme_features, over_celsius, 20, 4);
FIELD(upnvme_features, under_celsius, 24, 4);
FIELD(upnvme_features, error_recovery_ms, 28, 4);
FIELD(upnvme_features, deallocated_reads_fail, 32, 1);
FIELD(upnvme_features, volatile_write_cache, 33, 1);
FIELD(upnvme_features, volatile_write_cache_enabled, 34, 1);
FIELD(upnvme_features, write_atomicity_disabled, 35, 1);
FIELD(upnvme_features, timestamp_from_host, 36, 1);
FIELD(upnvme_features, timestamp_stopped, 37, 1);
FIELD(upnvme_features, reserved, 38, 2);
FIELD(upnvme_features, submission_queues, 40, 4);
FIELD(upnvme_features, completion_queues, 44, 4);
FIELD(upnvme_features, coalescing_entries, 48, 4);
FIELD(upnvme_features, coalescing_us, 52, 4);
FIELD(upnvme_features, events, 56, 4);
FIELD(upnvme_features, keep_alive_ms, 60, 4);
FIELD(upnvme_features, timestamp_ms, 64, 8);

SIZE(upnvme_firmware, 96);
FIELD(upnvme_firmware, size, 0, 4);
FIELD(upnvme_firmware, active_slot, 4, 4);
FIELD(upnvme_firmware, next_slot, 8, 4);
FIELD(upnvme_firmware, revision, 12, 84);

SIZE(upnvme_huge_pages, 24);
FIELD(upnvme_huge_pages, page_bytes, 0, 8);
FIELD(upnvme_huge_pages, npages, 8, 8);
FIELD(upnvme_huge_pages, nfree, 16, 8);

SIZE(upnvme_ns_info, 152);
FIELD(upnvme_ns_info, size, 0, 4);
FIELD(upnvme_ns_info, nsid, 4, 4);
FIELD(upnvme_ns_info, block_count, 8, 8);
FIELD(upnvme_ns_info, capacity_blocks, 16, 8);
FIELD(upnvme_ns_info, used_blocks, 24, 8);
FIELD(upnvme_ns_info, block_bytes, 32, 4);
FIELD(upnvme_ns_info, metadata_bytes, 36, 4);
FIELD(upnvme_ns_info, max_transfer_blocks, 40, 4);
FIELD(upnvme_ns_info, boundary_blocks, 44, 4);
FIELD(upnvme_ns_info, metadata_extended, 48, 1);
FIELD(upnvme_ns_info, protection, 49, 1);
FIELD(upnvme_ns_info, deallocated_reads_zero, 50, 1);
FIELD(upnvme_ns_info, readonly, 51, 1);
FIELD(upnvme_ns_info, reserved, 52, 4);
FIELD(upnvme_ns_info, eui64, 56, 8);
FIELD(upnvme_ns_info, nguid, 64, 16);
FIELD(upnvme_ns_info, uuid, 80, 16);
FIELD(upnvme_ns_info, max_write_zeroes_blocks, 96, 4);
FIELD(upnvme_ns_info, max_verify_blocks, 100, 4);
FIELD(upnvme_ns_info, write_granularity_blocks, 104, 4);
FIELD(upnvme_ns_info, write_alignment_blocks, 108, 4);
FIELD(upnvme_ns_info, deallocate_granularity_blocks, 112, 4);
FIELD(upnvme_ns_info, deallocate_alignment_blocks, 116, 4);
FIELD(upnvme_ns_info, optimal_write_blocks, 120, 4);
FIELD(upnvme_ns_info, ctrlr_atomic_blocks, 124, 4);
FIELD(upnvme_ns_info, ctrlr_atomic_power_fail_blocks, 128, 4);
FIELD(upnvme_ns_info, atomic_blocks, 132, 4);
FIELD(upnvme_ns_info, atomic_power_fail_blocks, 136, 4);
FIELD(upnvme_ns_info, atomic_boundary_blocks, 140, 4);
FIELD(upnvme_ns_info, atomic_boundary_power_fail_blocks, 144, 4);
FIELD(upnvme_ns_info, atomic_boundary_offset, 148, 4);

SIZE(upnvme_op, 64);
FIELD(upnvme_op, opcode, 0, 1);
FIELD(upnvme_op, form, 1, 1);
FIELD(upnvme_op, flags, 2, 2);
FIELD(upnvme_op, nsid, 4, 4);
FIELD(upnvme_op, lba, 8, 8);
FIELD(upnvme_op, blocks, 16, 4);
FIELD(upnvme_op, dsm, 20, 1);
FIELD(upnvme_op, dtype, 21, 1);
FIELD(upnvme_op, directive, 22, 2);
FIELD(upnvme_op, tag, 24, 8);
FIELD(upnvme_op, buf, 32, 8);
FIELD(upnvme_op, metadata, 40, 8);
FIELD(upnvme_op, ref_tag, 48, 8);
FIELD(upnvme_op, niov, 56, 2);
FIELD(upnvme_op, app_tag, 58, 2);
FIELD(upnvme_op, app_mask, 60, 2);
FIELD(upnvme_op, ref_tag_high, 62, 2);

SIZE(upnvme_open_opts, 32);
FIELD(upnvme_open_opts, size, 0, 4);
FIELD(upnvme_open_opts, flags, 4, 4);
FIELD(upnvme_open_opts, nqpairs, 8, 4);
FIELD(upnvme_open_opts, keep_alive_ms, 12, 4);
FIELD(upnvme_open_opts, admin_timeout_ns, 16, 8);
FIELD(upnvme_open_opts, max_transfer_bytes, 24, 8);

SIZE(upnvme_qpair_opts, 16);
FIELD(upnvme_qpair_opts, size, 0, 4);
FIELD(upnvme_qpair_opts, flags, 4, 4);
FIELD(upnvme_qpair_opts, entries, 8, 4);
FIELD(upnvme_qpair_opts, outstanding, 12, 4);

SIZE(upnvme_qpair_stats, 96);
FIELD(upnvme_qpair_stats, size, 0, 4);
FIELD(upnvme_qpair_stats, reserved, 4, 4);
FIELD(upnvme_qpair_stats, submitted, 8, 8);
FIELD(upnvme_qpair_stats, completed, 16, 8);
FIELD(upnvme_qpair_stats, errors, 24, 8);
FIELD(upnvme_qpair_stats, aborted, 32, 8);
FIELD(upnvme_qpair_stats, split, 40, 8);
FIELD(upnvme_qpair_stats, full, 48, 8);
FIELD(upnvme_qpair_stats, submission_doorbells, 56, 8);
FIELD(upnvme_qpair_stats, completion_doorbells, 64, 8);
FIELD(upnvme_qpair_stats, spurious, 72, 8);
FIELD(upnvme_qpair_stats, general, 80, 8);
FIELD(upnvme_qpair_stats, odd, 88, 8);

SIZE(upnvme_raw, 128);
FIELD(upnvme_raw, cdw, 0, 64);
FIELD(upnvme_raw, data, 64, 8);
FIELD(upnvme_raw, data_bytes, 72, 4);
FIELD(upnvme_raw, direction, 76, 4);
FIELD(upnvme_raw, metadata, 80, 8);
FIELD(upnvme_raw, timeout_ns, 88, 8);
FIELD(upnvme_raw, metadata_bytes, 96, 4);
FIELD(upnvme_raw, reserved32, 100, 4);
FIELD(upnvme_raw, reserved, 104, 24);

SIZE(upnvme_smart, 136);
FIELD(upnvme_smart, size, 0, 4);
FIELD(upnvme_smart, critical_warning, 4, 1);
FIELD(upnvme_smart, available_spare, 5, 1);
FIELD(upnvme_smart, spare_threshold, 6, 1);
FIELD(upnvme_smart, percentage_used, 7, 1);
FIELD(upnvme_smart, temperature_celsius, 8, 4);
FIELD(upnvme_smart, warning_temperature_minutes, 12, 4);
FIELD(upnvme_smart, critical_temperature_minutes, 16, 4);
FIELD(upnvme_smart, reserved, 20, 4);
FIELD(upnvme_smart, data_units_read, 24, 8);
FIELD(upnvme_smart, data_units_written, 32, 8);
FIELD(upnvme_smart, host_reads, 40, 8);
FIELD(upnvme_smart, host_writes, 48, 8);
FIELD(upnvme_smart, busy_minutes, 56, 8);
FIELD(upnvme_smart, power_cycles, 64, 8);
FIELD(upnvme_smart, power_on_hours, 72, 8);
FIELD(upnvme_smart, unsafe_shutdowns, 80, 8);
FIELD(upnvme_smart, media_errors, 88, 8);
FIELD(upnvme_smart, error_log_entries, 96, 8);
FIELD(upnvme_smart, sensor_celsius, 104, 32);

SIZE(upnvme_system, 136);
FIELD(upnvme_system, size, 0, 4);
FIELD(upnvme_system, flags, 4, 4);
FIELD(upnvme_system, niommu_groups, 8, 4);
FIELD(upnvme_system, nhuge_sizes, 12, 4);
FIELD(upnvme_system, memlock_bytes, 16, 8);
FIELD(upnvme_system, memlock_max_bytes, 24, 8);
FIELD(upnvme_system, huge_bytes, 32, 8);
FIELD(upnvme_system, huge, 40, 96);
