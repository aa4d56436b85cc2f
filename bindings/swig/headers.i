// SPDX-License-Identifier: BSD-3-Clause
// The public headers: their constants, records and the functions that take plain arguments.

#define UPNVME_API
#define _Static_assert(condition, text)

// What the functions of glue.h do instead, because a command or a handle must be looked after.
%ignore upnvme_open;
%ignore upnvme_open_opts;
%ignore upnvme_close;
%ignore upnvme_ctrlr_poll;
%ignore upnvme_ctrlr_on_event;
%ignore upnvme_admin;
%ignore upnvme_admin_submit;
%ignore upnvme_ns_get;
%ignore upnvme_qpair_opts;
%ignore upnvme_qpair_create;
%ignore upnvme_qpair_stop;
%ignore upnvme_qpair_close;
%ignore upnvme_qpair_release;
%ignore upnvme_qpair_adopt;
%ignore upnvme_qpair_abandon;
%ignore upnvme_qpair_ring;
%ignore upnvme_qpair_inflight;
%ignore upnvme_read;
%ignore upnvme_write;
%ignore upnvme_compare;
%ignore upnvme_readv;
%ignore upnvme_writev;
%ignore upnvme_flush;
%ignore upnvme_write_zeroes;
%ignore upnvme_deallocate;
%ignore upnvme_verify;
%ignore upnvme_io;
%ignore upnvme_submit;
%ignore upnvme_poll;
%ignore upnvme_reap;
%ignore upnvme_exec;
%ignore upnvme_qpair_wait;
%ignore upnvme_dma_alloc;
%ignore upnvme_dma_free;
%ignore upnvme_mem_register;
%ignore upnvme_mem_unregister;
%ignore upnvme_log_set;
%ignore upnvme_last_error;
%ignore upnvme_error_get;
%ignore upnvme_error;
%ignore upnvme_op;
%ignore upnvme_completion;
%ignore upnvme_raw;
%ignore upnvme_event;
%ignore iovec;

WAITS(upnvme_identify)
WAITS(upnvme_log_page)
WAITS(upnvme_feature_get)
WAITS(upnvme_feature_set)
WAITS(upnvme_features_get)
WAITS(upnvme_smart_get)
WAITS(upnvme_error_log)
WAITS(upnvme_firmware_get)
WAITS(upnvme_command_effects)
WAITS(upnvme_ns_info_get)
WAITS(upnvme_devices_list)
WAITS(upnvme_device_get)
WAITS(upnvme_device_bind)
WAITS(upnvme_device_unbind)
WAITS(upnvme_system_get)

// A record that the library fills in comes back as the function's result, as a dict of its fields.
%define RECORD(name, SIZE)
%typemap(in, numinputs=0) struct name * (struct name record) {
	memset(&record, 0, sizeof(record));
	record.size = SIZE;
	$1 = &record;
}
%typemap(argout) struct name * {
	Py_DECREF($result);
	$result = name##_dict($1);
}
%ignore name;
%enddef
RECORD(upnvme_ctrlr_info, UPNVME_CTRLR_INFO_SIZE)
RECORD(upnvme_ns_info, UPNVME_NS_INFO_SIZE)
RECORD(upnvme_features, UPNVME_FEATURES_SIZE)
RECORD(upnvme_smart, UPNVME_SMART_SIZE)
RECORD(upnvme_firmware, UPNVME_FIRMWARE_SIZE)
RECORD(upnvme_qpair_stats, UPNVME_QPAIR_STATS_SIZE)
RECORD(upnvme_system, UPNVME_SYSTEM_SIZE)
%ignore upnvme_device;
%ignore upnvme_huge_pages;
%ignore upnvme_error_entry;
%typemap(in, numinputs=0) struct upnvme_device *device (struct upnvme_device record) {
	memset(&record, 0, sizeof(record));
	$1 = &record;
}
%typemap(argout) struct upnvme_device *device {
	Py_DECREF($result);
	$result = upnvme_device_dict($1);
}

// One more result: the function's own is 0.
%typemap(in, numinputs=0) uint32_t *value (uint32_t one = 0), uint32_t *effects (uint32_t one = 0) "$1 = &one;"
%typemap(argout) uint32_t *value, uint32_t *effects {
	Py_DECREF($result);
	$result = PyLong_FromUnsignedLong(*$1);
}

// Identify always gives 4,096 bytes.
%typemap(in) void *data (Py_buffer view = { 0 }) {
	if (PyObject_GetBuffer($input, &view, PyBUF_WRITABLE) < 0)
		SWIG_fail;
	if (view.len != 4096) {
		PyErr_SetString(PyExc_ValueError, "data must have 4096 bytes");
		SWIG_fail;
	}
	$1 = view.buf;
}
%typemap(freearg) void *data {
	if (view$argnum.obj)
		PyBuffer_Release(&view$argnum);
}

// Arrays that grow with what there is.
%ignore upnvme_devices_list;
%ignore upnvme_error_log;
%ignore upnvme_qpair_histogram;
PyObject *devices_list(void);
PyObject *error_log(struct session *session, uint32_t n);
PyObject *channel_histogram(struct channel *channel);

%typemap(in) const char *driver {
	$1 = NULL;
	if ($input != Py_None) {
		$1 = (char *)PyUnicode_AsUTF8AndSize($input, NULL);
		if (!$1)
			SWIG_fail;
	}
}
%typemap(freearg) const char *driver "";

%{
#include "dicts.h"
%}

%include "upnvme/version.h"
%include "upnvme/types.h"
%include "upnvme/error.h"
%include "upnvme/ctrlr.h"
%include "upnvme/mem.h"
%include "upnvme/io.h"
%include "upnvme/devices.h"
