// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Pool is a number of OS threads with a queue pair each, for batches from any goroutine (upnvme_qpair). A thread
// without work is parked. While it has commands in flight it polls for the spin budget, and then sleeps: with
// [Interrupt] until a completion comes, else it looks and sleeps by turns, between 20 µs and 1 ms.
type Pool struct {
	ctrlr   *Controller
	threads int
	jobs    chan *job
	stop    chan struct{}
	ended   sync.WaitGroup
	spin    time.Duration
	longest time.Duration // the longest sleep of a thread with interrupts
	naps    atomic.Uint64 // the number of sleeps of its threads
	mu      sync.RWMutex  // held by Do while it hands a batch over
	shut    bool
	err     error // of closing a thread's queue pair
	fresh   sync.Pool
}

// PartialError is the error of [Pool.Do], [QPair.Submit] and [QPair.Exec] when an op was refused and ops before it were
// accepted.
type PartialError struct {
	Accepted int   // the number of accepted ops, whose completions Do and Exec have stored
	Err      error // the error of the refused op
}

// Error tells the number of accepted ops, and the error of the next op.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%d of the commands were accepted; then: %v", e.Accepted, e.Err)
}

// Unwrap gives the error of the refused op.
func (e *PartialError) Unwrap() error { return e.Err }

// job is a batch. It has copies of the caller's slices, since the caller may be gone before the device is done.
type job struct {
	buf       *Buffer
	ops       []Op // with the pool's tags
	tags      []uint64
	done      []Completion
	submitted int
	completed int
	err       error
	finished  chan struct{} // room for one
	state     atomic.Int32
}

const (
	jobPending int32 = iota
	jobDone
	jobAbandoned
)

