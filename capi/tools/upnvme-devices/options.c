/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: each wrong word gets one sentence that says what it should have been. */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#include "text.h"

#define NHUGE_DEFAULT 512u
#define NHUGE_MAX     (1ull << 32)
#define GO_ON         (-1)

static const char help[] =
	"usage: " PROGRAM " list [--json]\n"
	"       " PROGRAM
	" bind ADDRESS... [--driver vfio-pci|uio_pci_generic|igb_uio] [--user NAME] [--force]\n"
	"       " PROGRAM " unbind ADDRESS... [--force]\n"
	"       " PROGRAM
	" setup [--driver DRIVER] [--huge-pages N[:SIZE]] [--user NAME] [--memlock SIZE] [--apply]\n"
	"       " PROGRAM " status [--json]\n"
	"\n"
	"Shows the NVMe devices on the PCI bus and moves them between drivers of the kernel and of user space.\n"
	"\n"
	"  list      each device: address, model (from the kernel's nvme driver, else vendor:device), driver, IOMMU\n"
	"            group, NUMA node, and who uses the device; only root sees other users' processes\n"
	"  bind      takes devices from the kernel and gives them to a driver for user space: all of them, or none.\n"
	"            Refused, with reason and remedy: a device that is mounted, swapped to, part of LVM, md, a loop\n"
	"            device or the like, given to others by the kernel (nvmet, LIO, ...), or open; one with virtual\n"
	"            functions; one whose IOMMU group has devices that other drivers keep and that are not bound\n"
	"            with it; one without an IOMMU. If a driver does not take one of the devices, all of them go\n"
	"            back to the drivers that they had. After a reboot the kernel's driver has the devices again\n"
	"  unbind    gives devices back to the kernel's nvme driver: all of them, or none; refused while a process\n"
	"            drives one\n"
	"  setup     shows what this machine lacks for driving devices from user space, and with --apply puts it\n"
	"            right; huge pages and modules last until the next boot\n"
	"  status    the IOMMU, the drivers that are loaded, huge pages, and how much memory may be locked\n"
	"\n"
	"  --driver DRIVER    vfio-pci (the default), or a UIO driver, with which the device can write to all memory\n"
	"  --huge-pages N     setup: huge pages to set aside, of the default size or of SIZE: 512, 1024:2MiB, 4:1GiB\n"
	"                     (512)\n"
	"  --user NAME        bind: the user who is to drive the devices: VFIO's nodes of the devices belong to this\n"
	"                     user until the devices are bound anew. setup: the user who may lock memory for DMA\n"
	"                     (/etc/security/limits.d/upnvme-NAME.conf, from the next login on) and drive each NVMe\n"
	"                     device that is bound to vfio-pci, after a reboot too\n"
	"                     (/etc/udev/rules.d/70-upnvme-NAME.rules); without --user, the user who called sudo\n"
	"  --force            bind, unbind: also where the users of a device cannot be seen, as in a container; a\n"
	"                     device that is seen to be in use is refused all the same\n"
	"  --memlock SIZE     setup: how much memory that user may lock: 8GiB, unlimited (unlimited)\n"
	"  --apply            setup: do what is to do, instead of only showing it\n"
	"  --json             list, status: print JSON instead of a table\n"
	"  --help, --version\n"
	"\n"
	"An address is domain:bus:device.function, as in 0000:01:00.0; the domain 0000 may be left out.\n"
	"Exit code: 0 all went well, 1 something was refused or failed, 2 the command line is wrong.\n"
	"\n"
	"JSON of list: an array of {address, vendor_id, device_id, subsystem_vendor_id, subsystem_id, model, serial,\n"
	"firmware, driver, kernel_name, iommu_group, numa_node, in_use, in_use_by}; of status: {iommu{on,groups,\n"
	"noiommu_allowed}, drivers{NAME: loaded}, huge_pages{default_bytes,sizes[{bytes,pages,free}]}, memlock{bytes,\n"
	"max_bytes,may_exceed}}. A value that is not known is null, and so is a limit of memlock if there is none;\n"
	"in_use is an array of the words mounted, swap, held, open, exported, functions.\n";

const struct command commands[] = {
	{ "list", TAKES_JSON, false, run_list },
	{ "bind", TAKES_DRIVER | TAKES_USER | TAKES_FORCE, true, run_bind },
	{ "unbind", TAKES_FORCE, true, run_unbind },
	{ "setup", TAKES_DRIVER | TAKES_SETUP | TAKES_USER, false, run_setup },
	{ "status", TAKES_JSON, false, run_status },
	{ NULL, 0, false, NULL },
};

