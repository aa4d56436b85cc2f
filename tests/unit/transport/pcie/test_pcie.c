/* SPDX-License-Identifier: BSD-3-Clause */
/* Registers and doorbells of a made-up device: its BAR is memory, its configuration space a file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "env/device.h"
#include <upnvme/spec/regs.h>
#include "support/fake_env.h"
#include "transport/pcie/pcie.h"
#include "transport/pcie/place.h"
#include "transport/transport.h"

#define ADDRESS "0000:01:00.0"
#define COMMAND 4
#define MASTER  6u /* memory decoding and bus mastering */
#define NO_INTX 0x400u

static struct fake {
	struct device device;
	struct fake_env env;
	uint64_t bar_bytes;
	uint64_t hole_from, hole_to; /* what of the BAR is not mapped */
	const char *lost;
	struct pci_resource bars[PCI_BARS]; /* as the kernel tells */
	unsigned last_bar, nmaps;
	uint16_t nvectors; /* asked for with the last interrupt */
	int nopen;
} fake;

static void fake_close(struct device *device)
{
	assert_ptr_equal(device, &fake.device);
	fake.nopen--;
}

static int fake_bar_map(struct device_bar *bar, struct device *device, unsigned index)
{
	fake.nmaps++;
	fake.last_bar = index;
	*bar = (struct device_bar){ .bytes = fake.bar_bytes, .nareas = 1 };
	bar->base = mmap(NULL, fake.bar_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	bar->areas[0].bytes = fake.hole_from ? fake.hole_from : fake.bar_bytes;
	if (fake.hole_to) {
		bar->areas[bar->nareas].offset = fake.hole_to;
		bar->areas[bar->nareas++].bytes = fake.bar_bytes - fake.hole_to;
	}
	return 0;
}

static const char *fake_lost(struct device *device)
{
	return fake.lost;
}

static int fake_interrupt(struct device *device, uint16_t vector, int fd)
{
	assert_int_equal(vector, 3);
	assert_int_equal(fd, 7);
	fake.nvectors = device->nvectors_wanted;
	return 0;
}

static const struct device_ops fake_ops = {
	.close = fake_close,
	.bar_map = fake_bar_map,
	.interrupt = fake_interrupt,
	.lost = fake_lost,
};

static int setup(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake_env_init(&fake.env);
	fake.device = (struct device){ .ops = &fake_ops,
				       .env = &fake.env.env,
				       .address = (char *)ADDRESS,
				       .config_fd = memfd_create("config", 0),
				       .config_offset = 4096 };
	fake.bar_bytes = 0x2000;
	fake.nopen = 1;
	for (unsigned i = 0; i < PCI_BARS; i++)
		fake.bars[i] = (struct pci_resource){ 0x7000000000 + (i << 20), fake.bar_bytes };
	return fake.device.config_fd < 0 ||
	       ftruncate(fake.device.config_fd, (off_t)fake.device.config_offset + 256);
}

static int teardown(void **state)
{
	close(fake.device.config_fd);
	return fake.nopen; /* the device is closed once, in all cases */
}

static int attach(struct transport **transport, int node)
{
	struct place place = { .node = node };

	memcpy(place.bars, fake.bars, sizeof(place.bars));
	return pcie_attach(transport, &fake.device, &place);
}

static uint16_t command(void)
{
	uint16_t value;

	assert_int_equal(device_config_read16(&fake.device, COMMAND, &value), 0);
	return value;
}

/* Bus mastering comes after the disabling: a reset is not always possible. */
static void bus_mastering_is_on_from_connect_to_close(void **state)
{
	struct transport *transport;

	assert_int_equal(device_config_write16(&fake.device, COMMAND, 0x144), 0);
	assert_int_equal(attach(&transport, 3), 0);
	assert_int_equal(transport->node, 3);
	assert_int_equal(command(), 0x142 | NO_INTX);
	assert_int_equal(transport->ops->connect(transport), 0);
	assert_int_equal(command(), 0x140 | NO_INTX | MASTER);
	assert_int_equal(transport->ops->isolate(transport), 0);
	assert_int_equal(command(), 0x142 | NO_INTX);
	assert_null(transport->ops->lost(transport));
	fake.lost = "it is on fire";
	assert_ptr_equal(transport->ops->lost(transport), fake.lost);
	transport_close(transport);
	assert_int_equal(command(), 0x142 | NO_INTX);
}

/* The interrupt line is off before the device may reach memory. Without MSI-X, INTMS masks
 * interrupts too; with MSI-X that register may not be touched. */
static void interrupts_are_off(void **state)
{
	for (uint16_t msix = 0; msix < 2; msix++) {
		struct transport *transport;
		uint32_t intms = 0;

		fake.nopen = 1;
		assert_int_equal(device_config_write16(&fake.device, 0x06, 0x10), 0);
		assert_int_equal(device_config_write16(&fake.device, 0x34, 0x40), 0);
		assert_int_equal(device_config_write16(&fake.device, 0x40, msix ? 0x5001 : 1), 0);
		assert_int_equal(device_config_write16(&fake.device, 0x50, 0x11), 0);
		assert_int_equal(attach(&transport, 0), 0);
		assert_int_equal(command(), 0x402);
		assert_int_equal(device_config_write16(&fake.device, COMMAND, 2), 0);
		assert_int_equal(transport->ops->connect(transport), 0);
		assert_int_equal(command(), NO_INTX | MASTER);
		transport->ops->read32(transport, UPNVME_SPEC_REG_INTMS, &intms);
		assert_int_equal(intms, msix ? 0 : UINT32_MAX);
		transport_close(transport);
	}
}

/* A write to a file of O_APPEND goes to its end (pwrite(2)): the register does not change. */
static void a_device_that_goes_on_mastering_the_bus_is_not_taken_for_isolated(void **state)
{
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->connect(transport), 0);
	assert_int_equal(fcntl(fake.device.config_fd, F_SETFL, O_APPEND), 0);
	assert_int_equal(transport->ops->isolate(transport), -EBUSY);
	assert_non_null(strstr(error_last()->text, ADDRESS ": the device's bus mastering"));
	assert_int_equal(fcntl(fake.device.config_fd, F_SETFL, 0), 0);
	assert_int_equal(transport->ops->isolate(transport), 0);
	transport_close(transport);
}

