/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme/error.h and upnvme/sys/error.h: errors, statuses and the log. */
#include "base/error.h"

#include <upnvme/sys/error.h>

#include "base/log.h"
#include "base/util.h"
#include "check.h"
#include "spec/status_text.h"

const char *upnvme_last_error(void)
{
	return error_last()->text;
}

int upnvme_error_get(struct upnvme_error *error)
{
	int rc = check_pointer(error, "upnvme_error_get", "error");

	if (!rc)
		*error = *error_last();
	return rc;
}

/* The largest errno that the kernel may return (Linux, include/linux/err.h: MAX_ERRNO). */
#define ERRNO_MAX 4095

int upnvme_error_put(const struct upnvme_error *error)
{
	int rc = check_pointer(error, "upnvme_error_put", "error");

	if (rc)
		return rc;
	if (error->err > 0 || error->reserved)
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "upnvme_error_put: errno %d, reserved field %u: "
				 "give a negative errno, or 0, and zero",
				 error->err, error->reserved);
	if (error->err < -ERRNO_MAX || (error->err && !error->code))
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "upnvme_error_put: errno %d, code %u: give an errno of the "
				 "system, negative, and a code other than 0",
				 error->err, error->code);
	if (!error->err && (error->code || error->status || *error->text))
		return error_set(-EINVAL, UPNVME_ERR_ARGUMENT,
				 "upnvme_error_put: code %u, status %u or a text, but errno 0: "
				 "give a negative errno, or all zeroes",
				 error->code, error->status);
	error_put(error);
	return 0;
}

#define CODE(code)             \
	{                      \
		(code), #code, \
	}

static const struct {
	uint32_t code;
	const char *name;
} codes[] = {
	CODE(UPNVME_ERR_NONE),
	CODE(UPNVME_ERR_NULL),
	CODE(UPNVME_ERR_ARGUMENT),
	CODE(UPNVME_ERR_OPTIONS_SIZE),
	CODE(UPNVME_ERR_OPTIONS_FUTURE),
	CODE(UPNVME_ERR_FLAGS),
	CODE(UPNVME_ERR_OPCODE),
	CODE(UPNVME_ERR_URI),
	CODE(UPNVME_ERR_URI_SCHEME),
	CODE(UPNVME_ERR_URI_KEY),
	CODE(UPNVME_ERR_URI_VALUE),
	CODE(UPNVME_ERR_MEDIA_OPEN),
	CODE(UPNVME_ERR_MEDIA_TYPE),
	CODE(UPNVME_ERR_MEDIA_SIZE),
	CODE(UPNVME_ERR_MEDIA_BLOCK),
	CODE(UPNVME_ERR_MEDIA_LOCKED),
	CODE(UPNVME_ERR_CTRLR_TIMEOUT),
	CODE(UPNVME_ERR_CTRLR_FATAL),
	CODE(UPNVME_ERR_CTRLR_UNSUPPORTED),
	CODE(UPNVME_ERR_CTRLR_INVALID),
	CODE(UPNVME_ERR_CTRLR_FAILED),
	CODE(UPNVME_ERR_CTRLR_STATUS),
	CODE(UPNVME_ERR_BUSY_CHILDREN),
	CODE(UPNVME_ERR_ADMIN_FULL),
	CODE(UPNVME_ERR_NOT_DURABLE),
	CODE(UPNVME_ERR_NS_NOT_FOUND),
	CODE(UPNVME_ERR_NS_GONE),
	CODE(UPNVME_ERR_NS_FOREIGN),
	CODE(UPNVME_ERR_NS_FORMAT),
	CODE(UPNVME_ERR_NS_CHANGING),
	CODE(UPNVME_ERR_QPAIR_LIMIT),
	CODE(UPNVME_ERR_WRONG_THREAD),
	CODE(UPNVME_ERR_FORKED),
	CODE(UPNVME_ERR_QPAIR_CLOSED),
	CODE(UPNVME_ERR_IN_CALLBACK),
	CODE(UPNVME_ERR_QPAIR_OWNED),
	CODE(UPNVME_ERR_QPAIR_RELEASED),
	CODE(UPNVME_ERR_BLOCKS),
	CODE(UPNVME_ERR_LBA_RANGE),
	CODE(UPNVME_ERR_BUFFER_ALIGN),
	CODE(UPNVME_ERR_BUFFER_UNREACHABLE),
	CODE(UPNVME_ERR_IOVEC),
	CODE(UPNVME_ERR_METADATA),
	CODE(UPNVME_ERR_UNSUPPORTED),
	CODE(UPNVME_ERR_TRANSFER),
	CODE(UPNVME_ERR_TIMEOUT),
	CODE(UPNVME_ERR_BUFFER_SHORT),
	CODE(UPNVME_ERR_NO_MEMORY),
	CODE(UPNVME_ERR_MEM_NOT_ALLOCATED),
	CODE(UPNVME_ERR_MEM_NOT_REGISTERED),
	CODE(UPNVME_ERR_MEM_BUSY),
	CODE(UPNVME_ERR_SYSTEM),
	CODE(UPNVME_ERR_DEVICE_NOT_FOUND),
	CODE(UPNVME_ERR_DEVICE_CLASS),
	CODE(UPNVME_ERR_DEVICE_DRIVER),
	CODE(UPNVME_ERR_DEVICE_IOMMU),
	CODE(UPNVME_ERR_DEVICE_GROUP),
	CODE(UPNVME_ERR_DEVICE_ACCESS),
	CODE(UPNVME_ERR_DEVICE_BUSY),
	CODE(UPNVME_ERR_DEVICE_BAR),
	CODE(UPNVME_ERR_MEM_LOCK_LIMIT),
	CODE(UPNVME_ERR_DEVICE_ADDRESS),
	CODE(UPNVME_ERR_DRIVER_MISSING),
	CODE(UPNVME_ERR_BIND),
	CODE(UPNVME_ERR_BIND_STUCK),
	CODE(UPNVME_ERR_HUGE_PAGES),
	CODE(UPNVME_ERR_PLUGIN),
	CODE(UPNVME_ERR_UNSAFE),
	CODE(UPNVME_ERR_DEVICE_UNSEEN),
	CODE(UPNVME_ERR_DEVICE_POWER),
};

const char *upnvme_error_name(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return codes[i].name;
	return "UPNVME_ERR_UNKNOWN";
}

const char *upnvme_status_name(uint16_t status)
{
	return nvme_status_name(status);
}

const char *upnvme_status_text(uint16_t status)
{
	return nvme_status_text(status);
}

int upnvme_log_set(upnvme_log_fn fn, void *arg, uint32_t level)
{
	if (fn && (level < UPNVME_LOG_ERROR || level > UPNVME_LOG_DEBUG))
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"upnvme_log_set: level is %u: use UPNVME_LOG_ERROR to UPNVME_LOG_DEBUG",
			level);
	log_set_sink(fn, arg, level);
	return 0;
}
