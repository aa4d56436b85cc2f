// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// holdSource makes slow devices of software controllers, where it is preloaded.
const holdSource = "../tests/python/support/hold.c"

const slowFor = 200 * time.Millisecond

// A command that the device does not answer leaves the process idle, in each kind of call. The test runs itself again,
// with devices that are slow as long as a file is there.
func TestASlowDeviceLeavesTheProcessIdle(t *testing.T) {
	held, stalled := os.Getenv("UPNVME_HOLD"), os.Getenv("UPNVME_STALL")
	if held == "" {
		runWithSlowDevices(t)
		return
	}
	file := "soft:" + image(t, 1<<20) + "?block=4096&engine=worker"
	thread := "soft:ram?size=1MiB&mode=thread"
	for _, s := range []slowCase{{name: "call, looks by turns", uri: file, flag: held},
		{name: "call, sleeps", uri: thread, flag: stalled},
		{name: "pool, looks by turns", uri: file, flag: held, pool: true},
		{name: "pool, sleeps", uri: thread, flag: stalled, pool: true, options: []QPairOption{Interrupt()}},
	} {
		t.Run(s.name, s.run)
	}
}

func runWithSlowDevices(t *testing.T) {
	if _, err := os.Stat(holdSource); errors.Is(err, os.ErrNotExist) {
		t.Skip("outside the tree there is no ", holdSource)
	}
	folder := t.TempDir()
	library := filepath.Join(folder, "hold.so")
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	out, err := exec.Command(compiler, "-shared", "-fPIC", "-D_GNU_SOURCE", "-O1", "-o", library, holdSource,
		"-ldl").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), "LD_PRELOAD="+os.Getenv("LD_PRELOAD")+" "+library,
		"UPNVME_HOLD="+filepath.Join(folder, "held"), "UPNVME_STALL="+filepath.Join(folder, "stalled"))
	out, err = again.CombinedOutput()
	t.Logf("%s", out)
	must(t, err)
}

// slowCase is a command by some kind of call, to a device that is slow as long as the flag file exists.
type slowCase struct {
	name, uri, flag string
	pool            bool
	options         []QPairOption
}

func (s slowCase) run(t *testing.T) {
	c, ns := open(t, s.uri)
	buf := alloc(t, c, 4096)
	read := func() error { return ns.Read(ctx, buf, 0, 1) }
	if s.pool {
		pool := newPool(t, c, 2, s.options...)
		read = func() error {
			return pool.Do(ctx, buf, []Op{{Opcode: OpRead, NSID: 1, Blocks: 1}}, make([]Completion, 1))
		}
	}
	must(t, read())
	must(t, os.RemoveAll(s.flag+".ed"))
	must(t, os.WriteFile(s.flag, nil, 0o600))
	t.Cleanup(func() { os.Remove(s.flag) }) // before Close, which would wait
	if s.flag == os.Getenv("UPNVME_STALL") {
		eventually(t, "the controller is stuck", func() bool {
			_, err := os.Stat(s.flag + ".ed")
			return err == nil
		})
	}
	result := make(chan error, 1)
	go func() { result <- read() }()
	idle(t, result)
	must(t, os.Remove(s.flag))
	must(t, <-result)
}

// idle fails if the process is busy while a command is outstanding.
func idle(t *testing.T, result chan error) {
	begun, used := time.Now(), cpuTime(t)
	select {
	case err := <-result:
		t.Fatal("the device is not slow: ", err)
	case <-time.After(slowFor):
	}
	share := float64(cpuTime(t)-used) / float64(time.Since(begun))
	fmt.Fprintf(os.Stderr, "%s: %.1f %% of a core\n", t.Name(), 100*share)
	if share > 0.5 {
		t.Errorf("one command outstanding takes %.0f %% of a core", 100*share)
	}
}

func cpuTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
