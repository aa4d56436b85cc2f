/* SPDX-License-Identifier: BSD-3-Clause */
/* Showing a result. */
#ifndef UPNVME_PERF_REPORT_H
#define UPNVME_PERF_REPORT_H

struct job;
struct result;
struct status_count;

/* Print a result to standard output: as a table for people, or as one JSON object. */
void report_table(const struct job *job, const struct result *result);
void report_json(const struct job *job, const struct result *result);

/* Writes the name of an error into `room`, and returns `room`. */
const char *report_status(char *room, unsigned room_bytes, const struct status_count *count);

#endif
