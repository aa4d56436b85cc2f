// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// Namespace is a namespace of a controller (upnvme_ns). Any goroutine may use it. A Namespace is an [io.ReaderAt] and
// an [io.WriterAt] of bytes; its other methods move blocks from and to a [Buffer], with a context.
type Namespace struct {
	ctrlr    *Controller
	ptr      *C.upnvme_ns
	id       uint32
	block    atomic.Uint32 // bytes, as last seen
	blocks   atomic.Uint64
	metadata atomic.Uint32 // metadata bytes of a block
	locks    blockLockTable
}

// Namespace gives an active namespace, the same each time (upnvme_ns_get).
func (c *Controller) Namespace(nsid uint32) (*Namespace, error) {
	var ptr *C.upnvme_ns
	if _, err := c.use(func() C.int { return C.upnvme_ns_get(&ptr, c.ptr, C.uint32_t(nsid)) }); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ns := c.namespaces[nsid]
	if ns == nil || ns.ptr != ptr {
		ns = &Namespace{ctrlr: c, ptr: ptr, id: nsid}
		ns.locks.setUp()
		ns.ask()
		c.namespaces[nsid] = ns
	}
	return ns, nil
}

// Namespaces gives the active namespaces in the order of their identifiers (upnvme_ns_next, upnvme_ns_get).
func (c *Controller) Namespaces() ([]*Namespace, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.gate.leave()
	var all []*Namespace
	for nsid := C.upnvme_ns_next(c.ptr, 0); nsid != 0; nsid = C.upnvme_ns_next(c.ptr, nsid) {
		ns, err := c.Namespace(uint32(nsid))
		var e *Error
		if errors.As(err, &e) && e.Code == CodeNamespaceNotFound {
			continue // the namespace has gone meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, ns)
	}
	return all, nil
}

// NextNamespace walks the active namespaces in the order of their identifiers: it returns the identifier after nsid,
// the first one after 0, and 0 after the last one or for a closed controller (upnvme_ns_next). [Controller.Namespaces]
// fails for a closed controller.
func (c *Controller) NextNamespace(nsid uint32) uint32 {
	if c.enter() != nil {
		return 0
	}
	defer c.gate.leave()
	return uint32(C.upnvme_ns_next(c.ptr, C.uint32_t(nsid)))
}

func (ns *Namespace) note(block uint32, blocks uint64) {
	if ns.block.Load() != block || ns.blocks.Load() != blocks {
		ns.block.Store(block)
		ns.blocks.Store(blocks)
	}
}

// ask notes what the library knows of the namespace. The caller keeps the controller open.
func (ns *Namespace) ask() {
	ns.note(uint32(C.upnvme_ns_block_size(ns.ptr)), uint64(C.upnvme_ns_block_count(ns.ptr)))
	ns.metadata.Store(uint32(C.upnvme_ns_metadata_size(ns.ptr)))
}

// refreshNamespaces notes what the library knows of all namespaces, after a command or an event that may have changed
// them. The caller keeps the controller open.
func (c *Controller) refreshNamespaces() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ns := range c.namespaces {
		ns.ask()
	}
}

// refresh asks the library for the namespace's current properties.
func (ns *Namespace) refresh() error {
	if err := ns.ctrlr.enter(); err != nil {
		return err
	}
	defer ns.ctrlr.gate.leave()
	ns.ask()
	return nil
}

// look returns f's answer, or 0 for a nil namespace and for one of a closed controller.
func (ns *Namespace) look(f func() uint64) uint64 {
	if ns == nil || ns.ctrlr.enter() != nil {
		return 0
	}
	defer ns.ctrlr.gate.leave()
	return f()
}

// Controller is the controller of the namespace.
func (ns *Namespace) Controller() *Controller {
	if ns == nil {
		return nil
	}
	return ns.ctrlr
}

// ID is the namespace identifier; 0 if the namespace is gone (upnvme_ns_id).
func (ns *Namespace) ID() uint32 {
	return uint32(ns.look(func() uint64 { return uint64(C.upnvme_ns_id(ns.ptr)) }))
}

// BlockSize is the number of bytes of a logical block, without metadata (upnvme_ns_block_size).
func (ns *Namespace) BlockSize() int {
	return int(ns.look(func() uint64 { return uint64(C.upnvme_ns_block_size(ns.ptr)) }))
}

// Blocks is the number of logical blocks (upnvme_ns_block_count).
func (ns *Namespace) Blocks() uint64 {
	return ns.look(func() uint64 { return uint64(C.upnvme_ns_block_count(ns.ptr)) })
}

// Size is the number of bytes of data of the namespace (upnvme_ns_block_count, upnvme_ns_block_size).
func (ns *Namespace) Size() int64 { return int64(ns.Blocks() * uint64(ns.BlockSize())) }

// MetadataSize is the number of bytes of metadata of a block (upnvme_ns_metadata_size).
func (ns *Namespace) MetadataSize() int {
	return int(ns.look(func() uint64 { return uint64(C.upnvme_ns_metadata_size(ns.ptr)) }))
}

// MaxTransferBlocks is the most blocks that one command moves; larger requests are split
// (upnvme_ns_max_transfer_blocks).
func (ns *Namespace) MaxTransferBlocks() uint32 {
	return uint32(ns.look(func() uint64 { return uint64(C.upnvme_ns_max_transfer_blocks(ns.ptr)) }))
}