/* The function may answer the next access: then a value of all ones would switch everything on. */
static void a_command_register_of_all_ones_is_not_written_back(void **state)
{
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(device_config_write16(&fake.device, COMMAND, 0xffff), 0);
	assert_int_equal(transport->ops->isolate(transport), -EIO);
	assert_non_null(strstr(error_last()->text, "all ones"));
	assert_int_equal(transport->ops->connect(transport), -EIO);
	assert_int_equal(command(), 0xffff);
	transport_close(transport);
	assert_int_equal(command(), 0xffff);
	fake.nopen = 1;
	assert_int_equal(attach(&transport, 0), -EIO);
}

static void registers_are_loads_and_stores(void **state)
{
	struct transport *transport;
	uint64_t value64;
	uint32_t value;

	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->write64(transport, UPNVME_SPEC_REG_ASQ, 0x123456789abc000),
			 0);
	assert_int_equal(transport->ops->read64(transport, UPNVME_SPEC_REG_ASQ, &value64), 0);
	assert_int_equal(value64, 0x123456789abc000);
	assert_int_equal(transport->ops->write32(transport, UPNVME_SPEC_REG_CC, 0x460001), 0);
	assert_int_equal(transport->ops->read32(transport, UPNVME_SPEC_REG_CC, &value), 0);
	assert_int_equal(value, 0x460001);
	transport_close(transport);
}

static void a_bar_without_room_for_the_registers_is_refused(void **state)
{
	struct transport *transport;

	fake.bar_bytes = 0x800;
	assert_int_equal(attach(&transport, 0), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_BAR);
	assert_non_null(strstr(error_last()->text, ADDRESS));
}

static void doorbells_beyond_the_bar_are_refused(void **state)
{
	struct transport_queue queue;
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	/* 4 KiB of doorbells are those of 512 queue pairs when they stand side by side (CAP.DSTRD 0). */
	assert_int_equal(transport->ops->queue(transport, 511, 0, &queue), 0);
	assert_int_equal((char *)queue.cq_head - (char *)queue.sq_tail, 4);
	assert_int_equal(transport->ops->queue(transport, 512, 0, &queue), -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_BAR);
	assert_non_null(strstr(error_last()->text, "fewer queue pairs"));
	assert_int_equal(transport->ops->queue(transport, 0, 9, &queue), 0);
	assert_int_equal(transport->ops->queue(transport, 1, 9, &queue), -ENOSPC);
	assert_int_equal(transport->ops->queue(transport, 65535, 15, &queue), -ENOSPC);
	transport_close(transport);
}

