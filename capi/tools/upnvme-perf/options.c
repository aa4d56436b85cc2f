/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: each wrong option gets one sentence that says what it should have been. */
#include "options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <upnvme.h>

#include "number.h"

#define DEPTH_MAX    4096u
#define THREADS_MAX  1024u
#define IO_BYTES_MAX (1ull << 30)
#define MIX_DEFAULT  70u

static const char help[] =
	"usage: " PROGRAM " --uri URI [options]\n"
	"\n"
	"Measures an NVMe controller through queue pairs polled from user space: IOPS, MiB/s, latency.\n"
	"\n"
	"  --uri URI        the controller: soft:ram?size=1GiB, soft:/path/disk.img, soft:null, pcie:0000:01:00.0\n"
	"  --rw WHAT        read, write (sequential; each thread in its own part of the namespace),\n"
	"                   randread (the default), randwrite, randrw\n"
	"                   write, randwrite and randrw OVERWRITE what is stored there, without asking;\n"
	"                   they end with a Flush, which is shown but not counted\n"
	"  --mix PERCENT    reads among the I/Os of randrw (70)\n"
	"  --bs SIZE        bytes of one I/O, a multiple of the block size: 512, 4k, 4KiB, 1M, ... (4KiB)\n"
	"  --qd N           I/Os in flight in each queue pair, 1 to 4096 (32)\n"
	"  --threads N      threads, 1 to 1024, each with a queue pair of its own (1)\n"
	"  --time TIME      how long: 5, 1.5s, 500ms, 2m, 1h (5 s, unless --ios or --verify say otherwise)\n"
	"  --ios N          how many I/Os, counted over all threads\n"
	"  --verify         writing: each block gets a pattern that names its LBA, the seed and a generation, and\n"
	"                   every written block is read back and checked at the end; reading: each block must hold\n"
	"                   such a pattern, from an earlier run with the same --seed. Without --time and --ios,\n"
	"                   read and write go over the namespace once\n"
	"  --seed N         the seed of the pattern and of the random offsets (1)\n"
	"  --nsid N         namespace identifier (1)\n"
	"  --entries N      entries of each queue, more than --qd (the least power of two above --qd)\n"
	"  --no-latency     measure no latencies, which saves two clock readings per I/O\n"
	"  --json           print one JSON object instead of the table\n"
	"  --help, --version\n"
	"\n"
	"A latency is the time from submission to the poll that saw the completion. Latencies are counted in buckets\n"
	"at most 6.25 % wide, and a bucket's upper end is shown. Requests larger than the controller takes are split,\n"
	"and have no latency.\n"
	"Ctrl-C stops, and shows the results so far. Exit code: 0 all went well, 1 an error or a block that\n"
	"differs, 2 the command line is wrong or does not fit the controller, 130 interrupted.\n"
	"\n"
	"JSON: tool, version, uri, controller{model,serial,firmware,environment},\n"
	"namespace{nsid,block_bytes,block_count},\n"
	"rw, read_percent, io_bytes, queue_depth, threads, seed, seconds, interrupted,\n"
	"total{ios,bytes,iops,mib_per_s}, read{...}, write{...} (the same fields as total),\n"
	"latency_ns{p50,p90,p99,p99_9,max} or null, flush_seconds or null,\n"
	"errors{total,by_status{NAME: COUNT, others: COUNT}}, failure (a sentence) or null,\n"
	"verify{blocks_checked,mismatches,first[{lba,offset,expected,found,hint}]} or null. The first mismatches are\n"
	"listed: offset is in bytes within the block, expected and found are the bytes from there on.\n";

enum {
	OPT_URI = 256,
	OPT_RW,
	OPT_MIX,
	OPT_BS,
	OPT_QD,
	OPT_THREADS,
	OPT_TIME,
	OPT_IOS,
	OPT_VERIFY,
	OPT_SEED,
	OPT_NSID,
	OPT_ENTRIES,
	OPT_NO_LATENCY,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option longs[] = {
	{ "uri", required_argument, NULL, OPT_URI },
	{ "rw", required_argument, NULL, OPT_RW },
	{ "mix", required_argument, NULL, OPT_MIX },
	{ "bs", required_argument, NULL, OPT_BS },
	{ "qd", required_argument, NULL, OPT_QD },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "time", required_argument, NULL, OPT_TIME },
	{ "ios", required_argument, NULL, OPT_IOS },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "nsid", required_argument, NULL, OPT_NSID },
	{ "entries", required_argument, NULL, OPT_ENTRIES },
	{ "no-latency", no_argument, NULL, OPT_NO_LATENCY },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

#define GO_ON (-1)

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", PROGRAM);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (%s --help)\n", PROGRAM);
	return EXIT_USAGE;
}

static int take_count(const char *name, const char *text, uint64_t min, uint64_t max,
		      uint64_t *value)
{
	uint64_t number;

	if (!number_count(text, &number) || number < min || number > max)
		return wrong("--%s %s: give a number from %" PRIu64 " to %" PRIu64, name, text, min,
			     max);
	*value = number;
	return GO_ON;
}

