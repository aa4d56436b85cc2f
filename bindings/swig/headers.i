// SPDX-License-Identifier: BSD-3-Clause
// The public headers: their constants, records and the functions that take plain arguments.

#define UPNVME_API
#define _Static_assert(condition, text)

// Functions and records that glue.h replaces, because it keeps account of commands and handles.
%ignore upnvme_open;
%ignore upnvme_open_opts;
%ignore upnvme_close;
%ignore upnvme_ctrlr_poll;
%ignore upnvme_ctrlr_abandon;
%ignore upnvme_ctrlr_on_event;
%ignore upnvme_admin;
%ignore upnvme_admin_submit;
%ignore upnvme_identify;
%ignore upnvme_log_page;
%ignore upnvme_feature_get;
%ignore upnvme_feature_set;
%ignore upnvme_features_get;
%ignore upnvme_smart_get;
%ignore upnvme_error_log;
%ignore upnvme_firmware_get;
%ignore upnvme_command_effects;
%ignore upnvme_ns_get;
%ignore upnvme_ns_info_get;
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

WAITS(upnvme_devices_list)
WAITS(upnvme_device_get)
WAITS(upnvme_device_bind)
WAITS(upnvme_device_unbind)
WAITS(upnvme_devices_bind)
WAITS(upnvme_devices_unbind)
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
RECORD(upnvme_qpair_stats, UPNVME_QPAIR_STATS_SIZE)
RECORD(upnvme_system, UPNVME_SYSTEM_SIZE)
%ignore upnvme_ns_info;
%ignore upnvme_features;
%ignore upnvme_smart;
%ignore upnvme_firmware;
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

// Functions that fill in an array; the functions below return a list, whose length the library gives.
%ignore upnvme_devices_list;
%ignore upnvme_qpair_histogram;
PyObject *devices_list(void);
PyObject *channel_histogram(struct channel *channel);

%typemap(in) const char *driver (PyObject *text = NULL) {
	$1 = NULL;
	if ($input != Py_None) {
		$1 = (char *)arg_text($input, "driver", &text);
		if (!$1)
			SWIG_fail;
	}
}
%typemap(freearg) const char *driver "Py_XDECREF(text$argnum);"

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