enum {
	OPT_DRIVER = 256,
	OPT_HUGE_PAGES,
	OPT_MEMLOCK,
	OPT_USER,
	OPT_APPLY,
	OPT_FORCE,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option longs[] = {
	{ "driver", required_argument, NULL, OPT_DRIVER },
	{ "huge-pages", required_argument, NULL, OPT_HUGE_PAGES },
	{ "memlock", required_argument, NULL, OPT_MEMLOCK },
	{ "user", required_argument, NULL, OPT_USER },
	{ "apply", no_argument, NULL, OPT_APPLY },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

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

static int take_driver(struct options *options, const char *text)
{
	static const char *const drivers[] = { "vfio-pci", "uio_pci_generic", "igb_uio" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(text, drivers[i])) {
			options->driver = drivers[i];
			return GO_ON;
		}
	return wrong("--driver %s: give vfio-pci, uio_pci_generic or igb_uio", text);
}

static int take_huge_pages(struct options *options, const char *text)
{
	const char *colon = strchr(text, ':');
	char count[24];
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	bool good = length < sizeof(count);

	snprintf(count, sizeof(count), "%.*s", (int)length, text);
	good = good && text_count(count, &options->nhuge) && options->nhuge <= NHUGE_MAX;
	if (good && colon)
		good = text_size(colon + 1, &options->huge_bytes) && options->huge_bytes;
	if (good)
		return GO_ON;
	return wrong(
		"--huge-pages %s: give a number of pages, and their size if it is not the default: 512, 4:1GiB",
		text);
}

static int take_memlock(struct options *options, const char *text)
{
	if (!strcmp(text, "unlimited"))
		options->memlock_bytes = UINT64_MAX;
	else if (!text_size(text, &options->memlock_bytes) || options->memlock_bytes < 1024)
		return wrong("--memlock %s: give a size from 1KiB, for example 8GiB, or unlimited",
			     text);
	return GO_ON;
}

/* The user's name becomes part of a file's name, and of a line in that file. */
static int take_user(struct options *options, const char *text)
{
	if (!*text || *text == '-' || *text == '.' || strpbrk(text, "/ \t\n#*%@:'\"\\$`;&|<>(){}"))
		return wrong(
			"--user %s: give the name of a user, without spaces and signs of the shell",
			text);
	options->user = text;
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

static int take(struct options *options, int option, const char *text)
{
	switch (option) {
	case OPT_DRIVER:
		return take_driver(options, text);
	case OPT_HUGE_PAGES:
		return take_huge_pages(options, text);
	case OPT_MEMLOCK:
		return take_memlock(options, text);
	case OPT_USER:
		return take_user(options, text);
	case OPT_APPLY:
		options->apply = true;
		return GO_ON;
	case OPT_FORCE:
		options->force = true;
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
	if (optopt >= OPT_DRIVER)
		return wrong("%s takes no value", argv[optind - 1]);
	if (optopt)
		return wrong("-%c is no option: options are words with two dashes", optopt);
	return wrong("%s is no option, or could be several", argv[optind - 1]);
}

/* Refuses options that the command does not take; `foreign` has them as bits. */
static int refuse_foreign(const struct command *command, uint32_t foreign)
{
	static const char *const names[] = { "--driver", "--json", "the options of setup",
					     "--force", "--user" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (foreign >> i & 1)
			return wrong("%s does not take %s", command->word, names[i]);
	return GO_ON;
}

/* Takes the words that getopt_long left: the command and its addresses. */
static int take_command(struct options *options, int argc, char **argv, uint32_t given)
{
	const struct command *command = commands;

	if (optind == argc)
		return wrong("the command is missing: give list, bind, unbind, setup or status");
	while (command->word && strcmp(argv[optind], command->word) != 0)
		command++;
	if (!command->word)
		return wrong("\"%s\" is no command: give list, bind, unbind, setup or status",
			     argv[optind]);
	options->command = command;
	options->addresses = argv + optind + 1;
	options->naddresses = argc - optind - 1;
	if (command->addresses && !options->naddresses)
		return wrong(
			"%s: the address of a device is missing: give one, for example 0000:01:00.0",
			command->word);
	if (!command->addresses && options->naddresses)
		return wrong("\"%s\" is one word too many", options->addresses[0]);
	return refuse_foreign(command, given & ~command->options);
}

static uint32_t bit_of(int option)
{
	switch (option) {
	case OPT_DRIVER:
		return TAKES_DRIVER;
	case OPT_JSON:
		return TAKES_JSON;
	case OPT_FORCE:
		return TAKES_FORCE;
	case OPT_USER:
		return TAKES_USER;
	default:
		return TAKES_SETUP;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	uint32_t given = 0;
	int option, code;

	*options = (struct options){ .driver = "vfio-pci",
				     .nhuge = NHUGE_DEFAULT,
				     .memlock_bytes = UINT64_MAX };
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		bool unknown = option == ':' || option == '?';

		code = unknown ? refuse(option, argv) : take(options, option, optarg);
		if (code != GO_ON)
			return code;
		given |= bit_of(option);
	}
	return take_command(options, argc, argv, given);
}
