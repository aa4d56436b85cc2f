/* SPDX-License-Identifier: BSD-3-Clause */
/* bind and unbind: each device by itself; one that is refused does not stop the others. */
#include <stdio.h>
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

/* Gives it to `driver`, or back to the kernel if that is null. */
static int move(const char *address, const char *driver)
{
	struct upnvme_device before, now;

	if (upnvme_device_get(address, &before) < 0)
		return failed();
	if ((driver ? upnvme_device_bind(address, driver) : upnvme_device_unbind(address)) < 0)
		return failed();
	if (upnvme_device_get(address, &now) < 0)
		return failed();
	show(&before, &now);
	return EXIT_GOOD;
}

static int move_all(const struct options *options, const char *driver)
{
	int code = EXIT_GOOD;

	for (int i = 0; i < options->naddresses; i++)
		if (move(options->addresses[i], driver) != EXIT_GOOD)
			code = EXIT_BAD;
	return code;
}

int run_bind(const struct options *options)
{
	return move_all(options, options->driver);
}

int run_unbind(const struct options *options)
{
	return move_all(options, NULL);
}
