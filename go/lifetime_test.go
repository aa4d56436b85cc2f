// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"math/rand"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// slow is a controller whose commands outlast the spin budget, over a file, and whose poller looks only when the test
// lets it.
type slow struct {
	*Controller
	ns   *Namespace
	gate chan struct{}
	once sync.Once
}

func openSlow(t *testing.T, options ...Option) *slow {
	t.Helper()
	uri := "soft:" + image(t, 1<<20) + "?block=4096&engine=worker&mode=thread"
	c, ns := open(t, uri, append(options, SpinBudget(0))...)
	s := &slow{Controller: c, ns: ns, gate: make(chan struct{})}
	c.leases.parked.before = func() { <-s.gate }
	t.Cleanup(s.let) // before Close, which was registered first
	return s
}

func (s *slow) let() { s.once.Do(func() { close(s.gate) }) }

// hasOrphan is whether the device has a command whose call was cancelled.
func (p *parked) hasOrphan() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.list {
		if l.parking.abandoned {
			return true
		}
	}
	return false
}

// cancelOne repeats a call until one is with the device when its context is done: on a busy machine some have not begun
// by then.
func cancelOne(t *testing.T, c *Controller, call func(context.Context) error) {
	t.Helper()
	for limit := time.Millisecond; !c.leases.parked.hasOrphan(); limit *= 2 {
		cancelled(t, limit, call)
	}
}

// cancelled repeats a call until one is not over when its context is done: some are answered at the first look.
func cancelled(t *testing.T, limit time.Duration, call func(context.Context) error) {
	t.Helper()
	for i := 0; i < 100000; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		err := call(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the device is always faster")
}

func TestACancelledReadLeavesTheSliceAlone(t *testing.T) {
	s := openSlow(t)
	p := make([]byte, 4096)
	cancelOne(t, s.Controller, func(ctx context.Context) error {
		for i := range p {
			p[i] = 0xaa
		}
		_, err := s.ns.ReadAtContext(ctx, p, 0)
		return err
	})
	s.let()
	eventually(t, "the lease is given back", func() bool { return s.Stats().Abandoned == 1 && s.leases.idle() })
	for i := range p {
		if p[i] != 0xaa {
			t.Fatalf("byte %d was touched", i)
		}
	}
}

// idle tells whether no call has a lease.
func (p *leases) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var had []*lease
	for l := p.take(); l != nil; l = p.take() {
		had = append(had, l)
	}
	for _, l := range had {
		l.free()
	}
	p.serve()
	return len(had) == p.made
}

func TestABufferOutlivesACancelledRead(t *testing.T) {
	s := openSlow(t)
	buf := alloc(t, s.Controller, 4096)
	cancelOne(t, s.Controller, func(ctx context.Context) error { return s.ns.Read(ctx, buf, 0, 1) })
	if err := buf.Free(); err != nil {
		t.Fatal(err)
	}
	if buf.Bytes() != nil {
		t.Error("a freed buffer has bytes")
	}
	if err := s.ns.Read(context.Background(), buf, 0, 1); !errors.Is(err, ErrFreed) {
		t.Error(err)
	}
	if state := buf.region.state.Load(); state != regionFreed+1 {
		t.Errorf("the buffer is not the device's any more: state %#x", state)
	}
	s.let()
	eventually(t, "the memory is given back",
		func() bool { return buf.region.state.Load() == regionFreed|regionGone })
}

