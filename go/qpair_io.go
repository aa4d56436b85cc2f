// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"fmt"
	"math"
	"time"
	"unsafe"
)

// Read starts to read blocks into a buffer (upnvme_read); fn, which may be nil, runs within Poll or Reap when the
// command is done. A buffer that is too small is an error, and nothing is submitted. A full queue pair is
// [ErrQueueFull].
func (q *QPair) Read(ns *Namespace, buf *Buffer, lba uint64, blocks uint32, fn func(Completion)) error {
	return q.move(C.UPNVME_CGO_READ, ns, buf, lba, blocks, fn)
}

// Write starts to write blocks from a buffer (upnvme_write).
func (q *QPair) Write(ns *Namespace, buf *Buffer, lba uint64, blocks uint32, fn func(Completion)) error {
	return q.move(C.UPNVME_CGO_WRITE, ns, buf, lba, blocks, fn)
}

// Compare starts to compare blocks with a buffer (upnvme_compare).
func (q *QPair) Compare(ns *Namespace, buf *Buffer, lba uint64, blocks uint32, fn func(Completion)) error {
	return q.move(C.UPNVME_CGO_COMPARE, ns, buf, lba, blocks, fn)
}

func (q *QPair) move(verb C.uint32_t, ns *Namespace, buf *Buffer, lba uint64, blocks uint32,
	fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	if err := buf.hold(); err != nil {
		return err
	}
	base, bytes := cBuffer(buf)
	rc := C.upnvme_cgo_move(q.c, unsafe.Pointer(nsHandle(ns)), base, bytes, C.uint64_t(lba), C.uint32_t(blocks),
		verb, C.uint32_t(q.free))
	buf.drop()
	return q.started(rc, fn)
}

// ready returns the error if no command can be submitted. The slot is taken only when the library has accepted the
// command, since the library checks whether this is the owner's thread.
func (q *QPair) ready() error {
	if err := q.usable(); err != nil {
		return err
	}
	if q.closing || q.ctrlr.closing.Load() {
		return ErrClosed
	}
	if q.free == uint32(len(q.slots)) {
		if err := q.Ring(); err != nil {
			return err
		}
		return ErrQueueFull
	}
	return nil
}

func (q *QPair) started(rc C.int, fn func(Completion)) error {
	if rc < 0 {
		return lastError(rc)
	}
	s := &q.slots[q.free]
	q.free = s.next
	s.fn = fn
	return nil
}

// Flush starts to make all completed writes of the namespace durable (upnvme_flush).
func (q *QPair) Flush(ns *Namespace, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	return q.started(C.upnvme_cgo_flush(q.c, nsHandle(ns), C.uint32_t(q.free)), fn)
}

// WriteZeroes starts to make blocks read as zeroes (upnvme_write_zeroes).
func (q *QPair) WriteZeroes(ns *Namespace, lba uint64, blocks uint32, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	rc := C.upnvme_cgo_write_zeroes(q.c, nsHandle(ns), C.uint64_t(lba), C.uint32_t(blocks), C.uint32_t(q.free))
	return q.started(rc, fn)
}

// Deallocate starts to tell the device that blocks are not needed any more (upnvme_deallocate).
func (q *QPair) Deallocate(ns *Namespace, lba uint64, blocks uint32, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	rc := C.upnvme_cgo_deallocate(q.c, nsHandle(ns), C.uint64_t(lba), C.uint32_t(blocks), C.uint32_t(q.free))
	return q.started(rc, fn)
}

// Verify starts to make the device read blocks and check them, without moving data (upnvme_verify).
func (q *QPair) Verify(ns *Namespace, lba uint64, blocks uint32, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	rc := C.upnvme_cgo_verify(q.c, nsHandle(ns), C.uint64_t(lba), C.uint32_t(blocks), C.uint32_t(q.free))
	return q.started(rc, fn)
}

// segment is a struct iovec, with a number where C has a pointer.
type segment struct{ base, bytes uintptr }

// holdAll holds all the buffers, or none, and returns C's array of them.
func holdAll(bufs []*Buffer) ([]segment, error) {
	segments := make([]segment, len(bufs)+1)
	for i, buf := range bufs {
		if err := buf.hold(); err != nil {
			dropAll(bufs[:i])
			return nil, err
		}
		if buf != nil {
			segments[i] = segment{uintptr(buf.ptr()), uintptr(buf.bytes)}
		}
	}
	return segments, nil
}

func dropAll(bufs []*Buffer) {
	for _, buf := range bufs {
		buf.drop()
	}
}

// Readv starts to read blocks into several buffers or parts of buffers, one after the other (upnvme_readv). Their
// lengths together must be that of the blocks.
func (q *QPair) Readv(ns *Namespace, bufs []*Buffer, lba uint64, blocks uint32, fn func(Completion)) error {
	return q.movev(C.UPNVME_CGO_READ, ns, bufs, lba, blocks, fn)
}

