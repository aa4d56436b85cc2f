// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"errors"
	"sync"
	"unsafe"
)

// leases are the queue pairs that calls without one of their own borrow for a command. They are made as they are needed;
// the one that came back last goes out first, while its memory is in the cache. Who finds none waits in turn.
type leases struct {
	ctrlr  *Controller
	parked parked

	mu      sync.Mutex
	free    *lease
	made    int
	max     int
	out     int // with somebody, or with the device
	first   *waiter
	last    *waiter
	shut    bool
	drained chan struct{} // made when it is shut
	stats   LeaseStats
}

// leaseEntries is room for the parts of a split request.
const leaseEntries = 16

// lease is one of them. All of it belongs to whoever has it.
type lease struct {
	c       *C.struct_upnvme_cgo_lease
	leases  *leases
	next    *lease
	claims  claims
	bounced uint64
	parking parking
}

// claims are what a command keeps from others until the device is done with it, even if its caller is gone.
type claims struct {
	buf   *Buffer
	locks blockLocks
}

func (c *claims) giveBack() {
	c.locks.unlock()
	c.buf.drop()
	*c = claims{}
}

type waiter struct {
	next  *waiter
	given chan *lease // room for one; nil: closed, or try again
	gone  bool
}

// LeaseStats counts what calls without a queue pair of their own did.
type LeaseStats struct {
	QPairs       int    // queue pairs that are kept for them
	Commands     uint64 // commands
	BouncedBytes uint64 // data that was copied between the caller's memory and DMA memory
	Waits        uint64 // calls that found no free queue pair
	Parked       uint64 // commands that outlasted the spin budget
	Abandoned    uint64 // commands whose call was cancelled while the device had them
}

// Stats reads the counters.
func (c *Controller) Stats() LeaseStats {
	c.leases.mu.Lock()
	defer c.leases.mu.Unlock()
	stats := c.leases.stats
	stats.QPairs = c.leases.made
	return stats
}

func (p *leases) setUp(c *Controller, max int) {
	p.ctrlr, p.max = c, max
	p.parked.setUp(p)
}

// get takes a lease; put gives it back.
func (p *leases) get(ctx context.Context) (*lease, error) {
	for {
		p.mu.Lock()
		if p.shut {
			p.mu.Unlock()
			return nil, ErrClosed
		}
		if l := p.free; l != nil {
			p.free = l.next
			p.out++
			p.mu.Unlock()
			return l, nil
		}
		if p.made < p.max {
			p.made++
			p.out++
			p.mu.Unlock()
			l, err := p.create()
			if l != nil || err != nil {
				return l, err
			}
			continue
		}
		w := p.enqueue()
		p.mu.Unlock()
		if l, err := p.wait(ctx, w); l != nil || err != nil {
			return l, err
		}
	}
}

func (p *leases) enqueue() *waiter {
	w := &waiter{given: make(chan *lease, 1)}
	if p.last == nil {
		p.first = w
	} else {
		p.last.next = w
	}
	p.last = w
	p.stats.Waits++
	return w
}

