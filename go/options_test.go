// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What C would take for a huge number is refused by the name that it has in Go.
func TestOptionsThatCannotBe(t *testing.T) {
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

// There is no memory for more leases than there can be queue pairs.
func TestLeasesBeyondReason(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB", Leases(1<<40))
	if _, err := ns.ReadAt(make([]byte, 10), 0); err != nil {
		t.Error(err)
	}
	if info, err := c.Info(); err != nil || c.leases.max != int(info.MaxQPairs) {
		t.Error(c.leases.max, err)
	}
}

// A period is not none because it is short: the unit of C's is the millisecond.
func TestAShortKeepAlivePeriod(t *testing.T) {
	for period, wanted := range map[time.Duration]int64{0: 0, time.Nanosecond: 1, time.Millisecond: 1,
		1500 * time.Microsecond: 2} {
		if got := milliseconds(period); got != wanted {
			t.Errorf("%v: %d ms", period, got)
		}
	}
}
