// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The table of tests/behaviour says what must happen in every language; its README.md says what the words mean.
const tablePath = "../tests/behaviour/table.json"

const deadline = time.Minute

type step map[string]interface{}

type table struct {
	Usually struct {
		Media, Modes []string
		Blocks       []int
	}
	Before []step
	Cases  []tableCase
}

type tableCase struct {
	Name         string
	Media, Modes []string
	Blocks       []int
	URI          string
	NBlocks      uint64
	Entries      int
	Bare         bool
	Steps        []step
}

// errSkip is the reason why a case cannot be said in Go.
type errSkip string

func (e errSkip) Error() string { return string(e) }

// run is one case in one configuration.
type run struct {
	*tableCase
	medium, mode string
	block        uint64
	path         string
	ctrlrs       map[string]*Controller
	spaces       map[string]*Namespace
	qpairs       map[string]*QPair
	bufs         map[string]*Buffer
	ios          map[string]*tableIO
	mapped       [][]byte
	registered   []*Buffer // kept, since a lost Buffer is unregistered
	failure      error     // of a step within a function
}

type tableIO struct {
	ndone int
	done  Completion
	step  step
}

func TestBehaviour(t *testing.T) {
	text, err := os.ReadFile(tablePath)
	if err != nil {
		t.Skip("the behaviour table is not here: ", err)
	}
	var all table
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Cases) < 50 {
		t.Fatalf("the table has only %d cases", len(all.Cases))
	}
	named := namedCases(t)
	for i := range all.Cases {
		one := &all.Cases[i]
		for _, medium := range chosen(one.Media, all.Usually.Media) {
			for _, mode := range orUsual(one.Modes, all.Usually.Modes) {
				for _, block := range chosen(one.Blocks, all.Usually.Blocks) {
					name := fmt.Sprintf("%s [%s %s %d]", one.Name, medium, mode, block)
					if named != nil && !named[name] {
						continue
					}
					r := &run{tableCase: one, medium: medium, mode: mode, block: uint64(block)}
					t.Run(name, func(t *testing.T) { r.test(t, all.Before) })
				}
			}
		}
	}
}

// namedCases has the cases for controllers that stand in the place of the software controller's in a guest; nil: all.
func namedCases(t *testing.T) map[string]bool {
	path := os.Getenv("UPNVME_TEST_CASES")
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	must(t, err)
	named := map[string]bool{}
	for _, name := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		named[fmt.Sprintf("%s [ram inline %s]", name, os.Getenv("UPNVME_TEST_BLOCK"))] = true
	}
	return named
}

func orUsual[T any](own, usual []T) []T {
	if own != nil {
		return own
	}
	return usual
}

// chosen is orUsual, or with -short its first entry: another way to build the package needs no more.
func chosen[T any](own, usual []T) []T {
	all := orUsual(own, usual)
	if testing.Short() {
		return all[:1]
	}
	return all
}

