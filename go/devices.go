// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import "strings"

// DeviceUse has the uses of a device (UPNVME_DEVICE_...).
type DeviceUse uint32

// The uses.
const (
	DeviceMounted   DeviceUse = C.UPNVME_DEVICE_MOUNTED   // a file system on it is mounted
	DeviceSwap      DeviceUse = C.UPNVME_DEVICE_SWAP      // the system swaps to it
	DeviceHeld      DeviceUse = C.UPNVME_DEVICE_HELD      // part of a device of LVM, md, dm-crypt, loop, ...
	DeviceOpen      DeviceUse = C.UPNVME_DEVICE_OPEN      // a process has it open
	DeviceExported  DeviceUse = C.UPNVME_DEVICE_EXPORTED  // the kernel gives it to others (nvmet, LIO, ...)
	DeviceFunctions DeviceUse = C.UPNVME_DEVICE_FUNCTIONS // the device has virtual functions (SR-IOV)
	DeviceInUse     DeviceUse = C.UPNVME_DEVICE_IN_USE    // any of these
)

var deviceUseWords = []word{
	{uint32(DeviceMounted), "DeviceMounted"},
	{uint32(DeviceSwap), "DeviceSwap"},
	{uint32(DeviceHeld), "DeviceHeld"},
	{uint32(DeviceOpen), "DeviceOpen"},
	{uint32(DeviceExported), "DeviceExported"},
	{uint32(DeviceFunctions), "DeviceFunctions"},
}

// String names the uses.
func (u DeviceUse) String() string { return bitsOf(uint32(u), deviceUseWords) }

// Device is an NVMe device on the PCI bus (struct upnvme_device). Texts are empty where they are not known.
type Device struct {
	Address           string // as sysfs has it: "0000:01:00.0"
	VendorID          uint16
	DeviceID          uint16
	SubsystemVendorID uint16
	SubsystemID       uint16
	ClassCode         uint32
	IOMMUGroup        int32 // -1: none
	NUMANode          int32 // -1: not known
	Use               DeviceUse
	Model             string
	Serial            string
	Firmware          string
	Driver            string // empty: bound to none
	KernelName        string // "nvme0"
	InUseBy           string // the users, in words
}

// String tells it field by field.
func (d Device) String() string { return fieldsOf(d) }

func deviceOf(d *C.struct_upnvme_device) Device {
	return Device{
		Address: C.GoString(&d.address[0]), VendorID: uint16(d.vendor_id), DeviceID: uint16(d.device_id),
		SubsystemVendorID: uint16(d.subsystem_vendor_id), SubsystemID: uint16(d.subsystem_id),
		ClassCode: uint32(d.class_code), IOMMUGroup: int32(d.iommu_group), NUMANode: int32(d.numa_node),
		Use: DeviceUse(d.flags), Model: C.GoString(&d.model[0]), Serial: C.GoString(&d.serial[0]),
		Firmware: C.GoString(&d.firmware[0]), Driver: C.GoString(&d.driver[0]),
		KernelName: C.GoString(&d.kernel_name[0]), InUseBy: C.GoString(&d.in_use_by[0]),
	}
}

// Devices lists the NVMe devices on the PCI bus (upnvme_devices_list).
func Devices() ([]Device, error) {
	for room := 16; ; room *= 2 {
		raw := make([]C.struct_upnvme_device, room)
		n, err := call(func() C.int { return C.upnvme_devices_list(&raw[0], C.uint32_t(room)) })
		if err != nil {
			return nil, err
		}
		if n > room {
			continue
		}
		devices := make([]Device, n)
		for i := range devices {
			devices[i] = deviceOf(&raw[i])
		}
		return devices, nil
	}
}

// DeviceAt looks at one NVMe device (upnvme_device_get).
func DeviceAt(address string) (Device, error) {
	var raw C.struct_upnvme_device
	err := withText("the address", address, func(c *C.char) C.int { return C.upnvme_device_get(c, &raw) })
	if err != nil {
		return Device{}, err
	}
	return deviceOf(&raw), nil
}

// Bind takes a device from its driver and gives it to a driver for user space (upnvme_device_bind): "vfio-pci", for
// which "" stands, too, "uio_pci_generic" or "igb_uio". Bind needs root.
func Bind(address, driver string) error {
	return withDriver(driver, func(to *C.char) error {
		return withText("the address", address, func(c *C.char) C.int { return C.upnvme_device_bind(c, to) })
	})
}

// withDriver calls f with the driver's name in C; "" is the default.
func withDriver(driver string, f func(to *C.char) error) error {
	if driver == "" {
		driver = "vfio-pci"
	}
	var bound error
	err := withText("the driver", driver, func(to *C.char) C.int {
		bound = f(to)
		return 0
	})
	if err == nil {
		err = bound
	}
	return err
}

// Unbind gives a device back to the kernel's nvme driver (upnvme_device_unbind). Unbind needs root.
func Unbind(address string) error {
	return withText("the address", address, func(c *C.char) C.int { return C.upnvme_device_unbind(c) })
}

// BindOptions say how devices are moved (upnvme_devices_bind).
type BindOptions struct {
	Driver string // "vfio-pci", for which "" stands, too, "uio_pci_generic" or "igb_uio"
	// Force also moves devices whose users cannot be seen, as in a container ([CodeDeviceUnseen]); a device that is
	// seen to be in use is never taken.
	Force bool
	// Owner is the number of the user who is to drive the devices, and who gets the nodes of VFIO until the devices
	// are bound anew. Nil leaves the nodes to root.
	Owner *uint32
}

