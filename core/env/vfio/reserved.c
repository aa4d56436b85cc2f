/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Linux, Documentation/ABI/testing/sysfs-kernel-iommu_groups, reserved_regions: first and last address, and a type.
 * What is "direct" must be mapped as it is; "direct-relaxable" need not once the firmware has handed over.
 */
#include "env/vfio/reserved.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

bool reserved_for_firmware(const char *sys, unsigned group, struct iova_range *range)
{
	unsigned long long first, last;
	char path[PATH_MAX], line[128], type[32];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/kernel/iommu_groups/%u/reserved_regions", sys, group);
	file = fd_fopen(path);
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%llx %llx %31s", &first, &last, type) == 3 &&
			!strcmp(type, "direct");
	fclose(file);
	if (found)
		*range = (struct iova_range){ first, last };
	return found;
}