// NamespaceInfo has the properties of a namespace (upnvme_ns_info_get; NVM Command Set 1.0c, 4.1.5.1).
type NamespaceInfo struct {
	ID                   uint32
	Blocks               uint64 // NSZE
	CapacityBlocks       uint64 // NCAP
	UsedBlocks           uint64 // NUSE
	BlockBytes           uint32
	MetadataBytes        uint32 // of a block
	MaxTransferBlocks    uint32
	BoundaryBlocks       uint32 // requests are split there (NOIOB)
	MetadataExtended     bool   // metadata follows each block's data in the buffer
	Protection           uint8  // end-to-end protection type, 0: none
	DeallocatedReadsZero bool
	ReadOnly             bool
	EUI64                [8]byte
	NGUID                [16]byte
	UUID                 [16]byte
	MaxWriteZeroesBlocks uint32 // of one command; larger requests are split
	MaxVerifyBlocks      uint32 // likewise

	// Hints for the best performance; 0: not told.
	WriteGranularityBlocks      uint32 // the best writes have a multiple of so many blocks (NPWG)
	WriteAlignmentBlocks        uint32 // the best writes begin at a multiple of so many blocks (NPWA)
	DeallocateGranularityBlocks uint32 // the same for deallocations (NPDG)
	DeallocateAlignmentBlocks   uint32 // the same for deallocations (NPDA)
	OptimalWriteBlocks          uint32 // blocks of the fastest writes (NOWS)

	// The blocks that one command writes atomically: in any namespace of the controller, and in this one; also if
	// the power fails.
	CtrlrAtomicBlocks             uint32 // AWUN
	CtrlrAtomicPowerFailBlocks    uint32 // AWUPF
	AtomicBlocks                  uint32 // NAWUN, or AWUN
	AtomicPowerFailBlocks         uint32 // NAWUPF, or AWUPF
	AtomicBoundaryBlocks          uint32 // between the boundaries that such a write must not cross (NABSN); 0: none
	AtomicBoundaryPowerFailBlocks uint32 // the same for power failures (NABSPF)
	AtomicBoundaryOffset          uint32 // the block of the first of these boundaries (NABO)
}

// String tells it field by field.
func (i NamespaceInfo) String() string { return fieldsOf(i) }

// Info tells what the namespace is, from a fresh Identify (upnvme_ns_info_get).
func (ns *Namespace) Info() (NamespaceInfo, error) {
	if ns == nil {
		return NamespaceInfo{}, nullError("namespace")
	}
	i := C.struct_upnvme_ns_info{size: C.sizeof_struct_upnvme_ns_info}
	if _, err := ns.ctrlr.use(func() C.int { return C.upnvme_ns_info_get(ns.ptr, &i) }); err != nil {
		return NamespaceInfo{}, err
	}
	return NamespaceInfo{
		ID: uint32(i.nsid), Blocks: uint64(i.block_count), CapacityBlocks: uint64(i.capacity_blocks),
		UsedBlocks: uint64(i.used_blocks), BlockBytes: uint32(i.block_bytes),
		MetadataBytes:     uint32(i.metadata_bytes),
		MaxTransferBlocks: uint32(i.max_transfer_blocks), BoundaryBlocks: uint32(i.boundary_blocks),
		MetadataExtended: i.metadata_extended != 0, Protection: uint8(i.protection),
		DeallocatedReadsZero: i.deallocated_reads_zero != 0, ReadOnly: i.readonly != 0,
		EUI64: *(*[8]byte)(unsafe.Pointer(&i.eui64)), NGUID: *(*[16]byte)(unsafe.Pointer(&i.nguid)),
		UUID:                 *(*[16]byte)(unsafe.Pointer(&i.uuid)),
		MaxWriteZeroesBlocks: uint32(i.max_write_zeroes_blocks), MaxVerifyBlocks: uint32(i.max_verify_blocks),
		WriteGranularityBlocks:        uint32(i.write_granularity_blocks),
		WriteAlignmentBlocks:          uint32(i.write_alignment_blocks),
		DeallocateGranularityBlocks:   uint32(i.deallocate_granularity_blocks),
		DeallocateAlignmentBlocks:     uint32(i.deallocate_alignment_blocks),
		OptimalWriteBlocks:            uint32(i.optimal_write_blocks),
		CtrlrAtomicBlocks:             uint32(i.ctrlr_atomic_blocks),
		CtrlrAtomicPowerFailBlocks:    uint32(i.ctrlr_atomic_power_fail_blocks),
		AtomicBlocks:                  uint32(i.atomic_blocks),
		AtomicPowerFailBlocks:         uint32(i.atomic_power_fail_blocks),
		AtomicBoundaryBlocks:          uint32(i.atomic_boundary_blocks),
		AtomicBoundaryPowerFailBlocks: uint32(i.atomic_boundary_power_fail_blocks),
		AtomicBoundaryOffset:          uint32(i.atomic_boundary_offset),
	}, nil
}

// nsHandle is the handle of a namespace that may be nil.
func nsHandle(ns *Namespace) *C.upnvme_ns {
	if ns == nil {
		return nil
	}
	return ns.ptr
}