// Writev starts to write blocks from several buffers or parts of buffers (upnvme_writev).
func (q *QPair) Writev(ns *Namespace, bufs []*Buffer, lba uint64, blocks uint32, fn func(Completion)) error {
	return q.movev(C.UPNVME_CGO_WRITE, ns, bufs, lba, blocks, fn)
}

func (q *QPair) movev(verb C.uint32_t, ns *Namespace, bufs []*Buffer, lba uint64, blocks uint32,
	fn func(Completion)) error {
	return q.vectored(bufs, fn, func(segments unsafe.Pointer) C.int {
		return C.upnvme_cgo_movev(q.c, nsHandle(ns), segments, C.uint32_t(len(bufs)), C.uint64_t(lba),
			C.uint32_t(blocks), verb, C.uint32_t(q.free))
	})
}

// vectored submits a command with several buffers, which are held during the submission.
func (q *QPair) vectored(bufs []*Buffer, fn func(Completion), submit func(segments unsafe.Pointer) C.int) error {
	if err := q.ready(); err != nil {
		return err
	}
	segments, err := holdAll(bufs)
	if err != nil {
		return err
	}
	defer dropAll(bufs)
	return q.started(submit(unsafe.Pointer(&segments[0])), fn)
}

// IO starts any one command (upnvme_io_at), with its data in buf. The op's Tag does not matter.
func (q *QPair) IO(buf *Buffer, op *Op, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	if op == nil {
		return nullError("op")
	}
	if err := buf.hold(); err != nil {
		return err
	}
	defer buf.drop()
	base, bytes := cBuffer(buf)
	rc := C.upnvme_cgo_io(q.c, unsafe.Pointer(op), base, bytes, C.uint32_t(q.free))
	return q.started(rc, fn)
}

// IOVec is [QPair.IO] with the data in several buffers or parts of buffers (upnvme_io); the op's Offset does not
// matter.
func (q *QPair) IOVec(bufs []*Buffer, op *Op, fn func(Completion)) error {
	if op == nil {
		return nullError("op")
	}
	return q.vectored(bufs, fn, func(segments unsafe.Pointer) C.int {
		return C.upnvme_cgo_iov(q.c, unsafe.Pointer(op), segments, C.uint32_t(len(bufs)), C.uint32_t(q.free))
	})
}

// Raw starts a command given dword by dword, with all of buf as its data (upnvme_io with struct upnvme_raw); buf is nil
// for a command without data. The command is sent as it is: the caller makes sure that the data fits into the buffer.
func (q *QPair) Raw(raw *RawCommand, buf *Buffer, fn func(Completion)) error {
	if err := q.ready(); err != nil {
		return err
	}
	if err := raw.check(uint64(buf.Len())); err != nil {
		return err
	}
	if err := buf.hold(); err != nil {
		return err
	}
	defer buf.drop()
	var c C.struct_upnvme_raw
	raw.fill(&c, nil, 0)
	if buf != nil {
		c.data_bytes = C.uint32_t(buf.bytes)
	}
	base, _ := cBuffer(buf)
	return q.started(C.upnvme_cgo_raw(q.c, &c, base, C.uint32_t(q.free)), fn)
}

// handle is the address of the queue pair in C memory, as a number.
func (q *QPair) handle() C.uintptr_t { return C.uintptr_t(uintptr(unsafe.Pointer(q.c))) }

// cBuffer returns the address and the size of a buffer for C. The address is a number, so that cgo does not check it:
// the memory is C's or pinned.
func cBuffer(buf *Buffer) (C.uintptr_t, C.uint64_t) {
	if buf == nil {
		return 0, 0
	}
	return C.uintptr_t(uintptr(buf.ptr())), C.uint64_t(buf.bytes)
}

// Poll rings the doorbell, and runs the functions of the commands that are done (upnvme_poll), without waiting. Poll
// returns the number of these commands; [ErrTagged]: the next completion is for Reap.
//
// A function may submit, free its buffers and close the queue pair; within a function Poll, Reap, Exec, Stop and
// Release fail with EDEADLK. If a function panics, the others still run, and then Poll panics with the value of the
// first panic.
func (q *QPair) Poll() (int, error) { return q.PollMax(0) }

// PollMax does as [QPair.Poll], and takes at most max completions (upnvme_poll); 0: all.
func (q *QPair) PollMax(max int) (int, error) {
	if err := q.outsideCallback(); err != nil {
		return 0, err
	}
	if max < 0 || max > math.MaxInt32 {
		return 0, invalid("PollMax(%d): give 0, for all, to %d", max, math.MaxInt32)
	}
	rc := C.upnvme_cgo_poll(q.handle(), C.uint32_t(max))
	return q.ended(rc)
}

