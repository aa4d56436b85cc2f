/* SPDX-License-Identifier: BSD-3-Clause */
/* The interrupt vectors of a device, over a kernel that the test plays. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include <upnvme/error.h>

#include "base/error.h"
#include "env/vfio/device.h"

#define FD 1234

static struct {
	uint32_t has;  /* vectors of the device */
	uint32_t free; /* vectors that the machine still has */
	uint32_t nsets;
	struct {
		uint32_t start, count;
		int32_t last;
	} sets[8];
} kernel;

static int set_irqs(const struct vfio_irq_set *set)
{
	const int32_t *fds = (const void *)(set + 1);

	assert_int_equal(set->index, VFIO_PCI_MSIX_IRQ_INDEX);
	assert_int_equal(set->argsz, sizeof(*set) + set->count * sizeof(int32_t));
	assert_true(kernel.nsets < 8);
	kernel.sets[kernel.nsets].start = set->start;
	kernel.sets[kernel.nsets].count = set->count;
	kernel.sets[kernel.nsets++].last = fds[set->count - 1];
	return set->count > kernel.free ? (int)kernel.free : 0;
}

/* An ioctl in the place of the C library's. */
int ioctl(int fd, unsigned long request, ...)
{
	struct vfio_irq_info *info;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	assert_int_equal(fd, FD);
	if (request == VFIO_DEVICE_SET_IRQS)
		return set_irqs(arg);
	assert_int_equal(request, VFIO_DEVICE_GET_IRQ_INFO);
	info = arg;
	info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	info->count = kernel.has;
	return 0;
}

static struct vfio_device start(uint32_t has, uint32_t machine_free, uint16_t wanted)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.has = has;
	kernel.free = machine_free;
	return (struct vfio_device){
		.base = { .address = (char *)"0000:01:00.0", .nvectors_wanted = wanted }, .fd = FD
	};
}

/* The first interrupt switches all wanted vectors on at once. */
static void enables(uint32_t has, uint16_t wanted, uint32_t n)
{
	struct vfio_device device = start(has, 2048, wanted);

	assert_int_equal(vfio_interrupt(&device.base, 1, 7), 0);
	assert_int_equal(kernel.nsets, 2);
	assert_int_equal(kernel.sets[0].start, 0);
	assert_int_equal(kernel.sets[0].count, n);
	assert_int_equal(kernel.sets[0].last, -1);
	assert_int_equal(kernel.sets[1].start, 1);
	assert_int_equal(kernel.sets[1].count, 1);
	assert_int_equal(kernel.sets[1].last, 7);
	assert_int_equal(vfio_interrupt(&device.base, (uint16_t)(n - 1), 8), 0);
	assert_int_equal(vfio_interrupt(&device.base, (uint16_t)n, 8), -ENOSPC);
	assert_int_equal(error_last()->code, UPNVME_ERR_QPAIR_LIMIT);
	assert_int_equal(vfio_interrupt(&device.base, 1, -1), 0);
	assert_int_equal(kernel.nsets, 4);
}

static void as_many_vectors_are_taken_as_there_can_be_queues(void **state)
{
	enables(2048, 5, 5);
	enables(3, 5, 3);
	enables(2048, 65, 65);
	enables(2048, 1025, 256);
	enables(65, 0, 65);
}

static void a_machine_with_fewer_vectors_gives_those(void **state)
{
	struct vfio_device device = start(2048, 3, 65);

	assert_int_equal(vfio_interrupt(&device.base, 2, 7), 0);
	assert_int_equal(kernel.sets[0].count, 65);
	assert_int_equal(kernel.sets[1].count, 3);
	assert_int_equal(vfio_interrupt(&device.base, 3, 7), -ENOSPC);
}

static void a_device_with_none_beside_the_admin_queues_is_refused(void **state)
{
	struct vfio_device device = start(1, 2048, 65);

	assert_int_equal(vfio_interrupt(&device.base, 1, 7), -ENOTSUP);
	assert_int_equal(error_last()->code, UPNVME_ERR_UNSUPPORTED);
	assert_int_equal(kernel.nsets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_vectors_are_taken_as_there_can_be_queues),
		cmocka_unit_test(a_machine_with_fewer_vectors_gives_those),
		cmocka_unit_test(a_device_with_none_beside_the_admin_queues_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
