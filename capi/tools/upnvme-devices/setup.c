/* SPDX-License-Identifier: BSD-3-Clause */
/* setup: what the machine lacks for driving devices from user space, shown, and with --apply put right. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <upnvme.h>

#include "options.h"
#include "text.h"

#define LIMITS    "/etc/security/limits.d"
#define RULES     "/etc/udev/rules.d"
#define FILE_ROOM 640 /* bytes; more than the text of a file that is written */

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", PROGRAM, what, why);
	return EXIT_BAD;
}

static int look(struct upnvme_system *system)
{
	*system = (struct upnvme_system){ .size = UPNVME_SYSTEM_SIZE };
	return upnvme_system_get(system) < 0 ? failed("status", upnvme_last_error()) : EXIT_GOOD;
}

/* Writes all of `text`; a missing file is created if `flags` has O_CREAT. */
static int write_file(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	ssize_t n;
	int rc;

	if (fd < 0)
		return failed(path, strerror(errno));
	n = write(fd, text, strlen(text));
	rc = n < 0 ? errno : (size_t)n < strlen(text) ? EIO : 0;
	if (close(fd) && !rc)
		rc = errno;
	return rc ? failed(path, strerror(rc)) : EXIT_GOOD;
}

/* --- modules -------------------------------------------------------------------------------------- */

static uint32_t flag_of(const char *driver)
{
	if (!strcmp(driver, "vfio-pci"))
		return UPNVME_SYSTEM_VFIO_PCI;
	return !strcmp(driver, "igb_uio") ? UPNVME_SYSTEM_IGB_UIO : UPNVME_SYSTEM_UIO_PCI_GENERIC;
}

/* Starts modprobe, in /sbin if PATH has none: the PATH of a user who became root may lack /sbin. */
static int spawn(pid_t *pid, char *const argv[])
{
	int rc = posix_spawnp(pid, argv[0], NULL, NULL, argv, environ);

	return rc == ENOENT ? posix_spawn(pid, "/sbin/modprobe", NULL, NULL, argv, environ) : rc;
}

static int load(const char *driver)
{
	char program[] = "modprobe", name[32];
	char *const argv[] = { program, name, NULL };
	struct upnvme_system system;
	int rc, status;
	pid_t pid;

	snprintf(name, sizeof(name), "%s", driver);
	rc = spawn(&pid, argv);
	if (rc)
		return failed("modprobe", strerror(rc));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return failed("modprobe", strerror(errno));
	if (look(&system) != EXIT_GOOD)
		return EXIT_BAD;
	if (status || !(system.flags & flag_of(driver)))
		return failed(
			driver,
			"modprobe did not load this driver: install the package that has it for this kernel");
	return EXIT_GOOD;
}

static int do_module(const struct options *options, const struct upnvme_system *system)
{
	int code = EXIT_GOOD;

	if (system->flags & flag_of(options->driver)) {
		printf("driver      %s is loaded\n", options->driver);
		return EXIT_GOOD;
	}
	if (options->apply)
		code = load(options->driver);
	if (code == EXIT_GOOD)
		printf("driver      %s %s\n", options->apply ? "loaded:" : "to do: modprobe",
		       options->driver);
	return code;
}

static void show_iommu(const struct options *options, const struct upnvme_system *system)
{
	if (system->flags & UPNVME_SYSTEM_IOMMU)
		printf("IOMMU       on\n");
	else
		printf("IOMMU       none is on%s: turn on VT-d, AMD-Vi or the SMMU in the firmware and boot with "
		       "intel_iommu=on (Intel); setup cannot do that\n",
		       strcmp(options->driver, "vfio-pci") ? "" : ", and vfio-pci needs one");
}

/* --- huge pages ----------------------------------------------------------------------------------- */

static const struct upnvme_huge_pages *find_size(const struct upnvme_system *system, uint64_t bytes)
{
	for (size_t i = 0; i < sizeof(system->huge) / sizeof(system->huge[0]); i++)
		if (bytes && system->huge[i].page_bytes == bytes)
			return &system->huge[i];
	return NULL;
}

/* Has the kernel set pages aside, and counts them: the kernel reports no error when it finds too little memory. */
static int set_aside(const char *path, uint64_t bytes, uint64_t n)
{
	const struct upnvme_huge_pages *huge;
	struct upnvme_system system;
	char number[24], why[96];
	int code;

	snprintf(number, sizeof(number), "%" PRIu64, n);
	code = write_file(path, 0, number);
	if (code == EXIT_GOOD)
		code = look(&system);
	if (code != EXIT_GOOD)
		return code;
	huge = find_size(&system, bytes);
	if (huge && huge->npages >= n)
		return EXIT_GOOD;
	snprintf(why, sizeof(why),
		 "memory was found for %" PRIu64 " of %" PRIu64
		 " only: try again soon after booting",
		 huge ? huge->npages : 0, n);
	return failed("huge pages", why);
}

