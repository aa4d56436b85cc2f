// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// waiting is the number of calls that wait for a lease.
func (p *leases) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

func TestLeasesAreGivenInTurn(t *testing.T) {
	c, _ := open(t, "soft:null", Leases(1))
	held, err := c.leases.get(ctx)
	must(t, err)
	const waiters = 20
	turns := make(chan int, waiters)
	for i := 0; i < waiters; i++ {
		go func(i int) {
			l, err := c.leases.get(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			turns <- i
			c.leases.put(l)
		}(i)
		eventually(t, "one more waits", func() bool { return c.leases.waiting() == i+1 })
	}
	c.leases.put(held)
	for i := 0; i < waiters; i++ {
		if turn := <-turns; turn != i {
			t.Errorf("turn %d is waiter %d's", i, turn)
		}
	}
}

// A call that finds a free lease comes second if another call waits that was not told yet.
func TestNoCallOvertakesAWaitingOne(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB", Leases(1))
	held, err := c.leases.get(ctx)
	must(t, err)
	first, second := make(chan *lease), make(chan error)
	go func() {
		l, _ := c.leases.get(ctx)
		first <- l
	}()
	eventually(t, "one waits", func() bool { return c.leases.waiting() == 1 })
	if !held.free() {
		t.Error("who gives the lease back is not told that one waits")
	}
	go func() {
		_, err := ns.ReadAt(make([]byte, 10), 0)
		second <- err
	}()
	select {
	case l := <-first:
		eventually(t, "the other waits", func() bool { return c.leases.waiting() == 1 })
		c.leases.put(l)
		must(t, <-second)
	case <-second:
		t.Error("it has overtaken")
		c.leases.wake()
		c.leases.put(<-first)
	}
}

func TestACallThatGivesUpLeavesTheQueue(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB", Leases(1))
	held, err := c.leases.get(ctx)
	must(t, err)
	for i := 0; i < 10; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		result := make(chan error)
		go func() {
			_, err := ns.ReadAtContext(ctx, make([]byte, 10), 0)
			result <- err
		}()
		eventually(t, "one waits", func() bool { return c.leases.waiting() == 1 })
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := c.leases.waiting(); n != 0 {
			t.Errorf("%d wait still", n)
		}
	}
	c.leases.put(held)
	if _, err := ns.ReadAt(make([]byte, 10), 0); err != nil {
		t.Error(err)
	}
	if stats := c.Stats(); stats.QPairs != 1 || stats.Waits != 10 || stats.Commands != 1 {
		t.Errorf("%+v", stats)
	}
}

// Whole blocks in a buffer's memory are moved by the device itself, and nothing else is.
func TestReadAtAndWriteAtInsideBuffers(t *testing.T) {
	c, ns := open(t, "soft:ram?size=16MiB&block=4096")
	memory, err := c.Register(fill(make([]byte, 9<<20), 5))
	must(t, err)
	buf := alloc(t, c, 8<<20)
	content, got := memory.Bytes()[4:4+8<<20], buf.Bytes()
	copied := func() uint64 { return c.Stats().BouncedBytes }
	do := func(n int, err error) {
		t.Helper()
		must(t, err)
	}
	do(ns.WriteAt(content, 4096))
	do(ns.ReadAt(got, 4096))
	same(t, got, content)
	if stats := c.Stats(); stats.BouncedBytes != 0 || stats.Commands != 2 {
		t.Errorf("%+v", stats)
	}
	do(ns.ReadAt(got[:4096], 4095)) // no whole blocks
	do(ns.ReadAt(got[1:4097], 0))   // nor aligned as the controller needs it
	do(ns.ReadAt(make([]byte, 4096), 0))
	if n := copied(); n != 3*4096 {
		t.Errorf("%d bytes were copied", n)
	}
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	do(ns.ReadAtContext(cancellable, got[:4096], 0))
	if n := copied(); n != 4*4096 {
		t.Error("the device has memory that it may keep when the call has returned")
	}
	must(t, memory.Free())
	do(ns.WriteAt(content[:4096], 0))
	if n := copied(); n != 5*4096 {
		t.Errorf("%d bytes were copied", n)
	}
}

func TestBuffersAreFoundByTheirAddress(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	var bufs []*Buffer
	for i := 0; i < 100; i++ {
		bufs = append(bufs, alloc(t, c, 4096))
	}
	for i := 0; i < len(bufs); i += 2 {
		must(t, bufs[i].Free())
	}
	for i, buf := range bufs {
		before := c.Stats().BouncedBytes
		if p := buf.Bytes(); (p == nil) != (i%2 == 0) {
			t.Error("a freed buffer has memory, or one that is not freed has none")
		} else if _, err := ns.ReadAt(p, 0); err != nil || c.Stats().BouncedBytes != before {
			t.Errorf("buffer %d: %v, or its bytes were copied", i, err)
		}
	}
}

