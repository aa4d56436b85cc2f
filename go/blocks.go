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
// is done Read returns at once; the memory stays with the device until that has answered, even if the buffer is freed.
func (ns *Namespace) Read(ctx context.Context, buf *Buffer, lba uint64, blocks uint32) error {
	return ns.Do(ctx, buf, &Op{Opcode: OpRead, LBA: lba, Blocks: blocks})
}

// Write writes blocks from a buffer (upnvme_write); see [Namespace.Read]. After a cancelled call the blocks may have
// been written or not, and may still be written.
func (ns *Namespace) Write(ctx context.Context, buf *Buffer, lba uint64, blocks uint32) error {
	return ns.Do(ctx, buf, &Op{Opcode: OpWrite, LBA: lba, Blocks: blocks})
}

// Compare compares blocks with a buffer (upnvme_compare). A difference is [ErrCompareFailure].
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

// Verify makes the device read blocks and check them, without moving data (upnvme_verify).
func (ns *Namespace) Verify(ctx context.Context, lba, blocks uint64) error {
	return ns.doMany(ctx, Op{Opcode: OpVerify, LBA: lba}, blocks)
}

// blocksAtOnce is the most blocks of one op: fewer than the 2^32 that its field has room for, and a power of two, so
// that aligned requests have aligned parts. A namespace may have more blocks.
const blocksAtOnce = 1 << 31

// doMany executes a command without data, for any number of blocks.
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

// within refuses a range past the end before the first of several ops; the library checks a single op itself.
func (ns *Namespace) within(lba, blocks uint64) error {
	if ns == nil || blocks <= blocksAtOnce {
		return nil
	}
	if err := ns.refresh(); err != nil {
		return err
	}
	if all := ns.blocks.Load(); lba > all || blocks > all-lba {
		return &Error{Errno: syscall.ERANGE, Code: CodeLBARange,
			Text: fmt.Sprintf("LBA %d and %d blocks pass the end of namespace %d, which has %d blocks",
				lba, blocks, ns.id, all)}
	}
	return nil
}

// after adds the number of blocks that were done before an error to the error.
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

// Do executes any one command, and waits for it (upnvme_exec_at). The op's NSID and Tag do not matter. A status other
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

// do executes a command with a buffer that is held. If the call is cancelled, kept is true: the buffer stays held until
// the device has answered.
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

// do makes C run a command, by a lease that the caller has or by one that C takes. A nil lease: the command is done, or
// the result is UPNVME_CGO_NO_LEASE; else the caller finishes the command, and gives the lease back.
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

// ran returns the lease that C has left with the caller, and C's result of the call; it wakes a caller that waits.
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

// op is the lease's command, in C memory, with an offset in the place of the pointer.
func (l *lease) op() *Op { return (*Op)(unsafe.Pointer(&l.c.op)) }
