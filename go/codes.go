// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

// Code says what went wrong, finer than an errno. Codes are never renumbered (UPNVME_ERR_... of upnvme/error.h).
type Code uint32

// The codes. A status that a device answers has no code, but is a [StatusError].
const (
	CodeNone Code = C.UPNVME_ERR_NONE // nothing has failed
	// arguments
	CodeNull          Code = C.UPNVME_ERR_NULL           // a pointer argument is null
	CodeArgument      Code = C.UPNVME_ERR_ARGUMENT       // a value is out of its range
	CodeOptionsSize   Code = C.UPNVME_ERR_OPTIONS_SIZE   // options struct smaller than its first version
	CodeOptionsFuture Code = C.UPNVME_ERR_OPTIONS_FUTURE // -E2BIG: unknown bytes of an options struct are set
	CodeFlags         Code = C.UPNVME_ERR_FLAGS          // unknown or contradictory flags
	CodeOpcode        Code = C.UPNVME_ERR_OPCODE         // an opcode that this form of call does not take
	CodeURI           Code = C.UPNVME_ERR_URI            // not of the form scheme:path?key=value
	CodeURIScheme     Code = C.UPNVME_ERR_URI_SCHEME     // unknown scheme
	CodeURIKey        Code = C.UPNVME_ERR_URI_KEY        // unknown, doubled or unfitting key
	CodeURIValue      Code = C.UPNVME_ERR_URI_VALUE      // a malformed or impossible value
	// media of the software controller
	CodeMediaOpen   Code = C.UPNVME_ERR_MEDIA_OPEN   // the file is missing or may not be opened
	CodeMediaType   Code = C.UPNVME_ERR_MEDIA_TYPE   // a directory, a socket, ...
	CodeMediaSize   Code = C.UPNVME_ERR_MEDIA_SIZE   // empty, or not a multiple of the block size
	CodeMediaBlock  Code = C.UPNVME_ERR_MEDIA_BLOCK  // block size no power of two from 512 to 64 KiB
	CodeMediaLocked Code = C.UPNVME_ERR_MEDIA_LOCKED // another writer (for a writer: or reader) has the file
	// controllers
	CodeControllerTimeout     Code = C.UPNVME_ERR_CTRLR_TIMEOUT     // the controller did not answer in time
	CodeControllerFatal       Code = C.UPNVME_ERR_CTRLR_FATAL       // CSTS.CFS, or registers that read all ones
	CodeControllerUnsupported Code = C.UPNVME_ERR_CTRLR_UNSUPPORTED // the controller lacks what this driver needs
	CodeControllerInvalid     Code = C.UPNVME_ERR_CTRLR_INVALID     // the controller reports a forbidden value
	CodeControllerFailed      Code = C.UPNVME_ERR_CTRLR_FAILED      // the controller was given up after a failure
	CodeControllerStatus      Code = C.UPNVME_ERR_CTRLR_STATUS      // the controller answered with an error status
	CodeBusyChildren          Code = C.UPNVME_ERR_BUSY_CHILDREN     // closing a parent whose queue pairs live
	CodeAdminFull             Code = C.UPNVME_ERR_ADMIN_FULL        // too many admin commands outstanding
	CodeNotDurable            Code = C.UPNVME_ERR_NOT_DURABLE       // closed, but what was not flushed may be lost
	// namespaces
	CodeNamespaceNotFound Code = C.UPNVME_ERR_NS_NOT_FOUND // no active namespace with that identifier
	CodeNamespaceGone     Code = C.UPNVME_ERR_NS_GONE      // the namespace was there and is not any more
	CodeNamespaceForeign  Code = C.UPNVME_ERR_NS_FOREIGN   // of another controller than the queue pair's
	CodeNamespaceFormat   Code = C.UPNVME_ERR_NS_FORMAT    // a format that the driver does not take
	CodeNamespaceChanging Code = C.UPNVME_ERR_NS_CHANGING  // I/O while a command changes namespaces
	// queue pairs
	CodeQPairLimit        Code = C.UPNVME_ERR_QPAIR_LIMIT        // no more queue pairs, or interrupts, can be had
	CodeWrongThread       Code = C.UPNVME_ERR_WRONG_THREAD       // the calling thread does not own this queue pair
	CodeForked            Code = C.UPNVME_ERR_FORKED             // a handle of the parent process, used after fork
	CodeQPairClosed       Code = C.UPNVME_ERR_QPAIR_CLOSED       // the queue pair was stopped or is closing
	CodeInCallback        Code = C.UPNVME_ERR_IN_CALLBACK        // -EDEADLK: a poll, reap or exec within a callback
	CodeQPairOwned        Code = C.UPNVME_ERR_QPAIR_OWNED        // adopting a queue pair that has an owner
	CodeQPairReleased     Code = C.UPNVME_ERR_QPAIR_RELEASED     // the queue pair was released and not adopted
	CodeBlocks            Code = C.UPNVME_ERR_BLOCKS             // zero blocks, or more than one request may have
	CodeLBARange          Code = C.UPNVME_ERR_LBA_RANGE          // blocks past the namespace's end, or wrapped
	CodeBufferAlign       Code = C.UPNVME_ERR_BUFFER_ALIGN       // not aligned as the controller needs it
	CodeBufferUnreachable Code = C.UPNVME_ERR_BUFFER_UNREACHABLE // not (wholly) where the device can reach
	CodeIOVec             Code = C.UPNVME_ERR_IOVEC              // a segment no PRP or SGL can say; a wrong total
	CodeMetadata          Code = C.UPNVME_ERR_METADATA           // metadata missing, unreachable, or not taken
	CodeUnsupported       Code = C.UPNVME_ERR_UNSUPPORTED        // the controller, or the way to it, lacks it
	CodeTransfer          Code = C.UPNVME_ERR_TRANSFER           // too large, or not what its command moves
	CodeTimeout           Code = C.UPNVME_ERR_TIMEOUT            // upnvme_exec: not all was done in time
	CodeBufferShort       Code = C.UPNVME_ERR_BUFFER_SHORT       // blocks that pass the end of the buffer
	// memory
	CodeNoMemory         Code = C.UPNVME_ERR_NO_MEMORY          // no memory, or no room for another domain of it
	CodeMemNotAllocated  Code = C.UPNVME_ERR_MEM_NOT_ALLOCATED  // freeing what upnvme_dma_alloc did not give
	CodeMemNotRegistered Code = C.UPNVME_ERR_MEM_NOT_REGISTERED // unregistering what is not registered
	CodeMemBusy          Code = C.UPNVME_ERR_MEM_BUSY           // unregistering what a command may still touch
	// the system
	CodeSystem Code = C.UPNVME_ERR_SYSTEM // the operating system refused; the sentence says why
	// devices on a bus
	CodeDeviceNotFound Code = C.UPNVME_ERR_DEVICE_NOT_FOUND // no device at that address
	CodeDeviceClass    Code = C.UPNVME_ERR_DEVICE_CLASS     // the device is not an NVMe controller
	CodeDeviceDriver   Code = C.UPNVME_ERR_DEVICE_DRIVER    // bound to another driver than the one needed
	CodeDeviceIOMMU    Code = C.UPNVME_ERR_DEVICE_IOMMU     // there is no IOMMU, or it cannot do what is needed
	CodeDeviceGroup    Code = C.UPNVME_ERR_DEVICE_GROUP     // other drivers hold devices of its IOMMU group
	CodeDeviceAccess   Code = C.UPNVME_ERR_DEVICE_ACCESS    // this user may not open the device
	CodeDeviceBusy     Code = C.UPNVME_ERR_DEVICE_BUSY      // another process, or a mount, uses the device
	CodeDeviceBAR      Code = C.UPNVME_ERR_DEVICE_BAR       // the registers cannot be mapped, or are too few
	CodeMemLockLimit   Code = C.UPNVME_ERR_MEM_LOCK_LIMIT   // RLIMIT_MEMLOCK does not allow that much
	CodeDeviceAddress  Code = C.UPNVME_ERR_DEVICE_ADDRESS   // not of the form domain:bus:device.function
	CodeDriverMissing  Code = C.UPNVME_ERR_DRIVER_MISSING   // the driver to bind it to is not loaded
	CodeBind           Code = C.UPNVME_ERR_BIND             // the driver did not take the device, which is back
	CodeBindStuck      Code = C.UPNVME_ERR_BIND_STUCK       // likewise, but the former driver did not take it back
	CodeHugePages      Code = C.UPNVME_ERR_HUGE_PAGES       // too few huge pages are free, or there are none
	CodePlugin         Code = C.UPNVME_ERR_PLUGIN           // a part of the library is missing, or of another build
	CodeUnsafe         Code = C.UPNVME_ERR_UNSAFE           // a device that could reach all memory needs unsafe=1
	CodeDeviceUnseen   Code = C.UPNVME_ERR_DEVICE_UNSEEN    // the users of the device cannot be seen from here
	CodeDevicePower    Code = C.UPNVME_ERR_DEVICE_POWER     // the device sleeps (D3) and does not wake
)

// String names the code as C does, for example "UPNVME_ERR_LBA_RANGE" (upnvme_error_name).
func (c Code) String() string {
	return C.GoString(C.upnvme_error_name(C.uint32_t(c)))
}
