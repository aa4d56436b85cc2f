/* SPDX-License-Identifier: BSD-3-Clause */
/* Converts the library's records to dicts, by tables with the place and the kind of each field. */
#include "dicts.h"

#include <string.h>

enum kind { BOOL, U8, U16, U32, U64, I32, TEXT, BYTES };

struct member {
	const char *name;
	uint32_t kind, at, bytes;
};

#define FIELD(record, kind, name)                                                              \
	{                                                                                      \
#name, kind, offsetof(struct record, name), sizeof(((struct record *)0)->name) \
	}
#define END                   \
	{                     \
		NULL, 0, 0, 0 \
	}

static PyObject *number_of(const char *at, uint32_t kind)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	int32_t i32;

	switch (kind) {
	case BOOL:
		return PyBool_FromLong(*at);
	case U8:
		return memcpy(&u8, at, sizeof(u8)), PyLong_FromUnsignedLong(u8);
	case U16:
		return memcpy(&u16, at, sizeof(u16)), PyLong_FromUnsignedLong(u16);
	case U32:
		return memcpy(&u32, at, sizeof(u32)), PyLong_FromUnsignedLong(u32);
	case U64:
		return memcpy(&u64, at, sizeof(u64)), PyLong_FromUnsignedLongLong(u64);
	default:
		return memcpy(&i32, at, sizeof(i32)), PyLong_FromLong(i32);
	}
}

/* Decodes a device's text, whose bytes need not be UTF-8. */
static PyObject *text_of(const char *at, size_t room)
{
	return PyUnicode_DecodeUTF8(at, (Py_ssize_t)strnlen(at, room), "replace");
}

static PyObject *value_of(const char *record, const struct member *member)
{
	const char *at = record + member->at;

	if (member->kind == TEXT)
		return text_of(at, member->bytes);
	if (member->kind == BYTES)
		return PyBytes_FromStringAndSize(at, (Py_ssize_t)member->bytes);
	return number_of(at, member->kind);
}

/* Sets an entry, and takes over the reference to the value; null: an exception is set. */
static int put(PyObject *dict, const char *name, PyObject *value)
{
	int rc = value ? PyDict_SetItemString(dict, name, value) : -1;

	Py_XDECREF(value);
	return rc;
}

/* Appends the value, and takes over the reference to it. Where that fails, the list is freed. */
static void add(PyObject **list, PyObject *value)
{
	if (!value || PyList_Append(*list, value) < 0)
		Py_CLEAR(*list);
	Py_XDECREF(value);
}

static PyObject *dict_of(const void *record, const struct member *members)
{
	PyObject *dict = PyDict_New();

	for (; dict && members->name; members++)
		if (put(dict, members->name, value_of(record, members)) < 0)
			Py_CLEAR(dict);
	return dict;
}

#define F(kind, name) FIELD(upnvme_ctrlr_info, kind, name)
static const struct member ctrlr_info[] = {
	F(U16, vendor_id),
	F(U16, ctrlr_id),
	F(U32, version),
	F(U32, ns_count),
	F(TEXT, serial),
	F(TEXT, model),
	F(TEXT, firmware),
	F(TEXT, subnqn),
	F(U64, max_transfer_bytes),
	F(U32, max_queue_entries),
	F(U32, max_qpairs),
	F(U32, page_bytes),
	F(U32, buffer_align),
	F(U16, oncs),
	F(BOOL, volatile_write_cache),
	F(BOOL, sgl),
	F(U32, ready_timeout_ms),
	F(U64, max_write_zeroes_bytes),
	F(U64, max_verify_bytes),
	F(U32, max_deallocate_ranges),
	F(I32, numa_node),
	F(TEXT, environment),
	F(U64, cmb_bytes),
	F(U32, cmb_flags),
	F(TEXT, quirks),
	END,
};
#undef F
PyObject *upnvme_ctrlr_info_dict(const struct upnvme_ctrlr_info *r)
{
	return dict_of(r, ctrlr_info);
}