// String has the fields, by name.
func (o BindOptions) String() string { return fieldsOf(o) }

func (o *BindOptions) flags() C.uint32_t {
	var flags C.uint32_t
	if o.Force {
		flags |= C.UPNVME_BIND_FORCE
	}
	if o.Owner != nil {
		flags |= C.UPNVME_BIND_OWNER
	}
	return flags
}

// BindAll takes devices from their drivers and gives them to a driver for user space: all of them, or none
// (upnvme_devices_bind). Devices of one IOMMU group go together. BindAll needs root. A signal that ends the program in
// the middle can leave a device without a driver: a program that may get a signal uses signal.Notify meanwhile.
func BindAll(addresses []string, options BindOptions) error {
	var owner C.uint32_t
	if options.Owner != nil {
		owner = C.uint32_t(*options.Owner)
	}
	return withDriver(options.Driver, func(to *C.char) error {
		return withText("the addresses", strings.Join(addresses, ","), func(c *C.char) C.int {
			return C.upnvme_devices_bind(c, to, options.flags(), owner)
		})
	})
}

// UnbindAll gives devices back to the kernel's driver: all of them, or none (upnvme_devices_unbind). Force is the only
// option that counts. UnbindAll needs root.
func UnbindAll(addresses []string, options BindOptions) error {
	flags := (&BindOptions{Force: options.Force}).flags()
	return withText("the addresses", strings.Join(addresses, ","), func(c *C.char) C.int {
		return C.upnvme_devices_unbind(c, flags)
	})
}

// SystemFlags say what a machine has (UPNVME_SYSTEM_...).
type SystemFlags uint32

// The flags of a [System].
const (
	SystemIOMMU         SystemFlags = C.UPNVME_SYSTEM_IOMMU           // an IOMMU is on
	SystemVFIO          SystemFlags = C.UPNVME_SYSTEM_VFIO_PCI        // the driver vfio-pci is loaded
	SystemUIO           SystemFlags = C.UPNVME_SYSTEM_UIO_PCI_GENERIC // the driver uio_pci_generic is loaded
	SystemIGBUIO        SystemFlags = C.UPNVME_SYSTEM_IGB_UIO         // the driver igb_uio is loaded
	SystemNVMe          SystemFlags = C.UPNVME_SYSTEM_NVME            // the kernel's nvme driver is loaded
	SystemVFIOWithoutIO SystemFlags = C.UPNVME_SYSTEM_VFIO_NOIOMMU    // VFIO may work without an IOMMU
	SystemIPCLock       SystemFlags = C.UPNVME_SYSTEM_IPC_LOCK        // the caller has CAP_IPC_LOCK
)

var systemWords = []word{
	{uint32(SystemIOMMU), "SystemIOMMU"},
	{uint32(SystemVFIO), "SystemVFIO"},
	{uint32(SystemUIO), "SystemUIO"},
	{uint32(SystemIGBUIO), "SystemIGBUIO"},
	{uint32(SystemNVMe), "SystemNVMe"},
	{uint32(SystemVFIOWithoutIO), "SystemVFIOWithoutIO"},
	{uint32(SystemIPCLock), "SystemIPCLock"},
}

// String names the flags.
func (f SystemFlags) String() string { return bitsOf(uint32(f), systemWords) }

// HugePages are huge pages of one size (struct upnvme_huge_pages).
type HugePages struct {
	PageBytes uint64
	Pages     uint64 // set aside
	Free      uint64 // not in use
}

// String tells it field by field.
func (h HugePages) String() string { return fieldsOf(h) }

// System is what this machine has for driving devices from user space (upnvme_system_get).
type System struct {
	Flags           SystemFlags
	IOMMUGroups     uint32
	MemlockBytes    uint64 // what this process may lock; all ones: no limit
	MemlockMaxBytes uint64 // what this process may raise MemlockBytes to
	HugeBytes       uint64 // the default size of a huge page, 0: there are none
	HugeSizes       int    // how many sizes of huge pages the kernel has
	Huge            []HugePages
}

// String tells it field by field.
func (s System) String() string { return fieldsOf(s) }

// ThisSystem looks at the machine (upnvme_system_get). A file of /sys that cannot be read counts as not there; without
// any /sys that is [CodeSystem].
func ThisSystem() (System, error) {
	s := C.struct_upnvme_system{size: C.sizeof_struct_upnvme_system}
	if _, err := call(func() C.int { return C.upnvme_system_get(&s) }); err != nil {
		return System{}, err
	}
	system := System{Flags: SystemFlags(s.flags), IOMMUGroups: uint32(s.niommu_groups),
		MemlockBytes: uint64(s.memlock_bytes), MemlockMaxBytes: uint64(s.memlock_max_bytes),
		HugeBytes: uint64(s.huge_bytes), HugeSizes: int(s.nhuge_sizes)}
	for _, huge := range s.huge {
		if huge.page_bytes != 0 {
			system.Huge = append(system.Huge, HugePages{uint64(huge.page_bytes), uint64(huge.npages),
				uint64(huge.nfree)})
		}
	}
	return system, nil
}
