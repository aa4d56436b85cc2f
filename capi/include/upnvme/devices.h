/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/devices.h
 * The NVMe devices on the PCI bus, the driver of each, and whether this machine is set up for driving
 * them from user space.
 *
 * No call here needs a controller; binding and unbinding need root. An address is
 * domain:bus:device.function, as in "0000:01:00.0"; a domain of 0 may be left out.
 */
#ifndef UPNVME_DEVICES_H
#define UPNVME_DEVICES_H

#include "error.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name upnvme_device.flags
 * The uses of a device.
 * @{ */
#define UPNVME_DEVICE_MOUNTED 0x1u /**< a file system on it is mounted */
#define UPNVME_DEVICE_SWAP    0x2u /**< the system swaps to it */
#define UPNVME_DEVICE_HELD    0x4u /**< part of a device of LVM, md, dm-crypt, loop, ... */
#define UPNVME_DEVICE_OPEN    0x8u /**< a process has it open (blocks, VFIO group, UIO) */
#define UPNVME_DEVICE_EXPORTED \
	0x10u /**< the kernel gives it to others (nvmet, LIO, a USB gadget, ...) */
#define UPNVME_DEVICE_FUNCTIONS 0x20u /**< the device has virtual functions (SR-IOV) */
#define UPNVME_DEVICE_IN_USE    0x3fu /**< any of these */
/** @} */

/** An NVMe device; a frozen record of 512 bytes. Texts are terminated; a text that is not known is
 * empty. */
struct upnvme_device {
	char address[24];             /**< 0: as sysfs has it */
	uint16_t vendor_id;           /**< 24: PCI vendor identifier */
	uint16_t device_id;           /**< 26: PCI device identifier */
	uint16_t subsystem_vendor_id; /**< 28: PCI vendor identifier of the board */
	uint16_t subsystem_id;        /**< 30: PCI device identifier of the board */
	uint32_t class_code;          /**< 32: 010802h */
	int32_t iommu_group;          /**< 36: -1: none */
	int32_t numa_node;            /**< 40: -1: not known */
	uint32_t flags;               /**< 44: UPNVME_DEVICE_... */
	char model[48];       /**< 48: known while the kernel's nvme driver has the device */
	char serial[24];      /**< 96: known as the model is */
	char firmware[16];    /**< 120: known as the model is */
	char driver[32];      /**< 136: empty: bound to none */
	char kernel_name[24]; /**< 168: the kernel's name for the controller: "nvme0" */
	char in_use_by[256];  /**< 192: the device's users, in words */
	uint64_t reserved[8]; /**< 448: zero */
};
UPNVME_ASSERT(sizeof(struct upnvme_device) == 512, "upnvme_device is frozen at 512 bytes");
UPNVME_ASSERT(offsetof(struct upnvme_device, vendor_id) == 24, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_device, flags) == 44, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_device, driver) == 136, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_device, in_use_by) == 192, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_device, reserved) == 448, "frozen");

/**
 * Lists the NVMe devices, in the order of their addresses. The users of a device are looked up as
 * far as the caller's privileges reach: other users' processes are seen by root only.
 *
 * @param[out] devices  the first `n` devices; may be null if `n` is 0
 * @param n  room in `devices`, in devices
 * @return how many devices there are, which may be more than `n`, or a negative errno: -EINVAL
 *   (null), -ENOMEM, -EACCES; others as the operating system gave them, with UPNVME_ERR_SYSTEM:
 *   -ENOENT where /sys or /proc is not mounted
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_devices_list(struct upnvme_device *devices, uint32_t n);

/**
 * Looks at one NVMe device.
 *
 * @param address  PCI address
 * @param[out] device  filled in
 * @return 0, or a negative errno: -EINVAL (null, no address), -ENODEV (absent), -ENOTSUP (not an
 *   NVMe device), -ENOMEM, -ENOENT (/sys or /proc is not mounted)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_device_get(const char *address, struct upnvme_device *device);

/**
 * Takes a device from its driver and gives it to one for user space: upnvme_devices_bind of one device, without flags.
 *
 * @param address  PCI address
 * @param driver  as of upnvme_devices_bind
 * @return as upnvme_devices_bind
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_device_bind(const char *address, const char *driver);

/**
 * Gives a device back to the kernel's nvme driver: upnvme_devices_unbind of one device, without flags.
 *
 * @param address  PCI address
 * @return as upnvme_devices_bind; -EBUSY while a process drives the device
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_device_unbind(const char *address);

/** @name Flags of upnvme_devices_bind and upnvme_devices_unbind
 * @{ */
#define UPNVME_BIND_FORCE \
	0x1u /**< also a device whose users cannot be seen; not one whose use is seen */
#define UPNVME_BIND_OWNER 0x2u /**< the nodes of VFIO become `owner`'s */
/** @} */

