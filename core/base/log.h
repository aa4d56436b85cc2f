/* SPDX-License-Identifier: BSD-3-Clause */
/* The library never prints: its messages go to a sink that the application sets. */
#ifndef UPNVME_BASE_LOG_H
#define UPNVME_BASE_LOG_H

#include <stdint.h>

#include <upnvme/error.h>

void log_set_sink(upnvme_log_fn fn, void *arg, uint32_t level);
__attribute__((format(printf, 2, 3), cold)) void log_write(uint32_t level, const char *format, ...);

#define log_error(...) log_write(UPNVME_LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(UPNVME_LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(UPNVME_LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(UPNVME_LOG_DEBUG, __VA_ARGS__)

#endif
