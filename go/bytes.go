// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"unsafe"
)

// How much goes through a lease's bounce buffer at once; a multiple of every size of a block.
const bounceMost = 1 << 20

var (
	_ io.ReaderAt = (*Namespace)(nil)
	_ io.WriterAt = (*Namespace)(nil)
)

// ReadAt reads bytes from any offset into any slice, as [io.ReaderAt] says: it reads len(p) bytes, or fails; at the
// end of the namespace it returns what there was and [io.EOF]. It leases a queue pair, has the data put into DMA
// memory, and copies it from there (upnvme_exec).
func (ns *Namespace) ReadAt(p []byte, off int64) (int, error) {
	return ns.ReadAtContext(context.Background(), p, off)
}

// WriteAt writes bytes to any offset from any slice, as [io.WriterAt] says. Of blocks that it covers in part it keeps
// the rest: writes that do not overlap may be made at the same time, even if they meet in a block. Past the end of
// the namespace it writes what fits and fails with ENOSPC.
func (ns *Namespace) WriteAt(p []byte, off int64) (int, error) {
	return ns.WriteAtContext(context.Background(), p, off)
}

// ReadAtContext is [Namespace.ReadAt] that returns at once when the context is done. The device never sees p: nothing
// touches it after the return.
func (ns *Namespace) ReadAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	return ns.each(ctx, p, off, io.EOF, (*Namespace).readSome)
}

// WriteAtContext is [Namespace.WriteAt] that returns at once when the context is done. What the device was given by
// then may or may not be written; the count is of what was written before that.
func (ns *Namespace) WriteAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	return ns.each(ctx, p, off, errNoSpace, (*Namespace).writeSome)
}

var errNoSpace = &Error{syscall.ENOSPC, CodeLBARange, "the write reaches past the end of the namespace"}

// each has a request done piece by piece, up to the end of the namespace.
func (ns *Namespace) each(ctx context.Context, p []byte, off int64, atEnd error,
	some func(*Namespace, context.Context, []byte, extent) error) (n int, err error) {
	if ns == nil {
		return 0, nullError("namespace")
	}
	if off < 0 {
		return 0, invalid("offset %d: it must not be negative", off)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for n < len(p) {
		e := ns.extent(uint64(off)+uint64(n), uint64(len(p)-n))
		if e.bytes == 0 {
			if err := ns.refresh(); err != nil {
				return n, err
			}
			if e = ns.extent(uint64(off)+uint64(n), uint64(len(p)-n)); e.bytes == 0 {
				return n, ns.ended(atEnd)
			}
		}
		if err := some(ns, ctx, p[n:n+int(e.bytes)], e); err != nil {
			return n, err
		}
		n += int(e.bytes)
	}
	if len(p) == 0 && ns.ctrlr.closing.Load() {
		return 0, ErrClosed
	}
	return n, nil
}

// ended is why there is nothing at an offset.
func (ns *Namespace) ended(atEnd error) error {
	if ns.block.Load() != 0 {
		return atEnd
	}
	return &Error{syscall.ENODEV, CodeNamespaceGone, fmt.Sprintf("namespace %d is not there any more", ns.id)}
}

// extent is a part of a request that goes through the bounce buffer at once.
type extent struct {
	lba    uint64
	blocks uint64
	block  uint64 // bytes of one
	head   uint64 // bytes of the first block before the data
	bytes  uint64 // of data
}

func (ns *Namespace) extent(off, bytes uint64) extent {
	block, blocks := uint64(ns.block.Load()), ns.blocks.Load()
	if block == 0 || off/block >= blocks {
		return extent{}
	}
	e := extent{lba: off / block, block: block, head: off % block, bytes: bytes}
	most := uint64(bounceMost)
	if rest := blocks - e.lba; rest < most/block {
		most = rest * block
	}
	if e.bytes > most-e.head {
		e.bytes = most - e.head
	}
	e.blocks = (e.head + e.bytes + block - 1) / block
	return e
}

// tail is how many bytes of the last block the data covers; 0: all.
func (e *extent) tail() uint64 { return (e.head + e.bytes) % e.block }

func (ns *Namespace) readSome(ctx context.Context, p []byte, e extent) error {
	l, err := ns.ctrlr.leases.get(ctx)
	if err != nil {
		return err
	}
	bounce, err := l.bounce(e.blocks * e.block)
	if err == nil {
		var kept bool
		if kept, err = l.move(ctx, ns, OpRead, 0, e.lba, e.blocks, e.block); kept {
			return err
		}
	}
	if err == nil {
		copy(p, bounce[e.head:])
		l.bounced.Add(e.bytes)
	}
	l.leases.put(l)
	return err
}

func (ns *Namespace) writeSome(ctx context.Context, p []byte, e extent) error {
	var locks blockLocks
	var err error
	if e.head != 0 || e.tail() != 0 {
		if locks, err = ns.lockEnds(ctx, &e); err != nil {
			return err
		}
	}
	l, err := ns.ctrlr.leases.get(ctx)
	if err != nil {
		locks.unlock()
		return err
	}
	l.claims.locks = locks
	if kept, err := l.fillAndWrite(ctx, ns, p, &e); kept {
		return err
	} else if err != nil {
		l.claims.giveBack()
		l.leases.put(l)
		return err
	}
	l.bounced.Add(e.bytes)
	l.claims.giveBack()
	l.leases.put(l)
	return nil
}

// lockEnds locks the blocks that are written in part: the first, the last, or both.
func (ns *Namespace) lockEnds(ctx context.Context, e *extent) (blockLocks, error) {
	first, last := e.lba, e.lba+e.blocks-1
	if e.head == 0 {
		first = last
	} else if e.tail() == 0 {
		last = first
	}
	return ns.locks.lock(ctx, first, last)
}

// fillAndWrite puts the whole blocks together in the bounce buffer and writes them.
func (l *lease) fillAndWrite(ctx context.Context, ns *Namespace, p []byte, e *extent) (kept bool, err error) {
	bounce, err := l.bounce(e.blocks * e.block)
	if err != nil {
		return false, err
	}
	if e.head != 0 {
		if kept, err = l.move(ctx, ns, OpRead, 0, e.lba, 1, e.block); err != nil {
			return kept, err
		}
	}
	if e.tail() != 0 && (e.blocks > 1 || e.head == 0) {
		last := e.blocks - 1
		if kept, err = l.move(ctx, ns, OpRead, last, e.lba+last, 1, e.block); err != nil {
			return kept, err
		}
	}
	copy(bounce[e.head:], p)
	return l.move(ctx, ns, OpWrite, 0, e.lba, e.blocks, e.block)
}

// move reads or writes blocks by the bounce buffer, from its block `at` on.
func (l *lease) move(ctx context.Context, ns *Namespace, opcode Opcode, at, lba, blocks, block uint64) (bool, error) {
	*l.op() = Op{Opcode: opcode, NSID: ns.id, LBA: lba, Blocks: uint32(blocks), Offset: at * block}
	l.c.base, l.c.bytes = C.uintptr_t(uintptr(unsafe.Pointer(l.c.bounce))), l.c.bounce_bytes
	return l.run(ctx, ns)
}