static int do_huge(const struct options *options, const struct upnvme_system *system)
{
	uint64_t bytes = options->huge_bytes ? options->huge_bytes : system->huge_bytes;
	const struct upnvme_huge_pages *huge = find_size(system, bytes);
	char size[32], path[96];
	int code = EXIT_GOOD;

	text_show_size(size, sizeof(size), bytes);
	if (!huge)
		return failed(bytes ? size : "huge pages",
			      bytes ? "this kernel has no huge pages of that size: " PROGRAM
				      " status lists the sizes" :
				      "this kernel has none");
	if (huge->npages >= options->nhuge) {
		printf("huge pages  %" PRIu64 " of %s are set aside\n", huge->npages, size);
		return EXIT_GOOD;
	}
	snprintf(path, sizeof(path),
		 "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages", bytes / 1024);
	if (!options->apply)
		printf("huge pages  to do: write %" PRIu64 " into %s (%" PRIu64 " of %s now)\n",
		       options->nhuge, path, huge->npages, size);
	else
		code = set_aside(path, bytes, options->nhuge);
	if (options->apply && code == EXIT_GOOD)
		printf("huge pages  set aside: %" PRIu64 " of %s\n", options->nhuge, size);
	return code;
}

/* --- what a user needs ---------------------------------------------------------------------------- */

/* A line of limits.conf(5): "-" is the soft and the hard limit, and memlock is in KiB. */
static void limits_line(char *line, size_t room, const char *user, uint64_t bytes)
{
	if (bytes == UINT64_MAX)
		snprintf(line, room, "%s - memlock unlimited\n", user);
	else
		snprintf(line, room, "%s - memlock %" PRIu64 "\n", user, bytes / 1024);
}

static bool holds(const char *path, const char *text)
{
	char there[FILE_ROOM];
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return false;
	n = fread(there, 1, sizeof(there) - 1, file);
	there[n] = '\0';
	fclose(file);
	return !strcmp(there, text);
}

/* Makes `text` the content of the file with --apply, and shows the text line by line under `what`. */
static int have(const struct options *options, const char *what, const char *path, const char *text)
{
	int code = EXIT_GOOD;
	bool had = holds(path, text);

	if (!had && options->apply)
		code = write_file(path, O_CREAT | O_TRUNC, text);
	if (code != EXIT_GOOD)
		return code;
	printf("%-11s %s%s%s", what,
	       had            ? "" :
	       options->apply ? "written: " :
				"to do: write ",
	       path, had ? " has it: " : ": ");
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		printf("%s%.*s\n", line == text ? "" : "            ", (int)strcspn(line, "\n"),
		       line);
	return EXIT_GOOD;
}

static int limit_user(const struct options *options, const char *user)
{
	char path[160], line[160];

	snprintf(path, sizeof(path), LIMITS "/upnvme-%s.conf", user);
	limits_line(line, sizeof(line), user, options->memlock_bytes);
	return have(options, "memlock", path, line);
}

/*
 * VFIO's node of a group is created, and belongs to root, whenever the first device of the group is
 * bound. So the rule waits for events of the device (udev(7)): an event of the node does not say
 * which device the node is for. In the rule %p is the device's path, and $$ is a $.
 */
static int rule_for_user(const struct options *options, const char *user)
{
	char path[160], rules[FILE_ROOM];

	if (access(RULES, F_OK)) {
		printf("access      there is no " RULES
		       " here: after each bind, chown %s /dev/vfio/GROUP\n",
		       user);
		return EXIT_GOOD;
	}
	snprintf(path, sizeof(path), RULES "/70-upnvme-%s.rules", user);
	snprintf(
		rules, sizeof(rules),
		"ACTION==\"bind\", SUBSYSTEM==\"pci\", DRIVER==\"vfio-pci\", ATTR{class}==\"0x010802\", "
		"RUN+=\"/bin/sh -c 'chown %s /dev/vfio/$$(basename $$(readlink /sys%%p/iommu_group))'\"\n"
		"SUBSYSTEM==\"vfio-dev\", ATTRS{class}==\"0x010802\", OWNER=\"%s\"\n",
		user, user);
	return have(options, "access", path, rules);
}

/* --- the user who is to drive devices --------------------------------------------------------- */

static int do_user(const struct options *options)
{
	const char *user = options->user ? options->user : getenv("SUDO_USER");

	if (!user || !*user || !strcmp(user, "root")) {
		printf("memlock     root may lock any amount; for another user, give --user NAME\n");
		return EXIT_GOOD;
	}
	if (strlen(user) > 64 || !getpwnam(user))
		return failed(user,
			      "there is no such user: give --user one that getent passwd lists");
	return limit_user(options, user) | rule_for_user(options, user);
}

int run_setup(const struct options *options)
{
	struct upnvme_system system;
	int code = look(&system);

	if (code != EXIT_GOOD)
		return code;
	show_iommu(options, &system);
	code |= do_module(options, &system);
	code |= do_huge(options, &system);
	code |= do_user(options);
	if (!options->apply)
		printf("Nothing was changed: --apply does what is to do.\n");
	else
		printf("Modules, huge pages and bindings last until the next boot; limits and rules stay.\n");
	return code;
}
