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

// The lengths of the poller's sleeps. Where completions have no signals: the first sleep, the length from which on a Go
// timer is used in place of a sleep in C (timers are good to a millisecond in an idle program), and the longest sleep.
// Where they have signals: the longest sleep, so that a lost signal does not hold a command for ever.
const (
	napFirst = 20 * time.Microsecond
	napTimed = 500 * time.Microsecond
	napMost  = time.Millisecond
	longNap  = 100 * time.Millisecond
)

// parked are the leases whose commands outlasted the spin budget. One goroutine, the poller, looks at all of them, and
// sleeps between its looks until a completion comes, so that no thread spins for a slow device. There is no poller
// while nothing is parked. Where a queue pair has no eventfd, the poller looks from time to time.
type parked struct {
	leases *leases

	mu       sync.Mutex
	list     []*lease
	polling  bool
	kick     chan struct{}  // ends a sleep: a lease was parked
	kickFD   C.int          // ends a sleep on eventfds; negative: there is none
	sleeping bool           // the poller sleeps on eventfds
	gone     sync.Cond      // the poller has ended
	stop     bool           // commands in flight are to be ended
	before   func()         // of tests: called before each look
	asleep   func([]*lease) // of tests: called between a look and the next sleep
	naps     atomic.Uint64  // the number of sleeps
	longest  time.Duration  // the longest sleep on eventfds
}

// parking is the state of a parked lease.
type parking struct {
	wake      chan struct{} // room for one
	ended     bool          // the poller has let go of the lease: rc is set
	abandoned bool          // the caller has let go of the lease: the poller gives it back
	rc        C.int         // as of upnvme_cgo_lease_run, but not 0
}

func (p *parked) setUp(l *leases) {
	p.leases = l
	p.kick, p.kickFD, p.longest = make(chan struct{}, 1), -1, longNap
	p.gone.L = &p.mu
}

// wait parks the lease until its command or the context is done. If the context is done first, kept is true, and the
// poller gives the lease back later.
func (p *parked) wait(ctx context.Context, l *lease) (kept bool, rc C.int) {
	p.mu.Lock()
	l.parking.ended, l.parking.abandoned = false, false
	p.list = append(p.list, l)
	if !p.polling {
		p.polling = true
		go p.poll()
	}
	p.kickPoller()
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
		return true, 0 // the poller has the lease
	}
	<-l.parking.wake
	return false, l.parking.rc
}

// kickPoller makes the poller look again soon. The caller holds p.mu.
func (p *parked) kickPoller() {
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

// begin takes the parked leases for a look; false: there are none, and the poller ends.
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

// nap sleeps for a while, or until another lease is parked, and returns the length of the next sleep.
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

// kickable tells whether a sleep on eventfds can be ended early; it makes the eventfd for that.
func (p *parked) kickable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kickFD < 0 {
		p.kickFD = C.upnvme_cgo_kick_new()
	}
	return p.kickFD >= 0
}

// sleep waits for a signal of the leases that were just looked at, or until another lease is parked.
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

// look is one look of the poller at the parked leases.
type look struct {
	list   []*lease
	leases *[1 << 20]*C.struct_upnvme_cgo_lease // C memory
	states *[1 << 20]C.int32_t
	fds    *C.struct_pollfd
	room   int
}

// signalled tells whether each lease has an eventfd, which signals completions.
func (k *look) signalled() bool {
	for _, l := range k.list {
		if l.c.fd < 0 {
			return false
		}
	}
	return true
}

// all looks at all leases, or with stop ends their commands, and returns the number of commands that are done.
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

// letGo wakes the callers of commands that are done, and gives back leases whose caller has gone.
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

// drain waits until `drained` is closed; after the limit it makes the library end the commands in flight.
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
	p.kickPoller()
	p.mu.Unlock()
	<-drained
}

// join returns when the poller has ended for good.
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
