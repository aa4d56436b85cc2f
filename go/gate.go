// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import "sync"

// gate counts the calls inside, and lets none in once it is shut. Unlike with a sync.RWMutex, a goroutine that is
// inside may try to come in again while another waits for all to leave: it then finds the gate shut.
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
