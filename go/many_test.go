// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// A namespace may have more blocks than a command can name, and than 32 bits can count.
func TestCommandsThatTakeAWholeNamespace(t *testing.T) {
	_, ns := open(t, "soft:null?size=4TiB&block=512&mdts=12", SpinBudget(time.Minute))
	all := ns.Blocks()
	if all != 1<<33 {
		t.Fatal(all)
	}
	calls := map[string]func(ctx context.Context, lba, blocks uint64) error{"WriteZeroes": ns.WriteZeroes,
		"Deallocate": ns.Deallocate, "Verify": ns.Verify}
	for name, call := range calls {
		for _, part := range [][2]uint64{{0, all}, {all - 1, 1}, {1, 1<<32 + 1}} {
			if err := call(ctx, part[0], part[1]); err != nil {
				t.Errorf("%s of %d from %d: %v", name, part[1], part[0], err)
			}
		}
		for _, part := range [][2]uint64{{1, all}, {0, all + 1}, {all, 1}, {1 << 63, 1 << 63}, {0, 1<<64 - 1}} {
			before := ns.Controller().Stats().Commands
			if err := call(ctx, part[0], part[1]); !errors.Is(err, syscall.ERANGE) {
				t.Errorf("%s of %d from %d: %v", name, part[1], part[0], err)
			}
			if done := ns.Controller().Stats().Commands - before; part[1] > 1 && done != 0 {
				t.Errorf("%s of %d from %d is not refused before %d parts are done", name, part[1],
					part[0], done)
			}
		}
		if err := call(ctx, 0, 0); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s of nothing: %v", name, err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := call(cancelled, 0, all); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
	p := make([]byte, 4096)
	for _, off := range []int64{1<<41 - 99, 1<<41 - 512, 1 << 41, 1<<42 - 4096} {
		if n, err := ns.ReadAt(p, off); n != len(p) || err != nil {
			t.Errorf("ReadAt %d: %d, %v", off, n, err)
		}
		if n, err := ns.WriteAt(p, off); n != len(p) || err != nil {
			t.Errorf("WriteAt %d: %d, %v", off, n, err)
		}
	}
	if n, err := ns.ReadAt(p, 1<<42-100); n != 100 || err != io.EOF {
		t.Errorf("%d, %v at the end", n, err)
	}
}

// Blocks that were done before an error count, in any command.
func TestErrorsCountTheBlocksDoneBefore(t *testing.T) {
	status := newStatusError(0x281, 0, 7)
	if err := after(1<<32, 1<<33, status); err != error(status) || status.Blocks != 1<<32+7 {
		t.Error(err, status.Blocks)
	}
	err := after(1<<31, 1<<33, context.Canceled)
	if !errors.Is(err, context.Canceled) ||
		err.Error() != "after 2147483648 of 8589934592 blocks: context canceled" {
		t.Error(err)
	}
}