#define F(kind, name) FIELD(upnvme_ns_info, kind, name)
static const struct member ns_info[] = {
	F(U32, nsid),
	F(U64, block_count),
	F(U64, capacity_blocks),
	F(U64, used_blocks),
	F(U32, block_bytes),
	F(U32, metadata_bytes),
	F(U32, max_transfer_blocks),
	F(U32, boundary_blocks),
	F(BOOL, metadata_extended),
	F(U8, protection),
	F(BOOL, deallocated_reads_zero),
	F(BOOL, readonly),
	F(BYTES, eui64),
	F(BYTES, nguid),
	F(BYTES, uuid),
	F(U32, max_write_zeroes_blocks),
	F(U32, max_verify_blocks),
	F(U32, write_granularity_blocks),
	F(U32, write_alignment_blocks),
	F(U32, deallocate_granularity_blocks),
	F(U32, deallocate_alignment_blocks),
	F(U32, optimal_write_blocks),
	F(U32, ctrlr_atomic_blocks),
	F(U32, ctrlr_atomic_power_fail_blocks),
	F(U32, atomic_blocks),
	F(U32, atomic_power_fail_blocks),
	F(U32, atomic_boundary_blocks),
	F(U32, atomic_boundary_power_fail_blocks),
	F(U32, atomic_boundary_offset),
	END,
};
#undef F
PyObject *upnvme_ns_info_dict(const struct upnvme_ns_info *r)
{
	return dict_of(r, ns_info);
}

#define F(kind, name) FIELD(upnvme_features, kind, name)
static const struct member features[] = {
	F(U32, valid),
	F(U32, arbitration_burst),
	F(U16, low_weight),
	F(U16, medium_weight),
	F(U16, high_weight),
	F(U8, power_state),
	F(U8, workload_hint),
	F(I32, over_celsius),
	F(I32, under_celsius),
	F(U32, error_recovery_ms),
	F(BOOL, deallocated_reads_fail),
	F(BOOL, volatile_write_cache),
	F(BOOL, volatile_write_cache_enabled),
	F(BOOL, write_atomicity_disabled),
	F(BOOL, timestamp_from_host),
	F(BOOL, timestamp_stopped),
	F(U32, submission_queues),
	F(U32, completion_queues),
	F(U32, coalescing_entries),
	F(U32, coalescing_us),
	F(U32, events),
	F(U32, keep_alive_ms),
	F(U64, timestamp_ms),
	END,
};
#undef F
PyObject *upnvme_features_dict(const struct upnvme_features *r)
{
	return dict_of(r, features);
}

#define F(kind, name) FIELD(upnvme_smart, kind, name)
static const struct member smart[] = {
	F(U8, critical_warning),
	F(U8, available_spare),
	F(U8, spare_threshold),
	F(U8, percentage_used),
	F(I32, temperature_celsius),
	F(U32, warning_temperature_minutes),
	F(U32, critical_temperature_minutes),
	F(U64, data_units_read),
	F(U64, data_units_written),
	F(U64, host_reads),
	F(U64, host_writes),
	F(U64, busy_minutes),
	F(U64, power_cycles),
	F(U64, power_on_hours),
	F(U64, unsafe_shutdowns),
	F(U64, media_errors),
	F(U64, error_log_entries),
	END,
};
#undef F
PyObject *upnvme_smart_dict(const struct upnvme_smart *r)
{
	PyObject *dict = dict_of(r, smart), *list = PyList_New(0);

	for (size_t i = 0;
	     dict && list && i < sizeof(r->sensor_celsius) / sizeof(r->sensor_celsius[0]); i++) {
		PyObject *one = r->sensor_celsius[i] == INT32_MIN ?
					Py_NewRef(Py_None) :
					PyLong_FromLong(r->sensor_celsius[i]);

		add(&list, one);
	}
	if (dict && put(dict, "sensor_celsius", list) < 0)
		Py_CLEAR(dict);
	return dict;
}

#define F(kind, name) FIELD(upnvme_firmware, kind, name)
static const struct member firmware[] = { F(U32, active_slot), F(U32, next_slot), END };
#undef F
PyObject *upnvme_firmware_dict(const struct upnvme_firmware *r)
{
	PyObject *dict = dict_of(r, firmware), *list = PyList_New(0);

	for (size_t i = 0; dict && list && i < sizeof(r->revision) / sizeof(r->revision[0]); i++) {
		PyObject *one = text_of(r->revision[i], sizeof(r->revision[i]));

		add(&list, one);
	}
	if (dict && put(dict, "revisions", list) < 0)
		Py_CLEAR(dict);
	return dict;
}

#define F(kind, name) FIELD(upnvme_qpair_stats, kind, name)
static const struct member qpair_stats[] = {
	F(U64, submitted),
	F(U64, completed),
	F(U64, errors),
	F(U64, aborted),
	F(U64, split),
	F(U64, full),
	F(U64, submission_doorbells),
	F(U64, completion_doorbells),
	F(U64, spurious),
	F(U64, general),
	F(U64, odd),
	END,
};
#undef F
PyObject *upnvme_qpair_stats_dict(const struct upnvme_qpair_stats *r)
{
	return dict_of(r, qpair_stats);
}

