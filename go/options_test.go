// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A number that C would read as a huge one is refused, by its name in Go.
func TestImpossibleOptionsAreRefused(t *testing.T) {
	for name, option := range map[string]Option{"QPairs": QPairs(-1), "KeepAlive": KeepAlive(-time.Second),
		"AdminTimeout": AdminTimeout(-1), "Leases": Leases(-1), "SpinBudget": SpinBudget(-1),
		"DrainTimeout": DrainTimeout(-1), "Housekeeping": Housekeeping(-1)} {
		c, err := Open("soft:null", option)
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), name+"(-1") {
			t.Errorf("%s: %v", name, err)
		}
		must(t, c.Close())
	}
	c, _ := open(t, "soft:null")
	for name, option := range map[string]QPairOption{"Depth": Depth(-1), "Entries": Entries(-1)} {
		err := c.WithQPair(func(*QPair) error { return nil }, option)
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), name+"(-1)") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A number that is too large is refused, which C would read as a small one, or none.
func TestTooLargeOptionsAreRefused(t *testing.T) {
	const huge = 1<<32 + 1
	for name, option := range map[string]Option{"QPairs(4294967297)": QPairs(huge),
		"KeepAlive(1193046h28m17s)": KeepAlive(huge * time.Second)} {
		c, err := Open("soft:null", option)
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), name) ||
			!strings.Contains(err.Error(), "at most") {
			t.Errorf("%s: %v", name, err)
		}
		must(t, c.Close())
	}
	c, _ := open(t, "soft:null")
	for name, option := range map[string]QPairOption{"Depth(4294967297)": Depth(huge),
		"Entries(4294967297)": Entries(huge)} {
		err := c.WithQPair(func(*QPair) error { return nil }, option)
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if pool, err := c.NewPool(1 << 30); !errors.Is(err, syscall.ENOSPC) || pool != nil {
		t.Error(err)
	}
	withQPair(t, c, func(qp *QPair) {
		for _, max := range []int{-1, 1 << 32} {
			if _, err := qp.PollMax(max); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("PollMax(%d): %v", max, err)
			}
		}
		if err := qp.Raw(&RawCommand{Timeout: -1}, nil, nil); !errors.Is(err, syscall.EINVAL) {
			t.Error(err)
		}
	})
	if _, err := c.Admin(ctx, &RawCommand{Timeout: -1}, nil); !strings.Contains(fmt.Sprint(err), "Timeout -1ns") {
		t.Error(err)
	}
	entries, err := c.ErrorLog(1 << 40)
	if err != nil || len(entries) != 0 {
		t.Error(entries, err)
	}
}

// More leases than possible queue pairs are refused before memory is allocated.
func TestTooManyLeasesAreRefused(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB", Leases(1<<40))
	if _, err := ns.ReadAt(make([]byte, 10), 0); err != nil {
		t.Error(err)
	}
	if info, err := c.Info(); err != nil || c.leases.max != int(info.MaxQPairs) {
		t.Error(c.leases.max, err)
	}
}

// A short period is rounded up to C's unit, a millisecond, not down to none.
func TestAShortKeepAlivePeriod(t *testing.T) {
	for period, wanted := range map[time.Duration]int64{0: 0, time.Nanosecond: 1, time.Millisecond: 1,
		1500 * time.Microsecond: 2} {
		if got := milliseconds(period); got != wanted {
			t.Errorf("%v: %d ms", period, got)
		}
	}
}
