// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import "sync"

// The number of pieces of a large request that are with the device at a time: one is copied while others are moved.
const piecesAtOnce = 4

// together is a large request whose pieces are under way.
type together struct {
	request
	mu   sync.Mutex
	next int   // offset of the next piece
	good int   // the first offset that has failed; without a failure, the length
	err  error // the failure at that offset
}

// together lets several goroutines do the request, a piece each at a time.
func (q *request) together() (int, error) {
	t := &together{request: *q, good: len(q.p)}
	var wait sync.WaitGroup
	for i := 1; i < piecesAtOnce && i*bounceMost < len(q.p); i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			t.work()
		}()
	}
	t.work()
	wait.Wait()
	return t.good, t.err
}

func (t *together) work() {
	for n, e := t.begin(); e.bytes > 0; n, e = t.begin() {
		if err := t.some(n, e); err != nil {
			t.fail(n, err)
			return
		}
	}
}

// begin takes the next piece; an empty piece: there is none, or another has failed.
func (t *together) begin() (int, extent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.next
	if n == len(t.p) || t.err != nil {
		return n, extent{}
	}
	e, err := t.request.next(n)
	if err != nil {
		t.good, t.err = n, err
	}
	t.next += int(e.bytes)
	return n, e
}

// fail notes the first offset that has failed: all pieces before it were begun, and are waited for.
func (t *together) fail(n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < t.good {
		t.good, t.err = n, err
	}
}
