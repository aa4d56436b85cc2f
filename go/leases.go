// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// leases are the queue pairs that are lent for one command to calls without a queue pair of their own. Leases are made
// as they are needed. Mostly one call of C takes a free lease, runs the command and gives the lease back
// (cgo_leases.h). Go finishes the commands that C leaves unfinished, and makes calls that find no lease wait in turn.
type leases struct {
	ctrlr  *Controller
	parked parked
	table  *leaseTable
	waits  atomic.Uint64

	mu        sync.Mutex
	byIndex   []atomic.Pointer[lease] // as in the table
	unused    []*lease                // places in the table whose queue pair was closed
	made      int                     // number of queue pairs, with those in the making
	max       int                     // the most queue pairs that the controller has room for now
	limit     int                     // the most leases by the option
	queue     []chan *lease           // of waiting calls; each gets a lease, or nil: look again
	shut      bool
	drained   chan struct{} // closed when the table is shut and no queue pair is left
	abandoned uint64
	parkings  uint64
	err       error // of the first queue pair that was not closed well
}

// leaseTable is the table of the leases in C memory. A finalizer frees the memory, since a call that comes after Close
// still looks at the table.
type leaseTable struct {
	c *C.struct_upnvme_cgo_leases
}

// leaseEntries is the number of entries of a lease's rings: room for the parts of a split request.
const leaseEntries = 16

// lease is one of the leases. All its fields belong to the call that has it.
type lease struct {
	c       *C.struct_upnvme_cgo_lease
	leases  *leases
	claims  claims
	parking parking
	handed  atomic.Uint32 // orders one user's writes before the next user's reads, as Go does not see C's hand-over
}

// claims are locks and memory that a command keeps until the device is done, even if its caller is gone.
type claims struct {
	buf   *Buffer
	locks blockLocks
}

func (c *claims) giveBack() {
	c.locks.unlock()
	c.buf.drop()
	*c = claims{}
}

// LeaseStats counts the work of calls without a queue pair of their own.
type LeaseStats struct {
	QPairs       int    // queue pairs that are kept for these calls
	Commands     uint64 // commands of these calls
	BouncedBytes uint64 // data that was copied between the caller's memory and DMA memory
	Waits        uint64 // calls that found no free queue pair
	Parked       uint64 // commands that outlasted the spin budget
	Abandoned    uint64 // commands whose call was cancelled while the device had them
}

// String tells it field by field.
func (s LeaseStats) String() string { return fieldsOf(s) }

// Stats reads the counters of calls without a queue pair of their own.
func (c *Controller) Stats() LeaseStats {
	if c == nil {
		return LeaseStats{}
	}
	p := &c.leases
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := LeaseStats{QPairs: p.made, Waits: p.waits.Load(), Parked: p.parkings, Abandoned: p.abandoned}
	for i := range p.byIndex {
		if l := p.byIndex[i].Load(); l != nil {
			stats.Commands += atomic.LoadUint64((*uint64)(&l.c.commands))
			stats.BouncedBytes += atomic.LoadUint64((*uint64)(&l.c.bounced))
		}
	}
	return stats
}

func (p *leases) setUp(c *Controller, max int) error {
	p.ctrlr, p.max, p.limit = c, max, max
	p.table = &leaseTable{C.upnvme_cgo_leases_new(C.uint32_t(max))}
	if p.table.c == nil {
		return ErrNoMemory
	}
	runtime.SetFinalizer(p.table, func(t *leaseTable) { C.upnvme_cgo_leases_free(t.c) })
	p.byIndex = make([]atomic.Pointer[lease], max)
	p.drained = make(chan struct{})
	p.parked.setUp(p)
	return nil
}

// get takes a lease; put gives it back.
func (p *leases) get(ctx context.Context) (*lease, error) {
	for {
		l, ready, err := p.find()
		if l != nil || err != nil {
			return l, err
		}
		if ready == nil { // there is room for one more lease
			if l, err := p.create(); l != nil || err != nil {
				return l, err
			}
			continue
		}
		p.waits.Add(1)
		select {
		case l := <-ready:
			if l != nil {
				return l, nil
			}
		case <-ctx.Done():
			p.leave(ready)
			return nil, ctx.Err()
		}
	}
}