#define F(kind, name) FIELD(upnvme_system, kind, name)
static const struct member system_members[] = {
	F(U32, flags),
	F(U32, niommu_groups),
	F(U32, nhuge_sizes),
	F(U64, memlock_bytes),
	F(U64, memlock_max_bytes),
	F(U64, huge_bytes),
	END,
};
#undef F
#define F(kind, name) FIELD(upnvme_huge_pages, kind, name)
static const struct member huge_pages[] = { F(U64, page_bytes), F(U64, npages), F(U64, nfree),
					    END };
#undef F
PyObject *upnvme_system_dict(const struct upnvme_system *r)
{
	PyObject *dict = dict_of(r, system_members), *list = PyList_New(0);

	for (size_t i = 0;
	     dict && list && i < r->nhuge_sizes && i < sizeof(r->huge) / sizeof(r->huge[0]); i++) {
		PyObject *one = dict_of(&r->huge[i], huge_pages);

		add(&list, one);
	}
	if (dict && put(dict, "huge", list) < 0)
		Py_CLEAR(dict);
	return dict;
}

#define F(kind, name) FIELD(upnvme_device, kind, name)
static const struct member device[] = {
	F(TEXT, address),     F(U16, vendor_id),
	F(U16, device_id),    F(U16, subsystem_vendor_id),
	F(U16, subsystem_id), F(U32, class_code),
	F(I32, iommu_group),  F(I32, numa_node),
	F(U32, flags),        F(TEXT, model),
	F(TEXT, serial),      F(TEXT, firmware),
	F(TEXT, driver),      F(TEXT, kernel_name),
	F(TEXT, in_use_by),   END,
};
#undef F
PyObject *upnvme_device_dict(const struct upnvme_device *r)
{
	return dict_of(r, device);
}

#define F(kind, name) FIELD(upnvme_error_entry, kind, name)
static const struct member error_entry[] = {
	F(U64, count), F(U64, lba),    F(U32, nsid),      F(U16, sqid),
	F(U16, cid),   F(U16, status), F(U16, parameter), END,
};
#undef F

static PyObject *list_of(const char *records, size_t bytes, int n, const struct member *members)
{
	PyObject *list = PyList_New(0);

	for (int i = 0; list && i < n; i++) {
		PyObject *one = dict_of(records + (size_t)i * bytes, members);

		add(&list, one);
	}
	return list;
}

/* Lists the devices: asks with larger arrays until all fit, as devices may be plugged in between. */
PyObject *devices_list(void)
{
	struct upnvme_device *devices = NULL;
	PyObject *list = NULL;
	int room = 0, n;

	while ((n = upnvme_devices_list(devices, (uint32_t)room)) > room) {
		room = n;
		PyMem_Free(devices);
		devices = PyMem_Calloc((size_t)room, sizeof(*devices));
		if (!devices)
			return PyErr_NoMemory();
	}
	if (n < 0)
		glue_raise(n);
	else
		list = list_of((const char *)devices, sizeof(*devices), n, device);
	PyMem_Free(devices);
	return list;
}

PyObject *error_list(const struct upnvme_error_entry *entries, int n)
{
	return list_of((const char *)entries, sizeof(*entries), n, error_entry);
}

/* Returns a list of pairs: the largest latency that a bucket counts, in nanoseconds, and its count.
 * Empty buckets are left out. */
PyObject *channel_histogram(struct channel *channel)
{
	PyObject *list = PyList_New(0);
	uint64_t *buckets = NULL;
	int n;

	if (!list || channel_check(channel) < 0)
		goto fail;
	n = upnvme_qpair_histogram(channel->qp, NULL, 0);
	if (n >= 0)
		buckets = PyMem_Calloc((size_t)n + 1, sizeof(*buckets));
	if (n >= 0 && buckets)
		n = upnvme_qpair_histogram(channel->qp, buckets, (uint32_t)n);
	if (n < 0)
		glue_raise(n);
	for (int i = 0; buckets && i < n; i++) {
		PyObject *one;

		if (!buckets[i])
			continue;
		one = Py_BuildValue("(KK)",
				    (unsigned long long)upnvme_histogram_limit_ns((uint32_t)i),
				    (unsigned long long)buckets[i]);
		if (!one || PyList_Append(list, one) < 0)
			n = -1;
		Py_XDECREF(one);
	}
	PyMem_Free(buckets);
	if (n >= 0)
		return list;
fail:
	Py_XDECREF(list);
	return NULL;
}