func TestACancelledWriteKeepsItsBlocksLocked(t *testing.T) {
	s := openSlow(t)
	cancelOne(t, s.Controller, func(ctx context.Context) error {
		_, err := s.ns.WriteAtContext(ctx, []byte("part"), 5*4096+7)
		return err
	})
	lock := s.ns.locks[5]
	if len(lock) != 1 {
		t.Fatal("the block is not locked")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.ns.WriteAtContext(ctx, []byte("other"), 5*4096+70); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.let()
	eventually(t, "the block is unlocked", func() bool { return len(lock) == 0 })
	if n, err := s.ns.WriteAt([]byte("other"), 5*4096+70); n != 5 || err != nil {
		t.Error(n, err)
	}
}

func TestAContextThatIsDoneStartsNothing(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	buf := alloc(t, c, 4096)
	pool, err := c.NewPool(1)
	if err != nil {
		t.Fatal(err)
	}
	_, readErr := ns.ReadAtContext(ctx, make([]byte, 10), 0)
	_, writeErr := ns.WriteAtContext(ctx, make([]byte, 10), 0)
	_, adminErr := c.Admin(ctx, &RawCommand{}, nil)
	for _, err := range []error{readErr, writeErr, adminErr, ns.Read(ctx, buf, 0, 1), ns.Flush(ctx),
		pool.Do(ctx, buf, make([]Op, 1), make([]Completion, 1))} {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if c.Stats().Commands != 0 {
		t.Errorf("%+v", c.Stats())
	}
}

// Storms of cancelled writes and reads, each goroutine in bytes of its own; its last call that was not cancelled
// determines the content.
func TestCancellationStorm(t *testing.T) {
	for _, uri := range []string{"soft:" + image(t, 1<<20) + "?block=4096&engine=worker",
		"soft:ram?size=1MiB&mode=thread"} {
		c, ns := open(t, uri, SpinBudget(time.Microsecond), Leases(4))
		var wait sync.WaitGroup
		var cancelled atomic.Int64
		for g := 0; g < 32; g++ {
			wait.Add(1)
			go func(g int) {
				defer wait.Done()
				storm(t, ns, g, &cancelled)
			}(g)
		}
		wait.Wait()
		eventually(t, "all leases are back", c.leases.idle)
		eventually(t, "the poller has ended", func() bool { return ours() == 0 })
		t.Logf("%d cancelled, %+v", cancelled.Load(), c.Stats())
	}
}

func storm(t *testing.T, ns *Namespace, g int, cancelled *atomic.Int64) {
	const bytes = 5000
	random := rand.New(rand.NewSource(int64(g)))
	at := int64(g) * bytes
	p, got := make([]byte, bytes), make([]byte, bytes)
	for i := 0; i < 60; i++ {
		ctx, cancel := context.WithTimeout(context.Background(),
			time.Duration(random.Intn(2000))*time.Microsecond)
		_, err := ns.WriteAtContext(ctx, fill(p, int64(i)), at)
		if err == nil {
			_, err = ns.ReadAtContext(ctx, got, at)
		}
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		} else if err != nil {
			cancelled.Add(1)
		}
	}
	// A cancelled write may still come until the device is done with it.
	eventually(t, "a whole write is read back", func() bool {
		if _, err := ns.WriteAt(fill(p, 99), at); err != nil {
			t.Error(err)
		}
		_, err := ns.ReadAt(got, at)
		return err == nil && string(got) == string(p)
	})
}

func TestCloseWakesWaitingCalls(t *testing.T) {
	s := openSlow(t, Leases(1))
	cancelOne(t, s.Controller, func(ctx context.Context) error { return s.ns.Flush(ctx) })
	waiting := make(chan error)
	for i := 0; i < 10; i++ {
		go func() {
			_, err := s.ns.ReadAt(make([]byte, 10), 0)
			waiting <- err
		}()
	}
	eventually(t, "ten wait", func() bool { return s.Stats().Waits >= 10 })
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for i := 0; i < 10; i++ {
		if err := <-waiting; !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	}
	select {
	case err := <-closed:
		t.Fatal("closed while the device has a command: ", err)
	default:
	}
	s.let()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestCloseEndsCommandsThatTakeTooLong(t *testing.T) {
	s := openSlow(t, DrainTimeout(time.Millisecond))
	parked := &s.leases.parked
	result := make(chan error)
	s.leases.parked.before = func() { eventually(t, "the drain is over", parked.stopping) }
	for i := 0; i < 8; i++ {
		go func() { result <- s.ns.Flush(context.Background()) }()
	}
	eventually(t, "all are with the device, or done",
		func() bool { return s.Stats().Commands+uint64(parked.len()) == 8 })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for i := 0; i < 8; i++ {
		var status *StatusError
		if err := <-result; err != nil && (!errors.As(err, &status) || !status.Aborted) {
			t.Error(err)
		}
	}
}

func (p *parked) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.list)
}

func TestCloseUnderLoad(t *testing.T) {
	for round := 0; round < 3; round++ {
		before := threads(t)
		closeUnderLoad(t, round)
		eventually(t, "no goroutine is left", func() bool { return ours() == 0 })
		if after := threads(t); after > before+64 {
			t.Errorf("%d threads, and %d before", after, before)
		}
	}
}

func closeUnderLoad(t *testing.T, round int) {
	c, ns := open(t, "soft:ram?size=1MiB&mode="+[]string{"inline", "thread"}[round%2],
		Housekeeping(time.Millisecond))
	buf := alloc(t, c, 4096)
	pool, err := c.NewPool(2)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var began atomic.Int64
	for g := 0; g < 64; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			for i := 0; ; i++ {
				if err := someRequest(c, ns, buf, pool, g); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
				if i == 0 {
					began.Add(1)
				}
			}
		}(g)
	}
	eventually(t, "all have begun", func() bool { return began.Load() == 64 })
	for i := 0; i < 3; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if buf.Bytes() != nil {
		t.Error("a buffer outlives its controller")
	}
	if err := buf.Free(); err != nil {
		t.Error(err)
	}
}

