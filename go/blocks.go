// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// Read reads blocks into a buffer (upnvme_read), from any goroutine, by a queue pair that it leases. When the context
// is done it returns at once; the memory stays the device's until that has answered, even if the buffer is freed.
func (ns *Namespace) Read(ctx context.Context, buf *Buffer, lba uint64, blocks uint32) error {
	return ns.Do(ctx, buf, &Op{Opcode: OpRead, LBA: lba, Blocks: blocks})
}

// Write writes blocks from a buffer (upnvme_write); see [Namespace.Read]. When it was cancelled, the blocks may have
// been written or not, and may still be.
func (ns *Namespace) Write(ctx context.Context, buf *Buffer, lba uint64, blocks uint32) error {
	return ns.Do(ctx, buf, &Op{Opcode: OpWrite, LBA: lba, Blocks: blocks})
}

// Compare compares blocks with a buffer (upnvme_compare). That they differ is [ErrCompareFailure].
func (ns *Namespace) Compare(ctx context.Context, buf *Buffer, lba uint64, blocks uint32) error {
	return ns.Do(ctx, buf, &Op{Opcode: OpCompare, LBA: lba, Blocks: blocks})
}

// Flush makes all completed writes durable (upnvme_flush).
func (ns *Namespace) Flush(ctx context.Context) error {
	return ns.Do(ctx, nil, &Op{Opcode: OpFlush})
}

// WriteZeroes makes blocks read as zeroes (upnvme_write_zeroes).
func (ns *Namespace) WriteZeroes(ctx context.Context, lba, blocks uint64) error {
	return ns.doMany(ctx, Op{Opcode: OpWriteZeroes, LBA: lba}, blocks)
}

// Deallocate tells the device that blocks are not needed any more (upnvme_deallocate).
func (ns *Namespace) Deallocate(ctx context.Context, lba, blocks uint64) error {
	return ns.doMany(ctx, Op{Opcode: OpDatasetManagement, LBA: lba}, blocks)
}

// Verify has the device read blocks and check them, without moving data (upnvme_verify).
func (ns *Namespace) Verify(ctx context.Context, lba, blocks uint64) error {
	return ns.doMany(ctx, Op{Opcode: OpVerify, LBA: lba}, blocks)
}

// An op has fewer than 2^32 blocks, a namespace may have more.
const blocksAtOnce = 1 << 31

// doMany has a command without data done for as many blocks as there may be.
func (ns *Namespace) doMany(ctx context.Context, op Op, blocks uint64) error {
	if err := ns.within(op.LBA, blocks); err != nil {
		return err
	}
	var ended uint64
	for {
		op.Blocks = blocksAtOnce
		if left := blocks - ended; left < blocksAtOnce {
			op.Blocks = uint32(left)
		}
		if err := ns.Do(ctx, nil, &op); err != nil {
			return after(ended, blocks, err)
		}
		op.LBA += uint64(op.Blocks)
		if ended += uint64(op.Blocks); ended == blocks {
			return nil
		}
	}
}

// within refuses blocks that are too many for one op before the first of them is done; one op the library checks.
func (ns *Namespace) within(lba, blocks uint64) error {
	if ns == nil || blocks <= blocksAtOnce {
		return nil
	}
	if err := ns.refresh(); err != nil {
		return err
	}
	if all := ns.blocks.Load(); lba > all || blocks > all-lba {
		return &Error{Errno: syscall.ERANGE, Code: CodeLBARange,
			Text: fmt.Sprintf("%d blocks from LBA %d: namespace %d has %d blocks", blocks, lba, ns.id, all)}
	}
	return nil
}

// after is an error that came when so many blocks were done.
func after(ended, of uint64, err error) error {
	if ended == 0 {
		return err
	}
	if status, ok := err.(*StatusError); ok {
		status.Blocks += ended
		return err
	}
	return fmt.Errorf("after %d of %d blocks: %w", ended, of, err)
}

// Do has any one command done, and waits for it (upnvme_exec_at). The op's NSID and Tag do not matter. A status other
// than success is a [*StatusError].
func (ns *Namespace) Do(ctx context.Context, buf *Buffer, op *Op) error {
	if ns == nil {
		return nullError("namespace")
	}
	if op == nil {
		return nullError("op")
	}
	if err := goesOn(ctx); err != nil {
		return err
	}
	if err := buf.hold(); err != nil {
		return err
	}
	kept, err := ns.do(ctx, buf, op)
	if !kept {
		buf.drop()
	}
	return err
}

// do has a command done with a buffer that is held. If it is cancelled, the buffer stays the device's: kept.
func (ns *Namespace) do(ctx context.Context, buf *Buffer, op *Op) (kept bool, err error) {
	p := &ns.ctrlr.leases
	l, rc := p.do(nil, ns, buf, op)
	if l == nil && rc == C.UPNVME_CGO_NO_LEASE {
		if l, err = p.get(ctx); err != nil {
			return false, err
		}
		l, rc = p.do(l, ns, buf, op)
	}
	if l == nil {
		return false, nil
	}
	l.claims.buf = buf
	if kept, err = l.finish(ctx, ns, rc); !kept {
		l.claims = claims{}
		p.put(l)
	}
	return kept, err
}

// do has C run a command, by a lease that the caller has or by one that C takes. Nil: it is done, or the result is
// UPNVME_CGO_NO_LEASE; else the caller is to finish it, and to give the lease back.
func (p *leases) do(l *lease, ns *Namespace, buf *Buffer, op *Op) (*lease, C.int) {
	to := *op
	to.NSID = ns.id
	base, bytes := cBuffer(buf)
	ran := C.upnvme_cgo_do(p.handle(), l.handle(), C.uintptr_t(uintptr(unsafe.Pointer(ns.ptr))),
		*(*C.struct_upnvme_cgo_op)(unsafe.Pointer(&to)), C.struct_upnvme_cgo_room{base, bytes},
		C.uint64_t(p.ctrlr.config.spin))
	return p.ran(ran)
}

func (p *leases) handle() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(p.table.c))) }

func (l *lease) handle() C.uintptr_t {
	if l == nil {
		return 0
	}
	return C.uintptr_t(uintptr(unsafe.Pointer(l.c)))
}

// ran is what C says of a call, and the lease that it has left.
func (p *leases) ran(ran C.struct_upnvme_cgo_ran) (*lease, C.int) {
	runtime.KeepAlive(p.table)
	if ran.lease != nil {
		return p.had(ran.lease), ran.rc
	}
	if ran.rc == C.UPNVME_CGO_SUCCESS_WAKE {
		p.wake()
	}
	return nil, ran.rc
}

// op is the command in C memory, where an offset stands in the place of the pointer.
func (l *lease) op() *Op { return (*Op)(unsafe.Pointer(&l.c.op)) }
