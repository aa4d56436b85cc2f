// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"os"
	"syscall"
)

// bell tells a goroutine that waits for other things as well that a queue pair's eventfd was signalled. It is listened
// to by Go's own poller, so that no thread sleeps in C; and only when it was asked to, so that what completes while the
// queue pair is polled anyway wakes nobody.
type bell struct {
	file  *os.File
	ask   chan struct{} // room for one
	rung  chan struct{} // likewise
	asked bool          // and not yet rung
	ended chan struct{}
}

// newBell is nil if the queue pair has no eventfd.
func newBell(qp *QPair) *bell {
	fd, err := qp.FD()
	if err != nil {
		return nil
	}
	own, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return nil // then the thread looks from time to time
	}
	b := &bell{file: os.NewFile(own, "upnvme eventfd"), ask: make(chan struct{}, 1), rung: make(chan struct{}, 1),
		ended: make(chan struct{})}
	go b.listen()
	return b
}

func (b *bell) listen() {
	defer close(b.ended)
	var signals [8]byte
	for range b.ask {
		if _, err := b.file.Read(signals[:]); err != nil {
			return // closed
		}
		b.rung <- struct{}{}
	}
}

// await is what gets something once the eventfd is signalled, from now on or before. Nobody rings in vain but for what
// was asked for earlier.
func (b *bell) await() <-chan struct{} {
	if !b.asked {
		b.asked = true
		b.ask <- struct{}{}
	}
	return b.rung
}

// heard is for who got something.
func (b *bell) heard() { b.asked = false }

func (b *bell) close() {
	if b == nil {
		return
	}
	close(b.ask)
	b.file.Close()
	<-b.ended
}
