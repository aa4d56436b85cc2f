// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// How long the poller sleeps where completions signal nothing, the first time and at most, and from when on by Go's
// timers, which are good to a millisecond in a program that is idle; and where they do, lest a signal that was lost
// holds a command for ever.
const (
	napFirst = 20 * time.Microsecond
	napTimed = 500 * time.Microsecond
	napMost  = time.Millisecond
	longNap  = 100 * time.Millisecond
)

// parked are the leases whose commands outlasted the spin budget. One goroutine looks at all of them, and sleeps in
// between until something completes, so that no thread spins for a slow device; there is none while nothing is parked.
// Where a queue pair has no eventfd it looks from time to time.
type parked struct {
	leases *leases

	mu       sync.Mutex
	list     []*lease
	polling  bool
	kick     chan struct{}  // something was parked: look soon
	kickFD   C.int          // the same for one that waits for eventfds; negative: there is none
	sleeping bool           // it does so
	gone     sync.Cond      // the goroutine has ended
	stop     bool           // what is in flight is to be ended
	before   func()         // of tests: called before each look
	asleep   func([]*lease) // likewise: between it and the sleep that follows
	naps     atomic.Uint64  // how often it has slept
	longest  time.Duration  // a sleep that ends by itself
}

// parking is what a lease is while it is parked.
type parking struct {
	wake      chan struct{} // room for one
	ended     bool          // the poller has let go of it
	abandoned bool          // the caller has
	rc        C.int
}

func (p *parked) setUp(l *leases) {
	p.leases = l
	p.kick, p.kickFD, p.longest = make(chan struct{}, 1), -1, longNap
	p.gone.L = &p.mu
}

// wait parks the lease until its command is done; kept: until the context was done, and the lease is the poller's.
func (p *parked) wait(ctx context.Context, l *lease) (kept bool, rc C.int) {
	p.mu.Lock()
	l.parking.ended, l.parking.abandoned = false, false
	p.list = append(p.list, l)
	if !p.polling {
		p.polling = true
		go p.poll()
	}
	p.kickHim()
	p.mu.Unlock()
	select {
	case <-l.parking.wake:
		return false, l.parking.rc
	case <-ctx.Done():
	}
	p.mu.Lock()
	l.parking.abandoned = !l.parking.ended
	kept = l.parking.abandoned
	p.mu.Unlock()
	if kept {
		return true, 0 // all of the lease is the poller's
	}
	<-l.parking.wake
	return false, l.parking.rc
}

// kickHim has the poller look again soon. p.mu is held.
func (p *parked) kickHim() {
	if p.sleeping {
		C.upnvme_cgo_kick(p.kickFD)
		return
	}
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

func (p *parked) poll() {
	var look look
	defer look.free()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	nap := napFirst
	for p.begin(&look) {
		if look.all(p.stopping()) > 0 {
			p.letGo(&look)
			nap = napFirst
		} else if look.signalled() && p.kickable() {
			p.sleep(&look)
		} else {
			nap = p.nap(timer, nap)
		}
	}
}

// begin takes what is parked; false: there is nothing, and the goroutine ends.
func (p *parked) begin(k *look) bool {
	p.mu.Lock()
	k.list = append(k.list[:0], p.list...)
	before := p.before
	if len(k.list) == 0 {
		p.polling = false
		p.gone.Broadcast()
		p.mu.Unlock()
		return false
	}
	p.mu.Unlock()
	if before != nil {
		before()
	}
	return true
}

// nap sleeps for a while, or until something more was parked, and says how long to sleep the next time.
func (p *parked) nap(timer *time.Timer, nap time.Duration) time.Duration {
	p.naps.Add(1)
	if nap < napTimed {
		C.upnvme_cgo_nap(C.uint32_t(nap.Nanoseconds()))
		select {
		case <-p.kick:
			return napFirst
		default:
			return longer(nap)
		}
	}
	resetTimer(timer, nap)
	select {
	case <-timer.C:
		return longer(nap)
	case <-p.kick:
		return napFirst
	}
}

func longer(nap time.Duration) time.Duration {
	if nap *= 2; nap > napMost {
		return napMost
	}
	return nap
}

// kickable is whether a sleep can be ended.
func (p *parked) kickable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kickFD < 0 {
		p.kickFD = C.upnvme_cgo_kick_new()
	}
	return p.kickFD >= 0
}

