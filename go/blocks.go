// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
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
func (ns *Namespace) WriteZeroes(ctx context.Context, lba uint64, blocks uint32) error {
	return ns.Do(ctx, nil, &Op{Opcode: OpWriteZeroes, LBA: lba, Blocks: blocks})
}

// Deallocate tells the device that blocks are not needed any more (upnvme_deallocate).
func (ns *Namespace) Deallocate(ctx context.Context, lba uint64, blocks uint32) error {
	return ns.Do(ctx, nil, &Op{Opcode: OpDatasetManagement, LBA: lba, Blocks: blocks})
}

// Verify has the device read blocks and check them, without moving data (upnvme_verify).
func (ns *Namespace) Verify(ctx context.Context, lba uint64, blocks uint32) error {
	return ns.Do(ctx, nil, &Op{Opcode: OpVerify, LBA: lba, Blocks: blocks})
}

// Do has any one command done, and waits for it (upnvme_exec). The op's NSID and Tag do not matter. A status other than
// success is a [*StatusError].
func (ns *Namespace) Do(ctx context.Context, buf *Buffer, op *Op) error {
	if ns == nil {
		return nullError("namespace")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := buf.hold(); err != nil {
		return err
	}
	l, err := ns.ctrlr.leases.get(ctx)
	if err != nil {
		buf.drop()
		return err
	}
	l.claims.buf = buf
	kept, err := l.do(ctx, ns, buf, op)
	if !kept {
		l.claims.giveBack()
		l.leases.put(l)
	}
	return err
}

func (l *lease) do(ctx context.Context, ns *Namespace, buf *Buffer, op *Op) (kept bool, err error) {
	to := l.op()
	*to = *op
	to.NSID = ns.id
	l.c.base, l.c.bytes = cBuffer(buf)
	return l.run(ctx, ns)
}

// op is the command in C memory, where an offset stands in the place of the pointer.
func (l *lease) op() *Op { return (*Op)(unsafe.Pointer(&l.c.op)) }
