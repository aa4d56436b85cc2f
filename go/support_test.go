// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"bytes"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func open(t testing.TB, uri string, options ...Option) (*Controller, *Namespace) {
	t.Helper()
	c, err := Open(uri, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	ns, err := c.Namespace(1)
	if err != nil {
		t.Fatal(err)
	}
	return c, ns
}

// image is a file for a soft: controller.
func image(t testing.TB, bytes int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, bytes); err != nil {
		t.Fatal(err)
	}
	return path
}

func alloc(t testing.TB, c *Controller, bytes int) *Buffer {
	t.Helper()
	buf, err := c.Alloc(bytes)
	if err != nil {
		t.Fatal(err)
	}
	return buf
}

func fill(p []byte, seed int64) []byte {
	rand.New(rand.NewSource(seed)).Read(p)
	return p
}

func same(t testing.TB, got, wanted []byte) {
	t.Helper()
	if bytes.Equal(got, wanted) {
		return
	}
	for i := range got {
		if got[i] != wanted[i] {
			t.Fatalf("byte %d is %02x, not %02x", i, got[i], wanted[i])
		}
	}
	t.Fatalf("%d bytes, not %d", len(got), len(wanted))
}

// eventually waits for a condition that has no other sign; the test fails if it never comes.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); runtime.Gosched() {
		if time.Since(start) > deadline {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// ours counts goroutines of this package, except those of tests.
func ours() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "created by github.com/upnvme/upnvme/go.") && !strings.Contains(stack,
			"_test.go") {
			n++
		}
	}
	return n
}

// threads counts the OS threads of this process, descriptors the files that it has open.
func threads(t testing.TB) int     { return entries(t, "/proc/self/task") }
func descriptors(t testing.TB) int { return entries(t, "/proc/self/fd") }

func entries(t testing.TB, folder string) int {
	t.Helper()
	names, err := os.ReadDir(folder)
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	return len(names)
}

// resident is the size of this process's memory in bytes, without files.
func resident(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	var kib int64
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "RssAnon:") {
			for _, r := range line {
				if r >= '0' && r <= '9' {
					kib = kib*10 + int64(r-'0')
				}
			}
		}
	}
	return kib << 10
}
