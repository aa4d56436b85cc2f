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

// The most bytes of one piece of a request: through a lease's bounce buffer, and directly. Both are multiples of every
// block size.
const (
	bounceMost = 1 << 20
	directMost = 1 << 30
)

var (
	_ io.ReaderAt = (*Namespace)(nil)
	_ io.WriterAt = (*Namespace)(nil)
)

// ReadAt reads bytes from any offset into any slice, as [io.ReaderAt] says: it reads len(p) bytes, or fails; at the end
// of the namespace it returns the number of bytes before the end, and [io.EOF]. ReadAt leases a queue pair
// (upnvme_exec_at), reads into DMA memory, and copies the data from there. If p lies within a [Buffer], and the request
// is of whole blocks, the device writes into p itself. Several parts of a large request are with the device at a time.
// A namespace whose blocks have metadata is refused with ENOTSUP; if the namespace was formatted since it was last
// seen, the call fails with ESTALE.
func (ns *Namespace) ReadAt(p []byte, off int64) (int, error) {
	return ns.ReadAtContext(context.Background(), p, off)
}

// WriteAt writes bytes to any offset from any slice, as [io.WriterAt] says, by way of DMA memory like
// [Namespace.ReadAt] (upnvme_exec_at). In blocks that it covers in part, WriteAt keeps the other bytes: writes that do
// not overlap may run at the same time, even if they meet in a block. Past the end of the namespace it writes the bytes
// that fit and fails with ENOSPC. After a failure, bytes behind the count may have been written, too.
func (ns *Namespace) WriteAt(p []byte, off int64) (int, error) {
	return ns.WriteAtContext(context.Background(), p, off)
}

// ReadAtContext is [Namespace.ReadAt] (upnvme_exec_at) that returns at once when the context is done. With a context
// that can be done, the device never sees p: nothing touches p after the return.
func (ns *Namespace) ReadAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	q := request{ns: ns, ctx: ctx, p: p, off: off, opcode: OpRead}
	return q.run()
}

// WriteAtContext is [Namespace.WriteAt] (upnvme_exec_at) that returns at once when the context is done. Parts that the
// device has by then may or may not be written; the count is of the bytes written before.
func (ns *Namespace) WriteAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	q := request{ns: ns, ctx: ctx, p: p, off: off, opcode: OpWrite}
	return q.run()
}

var errNoSpace = &Error{Errno: syscall.ENOSPC, Code: CodeLBARange,
	Text: "the write reaches past the end of the namespace"}

// request is a call of one of the four methods above.
type request struct {
	ns     *Namespace
	ctx    context.Context
	p      []byte
	off    int64
	opcode Opcode
	direct bool   // the device reaches p itself
	block  uint64 // bytes of a block when the request began; another size means another format
}

func (q *request) run() (int, error) {
	if q.ns == nil {
		return 0, nullError("namespace")
	}
	if q.off < 0 {
		return 0, invalid("offset %d: it must not be negative", q.off)
	}
	if err := goesOn(q.ctx); err != nil {
		return 0, err
	}
	if err := q.ns.bytesOnly(); err != nil {
		return 0, err
	}
	if q.block = uint64(q.ns.block.Load()); q.block == 0 {
		if err := q.ns.refresh(); err != nil {
			return 0, err
		}
		q.block = uint64(q.ns.block.Load())
	}
	if len(q.p) == 0 && q.ns.ctrlr.closing.Load() {
		return 0, ErrClosed
	}
	if r := q.reachable(); r != nil {
		defer r.drop()
		q.direct = true
	} else if len(q.p) > bounceMost {
		return q.together()
	}
	return q.inTurn()
}

// reachable returns the region that p lies in, held, if the device can move the whole request there; else nil. A call
// that can be cancelled gets nil: p is the caller's again when the call returns.
func (q *request) reachable() *region {
	if q.ctx.Done() != nil || q.block == 0 || uint64(q.off)%q.block != 0 || uint64(len(q.p))%q.block != 0 {
		return nil
	}
	r := q.ns.ctrlr.regions.hold(q.p)
	if r != nil && uintptr(unsafe.Pointer(&q.p[0]))%q.ns.ctrlr.align != 0 {
		r.drop()
		return nil
	}
	return r
}