func (r *run) test(t *testing.T, before []step) {
	// A queue pair belongs to a thread; the test's goroutine stays on its own for the whole case.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r.ctrlrs, r.spaces, r.qpairs = map[string]*Controller{}, map[string]*Namespace{}, map[string]*QPair{}
	r.bufs, r.ios = map[string]*Buffer{}, map[string]*tableIO{}
	r.path = filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(r.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r.medium == "file" {
		if err := os.Truncate(r.path, int64(r.nblocks()*r.block)); err != nil {
			t.Fatal(err)
		}
	}
	steps := r.Steps
	if !r.Bare {
		steps = append(append([]step(nil), before...), steps...)
	}
	err := r.steps(steps)
	r.cleanUp(t)
	var skip errSkip
	if errors.As(err, &skip) {
		t.Skip(string(skip))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (r *run) cleanUp(t *testing.T) {
	for name, qp := range r.qpairs {
		if err := qp.Close(); err != nil {
			t.Errorf("at the end: queue pair %s: %v", name, err)
		}
	}
	for name, c := range r.ctrlrs {
		if err := c.Close(); err != nil {
			t.Errorf("at the end: controller %s: %v", name, err)
		}
	}
	for _, mapped := range r.mapped {
		if err := syscall.Munmap(mapped); err != nil {
			t.Error(err)
		}
	}
	for name, io := range r.ios {
		if io.ndone != 1 {
			t.Errorf("command %s completed %d times", name, io.ndone)
		}
	}
}

func (r *run) nblocks() uint64 {
	if r.NBlocks != 0 {
		return r.NBlocks
	}
	return 1024
}

func (r *run) steps(steps []step) error {
	for _, s := range steps {
		name := s.text("do", "")
		do := stepKinds[name]
		if do == nil {
			return fmt.Errorf("there is no step %q", name)
		}
		if err := do(r, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		if r.failure != nil {
			return r.failure
		}
	}
	return nil
}

func (s step) String() string {
	text, _ := json.Marshal(map[string]interface{}(s))
	return string(text)
}

func (s step) text(key, otherwise string) string {
	if value, ok := s[key].(string); ok {
		return value
	}
	return otherwise
}

func (s step) number(key string, otherwise int64) int64 {
	if value, ok := s[key].(float64); ok {
		return int64(value)
	}
	return otherwise
}

func (s step) list(key string) []step {
	var list []step
	items, _ := s[key].([]interface{})
	for _, item := range items {
		list = append(list, step(item.(map[string]interface{})))
	}
	return list
}

func (s step) words(key string) []string {
	var words []string
	items, _ := s[key].([]interface{})
	for _, item := range items {
		words = append(words, item.(string))
	}
	return words
}

// quantity is a number of bytes, or "3b" for blocks, "2p" for pages, with "+8" or "-8" behind it.
func (r *run) quantity(value interface{}, otherwise uint64) uint64 {
	switch v := value.(type) {
	case float64:
		return uint64(int64(v))
	case string:
		unit := uint64(1)
		i := strings.IndexAny(v, "bp")
		if i < 0 {
			number, _ := strconv.ParseUint(v, 0, 64)
			return number
		}
		if unit = r.block; v[i] == 'p' {
			unit = 4096
		}
		number, _ := strconv.ParseUint(v[:i], 0, 64)
		more, _ := strconv.ParseInt(strings.TrimPrefix(v[i+1:], "+"), 0, 64)
		return number*unit + uint64(more)
	}
	return otherwise
}

func (r *run) lba(s step) uint64 {
	switch v := s["lba"].(type) {
	case float64:
		if v < 0 {
			return r.spaces[s.text("ns", "ns")].Blocks() + uint64(int64(v))
		}
		return uint64(v)
	case string:
		number, _ := strconv.ParseUint(v, 0, 64)
		return number
	}
	return 0
}

// place is a part of a buffer as the step says, past its end if it says so.
func (r *run) place(s step) *Buffer {
	at := r.quantity(s["at"], 0)
	name := s.text("buf", "")
	buf := r.bufs[name]
	if buf == nil {
		return nil
	}
	rest := uint64(0)
	if at < buf.bytes {
		rest = buf.bytes - at
	}
	return &Buffer{region: buf.region, at: at, bytes: r.quantity(s["bytes"], rest)}
}

var errnos = map[string]syscall.Errno{
	"EINVAL": syscall.EINVAL, "ENODEV": syscall.ENODEV, "EPERM": syscall.EPERM, "ERANGE": syscall.ERANGE,
	"EFAULT": syscall.EFAULT, "ENOTSUP": syscall.ENOTSUP, "EDEADLK": syscall.EDEADLK, "EBUSY": syscall.EBUSY,
	"E2BIG": syscall.E2BIG, "EXDEV": syscall.EXDEV, "EAGAIN": syscall.EAGAIN, "ENOMSG": syscall.ENOMSG,
	"ENOENT": syscall.ENOENT, "EISDIR": syscall.EISDIR, "EACCES": syscall.EACCES, "ESHUTDOWN": syscall.ESHUTDOWN,
	"ENOSPC": syscall.ENOSPC, "ETIMEDOUT": syscall.ETIMEDOUT, "EIO": syscall.EIO, "EOWNERDEAD": syscall.EOWNERDEAD,
	"ENOTDIR": syscall.ENOTDIR, "EFBIG": syscall.EFBIG, "ENOSYS": syscall.ENOSYS,
}

// expect compares what a call returned with what the step says.
func (r *run) expect(s step, n int, err error) error {
	wanted := s.text("error", "")
	if wanted == "" {
		if err != nil {
			return err
		}
		if returns := s.number("returns", int64(n)); int64(n) != returns {
			return fmt.Errorf("returned %d", n)
		}
		return nil
	}
	errno, known := errnos[wanted]
	if !known {
		return fmt.Errorf("this test does not know %s", wanted)
	}
	if !errors.Is(err, errno) {
		return fmt.Errorf("%v instead of %s", err, wanted)
	}
	var e *Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%T is no *Error", err)
	}
	if code := s.text("code", ""); code != "" && code != e.Code.String() {
		return fmt.Errorf("code is %s: %s", e.Code, e.Text)
	}
	for _, word := range s.words("names") {
		if !strings.Contains(e.Text, inGo(word)) {
			return fmt.Errorf("%q does not name %q", e.Text, word)
		}
	}
	return nil
}

// status compares how a command ended with what is expected.
func status(s step, c Completion) error {
	wanted := s.text("status", "Successful Completion")
	if wanted == "any" {
		return nil
	}
	got := newStatusError(c.Status, c.Flags, uint64(c.Blocks)).Name
	if got != wanted {
		return fmt.Errorf("status is %q (%#x), not %q", got, c.Status, wanted)
	}
	if blocks := s.number("done_blocks", int64(c.Blocks)); blocks != int64(c.Blocks) {
		return fmt.Errorf("%d blocks, not %d", c.Blocks, blocks)
	}
	return nil
}

// pattern is byte i of block lba.
func pattern(lba, i, seed uint64) byte {
	x := lba*2654435761 + i/8*40503 + seed*97
	return byte(x>>(i%8*8) ^ x>>13 ^ i)
}

// memory is the bytes of a place, whatever Buffer.Bytes would say of it.
func memory(buf *Buffer, bytes uint64) []byte {
	if bytes == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(buf.ptr()), bytes)
}
