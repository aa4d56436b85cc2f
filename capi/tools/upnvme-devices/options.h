/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line asks for. */
#ifndef UPNVME_DEVICES_OPTIONS_H
#define UPNVME_DEVICES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRAM "upnvme-devices"

/* Exit codes. */
#define EXIT_GOOD  0
#define EXIT_BAD   1 /* something was refused or failed */
#define EXIT_USAGE 2 /* the command line is wrong */

struct options;

struct command {
	const char *word;
	uint32_t options; /* the options that the command takes: TAKES_... */
	bool addresses;   /* the command takes addresses */
	int (*run)(const struct options *options);
};

/* The table of commands; the last entry has no word. */
extern const struct command commands[];

struct options {
	const struct command *command;
	char **addresses;
	int naddresses;
	const char *driver;
	const char *user;       /* of --user: who is to drive devices; null if not given */
	uint64_t nhuge;         /* huge pages that setup is to set aside */
	uint64_t huge_bytes;    /* of a page; 0: the default size */
	uint64_t memlock_bytes; /* UINT64_MAX: no limit */
	bool apply;
	bool force; /* bind and unbind although the users of a device cannot be seen */
	bool json;
};

/* Fills in *options. Returns -1 to go on, else the exit code: --help and --version have been
 * answered then, or a sentence has said what is wrong. */
int options_parse(struct options *options, int argc, char **argv);

/* Bits of command.options. */
#define TAKES_DRIVER 0x1u
#define TAKES_JSON   0x2u
#define TAKES_SETUP  0x4u
#define TAKES_FORCE  0x8u
#define TAKES_USER   0x10u

/* The commands. Each returns an exit code. */
int run_list(const struct options *options);
int run_bind(const struct options *options);
int run_unbind(const struct options *options);
int run_setup(const struct options *options);
int run_status(const struct options *options);

#endif