// inTurn does the request piece by piece, up to the end of the namespace.
func (q *request) inTurn() (n int, err error) {
	for n < len(q.p) {
		e, err := q.next(n)
		if err == nil {
			err = q.some(n, e)
		}
		if err != nil {
			return n, err
		}
		n += int(e.bytes)
	}
	return n, nil
}

// next is the piece that begins at byte n of the request.
func (q *request) next(n int) (extent, error) {
	if e := q.extent(n); e.bytes != 0 {
		return e, nil
	}
	if err := q.ns.refresh(); err != nil {
		return extent{}, err
	}
	if e := q.extent(n); e.bytes != 0 {
		return e, nil
	}
	if q.opcode == OpRead {
		return extent{}, q.ended(io.EOF)
	}
	return extent{}, q.ended(errNoSpace)
}

func (q *request) some(n int, e extent) error {
	p := q.p[n : n+int(e.bytes)]
	if q.opcode == OpWrite && (e.head != 0 || e.tail() != 0) {
		return q.writeParts(p, e)
	}
	return q.move(p, e)
}

// ended returns the error for an offset that no block has: atEnd, or that the namespace has gone or was formatted.
func (q *request) ended(atEnd error) error {
	switch uint64(q.ns.block.Load()) {
	case 0:
		return &Error{Errno: syscall.ENODEV, Code: CodeNamespaceGone,
			Text: fmt.Sprintf("namespace %d is not active any more: it was deleted or detached", q.ns.id)}
	case q.block:
		return atEnd
	}
	return q.ns.wasFormatted()
}

// formatted returns the error for a request that began when the namespace had another format.
func (q *request) formatted() error {
	if err := q.ns.refresh(); err != nil {
		return err
	}
	if err := q.ns.bytesOnly(); err != nil {
		return err
	}
	return q.ended(q.ns.wasFormatted())
}

func (ns *Namespace) wasFormatted() error {
	return &Error{Errno: syscall.ESTALE, Code: CodeNamespaceFormat,
		Text: fmt.Sprintf("namespace %d was formatted, and has blocks of %d bytes now: what is there at an "+
			"offset is no more what it was; call again", ns.id, ns.block.Load())}
}

// bytesOnly is the error for a namespace whose blocks have metadata.
func (ns *Namespace) bytesOnly() error {
	bytes := ns.metadata.Load()
	if bytes == 0 {
		return nil
	}
	return &Error{Errno: syscall.ENOTSUP, Code: CodeMetadata,
		Text: fmt.Sprintf("namespace %d has %d bytes of metadata with each block, for which ReadAt and "+
			"WriteAt have no place: use Read and Write, or Do; Info says where it is", ns.id, bytes)}
}

// extent is a piece of a request: a part that one command moves, through the bounce buffer or directly.
type extent struct {
	lba     uint64
	blocks  uint64
	block   uint64 // bytes of a block
	nblocks uint64 // of the namespace
	head    uint64 // bytes of the first block before the data
	bytes   uint64 // of data
}

func (q *request) extent(n int) extent {
	off, bytes := uint64(q.off)+uint64(n), uint64(len(q.p)-n)
	block, blocks := uint64(q.ns.block.Load()), q.ns.blocks.Load()
	if block == 0 || block != q.block || off/block >= blocks {
		return extent{}
	}
	e := extent{lba: off / block, block: block, nblocks: blocks, head: off % block, bytes: bytes}
	most := uint64(bounceMost)
	if q.direct {
		most = directMost
	}
	if rest := blocks - e.lba; rest < most/block {
		most = rest * block
	}
	if e.bytes > most-e.head {
		e.bytes = most - e.head
	}
	e.blocks = (e.head + e.bytes + block - 1) / block
	return e
}

// tail is the number of bytes of the last block that the data covers; 0: the whole block.
func (e *extent) tail() uint64 { return (e.head + e.bytes) % e.block }

