// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"
)

func withQPair(t testing.TB, c *Controller, fn func(*QPair), options ...QPairOption) {
	t.Helper()
	err := c.WithQPair(func(qp *QPair) error {
		fn(qp)
		return nil
	}, options...)
	if err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// drain polls until nothing is in flight, and returns the number of completions.
func drain(t testing.TB, qp *QPair) int {
	n := 0
	eventually(t, "all is completed", func() bool {
		k, err := qp.Poll()
		must(t, err)
		n += k
		return qp.InFlight() == 0
	})
	return n
}

func TestFunctionsRunInPoll(t *testing.T) {
	for _, uri := range []string{"soft:ram?size=1MiB", "soft:ram?size=1MiB&mode=thread"} {
		c, ns := open(t, uri)
		buf := alloc(t, c, 64<<10)
		withQPair(t, c, func(qp *QPair) {
			ran := make([]int, 200)
			for i := range ran {
				i := i
				done := func(c Completion) {
					ran[i]++
					if c.Err() != nil || c.Blocks != 1 {
						t.Error(i, c)
					}
				}
				err := qp.Read(ns, buf.Slice(i%16*4096, (i%16+1)*4096), uint64(i), 1, done)
				for errors.Is(err, ErrQueueFull) {
					_, pollErr := qp.Poll()
					must(t, pollErr)
					err = qp.Read(ns, buf.Slice(i%16*4096, (i%16+1)*4096), uint64(i), 1, done)
				}
				must(t, err)
			}
			drain(t, qp)
			for i, n := range ran {
				if n != 1 {
					t.Errorf("function %d has run %d times", i, n)
				}
			}
		}, Depth(32))
	}
}

func TestAPanicLetsTheOthersRun(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	buf := alloc(t, c, 4096)
	withQPair(t, c, func(qp *QPair) {
		ran := 0
		for i := 0; i < 6; i++ {
			i := i
			must(t, qp.Read(ns, buf, 0, 1, func(Completion) {
				ran++
				if i == 1 || i == 3 {
					panic(i)
				}
			}))
		}
		value := func() (value interface{}) {
			defer func() { value = recover() }()
			qp.Poll()
			return nil
		}()
		if value != 1 || ran != 6 {
			t.Fatalf("panicked with %v after %d functions", value, ran)
		}
		must(t, qp.Read(ns, buf, 0, 1, func(Completion) { ran++ }))
		if n := drain(t, qp); n != 1 || ran != 7 {
			t.Error(n, ran)
		}
	})
}

func TestAGoroutineThatEndsLetsTheOthersRun(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	ran := 0
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.WithQPair(func(qp *QPair) error {
			must(t, qp.Flush(ns, func(Completion) { runtime.Goexit() }))
			must(t, qp.Flush(ns, func(Completion) { ran++ }))
			qp.Poll()
			t.Error("it goes on")
			return nil
		})
	}()
	<-ended
	if ran != 1 {
		t.Error("the other function did not run")
	}
}

// All functions run, even if several end their goroutine or panic, and the queue pair can be closed.
func TestManyFunctionsEndTheirGoroutine(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	ends := []func(){runtime.Goexit, runtime.Goexit, func() { panic("one") }, func() {}, runtime.Goexit}
	for first := range ends {
		ran := 0
		ended := make(chan error)
		go func() {
			defer close(ended)
			defer func() { recover() }()
			ended <- c.WithQPair(func(qp *QPair) error {
				defer func() {
					if qp.polling || qp.c.ndone != 0 {
						t.Error("the poll is not over")
					}
				}()
				for i := range ends {
					end := ends[(first+i)%len(ends)]
					must(t, qp.Flush(ns, func(Completion) {
						ran++
						end()
					}))
				}
				_, err := qp.Poll()
				return err
			})
		}()
		if err, goesOn := <-ended; goesOn {
			t.Error("it goes on: ", err)
		}
		if ran != len(ends) {
			t.Errorf("%d functions have run", ran)
		}
	}
}

// A panic in the function given to WithQPair leaves no queue pair.
func TestAPanicClosesTheQueuePair(t *testing.T) {
	c, ns := open(t, "soft:null?queues=2", QPairs(2))
	for i := 0; i < 5; i++ {
		func() {
			defer func() {
				if recover() != "out" {
					t.Error("it does not come out")
				}
			}()
			c.WithQPair(func(qp *QPair) error {
				must(t, qp.Flush(ns, nil))
				panic("out")
			})
		}()
	}
}