static int take_count32(const char *name, const char *text, uint32_t min, uint32_t max,
			uint32_t *value)
{
	uint64_t number = *value;
	int code = take_count(name, text, min, max, &number);

	*value = (uint32_t)number;
	return code;
}

static int take_rw(struct options *options, const char *text)
{
	static const struct {
		const char *word;
		bool random;
		uint32_t read_percent;
	} modes[] = {
		{ "read", false, 100 },          { "write", false, 0 },
		{ "randread", true, 100 },       { "randwrite", true, 0 },
		{ "randrw", true, MIX_DEFAULT },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(text, modes[i].word)) {
			options->rw = modes[i].word;
			options->random = modes[i].random;
			options->read_percent = modes[i].read_percent;
			return GO_ON;
		}
	return wrong("--rw %s: give read, write, randread, randwrite or randrw", text);
}

static int take_bs(struct options *options, const char *text)
{
	uint64_t bytes;

	if (!number_size(text, &bytes) || bytes == 0 || bytes > IO_BYTES_MAX)
		return wrong(
			"--bs %s: give a size from a block to 1GiB, for example 4096, 4k or 128KiB",
			text);
	options->io_bytes = bytes;
	return GO_ON;
}

static int take_time(struct options *options, const char *text)
{
	uint64_t ns;

	if (!number_time(text, &ns) || ns == 0)
		return wrong(
			"--time %s: give a time under 1000000 units, for example 5, 1.5s, 500ms or 2m",
			text);
	options->time_ns = ns;
	return GO_ON;
}

static int answer(int option)
{
	if (option == OPT_HELP)
		fputs(help, stdout);
	else
		printf("%s %s (library %s)\n", PROGRAM, UPNVME_VERSION, upnvme_build_info());
	return fflush(stdout) ? EXIT_BAD : EXIT_GOOD;
}

/* Takes one option. `mix` is kept apart until all options are known, since it needs --rw randrw. */
static int take(struct options *options, uint32_t *mix, int option, const char *text)
{
	switch (option) {
	case OPT_URI:
		options->uri = text;
		return GO_ON;
	case OPT_RW:
		return take_rw(options, text);
	case OPT_MIX:
		return take_count32("mix", text, 0, 100, mix);
	case OPT_BS:
		return take_bs(options, text);
	case OPT_QD:
		return take_count32("qd", text, 1, DEPTH_MAX, &options->depth);
	case OPT_THREADS:
		return take_count32("threads", text, 1, THREADS_MAX, &options->nthreads);
	case OPT_TIME:
		return take_time(options, text);
	case OPT_IOS:
		return take_count("ios", text, 1, UINT64_MAX - 1, &options->nios);
	case OPT_SEED:
		return take_count("seed", text, 0, UINT64_MAX, &options->seed);
	case OPT_NSID:
		return take_count32("nsid", text, 1, UINT32_MAX - 1, &options->nsid);
	case OPT_ENTRIES:
		return take_count32("entries", text, 2, 65536, &options->entries);
	case OPT_VERIFY:
		options->verify = true;
		return GO_ON;
	case OPT_NO_LATENCY:
		options->latency = false;
		return GO_ON;
	case OPT_JSON:
		options->json = true;
		return GO_ON;
	default:
		return answer(option);
	}
}

/* Refuses an option that getopt_long did not take. optopt is 0 for an unknown or ambiguous word, and a letter for a
 * short option, which may stand among others in its argument. */
static int refuse(int option, char **argv)
{
	if (option == ':')
		return wrong("%s needs a value", argv[optind - 1]);
	if (optopt >= OPT_URI)
		return wrong("%s takes no value", argv[optind - 1]);
	if (optopt)
		return wrong("-%c is no option: options are words with two dashes", optopt);
	return wrong("%s is no option, or could be several", argv[optind - 1]);
}

/* The checks that need all options. */
static int check_together(struct options *options, uint32_t mix)
{
	bool mixed = !strcmp(options->rw, "randrw");

	if (!options->uri)
		return wrong("--uri is missing: for example --uri soft:ram?size=256MiB");
	if (mix != UINT32_MAX && !mixed)
		return wrong(
			"--mix %u: only --rw randrw mixes, not %s: give --rw randrw, or no --mix",
			mix, options->rw);
	if (options->entries && options->entries <= options->depth)
		return wrong("--entries %u: a queue of depth %u needs more than %u entries",
			     options->entries, options->depth, options->depth);
	if (mix != UINT32_MAX)
		options->read_percent = mix;
	if (!options->time_ns && !options->nios && !(options->verify && !options->random))
		options->time_ns = 5000000000;
	return GO_ON;
}

int options_parse(struct options *options, int argc, char **argv)
{
	uint32_t mix = UINT32_MAX;
	int option, code;

	*options = (struct options){ .rw = "randread",
				     .random = true,
				     .read_percent = 100,
				     .io_bytes = 4096,
				     .depth = 32,
				     .nthreads = 1,
				     .nsid = 1,
				     .seed = 1,
				     .latency = true };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		code = option == ':' || option == '?' ? refuse(option, argv) :
							take(options, &mix, option, optarg);
		if (code != GO_ON)
			return code;
	}
	if (optind < argc)
		return wrong("\"%s\" is one word too many", argv[optind]);
	return check_together(options, mix);
}
