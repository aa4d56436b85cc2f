// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"os"
	"syscall"
)

// bell tells a goroutine, which waits for channels as well, that a queue pair's eventfd was signalled. Go's own poller
// watches the eventfd, so that no thread sleeps in C. The poller watches only on request, so that completions wake no
// goroutine while the queue pair is polled anyway.
type bell struct {
	file  *os.File
	ask   chan struct{} // room for one
	rung  chan struct{} // room for one
	asked bool          // asked, and not yet rung
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
		return nil // without a bell the thread looks from time to time
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
			return // the eventfd was closed
		}
		b.rung <- struct{}{}
	}
}

// await returns a channel that gets a value once the eventfd is signalled, or was signalled before. A value may come
// without a new completion, since an earlier request that was not heard still counts.
func (b *bell) await() <-chan struct{} {
	if !b.asked {
		b.asked = true
		b.ask <- struct{}{}
	}
	return b.rung
}

// heard notes that the caller has got the value.
func (b *bell) heard() { b.asked = false }

func (b *bell) close() {
	if b == nil {
		return
	}
	close(b.ask)
	b.file.Close()
	<-b.ended
}
