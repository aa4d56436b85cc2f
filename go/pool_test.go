// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

func newPool(t testing.TB, c *Controller, n int, options ...QPairOption) *Pool {
	t.Helper()
	pool, err := c.NewPool(n, options...)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestAPoolServesManyGoroutines(t *testing.T) {
	for _, uri := range []string{"soft:ram?size=4MiB&block=512", "soft:ram?size=4MiB&block=512&mode=thread",
		"soft:" + image(t, 4<<20) + "?block=512"} {
		c, _ := open(t, uri)
		pool := newPool(t, c, 2, Depth(16))
		var wait sync.WaitGroup
		for g := 0; g < 40; g++ {
			wait.Add(1)
			go func(g int) {
				defer wait.Done()
				poolRoundTrips(t, c, pool, g)
			}(g)
		}
		wait.Wait()
		must(t, pool.Close())
		must(t, pool.Close())
		if err := pool.Do(ctx, nil, make([]Op, 1), make([]Completion, 1)); !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	}
}

// poolRoundTrips writes and reads 50 blocks that are this goroutine's, more than a queue pair has room for.
func poolRoundTrips(t *testing.T, c *Controller, pool *Pool, g int) {
	const n = 50
	buf := alloc(t, c, 2*n*512)
	fill(buf.Bytes()[:n*512], int64(g))
	ops, done := make([]Op, 2*n), make([]Completion, 2*n)
	for round := 0; round < 5; round++ {
		for i := 0; i < n; i++ {
			at := uint64(i) * 512
			ops[i] = Op{Opcode: OpWrite, NSID: 1, LBA: uint64(g*n + i), Blocks: 1, Offset: at,
				Tag: uint64(7000 + i)}
			ops[n+i] = ops[i]
			ops[n+i].Opcode, ops[n+i].Offset = OpRead, at+n*512
		}
		must(t, pool.Do(ctx, buf, ops[:n], done[:n]))
		must(t, pool.Do(ctx, buf, ops[n:], done[n:]))
		for i, c := range done {
			if c.Err() != nil || c.Tag != uint64(7000+i%n) {
				t.Errorf("%d: %+v", i, c)
			}
		}
		same(t, buf.Bytes()[n*512:], buf.Bytes()[:n*512])
	}
	must(t, buf.Free())
}

func TestAPoolTellsWhichOpIsRefused(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB")
	pool := newPool(t, c, 1)
	buf := alloc(t, c, 16*4096)
	ops, done := batch(10, 4096), make([]Completion, 10)
	ops[6].LBA = 1 << 50
	err := pool.Do(ctx, buf, ops, done)
	var partial *PartialError
	if !errors.As(err, &partial) || partial.Accepted != 6 || !errors.Is(err, syscall.ERANGE) {
		t.Fatal(err)
	}
	for i, c := range done {
		if (c.Tag == 0) != (i >= 6) {
			t.Errorf("%d: %+v", i, c)
		}
	}
	if err := pool.Do(ctx, buf, ops, done[:3]); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	must(t, pool.Do(ctx, buf, nil, nil))
	if _, err := c.NewPool(0); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}

// A status other than success is in the completion.
func TestAPoolGivesStatuses(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB&block=512")
	pool := newPool(t, c, 1)
	buf := alloc(t, c, 512)
	buf.Bytes()[5] = 1
	done := make([]Completion, 2)
	must(t, pool.Do(ctx, buf, []Op{{Opcode: OpCompare, NSID: 1, Blocks: 1}, {Opcode: OpFlush, NSID: 1}}, done))
	if !errors.Is(done[0].Err(), ErrCompareFailure) || done[1].Err() != nil {
		t.Error(done)
	}
}

func TestACancelledBatchLeavesTheSlicesAlone(t *testing.T) {
	c, _ := open(t, "soft:"+image(t, 8<<20)+"?block=4096&engine=worker", SpinBudget(0))
	pool := newPool(t, c, 2)
	cancelled := 0
	for i := 0; i < 500; i++ {
		buf := alloc(t, c, 64*4096)
		ops, done := batch(64, 4096), make([]Completion, 64)
		short, cancel := context.WithTimeout(ctx, time.Duration(i)*time.Microsecond)
		err := pool.Do(short, buf, ops, done)
		cancel()
		must(t, buf.Free())
		if errors.Is(err, context.DeadlineExceeded) {
			cancelled++
			for j := range done {
				ops[j] = Op{} // the pool has copies
				if done[j] != (Completion{}) {
					t.Fatalf("%d: %+v", j, done[j])
				}
			}
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 500 were cancelled", cancelled)
	must(t, pool.Close())
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.buffers) != 0 {
		t.Errorf("%d buffers were not given back", len(c.buffers))
	}
}

func TestAPoolWithoutEnoughQueuePairsIsRefused(t *testing.T) {
	c, _ := open(t, "soft:null?queues=3", QPairs(3))
	_, err := c.NewPool(10)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeQPairLimit {
		t.Fatal(err)
	}
	must(t, newPool(t, c, 3).Close())
}

// Threads with eventfds sleep until a completion or a batch: nothing else ends their sleep in this test.
func TestAPoolSleepsUntilSomethingCompletes(t *testing.T) {
	c, _ := open(t, "soft:ram?size=16MiB&block=512&mdts=12&mode=thread", SpinBudget(0))
	pool := newPool(t, c, 2, Interrupt())
	pool.longest = time.Hour
	limited, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	var wait sync.WaitGroup
	const batches = 300
	for g := 0; g < 8; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			buf := alloc(t, c, 64*512)
			for i := 0; i < batches; i++ {
				n := 1 + (g+i)%64
				if err := pool.Do(limited, buf, batch(n, 512), make([]Completion, n)); err != nil {
					t.Error(err)
					return
				}
			}
		}(g)
	}
	wait.Wait()
	buf, naps := alloc(t, c, 16<<20), pool.naps.Load()
	const large = 20
	for i := 0; i < large; i++ {
		must(t, pool.Do(limited, buf, []Op{{Opcode: OpRead, NSID: 1, Blocks: 32768}}, make([]Completion, 1)))
	}
	slept := pool.naps.Load() - naps
	t.Logf("%d sleeps for %d batches, then %d for %d large commands", naps, 8*batches, slept, large)
	if slept == 0 || slept > 4*large {
		t.Errorf("%d sleeps for %d commands", slept, large)
	}
	files := descriptors(t)
	must(t, pool.Close())
	if n := descriptors(t); n >= files {
		t.Errorf("%d files are open, and %d before", n, files)
	}
	eventually(t, "no goroutine is left", func() bool { return ours() == 0 })
}

// Commands whose completions a broken queue pair has not told count as not done.
func TestAPoolThatFailsSaysHowFarItCame(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB")
	p := newPool(t, c, 1)
	j, err := p.newJob(nil, make([]Op, 5))
	must(t, err)
	w := worker{pool: p}
	w.add(j)
	j.submitted, j.completed = 4, 3
	for _, i := range []int{0, 1, 3} {
		j.done[i] = Completion{}
	}
	w.fail(ErrNoMemory)
	<-j.finished
	if j.completed != 2 || j.err != error(ErrNoMemory) || w.njobs != 0 {
		t.Error(j.completed, j.err, w.njobs)
	}
}
