/* SPDX-License-Identifier: BSD-3-Clause */
/* bind and unbind: move all the devices, or none. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#include "options.h"

static int failed(void)
{
	fprintf(stderr, "%s: %s\n", PROGRAM, upnvme_last_error());
	return EXIT_BAD;
}

static void show(const struct upnvme_device *before, const struct upnvme_device *now)
{
	printf("%s: %s", now->address, now->driver[0] ? now->driver : "no driver");
	if (!strcmp(before->driver, now->driver))
		printf(" (it was so already)");
	else
		printf(" (was: %s)", before->driver[0] ? before->driver : "no driver");
	if (!strcmp(now->driver, "vfio-pci") && now->iommu_group >= 0)
		printf(", /dev/vfio/%d", now->iommu_group);
	printf("\n");
}

/* The addresses in one string with commas, as the library takes them; null without memory. */
static char *join(const struct options *options)
{
	size_t bytes = 1, at = 0;
	char *joined;

	for (int i = 0; i < options->naddresses; i++)
		bytes += strlen(options->addresses[i]) + 1;
	joined = calloc(1, bytes);
	for (int i = 0; joined && i < options->naddresses; i++)
		at += (size_t)snprintf(joined + at, bytes - at, "%s,", options->addresses[i]);
	return joined;
}

static int look(const struct options *options, struct upnvme_device *devices)
{
	for (int i = 0; i < options->naddresses; i++)
		if (upnvme_device_get(options->addresses[i], &devices[i]) < 0)
			return failed();
	return EXIT_GOOD;
}

/* Gives the devices to `driver`, or back to the kernel if `driver` is null. */
static int move(const struct options *options, const char *addresses, const char *driver)
{
	uint32_t flags = options->force ? UPNVME_BIND_FORCE : 0, owner = 0;

	if (driver && options->user) {
		const struct passwd *user = getpwnam(options->user);

		if (!user) {
			fprintf(stderr,
				"%s: --user %s: there is no such user: give one that getent passwd lists\n",
				PROGRAM, options->user);
			return EXIT_BAD;
		}
		flags |= UPNVME_BIND_OWNER;
		owner = user->pw_uid;
	}
	if ((driver ? upnvme_devices_bind(addresses, driver, flags, owner) :
		      upnvme_devices_unbind(addresses, flags)) < 0)
		return failed();
	return EXIT_GOOD;
}

static int move_all(const struct options *options, const char *driver)
{
	size_t n = (size_t)options->naddresses;
	struct upnvme_device *before = calloc(n, sizeof(*before)), *now = calloc(n, sizeof(*now));
	char *addresses = join(options);
	int code = EXIT_BAD;

	if (!before || !now || !addresses)
		fprintf(stderr, "%s: no memory for %zu devices\n", PROGRAM, n);
	else
		code = look(options, before);
	if (code == EXIT_GOOD)
		code = move(options, addresses, driver);
	if (code == EXIT_GOOD)
		code = look(options, now);
	for (size_t i = 0; i < n && code == EXIT_GOOD; i++)
		show(&before[i], &now[i]);
	free(addresses);
	free(before);
	free(now);
	return code;
}

int run_bind(const struct options *options)
{
	int code = move_all(options, options->driver);

	if (code == EXIT_GOOD && options->user)
		printf("user %s may drive these devices until they are bound anew; " PROGRAM
		       " setup --user %s --apply makes that last\n",
		       options->user, options->user);
	return code;
}

int run_unbind(const struct options *options)
{
	return move_all(options, NULL);
}