static void doorbells_in_a_hole_are_refused(void **state)
{
	struct transport_queue queue;
	struct transport *transport;

	fake.bar_bytes = 0x4000;
	fake.hole_from = 0x2000;
	fake.hole_to = 0x3000;
	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->queue(transport, 511, 0, &queue), 0);
	assert_int_equal(transport->ops->queue(transport, 512, 0, &queue), -ENOSPC);
	assert_int_equal(transport->ops->queue(transport, 1024, 0, &queue), 0);
	transport_close(transport);
}

static void configuration_space_that_is_gone_is_an_error(void **state)
{
	struct transport *transport;

	assert_int_equal(ftruncate(fake.device.config_fd, 0), 0);
	assert_int_equal(attach(&transport, 0), -EIO);
	assert_non_null(strstr(error_last()->text, "gone"));
}

/* A kernel under lockdown lets no program write configuration space. */
static void configuration_space_that_may_not_be_written_does_not_mean_that_the_device_is_gone(
	void **state)
{
	struct transport *transport;

	close(fake.device.config_fd);
	fake.device.config_fd = memfd_create("config", MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fake.device.config_fd, (off_t)fake.device.config_offset + 256),
			 0);
	assert_int_equal(fcntl(fake.device.config_fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	assert_int_equal(attach(&transport, 0), -EPERM);
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_ACCESS);
	assert_non_null(strstr(error_last()->text, "locked down"));
	assert_non_null(strstr(error_last()->text, "vfio-pci"));
}

/* --- memory of the controller's own --- */

static void set_bar(unsigned index, uint32_t value)
{
	uint32_t offset = 0x10 + 4 * index;

	assert_int_equal(device_config_write16(&fake.device, offset, (uint16_t)value), 0);
	assert_int_equal(device_config_write16(&fake.device, offset + 2, (uint16_t)(value >> 16)),
			 0);
}

static void memory_is_mapped_where_its_bar_is(void **state)
{
	static const struct {
		unsigned bar;
		uint32_t low, high;
		uint64_t iova;
	} rows[] = {
		{ 2, 0xfe00000cu, 0x12u, 0x12fe001000ull }, /* 64 bits, prefetchable */
		{ 4, 0x80000004u, 0x1u, 0x180001000ull },
		{ 5, 0xfe000000u, 0x12u, 0xfe001000ull }, /* 32 bits */
		{ 0, 0xfe000004u, 0x1u, 0x1fe001000ull },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct transport_memory memory = { .bytes = 4096 };
		struct transport *transport;

		fake.nopen = 1;
		fake.nmaps = 0;
		set_bar(rows[i].bar, rows[i].low);
		set_bar(rows[i].bar + 1, rows[i].high);
		assert_int_equal(attach(&transport, 0), 0);
		assert_int_equal(transport->ops->memory(transport, rows[i].bar, 4096, &memory), 0);
		assert_int_equal(fake.last_bar, rows[i].bar);
		assert_int_equal(fake.nmaps, rows[i].bar ? 2 : 1); /* BAR 0 is mapped already */
		assert_int_equal(memory.iova, rows[i].iova);
		assert_int_equal(memory.bytes, 4096);
		memset(memory.base, 0x5a, 4096);
		assert_int_equal(fake.env.reserved_iova, rows[i].iova);
		assert_int_equal(fake.env.reserved_bytes, 4096);
		transport_close(transport);
		assert_int_equal(fake.env.reserved_bytes, 0);
	}
}

/* The BARs of a virtual function are in the physical function's capability: its own read as
 * zero. */
static void memory_of_a_virtual_function_is_where_the_kernel_says(void **state)
{
	struct transport_memory memory = { .bytes = 8192 };
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->memory(transport, 2, 4096, &memory), 0);
	assert_int_equal(memory.iova, 0x7000201000);
	assert_int_equal(memory.bytes, 4096);
	assert_int_equal(fake.env.reserved_iova, 0x7000201000);
	transport_close(transport);
}

