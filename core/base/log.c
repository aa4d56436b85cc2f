/* SPDX-License-Identifier: BSD-3-Clause */
/* The process has one sink. A guard is held while the sink is replaced and while it is called: once
 * log_set_sink has returned, the former sink is not called any more, so its owner may free it. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>

#include "base/text.h"

#include "base/process.h"

struct log_sink {
	upnvme_log_fn fn;
	void *arg;
};

static struct guard sinks_guard;
/* A forked child goes on with its parent's sink. A new sink is filled in beside the one in use, so
 * that a fork in between leaves a whole sink. */
static struct log_sink sinks[2];
static _Atomic unsigned used;
static _Atomic uint32_t sink_level; /* 0: there is no sink, and nothing is formatted */

void log_set_sink(upnvme_log_fn fn, void *arg, uint32_t level)
{
	unsigned next;

	guard_enter(&sinks_guard);
	next = !atomic_load(&used);
	sinks[next] = (struct log_sink){ fn, arg };
	atomic_store(&used, next);
	atomic_store_explicit(&sink_level, fn ? level : 0, memory_order_relaxed);
	guard_leave(&sinks_guard);
}

void log_write(uint32_t level, const char *format, ...)
{
	const struct log_sink *sink;
	char message[512];
	va_list args;

	if (level > atomic_load_explicit(&sink_level, memory_order_relaxed))
		return;
	va_start(args, format);
	text_format(message, sizeof(message), format, args);
	va_end(args);
	guard_enter(&sinks_guard);
	sink = &sinks[atomic_load(&used)];
	if (sink->fn)
		sink->fn(sink->arg, level, message);
	guard_leave(&sinks_guard);
}