func TestLeasesMakeRoomForQueuePairs(t *testing.T) {
	c, ns := open(t, "soft:null?queues=2", QPairs(2), Leases(2))
	if _, err := ns.ReadAt(make([]byte, 4096), 0); err != nil {
		t.Fatal(err)
	}
	withQPair(t, c, func(*QPair) {
		withQPair(t, c, func(*QPair) {
			err := c.WithQPair(func(*QPair) error { return nil })
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeQPairLimit {
				t.Error(err)
			}
		})
	})
	if _, err := ns.ReadAt(make([]byte, 4096), 0); err != nil {
		t.Error(err)
	}
}

func batch(n int, block uint64) []Op {
	ops := make([]Op, n)
	for i := range ops {
		ops[i] = Op{Opcode: OpRead, NSID: 1, LBA: uint64(i), Blocks: 1, Offset: uint64(i) * block,
			Tag: uint64(1000 + i)}
	}
	return ops
}

func TestBatchesMoveData(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	content := fill(make([]byte, 200*512), 6)
	if _, err := ns.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	buf := alloc(t, c, 200*512)
	withQPair(t, c, func(qp *QPair) {
		ops, done := batch(200, 512), make([]Completion, 200)
		n, err := qp.Submit(buf, ops)
		if n != 200 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := qp.Reap(done); n != 200 || err != nil {
			t.Fatal(n, err)
		}
		seen := map[uint64]bool{}
		for _, c := range done {
			must(t, c.Err())
			seen[c.Tag] = true
		}
		if len(seen) != 200 {
			t.Errorf("%d tags", len(seen))
		}
		same(t, buf.Bytes(), content)
	}, Depth(200))
}

func TestBatchesAllocateNothing(t *testing.T) {
	c, ns := open(t, "soft:null")
	buf := alloc(t, c, 32*4096)
	withQPair(t, c, func(qp *QPair) {
		ops, done := batch(32, 4096), make([]Completion, 32)
		allocs := testing.AllocsPerRun(1000, func() {
			n, err := qp.Submit(buf, ops)
			k, reapErr := qp.Reap(done)
			if n != 32 || k != 32 || err != nil || reapErr != nil {
				t.Fatal(n, err, k, reapErr)
			}
		})
		if allocs != 0 {
			t.Errorf("a batch allocates %v times", allocs)
		}
		fn := func(Completion) {}
		allocs = testing.AllocsPerRun(1000, func() {
			if qp.Read(ns, buf, 0, 1, fn) != nil {
				t.Fatal("it is not accepted")
			}
			qp.Poll()
		})
		if allocs != 0 {
			t.Errorf("a command with a function allocates %v times", allocs)
		}
	})
}

func TestCallsWithoutAQueuePairAllocateNothing(t *testing.T) {
	c, ns := open(t, "soft:null")
	buf, p := alloc(t, c, 4096), make([]byte, 4096)
	calls := map[string]func() error{
		"ReadAt":             func() error { _, err := ns.ReadAt(p, 0); return err },
		"ReadAt in a buffer": func() error { _, err := ns.ReadAt(buf.Bytes(), 0); return err },
		"WriteAt":            func() error { _, err := ns.WriteAt(p, 0); return err },
		"WriteAt of a part":  func() error { _, err := ns.WriteAt(p[:100], 50); return err },
		"Read":               func() error { return ns.Read(ctx, buf, 0, 1) },
		"Write":              func() error { return ns.Write(ctx, buf, 0, 1) },
		"Flush":              func() error { return ns.Flush(ctx) },
	}
	for name, call := range calls {
		allocs := testing.AllocsPerRun(1000, func() { must(t, call()) })
		if allocs != 0 {
			t.Errorf("%s allocates %v times", name, allocs)
		}
	}
}

