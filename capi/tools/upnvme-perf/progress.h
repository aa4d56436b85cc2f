/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress line: how far the measurement is, on standard error, if that is a terminal. */
#ifndef UPNVME_PERF_PROGRESS_H
#define UPNVME_PERF_PROGRESS_H

#include <stdint.h>

struct job;

void progress_begin(const struct job *job);
void progress_show(const struct job *job, uint64_t now_ns);
void progress_end(void);

#endif