// find takes a free lease; or reserves the place of one more lease, and returns neither lease nor channel; or queues
// the call, and returns the channel on which the lease will come.
func (p *leases) find() (*lease, chan *lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return nil, nil, ErrClosed
	}
	if len(p.queue) == 0 {
		if l := p.take(); l != nil {
			return l, nil, nil
		}
	}
	if p.made < p.max {
		p.made++
		return nil, nil, nil
	}
	ready := make(chan *lease, 1)
	p.queue = append(p.queue, ready)
	C.upnvme_cgo_leases_wait_for(p.table.c, 1)
	p.serve() // a lease may have been given back before the call was counted
	return nil, ready, nil
}

// take takes a lease that is free, or nil.
func (p *leases) take() *lease {
	c := C.upnvme_cgo_lease_take(p.table.c)
	if c == nil {
		return nil
	}
	return p.had(c)
}

// had returns the Go record of a lease that C has taken.
func (p *leases) had(c *C.struct_upnvme_cgo_lease) *lease {
	l := p.byIndex[c.index].Load()
	l.handed.Load()
	return l
}

func (p *leases) put(l *lease) {
	if l.free() {
		p.wake()
	}
}

// free lets others take the lease; true: a call waits for one.
func (l *lease) free() bool {
	table := l.leases.table
	l.handed.Add(1)
	waits := C.upnvme_cgo_lease_put(table.c, l.c) != 0
	runtime.KeepAlive(table)
	return waits
}

// wake serves the waiters, calls or Close, when a lease was given back.
func (p *leases) wake() {
	p.mu.Lock()
	var over []*lease
	if p.shut {
		for l := p.take(); l != nil; l = p.take() {
			over = append(over, l)
		}
	} else {
		p.serve()
	}
	p.mu.Unlock()
	for _, l := range over {
		p.destroy(l)
	}
}

// serve gives free leases to waiting calls, in turn.
func (p *leases) serve() {
	for len(p.queue) > 0 {
		l := p.take()
		if l == nil {
			return
		}
		p.callNext(l)
	}
}

// callNext gives the first waiting call a lease, or makes it look again.
func (p *leases) callNext(l *lease) {
	ready := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	C.upnvme_cgo_leases_wait_for(p.table.c, -1)
	ready <- l
}

// leave ends the wait of a call.
func (p *leases) leave(ready chan *lease) {
	p.mu.Lock()
	for i := range p.queue {
		if p.queue[i] == ready {
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			C.upnvme_cgo_leases_wait_for(p.table.c, -1)
			break
		}
	}
	p.mu.Unlock()
	select {
	case l := <-ready: // a lease had come already
		if l != nil {
			p.put(l)
		}
	default:
	}
}

// create makes one more lease. Without a lease and an error the controller grants no more queue pairs, and the leases
// that exist must do.
func (p *leases) create() (*lease, error) {
	l := p.place()
	if l == nil {
		return nil, p.lost(ErrNoMemory)
	}
	opts := C.struct_upnvme_qpair_opts{size: C.sizeof_struct_upnvme_qpair_opts, entries: leaseEntries}
	rc := C.upnvme_cgo_lease_new(l.c, p.ctrlr.ptr, &opts)
	if rc < 0 {
		err := l.failure(rc)
		p.mu.Lock()
		p.unused = append(p.unused, l)
		p.mu.Unlock()
		return nil, p.lost(err)
	}
	return l, nil
}

// place finds the place of a lease in the table.
func (p *leases) place() *lease {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.unused); n > 0 {
		l := p.unused[n-1]
		p.unused = p.unused[:n-1]
		return l
	}
	c := C.upnvme_cgo_leases_add(p.table.c)
	if c == nil {
		return nil
	}
	l := &lease{leases: p, c: c}
	l.parking.wake = make(chan struct{}, 1)
	p.byIndex[c.index].Store(l)
	return l
}

