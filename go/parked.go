// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"sync"
	"time"
	"unsafe"
)

// How long the poller sleeps: the first time, and at most.
const (
	napFirst = 20 * time.Microsecond
	napMost  = time.Millisecond
)

// parked are the leases whose commands outlasted the spin budget. One goroutine looks at all of them, and sleeps in
// between, so that no thread spins for a slow device; there is none while nothing is parked.
type parked struct {
	leases *leases

	mu      sync.Mutex
	list    []*lease
	polling bool
	kick    chan struct{} // something was parked: look soon
	gone    sync.Cond     // the goroutine has ended
	stop    bool          // what is in flight is to be ended
	before  func()        // of tests: called before each look
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
	p.kick = make(chan struct{}, 1)
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
	p.mu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
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

func (p *parked) poll() {
	var look look
	defer look.free()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	nap := napFirst
	for {
		p.mu.Lock()
		look.list = append(look.list[:0], p.list...)
		if len(look.list) == 0 {
			p.polling = false
			p.gone.Broadcast()
			p.mu.Unlock()
			return
		}
		before := p.before
		p.mu.Unlock()
		if before != nil {
			before()
		}
		if look.all(p.stopping()) > 0 {
			p.letGo(&look)
			nap = napFirst
			continue
		}
		resetTimer(timer, nap)
		select {
		case <-timer.C:
			if nap *= 2; nap > napMost {
				nap = napMost
			}
		case <-p.kick:
			nap = napFirst
		}
	}
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
	room   int
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
}

func (k *look) free() {
	C.free(unsafe.Pointer(k.leases))
	C.free(unsafe.Pointer(k.states))
	k.leases, k.states, k.room = nil, nil, 0
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
		l.commands.Add(1)
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
	p.mu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
	<-drained
}

// join returns when the goroutine has ended.
func (p *parked) join() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.polling {
		p.gone.Wait()
	}
}

func (p *leases) count(parked, abandoned int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parkings += uint64(parked)
	p.abandoned += uint64(abandoned)
}