// Submit submits tagged commands, all with data in one buffer, and rings the doorbell (upnvme_submit_at). Submit
// returns the number of accepted ops. If these are not all, there is an error: [ErrQueueFull], after which the others
// can be submitted when commands have completed; or a [*PartialError] with the error of the refused op. If the first op
// is refused, its own error is returned. Accepted ops complete in each case.
func (q *QPair) Submit(buf *Buffer, ops []Op) (int, error) {
	if err := q.usable(); err != nil {
		return 0, err
	}
	if q.closing || q.ctrlr.closing.Load() {
		return 0, ErrClosed
	}
	if err := buf.hold(); err != nil {
		return 0, err
	}
	n, err := q.submit(buf, ops)
	buf.drop()
	return n, partial(n, err)
}

// partial is the error of a batch that was accepted in part.
func partial(n int, err error) error {
	if n == 0 || err == nil || err == error(ErrQueueFull) {
		return err
	}
	return &PartialError{n, err}
}

// submit is Submit with a buffer that is held; the error is that of the op that was not accepted.
func (q *QPair) submit(buf *Buffer, ops []Op) (int, error) {
	base, bytes := cBuffer(buf)
	batch := C.upnvme_cgo_submit(q.handle(), cOps(ops), C.uint32_t(len(ops)), base, bytes)
	if batch.why < 0 {
		return int(batch.n), lastError(batch.why)
	}
	return int(batch.n), nil
}

// Reap takes completions of tagged commands, as many as have come and done has room for, and returns their number
// (upnvme_reap). Functions of other commands run in between, as in [QPair.Poll], and are not counted. Reap does not
// wait.
func (q *QPair) Reap(done []Completion) (int, error) {
	if err := q.outsideCallback(); err != nil {
		return 0, err
	}
	rc := C.upnvme_cgo_reap(q.handle(), cCompletions(done), C.uint32_t(len(done)))
	return q.ended(rc)
}

// Exec submits tagged commands as room appears and waits for all of them, or until the time is over; a negative timeout
// means a wait without end (upnvme_exec_at). Exec returns the number of completions that it has stored; done has room
// for each op. If these are fewer than the ops, there is an error: ETIMEDOUT, after which the others stay in flight, to
// be reaped later; or, for a refused op, which ends the batch, an error as of [QPair.Submit]. The thread polls all the
// while.
func (q *QPair) Exec(buf *Buffer, ops []Op, done []Completion, timeout time.Duration) (int, error) {
	if err := q.outsideCallback(); err != nil {
		return 0, err
	}
	if q.ctrlr.closing.Load() && len(ops) > 0 {
		return 0, ErrClosed
	}
	if err := buf.hold(); err != nil {
		return 0, err
	}
	defer buf.drop()
	base, bytes := cBuffer(buf)
	batch := C.upnvme_cgo_exec(q.handle(), cOps(ops), C.uint32_t(len(ops)), base, bytes, cCompletions(done),
		C.uint32_t(len(done)),
		C.uint64_t(timeout))
	if batch.why == 0 {
		return q.ended(C.int(batch.n))
	}
	_, err := q.ended(batch.why)
	if batch.why != -C.ETIMEDOUT {
		err = partial(int(batch.n), err)
	}
	return int(batch.n), err
}

// ended runs the functions that a poll, reap or exec has noted, and returns its count or error.
func (q *QPair) ended(rc C.int) (int, error) {
	var err error
	if rc < 0 {
		if err = lastError(rc); rc == -C.EPERM || rc == -C.EOWNERDEAD {
			return 0, err // the queue pair, with its notes, is another thread's
		}
		rc = 0
	}
	if q.c.ndone > 0 {
		q.deliver()
		if q.c != nil && q.closing {
			q.closing = false
			if closeErr := q.Close(); err == nil {
				err = closeErr
			}
		}
	}
	return int(rc), err
}

// deliver runs the functions of the commands that are noted as done. A function that panics, or ends its goroutine,
// does not keep the others from running: its panic goes on when they have run.
func (q *QPair) deliver() {
	q.polling = true
	q.delivered = 0
	defer func() {
		q.polling = false
		q.c.ndone = 0
	}()
	q.deliverRest(true)
}

// deliverRest runs the functions that have not run, and goes on after one that does not return (by a panic, or the end
// of its goroutine): by a deferred call, since other functions may not return either. The first panic goes on to the
// caller; later ones are only logged.
func (q *QPair) deliverRest(first bool) {
	finished := false
	defer func() {
		if finished {
			return
		}
		if !first {
			if r := recover(); r != nil {
				logWarn(fmt.Sprintf("upnvme: one more function has panicked in the same poll: %v", r))
			}
		}
		q.deliverRest(false)
	}()
	q.deliverAll()
	finished = true
}

func (q *QPair) deliverAll() {
	done := unsafe.Slice((*Completion)(unsafe.Pointer(q.c.done)), q.c.ndone)
	for q.delivered < uint32(len(done)) {
		c := done[q.delivered]
		q.delivered++
		s := &q.slots[c.Tag]
		fn := s.fn
		s.fn, s.next, q.free = nil, q.free, uint32(c.Tag)
		c.Tag = 0
		if fn != nil {
			fn(c)
		}
	}
}