func someRequest(c *Controller, ns *Namespace, buf *Buffer, pool *Pool, g int) error {
	switch g % 5 {
	case 0:
		_, err := ns.ReadAt(make([]byte, 3000), int64(g)*3000)
		return err
	case 1:
		_, err := ns.WriteAt(make([]byte, 3000), int64(g)*3000)
		return err
	case 2:
		return ns.Read(context.Background(), buf, 0, 1)
	case 3:
		ops := []Op{{Opcode: OpRead, NSID: 1, Blocks: 1}, {Opcode: OpFlush, NSID: 1}}
		return pool.Do(context.Background(), buf, ops, make([]Completion, 2))
	}
	return c.WithQPair(func(qp *QPair) error {
		for i := 0; i < 10; i++ {
			if err := qp.Read(ns, buf, 0, 1, nil); err != nil {
				return err
			}
			if _, err := qp.Poll(); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestCloseIsRefusedWhereItWouldWaitForItself(t *testing.T) {
	c, _ := open(t, "soft:null")
	err := c.WithQPair(func(*QPair) error { return c.Close() })
	if !errors.Is(err, syscall.EDEADLK) {
		t.Fatal(err)
	}
	if err := c.WithQPair(func(*QPair) error { return nil }); err != nil {
		t.Fatal("it is not open any more: ", err)
	}
}

func TestNothingWorksAfterClose(t *testing.T) {
	c, ns := open(t, "soft:null")
	buf := alloc(t, c, 4096)
	pool, err := c.NewPool(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < 2; i++ {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, readErr := ns.ReadAt(make([]byte, 1), 0)
	_, emptyErr := ns.ReadAt(nil, 0)
	_, nsErr := c.Namespace(1)
	_, allocErr := c.Alloc(1)
	_, infoErr := c.Info()
	_, poolErr := c.NewPool(1)
	_, qpErr := c.NewQPair()
	_, adminErr := c.Admin(context.Background(), &RawCommand{}, nil)
	for i, err := range []error{readErr, emptyErr, nsErr, allocErr, infoErr, poolErr, qpErr, adminErr, c.Poll(),
		ns.Write(context.Background(), buf, 0, 1), c.WithQPair(func(*QPair) error { return nil }),
		pool.Do(context.Background(), nil, make([]Op, 1), make([]Completion, 1))} {
		if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrFreed) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if c.URI() != "" || ns.Blocks() != 0 || c.NextNamespace(0) != 0 {
		t.Error("a closed controller has properties")
	}
}

// Nothing is left after many rounds of opening and closing.
func TestNoLeaks(t *testing.T) {
	round := func(i int) {
		c, err := Open("soft:ram?size=1MiB&mode="+[]string{"inline", "thread"}[i%2], SpinBudget(0))
		if err != nil {
			t.Fatal(err)
		}
		ns, err := c.Namespace(1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Alloc(1 << 20); err != nil {
			t.Fatal(err)
		}
		if _, err := c.NewPool(2); err != nil {
			t.Fatal(err)
		}
		if _, err := ns.WriteAt(make([]byte, 1<<20), 0); err != nil {
			t.Fatal(err)
		}
		err = c.WithQPair(func(qp *QPair) error { return qp.Flush(ns, nil) })
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first, then := 40, 150
	if testing.Short() { // enough for what is lost in each round
		first, then = 20, 50
	}
	for i := 0; i < first; i++ {
		round(i)
	}
	runtime.GC()
	memory, nthreads, files := resident(t), threads(t), descriptors(t)
	for i := 0; i < then; i++ {
		round(i)
	}
	runtime.GC()
	eventually(t, "no goroutine is left", func() bool { return ours() == 0 })
	if more := resident(t) - memory; more > 40<<20 {
		t.Errorf("%d KiB more than before", more>>10)
	}
	if more := descriptors(t) - files; more > 8 {
		t.Errorf("%d files more are open than before", more)
	}
	if more := threads(t) - nthreads; more > 8 {
		t.Errorf("%d threads more than before", more)
	}
}

func TestObjectsDroppedOpenAreLogged(t *testing.T) {
	c, _ := open(t, "soft:null")
	told := make(chan string, 100)
	if err := SetLog(func(_ LogLevel, message string) { told <- message }, LogWarn); err != nil {
		t.Fatal(err)
	}
	defer SetLog(nil, 0)
	func() { alloc(t, c, 4096) }()
	eventually(t, "the finalizer tells", func() bool {
		runtime.GC()
		select {
		case message := <-told:
			return message == "upnvme: the buffer of soft:null was dropped open"
		default:
			return false
		}
	})
}
