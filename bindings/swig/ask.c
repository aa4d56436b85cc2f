/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands that read or set something, and may take long: Identify, Get Log Page, Get Features,
 * Set Features, and the records that the library makes of their answers. Each runs as an errand. */
#include <stdlib.h>
#include <string.h>

#include "dicts.h"
#include "errand.h"

#define FEATURE_NUMBER_OF_QUEUES 7u /* NVMe Base 2.0c, 5.27.1.5 */

/* One request and its answer. Which of the fields are used depends on the call. */
struct ask {
	struct errand errand;
	upnvme_ctrlr *ctrlr;
	upnvme_ns *ns;
	uint32_t nsid, id, more, value;
	uint64_t offset;
	union {
		struct upnvme_smart smart;
		struct upnvme_firmware firmware;
		struct upnvme_features features;
		struct upnvme_ns_info ns_info;
	} record;
	size_t bytes;
	_Alignas(8) char data[];
};

static struct ask *ask_of(struct errand *errand)
{
	return (struct ask *)errand;
}

static struct ask *ask_make(struct session *session, int (*call)(struct errand *), size_t bytes)
{
	struct ask *ask =
		bytes <= PY_SSIZE_T_MAX - sizeof(*ask) ? calloc(1, sizeof(*ask) + bytes) : NULL;

	if (!ask) {
		PyErr_NoMemory();
		return NULL;
	}
	ask->errand.call = call;
	ask->ctrlr = session->ctrlr;
	ask->bytes = bytes;
	return ask;
}

static void *data_or_null(struct ask *ask)
{
	return ask->bytes ? ask->data : NULL;
}

/* --- structures and pages as they are --------------------------------------------------------------- */

static int call_identify(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_identify(ask->ctrlr, ask->id, ask->nsid, ask->data);
}

static int call_log_page(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_log_page(ask->ctrlr, ask->nsid, ask->id, ask->offset, ask->data, ask->bytes);
}

static PyObject *ask_bytes(struct session *session, struct ask *ask)
{
	PyObject *result;

	if (errand_run(session, &ask->errand) < 0)
		return NULL;
	result = PyBytes_FromStringAndSize(ask->data, (Py_ssize_t)ask->bytes);
	free(ask);
	return result;
}

PyObject *ask_identify(struct session *session, uint32_t cns, uint32_t nsid)
{
	struct ask *ask = ask_make(session, call_identify, 4096);

	if (!ask)
		return NULL;
	ask->id = cns;
	ask->nsid = nsid;
	return ask_bytes(session, ask);
}

PyObject *ask_log_page(struct session *session, uint32_t nsid, uint32_t lid, uint64_t offset,
		       size_t size)
{
	struct ask *ask = ask_make(session, call_log_page, size);

	if (!ask)
		return NULL;
	ask->nsid = nsid;
	ask->id = lid;
	ask->offset = offset;
	return ask_bytes(session, ask);
}

/* --- features --------------------------------------------------------------------------------------- */

static int call_feature_get(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_feature_get(ask->ctrlr, ask->nsid, ask->id, ask->more, &ask->value,
				  data_or_null(ask), ask->bytes);
}

static int call_feature_set(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_feature_set(ask->ctrlr, ask->nsid, ask->id, ask->value, (int)ask->more,
				  data_or_null(ask), ask->bytes);
}

/* Makes the request for a feature, with a copy of the caller's data. */
static struct ask *ask_feature(struct session *session, int (*call)(struct errand *),
			       const struct data *data, uint32_t nsid, uint32_t fid)
{
	struct ask *ask = ask_make(session, call, data->bytes);

	if (!ask)
		return NULL;
	ask->nsid = nsid;
	ask->id = fid;
	if (data->bytes)
		memcpy(ask->data, data->at, data->bytes);
	return ask;
}

PyObject *ask_feature_get(struct session *session, uint32_t nsid, uint32_t fid, uint32_t select,
			  PyObject *object)
{
	struct data data = { 0 };
	struct ask *ask;
	PyObject *result = NULL;

	if (object != Py_None && data_of(object, true, &data) < 0)
		return NULL;
	ask = ask_feature(session, call_feature_get, &data, nsid, fid);
	if (ask)
		ask->more = select;
	if (ask && errand_run(session, &ask->errand) >= 0) {
		if (data.bytes)
			memcpy(data.at, ask->data, data.bytes);
		result = PyLong_FromUnsignedLong(ask->value);
		free(ask);
	}
	Py_XDECREF(data.keep);
	return result;
}

