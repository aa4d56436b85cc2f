/* SPDX-License-Identifier: BSD-3-Clause */
/* One sink for the process, replaced under a lock that is also held while it is called: a sink that
 * was replaced is not called any more when log_set_sink returns, so its owner may free it. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static upnvme_log_fn sink;
static void *sink_arg;
static _Atomic uint32_t sink_level; /* 0: nobody listens, and nothing is formatted */

void log_set_sink(upnvme_log_fn fn, void *arg, uint32_t level)
{
	pthread_mutex_lock(&lock);
	sink = fn;
	sink_arg = arg;
	atomic_store_explicit(&sink_level, fn ? level : 0, memory_order_relaxed);
	pthread_mutex_unlock(&lock);
}

void log_write(uint32_t level, const char *format, ...)
{
	char message[512];
	va_list args;

	if (level > atomic_load_explicit(&sink_level, memory_order_relaxed))
		return;
	va_start(args, format);
	text_format(message, sizeof(message), format, args);
	va_end(args);
	pthread_mutex_lock(&lock);
	if (sink)
		sink(sink_arg, level, message);
	pthread_mutex_unlock(&lock);
}