// A command that reaches past its buffer is refused in all forms, whatever lies behind.
func TestNothingReachesPastItsBuffer(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	whole := alloc(t, c, 64<<10)
	buf := whole.Slice(512, 1024+512)
	withQPair(t, c, func(qp *QPair) {
		for _, op := range []Op{
			{Opcode: OpRead, NSID: 1, Blocks: 3},
			{Opcode: OpRead, NSID: 1, Blocks: 1, Offset: 513},
			{Opcode: OpRead, NSID: 1, Blocks: 1, Offset: 1 << 63},
			{Opcode: OpRead, NSID: 1, Blocks: 1, Offset: ^uint64(0) - 511},
			{Opcode: OpWrite, NSID: 1, Blocks: 100},
			{Opcode: OpCompare, NSID: 1, Blocks: 4},
			{Opcode: OpDatasetManagement, Form: FormRanges, NSID: 1, Blocks: 65, DSM: 4},
			{Opcode: OpDatasetManagement, Form: FormRanges, NSID: 1, Blocks: 1, Offset: 1020, DSM: 4},
			{Opcode: OpRead, Form: FormRanges, NSID: 1, Blocks: 3},
		} {
			op := op
			_, submitErr := qp.Submit(buf, []Op{op})
			_, execErr := qp.Exec(buf, []Op{op}, make([]Completion, 1), deadline)
			doErr := ns.Do(ctx, buf, &op)
			for _, err := range []error{submitErr, execErr, doErr, qp.IO(buf, &op, nil)} {
				if !errors.Is(err, syscall.EFAULT) && !errors.Is(err, syscall.EINVAL) {
					t.Errorf("%+v: %v", op, err)
				}
			}
		}
		for _, err := range []error{qp.Read(ns, buf, 0, 3, nil), qp.Write(ns, buf, 0, 3, nil),
			qp.Compare(ns, buf, 0, 3, nil),
			ns.Read(ctx, buf, 0, 3), ns.Write(ctx, buf, 0, 3)} {
			if e, ok := err.(*Error); !ok || e.Code != CodeBufferShort {
				t.Error(err)
			}
		}
		if n := qp.InFlight(); n != 0 {
			t.Errorf("%d commands are in flight", n)
		}
	})
}

func TestABatchStopsAtAnInvalidOp(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB")
	buf := alloc(t, c, 200*4096)
	withQPair(t, c, func(qp *QPair) {
		for _, bad := range []int{0, 1, 63, 64, 65, 150} {
			ops, done := batch(151, 4096), make([]Completion, 200)
			ops[bad].LBA = 1 << 40
			n, err := qp.Submit(buf, ops)
			if n != bad || !errors.Is(err, syscall.ERANGE) || !tellsHowMany(err, bad) {
				t.Errorf("%d: %d, %v", bad, n, err)
			}
			if k, err := qp.Reap(done); k != bad || err != nil {
				t.Errorf("%d: %d, %v", bad, k, err)
			}
			ops[bad].LBA, ops[bad].Offset = 0, 1<<40
			if n, err := qp.Submit(buf, ops); n != bad || !errors.Is(err, syscall.EFAULT) ||
				!tellsHowMany(err, bad) {
				t.Errorf("%d: %d, %v", bad, n, err)
			}
			if k, err := qp.Reap(done); k != bad || err != nil {
				t.Errorf("%d: %d, %v", bad, k, err)
			}
			k, err := qp.Exec(buf, ops, done, -1)
			if k != bad || !errors.Is(err, syscall.EFAULT) || !tellsHowMany(err, bad) {
				t.Errorf("%d: %d, %v", bad, k, err)
			}
		}
	})
}

// tellsHowMany tells whether an error says that this many ops were accepted; for 0 it is the error of the first op.
func tellsHowMany(err error, accepted int) bool {
	var partial *PartialError
	if accepted == 0 {
		return err != nil && !errors.As(err, &partial)
	}
	return errors.As(err, &partial) && partial.Accepted == accepted
}

// A batch that the queue pair has no room for is an error, too.
func TestABatchThatFindsNoRoomSaysSo(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB")
	buf := alloc(t, c, 100*4096)
	withQPair(t, c, func(qp *QPair) {
		ops, done := batch(100, 4096), make([]Completion, 100)
		reaped := 0
		for left := ops; reaped < len(ops); {
			n, err := qp.Submit(buf, left)
			if (n < len(left)) != (err == ErrQueueFull) || (err != nil && err != ErrQueueFull) {
				t.Fatalf("%d of %d: %v", n, len(left), err)
			}
			left = left[n:]
			k, err := qp.Reap(done)
			must(t, err)
			reaped += k
		}
		if reaped != 100 {
			t.Error(reaped)
		}
	}, Depth(16))
}

// The rest of a batch that is not done in time stays in flight, and is not told as done.
func TestABatchThatIsLateSaysSo(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB&mode=thread")
	buf := alloc(t, c, 32*4096)
	withQPair(t, c, func(qp *QPair) {
		ops, done := batch(32, 4096), make([]Completion, 32)
		for round := 0; round < 100; round++ {
			n, err := qp.Exec(buf, ops, done, 0)
			if (n == 32) != (err == nil) || (err != nil && !errors.Is(err, syscall.ETIMEDOUT)) {
				t.Fatal(n, err)
			}
			if rest := qp.InFlight(); int(rest) != 32-n {
				t.Fatalf("%d done, %d in flight", n, rest)
			}
			eventually(t, "the rest", func() bool {
				k, err := qp.Reap(done[n:])
				must(t, err)
				n += k
				return n == 32
			})
		}
	})
}