// A large request whose pieces are under way at the same time counts the bytes up to the first piece that failed.
func TestLargeRequestsEndWhereTheNamespaceDoes(t *testing.T) {
	_, ns := open(t, "soft:ram?size=5MiB&block=4096")
	content := fill(make([]byte, 9<<20), 6)
	if n, err := ns.WriteAt(content, 12345); n != 5<<20-12345 || !errors.Is(err, errNoSpace) {
		t.Error(n, err)
	}
	got := make([]byte, 9<<20)
	if n, err := ns.ReadAt(got, 12345); n != 5<<20-12345 || err != io.EOF {
		t.Error(n, err)
	}
	same(t, got[:5<<20-12345], content[:5<<20-12345])
	same(t, got[5<<20-12345:], make([]byte, 4<<20+12345))
	all := &together{request: request{p: got}, good: len(got)}
	for _, at := range []int{3 << 20, 1 << 20, 2 << 20} {
		all.fail(at, io.ErrUnexpectedEOF)
	}
	if all.good != 1<<20 || all.err == nil {
		t.Error(all.good, all.err)
	}
}

func TestACancelledLargeReadLeavesTheSliceAlone(t *testing.T) {
	s := openSlow(t)
	p := make([]byte, 3<<20)
	cancelled(t, time.Millisecond, func(ctx context.Context) error {
		for i := range p {
			p[i] = 0xaa
		}
		n, err := s.ns.ReadAtContext(ctx, p[:1<<20], 0)
		if n > 0 && err == nil {
			_, err = s.ns.ReadAtContext(ctx, p, 0)
		}
		return err
	})
	kept := append([]byte(nil), p...)
	s.let()
	eventually(t, "the leases are given back", s.leases.idle)
	same(t, p, kept)
}

// Queue pairs that others have given back serve as leases.
func TestLeasesComeBack(t *testing.T) {
	c, _ := open(t, "soft:null?queues=4", QPairs(4), Leases(3))
	var qps []*QPair
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i := 0; i < 3; i++ {
		qp, err := c.NewQPair()
		must(t, err)
		qps = append(qps, qp)
	}
	lease, err := c.leases.get(ctx)
	must(t, err)
	result := make(chan error)
	go func() {
		second, err := c.leases.get(ctx)
		if err == nil {
			c.leases.put(second)
		}
		result <- err
	}()
	eventually(t, "it waits: there is no queue pair", func() bool { return c.leases.waiting() == 1 })
	must(t, qps[0].Close())
	must(t, <-result)
	c.leases.put(lease)
	for _, qp := range qps[1:] {
		must(t, qp.Close())
	}
}

// A call that is simply done has given its lease back before Go goes on, where it may be preempted: else goroutines
// that wait to go on would soon have all of them.
func TestAGoroutineThatIsPreemptedHasNoLease(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512", Leases(1), SpinBudget(time.Hour))
	must(t, ns.Flush(ctx)) // makes the lease
	buf := alloc(t, c, 512)
	q := request{ns: ns, ctx: ctx, p: buf.Bytes(), block: 512}
	e := extent{blocks: 1, block: 512, nblocks: ns.Blocks(), bytes: 512}
	p := &c.leases
	check := func(name string, l *lease, succeeded bool) {
		if l != nil || !succeeded || !p.idle() {
			t.Errorf("%s: the lease is still out", name)
		}
	}
	l, rc := p.do(nil, ns, buf, &Op{Opcode: OpRead, Blocks: 1})
	check("Do", l, rc > 0)
	for _, opcode := range []Opcode{OpRead, OpWrite} {
		for _, direct := range []bool{false, true} {
			q.opcode, q.direct = opcode, direct
			l, rc := p.atOnce(nil, &q, q.p, &e)
			check(fmt.Sprint("bytes ", opcode, direct), l, rc > 0)
		}
	}
}

// Few queue pairs serve goroutines that are preempted all the time, and as many leases as goroutines are always enough.
func TestPreemptionNeedsNoMoreLeases(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const n = 64
	c, ns := open(t, "soft:ram?size=1MiB&block=512", QPairs(2*n), Leases(n), SpinBudget(time.Hour))
	var wait sync.WaitGroup
	for g := 0; g < n; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			p := make([]byte, 512)
			for i := 0; i < 2000; i++ {
				if _, err := ns.ReadAt(p, int64(g)*512); err != nil {
					t.Error(err)
				}
				if (g+i)%200 == 0 {
					runtime.GC() // stops all goroutines, anywhere
				}
			}
		}(g)
	}
	wait.Wait()
	stats := c.Stats()
	t.Logf("%+v", stats)
	if stats.Waits != 0 || stats.QPairs > n/4 || stats.Commands != 2000*n {
		t.Errorf("%d goroutines: %+v", n, stats)
	}
}

// The close of the controller tells of a queue pair that was not closed well, since no other call can.
func TestCloseTellsOfItsLeases(t *testing.T) {
	c, err := Open("soft:ram?size=1MiB")
	must(t, err)
	l, err := c.leases.get(ctx)
	must(t, err)
	l.c.closed = -5
	c.leases.put(l)
	for again := 0; again < 2; again++ {
		if err := c.Close(); !errors.Is(err, syscall.EIO) {
			t.Error(err)
		}
	}
	if c.buffers != nil {
		t.Error("it is not closed")
	}
}