PyObject *ask_feature_set(struct session *session, uint32_t nsid, uint32_t fid, uint32_t value,
			  uint32_t save, PyObject *object)
{
	struct data data = { 0 };
	struct ask *ask;
	int rc = -1;

	if (object != Py_None && data_of(object, false, &data) < 0)
		return NULL;
	ask = ask_feature(session, call_feature_set, &data, nsid, fid);
	Py_XDECREF(data.keep);
	if (ask) {
		ask->value = value;
		ask->more = save;
		rc = errand_run(session, &ask->errand);
	}
	if (rc < 0)
		return NULL;
	free(ask);
	Py_RETURN_NONE;
}

/* Waits for the answer to one admin command, so that the call after it, which cannot be interrupted,
 * finds a controller that answers. Any error means that the controller keeps no caller waiting. */
int ask_alive(struct session *session)
{
	struct ask *ask = ask_make(session, call_feature_get, 0);
	int rc;

	if (!ask)
		return -1;
	ask->id = FEATURE_NUMBER_OF_QUEUES;
	rc = errand_run(session, &ask->errand);
	if (rc >= 0)
		free(ask);
	else if (rc != ERRAND_WAS_LEFT)
		PyErr_Clear();
	return rc == ERRAND_WAS_LEFT ? -1 : 0;
}

/* --- records ---------------------------------------------------------------------------------------- */

static int call_smart(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	ask->record.smart.size = UPNVME_SMART_SIZE;
	return upnvme_smart_get(ask->ctrlr, &ask->record.smart);
}

static int call_firmware(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	ask->record.firmware.size = UPNVME_FIRMWARE_SIZE;
	return upnvme_firmware_get(ask->ctrlr, &ask->record.firmware);
}

static int call_features(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	ask->record.features.size = UPNVME_FEATURES_SIZE;
	return upnvme_features_get(ask->ctrlr, &ask->record.features);
}

static int call_ns_info(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	ask->record.ns_info.size = UPNVME_NS_INFO_SIZE;
	return upnvme_ns_info_get(ask->ns, &ask->record.ns_info);
}

static PyObject *dict_smart(const struct ask *ask)
{
	return upnvme_smart_dict(&ask->record.smart);
}

static PyObject *dict_firmware(const struct ask *ask)
{
	return upnvme_firmware_dict(&ask->record.firmware);
}

static PyObject *dict_features(const struct ask *ask)
{
	return upnvme_features_dict(&ask->record.features);
}

static PyObject *dict_ns_info(const struct ask *ask)
{
	return upnvme_ns_info_dict(&ask->record.ns_info);
}

static PyObject *ask_record(struct session *session, struct ask *ask,
			    PyObject *(*dict)(const struct ask *))
{
	PyObject *result;

	if (!ask || errand_run(session, &ask->errand) < 0)
		return NULL;
	result = dict(ask);
	free(ask);
	return result;
}

PyObject *ask_smart(struct session *session)
{
	return ask_record(session, ask_make(session, call_smart, 0), dict_smart);
}

PyObject *ask_firmware(struct session *session)
{
	return ask_record(session, ask_make(session, call_firmware, 0), dict_firmware);
}

PyObject *ask_features(struct session *session)
{
	return ask_record(session, ask_make(session, call_features, 0), dict_features);
}

PyObject *ask_ns_info(struct space *space)
{
	struct ask *ask;

	if (space_check(space) < 0)
		return NULL;
	ask = ask_make(space->session, call_ns_info, 0);
	if (ask)
		ask->ns = space->ns;
	return ask_record(space->session, ask, dict_ns_info);
}

/* --- logs that are lists ---------------------------------------------------------------------------- */

static int call_errors(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_error_log(ask->ctrlr, (struct upnvme_error_entry *)(void *)ask->data,
				ask->more);
}

PyObject *ask_errors(struct session *session, uint32_t n)
{
	struct ask *ask =
		ask_make(session, call_errors, (size_t)n * sizeof(struct upnvme_error_entry));
	PyObject *list;
	int rc;

	if (!ask)
		return NULL;
	ask->more = n;
	rc = errand_run(session, &ask->errand);
	if (rc < 0)
		return NULL;
	list = error_list((const struct upnvme_error_entry *)(const void *)ask->data, rc);
	free(ask);
	return list;
}

static int call_effects(struct errand *errand)
{
	struct ask *ask = ask_of(errand);

	return upnvme_command_effects(ask->ctrlr, ask->more, ask->id, &ask->value);
}

PyObject *ask_effects(struct session *session, uint32_t admin, uint32_t opcode)
{
	struct ask *ask = ask_make(session, call_effects, 0);
	PyObject *result;

	if (!ask)
		return NULL;
	ask->more = admin;
	ask->id = opcode;
	if (errand_run(session, &ask->errand) < 0)
		return NULL;
	result = PyLong_FromUnsignedLong(ask->value);
	free(ask);
	return result;
}