func TestDeallocateByRanges(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	if _, err := ns.WriteAt(bytes.Repeat([]byte{7}, 64*512), 0); err != nil {
		t.Fatal(err)
	}
	buf := alloc(t, c, 4096)
	for i, lba := range []uint64{8, 40} {
		binary.LittleEndian.PutUint32(buf.Bytes()[64+16*i+4:], 8)
		binary.LittleEndian.PutUint64(buf.Bytes()[64+16*i+8:], lba)
	}
	must(t, ns.Do(ctx, buf, &Op{Opcode: OpDatasetManagement, Form: FormRanges, Offset: 64, Blocks: 2,
		DSM: 4}))
	got := make([]byte, 64*512)
	if _, err := ns.ReadAt(got, 0); err != nil {
		t.Fatal(err)
	}
	for i, b := range got {
		lba := i / 512
		if gone := lba >= 8 && lba < 16 || lba >= 40 && lba < 48; (b == 0) != gone {
			t.Fatalf("block %d has %d", lba, b)
		}
	}
}

func TestStatisticsAndHistogram(t *testing.T) {
	c, ns := open(t, "soft:null")
	buf := alloc(t, c, 4096)
	withQPair(t, c, func(qp *QPair) {
		for i := 0; i < 10; i++ {
			must(t, qp.Read(ns, buf, 0, 1, nil))
		}
		drain(t, qp)
		stats, err := qp.Stats()
		must(t, err)
		if stats.Submitted != 10 || stats.Completed != 10 || stats.Errors != 0 {
			t.Errorf("%+v", stats)
		}
		buckets, err := qp.Histogram()
		must(t, err)
		sum := uint64(0)
		for _, n := range buckets {
			sum += n
		}
		if sum != 10 || HistogramLimit(1) <= HistogramLimit(0) {
			t.Errorf("%d in the histogram", sum)
		}
		if qp.ID() == 0 || qp.Depth() != 20 || qp.Entries() != 21 {
			t.Error(qp.ID(), qp.Depth(), qp.Entries())
		}
	}, Depth(20), Histogram(), RingEach())
}

// Profiling signals arrive while C polls, and while it does not.
func TestProfilingWhilePolling(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&mode=thread")
	buf := alloc(t, c, 32*4096)
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		t.Skip("somebody profiles already: ", err)
	}
	limit := time.Now().Add(deadline)
	withQPair(t, c, func(qp *QPair) {
		end := threadTime(t) + 500*time.Millisecond
		ops, done := batch(32, 4096), make([]Completion, 32)
		for threadTime(t) < end && time.Now().Before(limit) {
			if n, err := qp.Exec(buf, ops, done, deadline); n != 32 || err != nil {
				t.Fatal(n, err)
			}
			if _, err := ns.ReadAt(make([]byte, 100), 50); err != nil {
				t.Fatal(err)
			}
		}
	})
	pprof.StopCPUProfile()
	unpacked, err := gzip.NewReader(&profile)
	must(t, err)
	text, err := io.ReadAll(unpacked)
	must(t, err)
	if !bytes.Contains(text, []byte("upnvme/go.(*")) {
		t.Error("no signal came in a call of this package")
	}
}

// threadTime is the running time of the calling thread.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	must(t, syscall.Getrusage(1, &usage)) // RUSAGE_THREAD
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestWaitSleepsUntilThereIsSomething(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&mode=thread")
	buf := alloc(t, c, 4096)
	withQPair(t, c, func(qp *QPair) {
		if there, err := qp.Wait(time.Millisecond); there || err != nil {
			t.Error("nothing is in flight: ", there, err)
		}
		if fd, err := qp.FD(); fd < 0 || err != nil {
			t.Error(fd, err)
		}
		for i := 0; i < 100; i++ {
			must(t, qp.Read(ns, buf, 0, 1, func(c Completion) { must(t, c.Err()) }))
			if there, err := qp.Wait(time.Minute); !there || err != nil {
				t.Fatal(there, err)
			}
			if n, err := qp.Poll(); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
	}, Interrupt())
	withQPair(t, c, func(qp *QPair) {
		if _, err := qp.Wait(0); !errors.Is(err, syscall.ENOTSUP) {
			t.Error(err)
		}
		if _, err := qp.FD(); !errors.Is(err, syscall.ENOTSUP) {
			t.Error(err)
		}
	})
}
