// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// threadTimes is how long each thread of this process has run, in nanoseconds.
func threadTimes(t *testing.T) map[string]uint64 {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	times := map[string]uint64{}
	for _, task := range tasks {
		text, err := os.ReadFile("/proc/self/task/" + task.Name() + "/schedstat")
		if os.IsNotExist(err) {
			continue
		}
		var ran uint64
		if _, err := fmt.Sscan(string(text), &ran); err != nil {
			t.Skip("the kernel does not count how long threads run: ", err)
		}
		times[task.Name()] = ran
	}
	return times
}

// No thread spins for a slow device: of all threads the controller's own has run by far the longest.
func TestASlowDeviceHoldsNoThread(t *testing.T) {
	c, ns := open(t, "soft:ram?size=16MiB&mdts=12&mode=thread")
	if l, err := c.leases.get(ctx); err != nil || l.c.fd < 0 {
		t.Fatal("the lease has no eventfd: ", err)
	} else {
		c.leases.put(l)
	}
	buf := alloc(t, c, 16<<20)
	_, err := ns.WriteAt(fill(buf.Bytes(), 7), 0)
	must(t, err)
	before, naps := threadTimes(t), c.leases.parked.naps.Load()
	const commands = 100
	for i := 0; i < commands; i++ {
		must(t, ns.Read(ctx, buf, 0, uint32(ns.Blocks())))
	}
	var most, sum uint64
	for thread, ran := range threadTimes(t) {
		ran -= before[thread]
		sum += ran
		if ran > most {
			most = ran
		}
	}
	if rest := sum - most; rest > most/3 {
		t.Errorf("the controller has run for %v, all others for %v", time.Duration(most), time.Duration(rest))
	}
	if n := c.leases.parked.naps.Load() - naps; n > 3*commands {
		t.Errorf("the poller has looked %d times for %d commands", n, commands)
	}
	if c.Stats().Parked == 0 {
		t.Error("no command has outlasted the spin budget")
	}
}

// A completion that comes just when the poller goes to sleep wakes it: nothing else would, in this test.
func TestNoSignalIsLost(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&mode=thread", SpinBudget(0))
	c.leases.parked.longest = time.Hour
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wait sync.WaitGroup
		for g := 0; g < 8; g++ {
			wait.Add(1)
			go func(g int) {
				defer wait.Done()
				p := make([]byte, 512)
				for i := 0; i < 2000; i++ {
					if _, err := ns.ReadAt(p, int64(g)*512); err != nil {
						t.Error(err)
					}
				}
			}(g)
		}
		wait.Wait()
	}()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatalf("a command is never done: %+v", c.Stats())
	}
	if c.Stats().Parked == 0 || c.leases.parked.naps.Load() == 0 {
		t.Errorf("the poller never slept: %+v", c.Stats())
	}
}

// The worst case: each command completes between the poller's look and its sleep.
func TestASignalBeforeTheSleepEndsIt(t *testing.T) {
	c, ns := open(t, "soft:ram?size=16MiB&mdts=12&mode=thread", SpinBudget(0))
	c.leases.parked.longest = time.Hour
	naps := 0
	c.leases.parked.asleep = func(list []*lease) {
		naps++
		for _, l := range list {
			waitReadable(t, int32(l.c.fd))
		}
	}
	buf := alloc(t, c, 16<<20)
	for i := 0; i < 20; i++ {
		limited, cancel := context.WithTimeout(ctx, deadline)
		err := ns.Read(limited, buf, 0, uint32(ns.Blocks()))
		cancel()
		if err != nil {
			t.Fatal("it sleeps on: ", err)
		}
	}
	eventually(t, "the poller has ended", func() bool { return ours() == 0 })
	if naps == 0 {
		t.Error("the poller never slept")
	}
}

// waitReadable returns when the descriptor is readable, and reads nothing.
func waitReadable(t *testing.T, fd int32) {
	event := struct {
		fd              int32
		events, revents int16
	}{fd, 1, 0}
	for event.revents == 0 {
		_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&event)), 1, 0, 0, 0, 0)
		if errno != 0 && errno != syscall.EINTR {
			t.Error(errno)
			return
		}
	}
}

// Close ends commands that take too long even if the poller sleeps, and cancelled calls return meanwhile.
func TestCloseWhileThePollerSleeps(t *testing.T) {
	for round := 0; round < 5; round++ {
		c, ns := open(t, "soft:ram?size=16MiB&mdts=12&mode=thread", SpinBudget(0),
			DrainTimeout(time.Microsecond))
		c.leases.parked.longest = time.Hour
		buf := alloc(t, c, 16<<20)
		results := make(chan error)
		cancellable, cancel := context.WithCancel(ctx)
		for i := 0; i < 8; i++ {
			go func(i int) {
				ctx := ctx
				if i%2 == 0 {
					ctx = cancellable
				}
				results <- ns.Read(ctx, buf, 0, uint32(ns.Blocks()))
			}(i)
		}
		eventually(t, "the poller has something", func() bool {
			return c.leases.parked.naps.Load()+c.Stats().Commands > 0
		})
		cancel()
		must(t, c.Close())
		for i := 0; i < 8; i++ {
			err := <-results
			if err != nil && !errors.Is(err, context.Canceled) && !ended(err) {
				t.Error(err)
			}
		}
	}
	eventually(t, "no goroutine is left", func() bool { return ours() == 0 })
}

// ended tells whether a call has found the controller closed, or its command was ended by the library, or by the
// controller when its queue was deleted.
func ended(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Aborted || status.SCT == 0 && status.SC == 8
	}
	return errors.Is(err, ErrClosed)
}