// move reads a piece, or writes one of whole blocks.
func (q *request) move(p []byte, e extent) error {
	leases := &q.ns.ctrlr.leases
	l, rc := leases.atOnce(nil, q, p, &e)
	if l == nil && rc == C.UPNVME_CGO_NO_LEASE {
		var err error
		if l, err = leases.get(q.ctx); err != nil {
			return err
		}
		l, rc = leases.atOnce(l, q, p, &e)
	}
	if l == nil {
		return nil
	}
	if rc == C.UPNVME_CGO_FORMATTED {
		leases.put(l)
		return q.formatted()
	}
	kept, err := l.finish(q.ctx, q.ns, rc)
	if kept {
		return err
	}
	if err == nil && uint64(l.c.block_bytes) != e.block {
		err = q.formatted() // the namespace was formatted meanwhile
	}
	if err == nil && !q.direct {
		if q.opcode == OpRead {
			copy(p, l.bounced()[e.head:])
		}
		l.count(0, e.bytes)
	}
	leases.put(l)
	return err
}

// atOnce makes C do a piece; its results are those of leases.do.
func (p *leases) atOnce(l *lease, q *request, data []byte, e *extent) (*lease, C.int) {
	piece := C.struct_upnvme_cgo_piece{lba: C.uint64_t(e.lba), nblocks: C.uint64_t(e.nblocks),
		bytes: C.uint64_t(e.bytes), blocks: C.uint32_t(e.blocks), block_bytes: C.uint32_t(e.block),
		head: C.uint32_t(e.head), opcode: C.uint16_t(q.opcode)}
	if q.direct {
		piece.direct = 1
	}
	return p.ran(C.upnvme_cgo_at_once(p.handle(), l.handle(), C.uintptr_t(uintptr(unsafe.Pointer(q.ns.ptr))), piece,
		(*C.char)(unsafe.Pointer(&data[0])), C.uint64_t(p.ctrlr.config.spin)))
}

// writeParts writes a piece whose first or last block is written in part: it reads these blocks before.
func (q *request) writeParts(p []byte, e extent) error {
	locks, err := q.ns.lockEnds(q.ctx, &e)
	if err != nil {
		return err
	}
	l, err := q.ns.ctrlr.leases.get(q.ctx)
	if err != nil {
		locks.unlock()
		return err
	}
	l.claims.locks = locks
	kept, err := l.fillAndWrite(q, p, &e)
	if kept {
		return err
	}
	if err == nil {
		l.count(0, e.bytes)
	}
	l.claims.giveBack()
	l.leases.put(l)
	return err
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
func (l *lease) fillAndWrite(q *request, p []byte, e *extent) (kept bool, err error) {
	bounce, err := l.bounce(e.blocks * e.block)
	if err != nil {
		return false, err
	}
	if e.head != 0 {
		if kept, err = l.move(q, OpRead, 0, e.lba, 1); err != nil {
			return kept, err
		}
	}
	if e.tail() != 0 && (e.blocks > 1 || e.head == 0) {
		last := e.blocks - 1
		if kept, err = l.move(q, OpRead, last, e.lba+last, 1); err != nil {
			return kept, err
		}
	}
	copy(bounce[e.head:], p)
	return l.move(q, OpWrite, 0, e.lba, e.blocks)
}

// move reads or writes blocks by the bounce buffer, from its block `at` on.
func (l *lease) move(q *request, opcode Opcode, at, lba, blocks uint64) (kept bool, err error) {
	if C.upnvme_cgo_fits(C.uintptr_t(uintptr(unsafe.Pointer(q.ns.ptr))), C.uint32_t(q.block)) == 0 {
		return false, q.formatted()
	}
	*l.op() = Op{Opcode: opcode, NSID: q.ns.id, LBA: lba, Blocks: uint32(blocks), Offset: at * q.block}
	l.c.room = C.struct_upnvme_cgo_room{C.uintptr_t(uintptr(unsafe.Pointer(l.c.bounce))), l.c.bounce_bytes}
	kept, err = l.run(q.ctx, q.ns)
	if err == nil && uint64(l.c.block_bytes) != q.block {
		err = q.formatted() // the namespace was formatted meanwhile
	}
	return kept, err
}
