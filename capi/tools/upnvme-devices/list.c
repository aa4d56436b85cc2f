/* SPDX-License-Identifier: BSD-3-Clause */
/* list: the devices as a table, or as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#include "options.h"
#include "text.h"

#define NCOLUMNS  6
#define CELL_ROOM 256

typedef char cells[NCOLUMNS][CELL_ROOM];

static const char *const titles[NCOLUMNS] = { "ADDRESS", "MODEL",     "DRIVER",
					      "GROUP",   "NUMA NODE", "IN USE BY" };

static void put_cell(char *cell, const char *text)
{
	snprintf(cell, CELL_ROOM, "%s", *text ? text : "-");
}

static void put_number(char *cell, int32_t number)
{
	if (number < 0)
		put_cell(cell, "");
	else
		snprintf(cell, CELL_ROOM, "%d", number);
}

static void fill_row(cells row, const struct upnvme_device *device)
{
	put_cell(row[0], device->address);
	if (device->model[0])
		put_cell(row[1], device->model);
	else
		snprintf(row[1], CELL_ROOM, "[%04x:%04x]", device->vendor_id, device->device_id);
	put_cell(row[2], device->driver);
	put_number(row[3], device->iommu_group);
	put_number(row[4], device->numa_node);
	put_cell(row[5], device->in_use_by);
}

static void show_row(const char *const row[NCOLUMNS], const size_t width[NCOLUMNS])
{
	for (int i = 0; i < NCOLUMNS - 1; i++)
		printf("%-*s  ", (int)width[i], row[i]);
	printf("%s\n", row[NCOLUMNS - 1]);
}

static void show_table(const struct upnvme_device *devices, int n)
{
	size_t width[NCOLUMNS];
	const char *row[NCOLUMNS];
	cells text;

	for (int c = 0; c < NCOLUMNS; c++)
		width[c] = strlen(titles[c]);
	for (int i = 0; i < n; i++) {
		fill_row(text, &devices[i]);
		for (int c = 0; c < NCOLUMNS; c++)
			if (strlen(text[c]) > width[c])
				width[c] = strlen(text[c]);
	}
	show_row(titles, width);
	for (int i = 0; i < n; i++) {
		fill_row(text, &devices[i]);
		for (int c = 0; c < NCOLUMNS; c++)
			row[c] = text[c];
		show_row(row, width);
	}
}

static void put_text(const char *name, const char *text)
{
	printf(", \"%s\": ", name);
	text_json_string(text);
}

static void put_uses(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} uses[] = {
		{ UPNVME_DEVICE_MOUNTED, "mounted" },   { UPNVME_DEVICE_SWAP, "swap" },
		{ UPNVME_DEVICE_HELD, "held" },         { UPNVME_DEVICE_OPEN, "open" },
		{ UPNVME_DEVICE_EXPORTED, "exported" }, { UPNVME_DEVICE_FUNCTIONS, "functions" },
	};
	const char *comma = "";

	printf(", \"in_use\": [");
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (flags & uses[i].flag) {
			printf("%s\"%s\"", comma, uses[i].word);
			comma = ", ";
		}
	printf("]");
}

static void show_json_device(const struct upnvme_device *device)
{
	printf("  {\"address\": \"%s\", \"vendor_id\": %u, \"device_id\": %u, "
	       "\"subsystem_vendor_id\": %u, \"subsystem_id\": %u",
	       device->address, device->vendor_id, device->device_id, device->subsystem_vendor_id,
	       device->subsystem_id);
	put_text("model", device->model);
	put_text("serial", device->serial);
	put_text("firmware", device->firmware);
	put_text("driver", device->driver);
	put_text("kernel_name", device->kernel_name);
	printf(", \"iommu_group\": ");
	text_json_number(device->iommu_group, device->iommu_group >= 0);
	printf(", \"numa_node\": ");
	text_json_number(device->numa_node, device->numa_node >= 0);
	put_uses(device->flags);
	put_text("in_use_by", device->in_use_by);
	printf("}");
}

static void show_json(const struct upnvme_device *devices, int n)
{
	printf("[");
	for (int i = 0; i < n; i++) {
		printf("%s\n", i ? "," : "");
		show_json_device(&devices[i]);
	}
	printf("%s]\n", n ? "\n" : "");
}

static int failed(const char *why)
{
	fprintf(stderr, "%s: %s\n", PROGRAM, why);
	return EXIT_BAD;
}

int run_list(const struct options *options)
{
	struct upnvme_device *devices;
	int room = upnvme_devices_list(NULL, 0), n;

	if (room < 0)
		return failed(upnvme_last_error());
	devices = calloc((size_t)room + 1, sizeof(*devices));
	if (!devices)
		return failed("no memory for the list of devices");
	n = upnvme_devices_list(devices, (uint32_t)room);
	if (n > room)
		n = room; /* more devices came between the two calls */
	if (n < 0)
		failed(upnvme_last_error());
	else if (options->json)
		show_json(devices, n);
	else if (n)
		show_table(devices, n);
	else
		printf("no NVMe devices on the PCI bus\n");
	free(devices);
	return n < 0 ? EXIT_BAD : EXIT_GOOD;
}