// sleep waits for a signal of those that were just looked at, or for something more to be parked.
func (p *parked) sleep(k *look) {
	p.mu.Lock()
	p.sleeping = len(p.list) == len(k.list) && !p.stop
	sleeping := p.sleeping
	p.mu.Unlock()
	if !sleeping {
		return
	}
	p.naps.Add(1)
	if p.asleep != nil {
		p.asleep(k.list)
	}
	C.upnvme_cgo_leases_sleep(&k.leases[0], k.fds, C.uint32_t(len(k.list)), p.kickFD,
		C.int(p.longest.Milliseconds()))
	p.mu.Lock()
	p.sleeping = false
	p.mu.Unlock()
}

func (p *parked) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stop
}

func resetTimer(timer *time.Timer, d time.Duration) {
	if !timer.Stop() {
		select {
		case <-timer.C:
		default:
		}
	}
	timer.Reset(d)
}

// look is one look of the poller's at what is parked.
type look struct {
	list   []*lease
	leases *[1 << 20]*C.struct_upnvme_cgo_lease // C memory
	states *[1 << 20]C.int32_t
	fds    *C.struct_pollfd
	room   int
}

// signalled is whether each of them signals that something has completed.
func (k *look) signalled() bool {
	for _, l := range k.list {
		if l.c.fd < 0 {
			return false
		}
	}
	return true
}

// all returns how many are no more in flight.
func (k *look) all(stop bool) int {
	n := len(k.list)
	k.grow(n)
	if stop {
		for i, l := range k.list {
			k.states[i] = C.int32_t(C.upnvme_cgo_lease_stop(l.c))
		}
		return n
	}
	for i, l := range k.list {
		k.leases[i] = l.c
	}
	return int(C.upnvme_cgo_leases_look(&k.leases[0], &k.states[0], C.uint32_t(n)))
}

func (k *look) grow(n int) {
	if n <= k.room {
		return
	}
	k.free()
	k.room = 2 * n
	k.leases = (*[1 << 20]*C.struct_upnvme_cgo_lease)(C.calloc(C.size_t(k.room),
		C.size_t(unsafe.Sizeof(k.leases[0]))))
	k.states = (*[1 << 20]C.int32_t)(C.calloc(C.size_t(k.room), C.size_t(unsafe.Sizeof(k.states[0]))))
	k.fds = (*C.struct_pollfd)(C.calloc(C.size_t(k.room+1), C.sizeof_struct_pollfd))
}

func (k *look) free() {
	C.free(unsafe.Pointer(k.leases))
	C.free(unsafe.Pointer(k.states))
	C.free(unsafe.Pointer(k.fds))
	k.leases, k.states, k.fds, k.room = nil, nil, nil, 0
}

// letGo wakes the callers of what is done, and gives back what has none any more.
func (p *parked) letGo(k *look) {
	var orphans []*lease
	p.mu.Lock()
	rest := p.list[len(k.list):] // parked since the look
	p.list = append([]*lease(nil), rest...)
	parked := 0
	for i, l := range k.list {
		if k.states[i] == 0 {
			p.list = append(p.list, l)
			continue
		}
		parked++
		l.parking.rc = C.int(k.states[i])
		l.parking.ended = true
		if l.parking.abandoned {
			orphans = append(orphans, l)
		} else {
			l.parking.wake <- struct{}{}
		}
	}
	p.mu.Unlock()
	p.leases.count(parked, len(orphans))
	for _, l := range orphans {
		l.count(1, 0)
		l.claims.giveBack()
		p.leases.put(l)
	}
}

// drain waits until `drained`; when that takes too long, it has the library end what is in flight.
func (p *parked) drain(drained <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-drained:
		return
	case <-timer.C:
	}
	p.mu.Lock()
	p.stop = true
	p.kickHim()
	p.mu.Unlock()
	<-drained
}

// join returns when the goroutine has ended, for good.
func (p *parked) join() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.polling {
		p.gone.Wait()
	}
	if p.kickFD >= 0 {
		C.close(p.kickFD)
		p.kickFD = -1
	}
}

func (p *leases) count(parked, abandoned int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parkings += uint64(parked)
	p.abandoned += uint64(abandoned)
}
