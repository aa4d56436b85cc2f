// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import "sync"

// gate counts the calls inside, and refuses further ones once the gate is shut. A goroutine that is inside may call
// again while another waits for all calls to leave: it is refused then, where a sync.RWMutex would be a deadlock.
type gate struct {
	mu     sync.Mutex
	inside int
	shut   bool
	empty  chan struct{} // made when it is shut
}

func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return ErrClosed
	}
	g.inside++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.shut && g.inside == 0 {
		close(g.empty)
	}
}

// close shuts the gate; the channel that it returns is closed when the last call has left.
func (g *gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	g.empty = make(chan struct{})
	if g.inside == 0 {
		close(g.empty)
	}
	return g.empty
}
