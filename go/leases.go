// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"unsafe"
)

// leases are the queue pairs that calls without one of their own borrow for a command. They are made as they are
// needed. Who finds none waits in turn: a channel serves its receivers in their order. A mutex here would be in the
// way of each call, and one that many want at a time is handed from goroutine to goroutine ahead of all others.
type leases struct {
	ctrlr  *Controller
	parked parked
	free   chan *lease   // room for all
	closed chan struct{} // closed when nobody gets one any more
	waits  atomic.Uint64

	mu        sync.Mutex
	all       []*lease
	made      int // with those that are just being made
	max       int
	shut      bool
	changed   chan struct{} // closed when there are fewer than before: try to make one
	abandoned uint64
	parkings  uint64
	past      LeaseStats // of leases that are not there any more
}

// leaseEntries is room for the parts of a split request.
const leaseEntries = 16

// lease is one of them. All of it belongs to whoever has it.
type lease struct {
	c        *C.struct_upnvme_cgo_lease
	leases   *leases
	claims   claims
	commands atomic.Uint64
	bounced  atomic.Uint64
	parking  parking
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
	p := &c.leases
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.past
	stats.QPairs, stats.Waits, stats.Parked, stats.Abandoned = len(p.all), p.waits.Load(), p.parkings, p.abandoned
	for _, l := range p.all {
		stats.Commands += l.commands.Load()
		stats.BouncedBytes += l.bounced.Load()
	}
	return stats
}

func (p *leases) setUp(c *Controller, max int) {
	p.ctrlr, p.max = c, max
	p.free, p.closed, p.changed = make(chan *lease, max), make(chan struct{}), make(chan struct{})
	p.parked.setUp(p)
}

// get takes a lease; put gives it back.
func (p *leases) get(ctx context.Context) (*lease, error) {
	for !p.ctrlr.closing.Load() {
		select {
		case l := <-p.free:
			return p.taken(l)
		default:
		}
		make, changed := p.mayMake()
		if make {
			l, err := p.create()
			if l != nil || err != nil {
				return l, err
			}
			continue
		}
		p.waits.Add(1)
		select {
		case l := <-p.free:
			return p.taken(l)
		case <-changed:
		case <-p.closed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, ErrClosed
}

// taken is a lease that somebody has got; one whose queue pair was closed is Close's.
func (p *leases) taken(l *lease) (*lease, error) {
	if l.c.qp == nil {
		p.put(l)
		return nil, ErrClosed
	}
	return l, nil
}

func (p *leases) put(l *lease) { p.free <- l }

// mayMake reserves the place of one more, or tells when to ask again.
func (p *leases) mayMake() (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == p.max || p.shut {
		return false, p.changed
	}
	p.made++
	return true, nil
}

// create makes one more. Neither a lease nor an error: the controller grants no more, but there are others.
func (p *leases) create() (*lease, error) {
	l := &lease{leases: p, c: (*C.struct_upnvme_cgo_lease)(C.calloc(1, C.sizeof_struct_upnvme_cgo_lease))}
	l.parking.wake = make(chan struct{}, 1)
	if l.c == nil {
		p.lost(ErrNoMemory)
		return nil, ErrNoMemory
	}
	opts := C.struct_upnvme_qpair_opts{size: C.sizeof_struct_upnvme_qpair_opts, entries: leaseEntries}
	rc := C.upnvme_cgo_lease_new(l.c, p.ctrlr.ptr, &opts)
	if rc < 0 {
		err := l.failure(rc)
		C.free(unsafe.Pointer(l.c))
		return nil, p.lost(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, l)
	return l, nil
}

// lost gives back the place of one that could not be made.
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

func (p *leases) fewer() {
	p.made--
	close(p.changed)
	p.changed = make(chan struct{})
}

// reclaim closes a lease that nobody has, for another queue pair's sake; false: there is none.
func (p *leases) reclaim() bool {
	select {
	case l := <-p.free:
		p.destroy(l)
		return true
	default:
		return false
	}
}

// close wakes those who wait, and returns when all leases are back and gone. The controller is closing already, so
// nobody but those who have just looked gets another.
func (p *leases) close() {
	p.mu.Lock()
	p.shut = true
	p.mu.Unlock()
	close(p.closed)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for n, changed := p.left(); n > 0; n, changed = p.left() {
			select {
			case l := <-p.free:
				p.destroy(l)
			case <-changed: // one that was just being made has failed
			}
		}
	}()
	p.parked.drain(drained, p.ctrlr.config.drain)
	p.parked.join()
}

func (p *leases) left() (int, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made, p.changed
}

func (p *leases) destroy(l *lease) {
	C.upnvme_cgo_lease_free(l.c)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.past.Commands += l.commands.Load()
	p.past.BouncedBytes += l.bounced.Load()
	for i := range p.all {
		if p.all[i] == l {
			p.all = append(p.all[:i], p.all[i+1:]...)
			break
		}
	}
	p.fewer()
}

func (l *lease) failure(rc C.int) error {
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
	l.commands.Add(1)
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