// lost gives back the place of a lease that could not be made.
func (p *leases) lost(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fewer()
	var e *Error
	if p.made > 0 && errors.As(err, &e) && e.Code == CodeQPairLimit {
		p.max = p.made
		return nil
	}
	return err
}

// grow notes that another queue pair was closed: there may be room for one more lease.
func (p *leases) grow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.max == p.limit {
		return
	}
	p.max++
	if len(p.queue) > 0 {
		p.callNext(nil)
	}
}

// fewer counts one lease less; a waiting call may make one more.
func (p *leases) fewer() {
	p.made--
	if len(p.queue) > 0 {
		p.callNext(nil)
	}
	if p.shut && p.made == 0 {
		close(p.drained)
	}
}

// reclaim closes a free lease, to make room for another queue pair; false: there is none.
func (p *leases) reclaim() bool {
	p.mu.Lock()
	l := p.take()
	p.mu.Unlock()
	if l == nil {
		return false
	}
	p.destroy(l)
	return true
}

// close wakes waiting calls, and returns when all leases have come back and are closed. No call gets a lease after
// that: none is free, and find refuses.
func (p *leases) close() {
	p.mu.Lock()
	p.shut = true
	C.upnvme_cgo_leases_wait_for(p.table.c, 1) // a lease that is given back wakes this call, from now on
	for len(p.queue) > 0 {
		p.callNext(nil)
	}
	if p.made == 0 {
		close(p.drained)
	}
	p.mu.Unlock()
	p.wake()
	p.parked.drain(p.drained, p.ctrlr.config.drain)
	p.parked.join()
}

func (p *leases) destroy(l *lease) {
	rc := C.upnvme_cgo_lease_close(l.c)
	p.mu.Lock()
	defer p.mu.Unlock()
	if rc < 0 && p.err == nil {
		p.err = l.failure(rc)
	}
	p.unused = append(p.unused, l)
	p.fewer()
}

func (l *lease) failure(rc C.int) error {
	return errorOf(&l.c.error, rc)
}

// run executes l.c.op; returns as finish.
func (l *lease) run(ctx context.Context, ns *Namespace) (kept bool, err error) {
	return l.finish(ctx, ns, C.upnvme_cgo_lease_run(l.c, unsafe.Pointer(ns.ptr),
		C.uint64_t(l.leases.ctrlr.config.spin)))
}

// finish waits for the end of a command with the result rc of upnvme_cgo_lease_run, and returns its error. If the call
// is cancelled, kept is true: lease and claims stay with the command, and the caller must not touch them any more. Else
// the lease and the claims are still the caller's.
func (l *lease) finish(ctx context.Context, ns *Namespace, rc C.int) (kept bool, err error) {
	if rc == 0 {
		if kept, rc = l.leases.parked.wait(ctx, l); kept {
			return true, ctx.Err()
		}
	}
	l.count(1, 0)
	ns.note(uint32(l.c.block_bytes), uint64(l.c.nblocks))
	if rc < 0 {
		return false, l.failure(rc)
	}
	return false, l.status()
}

func (l *lease) count(commands, bounced uint64) {
	atomic.AddUint64((*uint64)(&l.c.commands), commands)
	atomic.AddUint64((*uint64)(&l.c.bounced), bounced)
}

func (l *lease) status() error {
	if l.c.done.status == 0 {
		return nil
	}
	return newStatusError(uint16(l.c.done.status), uint16(l.c.done.flags), uint64(l.c.done.blocks))
}

// bounce returns the lease's bounce buffer, DMA memory, with at least that many bytes.
func (l *lease) bounce(bytes uint64) ([]byte, error) {
	if rc := C.upnvme_cgo_bounce(l.c, C.uint64_t(bytes)); rc < 0 {
		return nil, l.failure(rc)
	}
	return l.bounced(), nil
}

// bounced returns the lease's bounce buffer with the bytes that it has.
func (l *lease) bounced() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(l.c.bounce)), uint64(l.c.bounce_bytes))
}
