/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions that convert the library's records to dicts, with a key for each field, or to lists of
 * dicts. */
#ifndef UPNVME_BINDINGS_SWIG_DICTS_H
#define UPNVME_BINDINGS_SWIG_DICTS_H

#include "glue.h"

PyObject *upnvme_ctrlr_info_dict(const struct upnvme_ctrlr_info *r);
PyObject *upnvme_ns_info_dict(const struct upnvme_ns_info *r);
PyObject *upnvme_features_dict(const struct upnvme_features *r);
PyObject *upnvme_smart_dict(const struct upnvme_smart *r);
PyObject *upnvme_firmware_dict(const struct upnvme_firmware *r);
PyObject *upnvme_qpair_stats_dict(const struct upnvme_qpair_stats *r);
PyObject *upnvme_system_dict(const struct upnvme_system *r);
PyObject *upnvme_device_dict(const struct upnvme_device *r);

PyObject *devices_list(void);
PyObject *error_list(const struct upnvme_error_entry *entries, int n);
PyObject *channel_histogram(struct channel *channel);

#endif