/**
 * Takes devices from their drivers and gives them to a driver for user space: all of them, or none. First all are
 * checked, then all are claimed, so that no other program can begin to use them, then all are moved. VFIO takes an
 * IOMMU group whole, so devices that share a group must be bound in one call. A device that is bound to the driver
 * already is left alone.
 *
 * When this call fails, all devices are back with the drivers that they had; UPNVME_ERR_BIND_STUCK says that this was
 * not possible. While devices have no driver, signals are blocked in the calling thread. A program with other threads
 * has to block, in those threads, the signals that would end the program.
 *
 * Uses of a device are mounts, swap, holders, claims, processes, loop devices, exports by the kernel (nvmet, LIO, ...)
 * and virtual functions; also by way of another controller that has the same namespace. These uses are not seen: a
 * process that has mapped the disk, or registered it with io_uring, and has closed its descriptor; a node with another
 * name outside of /dev; and another host or program that drives another controller of the same subsystem.
 *
 * @param addresses  PCI addresses, with commas or white space between them
 * @param driver  "vfio-pci" (the default, for null), "uio_pci_generic" or "igb_uio"
 * @param flags  UPNVME_BIND_..., 0 for none
 * @param owner  the number of the user to whom the nodes of VFIO are given, with UPNVME_BIND_OWNER: until the
 *   device is bound anew, or the machine boots
 * @return 0, or a negative errno: -EINVAL (null, no address, no such driver, flags), -ENODEV (absent),
 *   -ENOTSUP (not an NVMe device; an owner with a UIO driver), -EBUSY (in use; UPNVME_ERR_DEVICE_UNSEEN: whether the
 *   device is in use cannot be seen, in a container for example, or because of its driver; its IOMMU group has devices
 *   that other drivers keep), -ENXIO (no IOMMU, or one that this driver cannot program),
 *   -ENOENT (the driver is not loaded, or /sys or /proc is not mounted),
 *   -EACCES, -EPERM, -EROFS (permission), -EIO (the kernel refused), -ENOMEM
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_devices_bind(const char *addresses, const char *driver, uint32_t flags,
				   uint32_t owner);

/**
 * Gives devices back to the kernel's nvme driver, all of them or none. A device that this driver has already is left
 * alone.
 *
 * @param addresses  PCI addresses, with commas or white space between them
 * @param flags  UPNVME_BIND_FORCE, or 0
 * @return as upnvme_devices_bind; -EBUSY while a process drives one of them
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_devices_unbind(const char *addresses, uint32_t flags);

/** @name upnvme_system.flags
 * @{ */
#define UPNVME_SYSTEM_IOMMU           0x01u /**< an IOMMU is on */
#define UPNVME_SYSTEM_VFIO_PCI        0x02u /**< the driver vfio-pci is loaded */
#define UPNVME_SYSTEM_UIO_PCI_GENERIC 0x04u /**< the driver uio_pci_generic is loaded */
#define UPNVME_SYSTEM_IGB_UIO         0x08u /**< the driver igb_uio is loaded */
#define UPNVME_SYSTEM_NVME            0x10u /**< the kernel's nvme driver is loaded */
#define UPNVME_SYSTEM_VFIO_NOIOMMU    0x20u /**< VFIO's no-IOMMU mode is enabled */
#define UPNVME_SYSTEM_IPC_LOCK        0x40u /**< the caller has CAP_IPC_LOCK */
/** @} */

/** Huge pages of one size; a frozen record of 24 bytes. */
struct upnvme_huge_pages {
	uint64_t page_bytes; /**< 0: size of a page, in bytes; 0: this entry is unused */
	uint64_t npages;     /**< 8: pages that the kernel has set aside */
	uint64_t nfree;      /**< 16: pages of these that are free */
};
UPNVME_ASSERT(sizeof(struct upnvme_huge_pages) == 24, "upnvme_huge_pages is frozen at 24 bytes");

/** The machine's means of driving devices from user space; fields grow at the end. */
struct upnvme_system {
	uint32_t size;              /**< in: sizeof(struct upnvme_system) */
	uint32_t flags;             /**< UPNVME_SYSTEM_... */
	uint32_t niommu_groups;     /**< IOMMU groups */
	uint32_t nhuge_sizes;       /**< sizes of huge pages that the kernel has */
	uint64_t memlock_bytes;     /**< memory that this process may lock; UINT64_MAX: no limit */
	uint64_t memlock_max_bytes; /**< the most that it may raise this to; UINT64_MAX: no limit */
	uint64_t huge_bytes;        /**< default size of a huge page; 0: no huge pages */
	struct upnvme_huge_pages huge[4]; /**< the four smallest sizes that the kernel has */
};
/** The value for upnvme_system.size. */
#define UPNVME_SYSTEM_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_system))

/**
 * Tells what the machine has for driving devices from user space. A file of /sys that cannot be read
 * counts as absent.
 *
 * @param[in,out] system  filled in up to system->size
 * @return 0, or a negative errno: -EINVAL (null, size); with UPNVME_ERR_SYSTEM -ENOENT (/sys is not
 *   mounted), -EACCES (/sys may not be read)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_system_get(struct upnvme_system *system);

#ifdef __cplusplus
}
#endif

#endif
