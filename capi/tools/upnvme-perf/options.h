/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line asks for. */
#ifndef UPNVME_PERF_OPTIONS_H
#define UPNVME_PERF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRAM "upnvme-perf"

/* Exit codes. */
#define EXIT_GOOD        0
#define EXIT_BAD         1   /* an error, or a block that differs */
#define EXIT_USAGE       2   /* the command line is wrong, or does not fit the controller */
#define EXIT_INTERRUPTED 130 /* 128 + SIGINT, as a shell reports it */

struct options {
	const char *uri;
	const char *rw;        /* the word of --rw */
	bool random;           /* random offsets */
	uint32_t read_percent; /* of the I/Os: 100 reads only, 0 writes only */
	uint64_t io_bytes;     /* bytes of one I/O */
	uint32_t depth;        /* I/Os in flight in each queue pair */
	uint32_t nthreads;
	uint32_t entries; /* of a queue; 0: as few as the depth needs */
	uint32_t nsid;
	uint64_t time_ns; /* 0: no limit */
	uint64_t nios;    /* of all threads together; 0: no limit */
	uint64_t seed;
	bool verify;
	bool latency;
	bool json;
};

/* Fills in *options. Returns -1 to go on, else the exit code: --help and --version have been
 * answered then, or a sentence has said what is wrong. */
int options_parse(struct options *options, int argc, char **argv);

/* Whether the run remembers what it has written to each block, as writes with --verify need. */
static inline bool options_tracked(const struct options *options)
{
	return options->verify && options->read_percent < 100;
}

#endif