/* The controller may answer at these addresses even if the memory cannot be mapped. */
static void addresses_of_memory_that_cannot_be_mapped_are_reserved(void **state)
{
	struct transport_memory memory = { .bytes = UINT64_MAX };
	struct transport *transport;

	fake.hole_from = 0x1000;
	fake.hole_to = 0x1800;
	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->memory(transport, 2, 0x1000, &memory), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_BAR);
	assert_int_equal(fake.env.reserved_iova, 0x7000201000);
	assert_int_equal(fake.env.reserved_bytes, 0x1000);
	transport_close(transport);
	assert_int_equal(fake.env.reserved_bytes, 0);
}

/* A hole of the BAR, where the kernel keeps the interrupts' table, ends it, too. */
static void memory_ends_where_the_mapping_ends(void **state)
{
	struct transport_memory memory = { .bytes = UINT64_MAX };
	struct transport *transport;

	fake.bar_bytes = fake.bars[2].bytes = 0x8000;
	fake.hole_from = 0x4000;
	fake.hole_to = 0x5000;
	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->memory(transport, 2, 0x1000, &memory), 0);
	assert_int_equal(memory.bytes, 0x3000);
	assert_int_equal(fake.env.reserved_bytes, 0x7000); /* the memory may answer all the same */
	transport_close(transport);
}

static void memory_outside_the_bar_is_refused(void **state)
{
	static const uint64_t offsets[] = { 0x2000, 0x3000, 1ull << 56, UINT64_MAX - 4095 };
	struct transport_memory memory = { 0 };
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		memory.bytes = 4096;
		assert_int_equal(transport->ops->memory(transport, 2, offsets[i], &memory),
				 -ENOTSUP);
		assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_BAR);
		assert_non_null(strstr(error_last()->text, "BAR2"));
	}
	set_bar(4, 0xe001);
	assert_int_equal(transport->ops->memory(transport, 4, 0, &memory), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_DEVICE_BAR);
	assert_int_equal(fake.env.reserved_bytes, 0);
	transport_close(transport);
}

static void memory_whose_addresses_are_taken_is_refused(void **state)
{
	struct transport_memory memory = { .bytes = 4096 };
	struct transport *transport;

	fake.env.fail_reserve = -EADDRINUSE;
	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->ops->memory(transport, 2, 0, &memory), -EADDRINUSE);
	transport_close(transport);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void vendor_and_device_are_read(void **state)
{
	struct transport *transport;

	assert_int_equal(device_config_write16(&fake.device, 0, 0x144d), 0);
	assert_int_equal(device_config_write16(&fake.device, 2, 0xa821), 0);
	assert_int_equal(attach(&transport, 0), 0);
	assert_int_equal(transport->vendor, 0x144d);
	assert_int_equal(transport->device, 0xa821);
	transport_close(transport);
}

static void as_many_vectors_are_asked_for_as_the_transport_is_told(void **state)
{
	struct transport *transport;

	assert_int_equal(attach(&transport, 0), 0);
	transport->nvectors = 5;
	assert_int_equal(transport->ops->interrupt(transport, 3, 7), 0);
	assert_int_equal(fake.nvectors, 5);
	transport_close(transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bus_mastering_is_on_from_connect_to_close),
		TEST(interrupts_are_off),
		TEST(a_device_that_goes_on_mastering_the_bus_is_not_taken_for_isolated),
		TEST(a_command_register_of_all_ones_is_not_written_back),
		TEST(registers_are_loads_and_stores),
		TEST(a_bar_without_room_for_the_registers_is_refused),
		TEST(doorbells_beyond_the_bar_are_refused),
		TEST(doorbells_in_a_hole_are_refused),
		TEST(configuration_space_that_is_gone_is_an_error),
		TEST(configuration_space_that_may_not_be_written_does_not_mean_that_the_device_is_gone),
		TEST(memory_is_mapped_where_its_bar_is),
		TEST(memory_of_a_virtual_function_is_where_the_kernel_says),
		TEST(addresses_of_memory_that_cannot_be_mapped_are_reserved),
		TEST(memory_ends_where_the_mapping_ends),
		TEST(memory_outside_the_bar_is_refused),
		TEST(memory_whose_addresses_are_taken_is_refused),
		TEST(vendor_and_device_are_read),
		TEST(as_many_vectors_are_asked_for_as_the_transport_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