func (p *leases) wait(ctx context.Context, w *waiter) (*lease, error) {
	select {
	case l := <-w.given:
		return l, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	w.gone = true
	p.mu.Unlock()
	select {
	case l := <-w.given: // just before it was gone
		if l != nil {
			p.put(l)
		}
	default:
	}
	return nil, ctx.Err()
}

// create makes one more. Neither a lease nor an error: the controller grants no more, but there are others.
func (p *leases) create() (*lease, error) {
	l := &lease{leases: p, c: (*C.struct_upnvme_cgo_lease)(C.calloc(1, C.sizeof_struct_upnvme_cgo_lease))}
	l.parking.wake = make(chan struct{}, 1)
	if l.c == nil {
		p.lost(nil)
		return nil, ErrNoMemory
	}
	opts := C.struct_upnvme_qpair_opts{size: C.sizeof_struct_upnvme_qpair_opts, entries: leaseEntries}
	rc := C.upnvme_cgo_lease_new(l.c, p.ctrlr.ptr, &opts)
	if rc >= 0 {
		return l, nil
	}
	err := l.failure(rc)
	C.free(unsafe.Pointer(l.c))
	return nil, p.lost(err)
}

// lost takes a lease that could not be made, or is broken, out of the count.
func (p *leases) lost(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made--
	p.left()
	var e *Error
	if p.made > 0 && errors.As(err, &e) && e.Code == CodeQPairLimit {
		p.max = p.made
		return nil
	}
	p.wakeFirst(nil)
	return err
}

// put gives the lease to the one who has waited longest, or keeps it.
func (p *leases) put(l *lease) {
	p.mu.Lock()
	p.stats.Commands++
	p.stats.BouncedBytes += l.bounced
	l.bounced = 0
	if l.c.qp == nil || !p.wakeFirst(l) {
		if l.c.qp != nil {
			l.next, p.free = p.free, l
		} else {
			p.made--
		}
		p.left()
	}
	p.mu.Unlock()
	if l.c.qp == nil {
		l.destroy()
	}
}

// left notes that a lease is with nobody any more.
func (p *leases) left() {
	p.out--
	if p.shut && p.out == 0 {
		close(p.drained)
	}
}

func (p *leases) wakeFirst(l *lease) bool {
	for p.first != nil {
		w := p.first
		p.first = w.next
		if p.first == nil {
			p.last = nil
		}
		if !w.gone {
			w.given <- l
			return true
		}
	}
	return false
}

// reclaim closes a lease that nobody has, for another queue pair's sake; false: there is none.
func (p *leases) reclaim() bool {
	p.mu.Lock()
	l := p.free
	if l == nil || p.shut {
		p.mu.Unlock()
		return false
	}
	p.free = l.next
	p.made--
	p.mu.Unlock()
	l.destroy()
	return true
}

// close wakes those who wait and returns when all leases are back.
func (p *leases) close() {
	p.mu.Lock()
	p.shut = true
	p.drained = make(chan struct{})
	for p.wakeFirst(nil) {
	}
	if p.out == 0 {
		close(p.drained)
	}
	p.mu.Unlock()
	p.parked.drain(p.drained, p.ctrlr.config.drain)
	p.parked.join()
}

func (p *leases) destroy() {
	for l := p.free; l != nil; l = l.next {
		l.destroy()
	}
	p.free, p.made = nil, 0
}

func (l *lease) destroy() {
	C.upnvme_cgo_lease_free(l.c)
	l.c = nil
}

func (l *lease) failure(rc C.int) error {
	if rc == C.UPNVME_CGO_TOO_SHORT || rc == C.UPNVME_CGO_BAD_FORM {
		return lastError(rc)
	}
	return errorOf(&l.c.error, rc)
}

// run has the device do l.c.op. If it is cancelled, the lease stays with the device and claims go with it: kept is
// true, and the caller must not touch it any more. Else the lease and the claims are still the caller's.
func (l *lease) run(ctx context.Context, ns *Namespace) (kept bool, err error) {
	rc := C.upnvme_cgo_lease_run(l.c, unsafe.Pointer(ns.ptr), C.uint64_t(l.leases.ctrlr.config.spin))
	if rc == 0 {
		if kept, rc = l.leases.parked.wait(ctx, l); kept {
			return true, ctx.Err()
		}
	}
	ns.note(uint32(l.c.block_bytes), uint64(l.c.nblocks))
	if rc < 0 {
		return false, l.failure(rc)
	}
	return false, l.status()
}

func (l *lease) status() error {
	if l.c.done.status == 0 {
		return nil
	}
	return newStatusError(uint16(l.c.done.status), uint16(l.c.done.flags), uint32(l.c.done.blocks))
}

// bounce is DMA memory of at least that many bytes.
func (l *lease) bounce(bytes uint64) ([]byte, error) {
	if uint64(l.c.bounce_bytes) < bytes {
		size := uint64(16 << 10)
		for size < bytes {
			size *= 2
		}
		if rc := C.upnvme_cgo_lease_grow(l.c, C.uint64_t(size)); rc < 0 {
			return nil, l.failure(rc)
		}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(l.c.bounce)), bytes), nil
}
