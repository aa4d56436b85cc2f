/* SPDX-License-Identifier: BSD-3-Clause */
/* Showing a result. */
#ifndef UPNVME_PERF_REPORT_H
#define UPNVME_PERF_REPORT_H

struct job;
struct result;
struct status_count;

/* To standard output: for people, and as one JSON object. */
void report_table(const struct job *job, const struct result *result);
void report_json(const struct job *job, const struct result *result);

/* The name of an error, for both. */
const char *report_status(char *room, unsigned room_bytes, const struct status_count *count);

#endif
