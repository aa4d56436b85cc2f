// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import "context"

// A write of a part of a block reads the block, changes the part and writes the block back. Two such writes to one
// block must not run at the same time, or the later one writes old bytes over the other's. A write of whole blocks
// needs no lock: a call that writes a part of such a block at the same time writes bytes of the same range, which
// callers must avoid.

const nblockLocks = 64

// blockLockTable has the locks of a namespace's blocks; several blocks share one. A lock is a channel, so that a wait
// for it can be cancelled.
type blockLockTable [nblockLocks]chan struct{}

func (t *blockLockTable) setUp() {
	for i := range t {
		t[i] = make(chan struct{}, 1)
	}
}

// blockLocks are the locks that a write holds: none, one or two.
type blockLocks [2]chan struct{}

// lock takes the locks of two blocks, or of one that is given twice, always in the table's order.
func (t *blockLockTable) lock(ctx context.Context, first, last uint64) (blockLocks, error) {
	a, b := first%nblockLocks, last%nblockLocks
	if a > b {
		a, b = b, a
	}
	var held blockLocks
	if err := take(ctx, t[a]); err != nil {
		return held, err
	}
	held[0] = t[a]
	if a == b {
		return held, nil
	}
	if err := take(ctx, t[b]); err != nil {
		held.unlock()
		return blockLocks{}, err
	}
	held[1] = t[b]
	return held, nil
}

func take(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	default:
	}
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l blockLocks) unlock() {
	for _, lock := range l {
		if lock != nil {
			<-lock
		}
	}
}