// NewPool starts n threads, each with a queue pair (upnvme_qpair_create). With [Interrupt] a thread sleeps while a
// device is slow, and looks at the queue only after an interrupt; a fast device then interrupts for each completion,
// whether a thread sleeps or not.
func (c *Controller) NewPool(n int, options ...QPairOption) (*Pool, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.gate.leave()
	if n < 1 {
		return nil, invalid("a pool of %d threads: it needs one at least", n)
	}
	if n > c.qpairs {
		return nil, &Error{Errno: syscall.ENOSPC, Code: CodeQPairLimit,
			Text: fmt.Sprintf("a pool of %d threads: %s has %d queue pairs, one for each; open it with "+
				"more (QPairs)", n, c.uri, c.qpairs)}
	}
	p := &Pool{ctrlr: c, threads: n, jobs: make(chan *job), stop: make(chan struct{}), spin: c.config.spin,
		longest: longNap}
	p.fresh.New = func() interface{} { return &job{finished: make(chan struct{}, 1)} }
	started := make(chan error)
	for i := 0; i < n; i++ {
		p.ended.Add(1)
		go p.work(started, options)
	}
	var err error
	for i := 0; i < n; i++ {
		if e := <-started; e != nil {
			err = e
		}
	}
	if err == nil {
		err = c.addPool(p)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (c *Controller) addPool(p *Pool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() {
		return ErrClosed
	}
	c.pools[p] = struct{}{}
	return nil
}

// Close refuses new batches with [ErrClosed], waits for those that were accepted, and ends the threads
// (upnvme_qpair_close). Closing again waits likewise. An error is that of [QPair.Close], and the pool is closed all the
// same.
func (p *Pool) Close() error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	if !p.shut {
		p.shut = true
		close(p.stop)
	}
	p.mu.Unlock()
	p.ended.Wait()
	p.ctrlr.mu.Lock()
	delete(p.ctrlr.pools, p)
	p.ctrlr.mu.Unlock()
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.err
}

// end closes a thread's queue pair.
func (p *Pool) end(qp *QPair) {
	if err := qp.Close(); err != nil {
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
	}
}

// Do executes a batch of commands, all with data in one buffer, and waits for all of them (upnvme_submit, upnvme_reap).
// done[i] is the completion of ops[i]; done has room for each. A command's status is in its completion, and no error.
// If an op is refused, the batch ends there with a [*PartialError].
//
// When the context is done, Do returns at once. ops and done are not touched after the return; the memory of buf stays
// with the device until that has answered, even if buf is freed.
func (p *Pool) Do(ctx context.Context, buf *Buffer, ops []Op, done []Completion) error {
	if p == nil {
		return nullError("pool")
	}
	if err := goesOn(ctx); err != nil {
		return err
	}
	if len(done) < len(ops) {
		return invalid("room for %d completions of %d commands: give room for each", len(done), len(ops))
	}
	if len(ops) == 0 {
		return nil
	}
	j, err := p.newJob(buf, ops)
	if err != nil {
		return err
	}
	select {
	case p.jobs <- j:
	case <-p.stop:
		p.recycle(j)
		return ErrClosed
	case <-ctx.Done():
		p.recycle(j)
		return ctx.Err()
	}
	select {
	case <-j.finished:
	case <-ctx.Done():
		if j.state.CompareAndSwap(jobPending, jobAbandoned) {
			return ctx.Err() // the thread recycles the job
		}
		<-j.finished
	}
	// Other goroutines run first. By the scheduler's rules a goroutine and a thread that hand batches to each other
	// run ahead of all others: without this, garbage collection has been seen to wait for minutes.
	runtime.Gosched()
	copy(done, j.done[:j.completed])
	err = j.err
	if err != nil {
		err = &PartialError{j.completed, err}
	}
	p.recycle(j)
	return err
}

func (p *Pool) newJob(buf *Buffer, ops []Op) (*job, error) {
	if err := buf.hold(); err != nil {
		return nil, err
	}
	j := p.fresh.Get().(*job)
	j.buf, j.err, j.submitted, j.completed = buf, nil, 0, 0
	j.state.Store(jobPending)
	j.ops = append(j.ops[:0], ops...)
	if cap(j.tags) < len(ops) {
		j.tags, j.done = make([]uint64, len(ops)), make([]Completion, len(ops))
	}
	j.tags, j.done = j.tags[:len(ops)], j.done[:len(ops)]
	for i := range ops {
		j.tags[i] = ops[i].Tag
		j.done[i].Status = notDone
	}
	return j, nil
}

func (p *Pool) recycle(j *job) {
	j.buf.drop()
	j.buf = nil
	p.fresh.Put(j)
}

// The batches that a thread has with the device at a time, and the completions that it takes at a time. A command's tag
// has the place of its batch, from bit tagIndex on, and below that the command's place in the batch.
const (
	jobsMost  = 64
	tagIndex  = 32
	reapBatch = 64
)

// worker is one thread of a pool.
type worker struct {
	pool  *Pool
	qp    *QPair
	bell  *bell // or nil
	jobs  [jobsMost]*job
	njobs int
	next  int // the place of the batch that submits first
	done  [reapBatch]Completion
}

func (p *Pool) work(started chan<- error, options []QPairOption) {
	defer p.ended.Done()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	qp, err := p.ctrlr.newQPair(options)
	started <- err
	if err != nil {
		return
	}
	defer p.end(qp)
	w := &worker{pool: p, qp: qp, bell: newBell(qp)}
	defer w.bell.close()
	w.run()
}

func (w *worker) run() {
	idle := time.Time{}
	nap := napFirst
	for {
		if w.njobs == 0 && !w.await() {
			return
		}
		w.takeMore()
		moved := w.submit()
		if w.reap() || moved {
			idle, nap = time.Time{}, napFirst
			continue
		}
		if idle.IsZero() {
			idle = time.Now()
		} else if time.Since(idle) > w.pool.spin {
			nap = w.nap(nap)
		}
	}
}

// await parks the thread until there is a batch; false: the pool was closed.
func (w *worker) await() bool {
	select {
	case j := <-w.pool.jobs:
		w.add(j)
		return true
	case <-w.pool.stop:
		return false
	}
}

// nap sleeps for a while, or until another batch comes, and returns the length of the next sleep. A thread with
// interrupts sleeps until a completion.
func (w *worker) nap(d time.Duration) time.Duration {
	var rung <-chan struct{}
	sleep := d
	if w.bell != nil {
		if ready, err := w.qp.Wait(0); ready || err != nil {
			return d
		}
		rung, sleep = w.bell.await(), w.pool.longest
	}
	jobs := w.pool.jobs
	if w.njobs == jobsMost {
		jobs = nil
	}
	w.pool.naps.Add(1)
	timer := time.NewTimer(sleep)
	defer timer.Stop()
	select {
	case <-rung:
		w.bell.heard()
	case j := <-jobs:
		w.add(j)
		return napFirst
	case <-timer.C:
	}
	return longer(d)
}

func (w *worker) takeMore() {
	for w.njobs < jobsMost {
		select {
		case j := <-w.pool.jobs:
			w.add(j)
		default:
			return
		}
	}
}

func (w *worker) add(j *job) {
	place := 0
	for w.jobs[place] != nil {
		place++
	}
	for i := range j.ops {
		j.ops[i].Tag = uint64(place)<<tagIndex | uint64(i)
	}
	w.jobs[place] = j
	w.njobs++
}

// submit submits as many commands as there is room for, batch by batch; true: some were accepted or refused.
func (w *worker) submit() bool {
	moved := false
	for i := 0; i < jobsMost; i++ {
		place := (w.next + i) % jobsMost
		j := w.jobs[place]
		if j == nil || j.err != nil || j.submitted == len(j.ops) {
			continue
		}
		n, err := w.qp.submit(j.buf, j.ops[j.submitted:])
		j.submitted += n
		moved = moved || n > 0
		if errors.Is(err, ErrQueueFull) {
			w.next = place
			break
		}
		if err != nil {
			j.err = err
			w.finishIfDone(place)
			moved = true
		}
	}
	return moved
}

func (w *worker) reap() bool {
	n, err := w.qp.Reap(w.done[:])
	if err != nil {
		w.fail(err)
		return true
	}
	for _, c := range w.done[:n] {
		place, i := int(c.Tag>>tagIndex), int(uint32(c.Tag))
		j := w.jobs[place]
		c.Tag = j.tags[i]
		j.done[i] = c
		j.completed++
		w.finishIfDone(place)
	}
	return n > 0
}

// notDone is the status of an op whose completion has not come; no device answers with it.
const notDone = 0xffff

// doneInTurn is the number of ops before the first one that is not done.
func (j *job) doneInTurn() int {
	n := 0
	for n < j.submitted && j.done[n].Status != notDone {
		n++
	}
	return n
}

// fail ends all batches, since the queue pair cannot be reaped any more. Of each batch only the ops count that are done
// without a gap, since the state of the others is not known.
func (w *worker) fail(err error) {
	for place, j := range w.jobs {
		if j != nil {
			j.err, j.submitted = err, j.doneInTurn()
			j.completed = j.submitted
			w.finishIfDone(place)
		}
	}
}

func (w *worker) finishIfDone(place int) {
	j := w.jobs[place]
	if j.completed < j.submitted || (j.err == nil && j.submitted < len(j.ops)) {
		return
	}
	w.jobs[place] = nil
	w.njobs--
	if j.state.CompareAndSwap(jobPending, jobDone) {
		j.finished <- struct{}{}
	} else {
		w.pool.recycle(j)
	}
}
