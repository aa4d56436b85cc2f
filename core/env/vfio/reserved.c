/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux, Documentation/ABI/testing/sysfs-kernel-iommu_groups, reserved_regions: first and last address, and a type.
 * A "direct" region must be mapped one to one; a "direct-relaxable" one need not, once the firmware has handed
 * over.
 */
#include "env/vfio/reserved.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

static bool is_direct(const char *line, struct iova_range *range)
{
	char *end;

	range->first = strtoull(line, &end, 16);
	range->last = strtoull(end, &end, 16);
	return !strcmp(end, " direct\n");
}

bool reserved_for_firmware(const char *sys, unsigned group, struct iova_range *range)
{
	char path[PATH_MAX], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%u/reserved_regions", sys, group);
	file = fd_fopen(path);
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = is_direct(line, range);
	fclose(file);
	return found;
}
