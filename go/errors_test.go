// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

func TestErrorsSayWhatIsWrong(t *testing.T) {
	_, err := Open("soft:/nowhere/disk.img")
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeMediaOpen || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%#v", err)
	}
	if !strings.Contains(err.Error(), "/nowhere/disk.img") || e.Code.String() != "UPNVME_ERR_MEDIA_OPEN" {
		t.Error(err, e.Code)
	}
	if LastSentence() == "" && e.Text == "" {
		t.Error("no sentence")
	}
	if (&Error{Errno: syscall.EIO}).Error() != "upnvme: "+syscall.EIO.Error() {
		t.Error("no text without a sentence")
	}
	if !errors.Is(ErrClosed, os.ErrClosed) || !errors.Is(fmt.Errorf("so: %w", ErrClosed), os.ErrClosed) ||
		!errors.Is(fmt.Errorf("so: %w", ErrClosed), ErrClosed) {
		t.Error("ErrClosed is not os.ErrClosed")
	}
}

func TestStatuses(t *testing.T) {
	_, ns := open(t, "soft:ram?size=1MiB&block=512")
	if _, err := ns.WriteAt([]byte{1}, 5); err != nil {
		t.Fatal(err)
	}
	buf := alloc(t, ns.Controller(), 512)
	err := ns.Compare(ctx, buf, 0, 1)
	var status *StatusError
	if !errors.As(err, &status) || !errors.Is(err, ErrCompareFailure) || errors.Is(err, ErrLBAOutOfRange) {
		t.Fatal(err)
	}
	if status.Name != "Compare Failure" || status.SCT != 2 || status.SC != 0x85 || status.Aborted ||
		!strings.Contains(err.Error(), "Compare Failure") {
		t.Errorf("%+v", status)
	}
	for _, err := range []error{ns.Flush(ctx), ns.WriteZeroes(ctx, 0, 4), ns.Deallocate(ctx, 0, 4),
		ns.Verify(ctx, 0, 4),
		ns.Compare(ctx, buf, 0, 1)} {
		must(t, err)
	}
}

// What the package does by another function of the ABI, and why.
var notCalled = map[string]string{
	"upnvme_submit": "upnvme_submit_at: an op of Go's has an offset, and no address",
	"upnvme_exec":   "upnvme_exec_at: likewise",
}

// A function of the ABI that the package does not reach is one that Go programmers do not have.
func TestEveryFunctionIsReachable(t *testing.T) {
	file, err := os.Open("../capi/upnvme.map")
	if err != nil {
		t.Skip("the symbol map is not here: ", err)
	}
	defer file.Close()
	code := source(t, "*.go", func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
	glue := source(t, "../bindings/cgo/upnvme/*.h", func(string) bool { return true })
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name := strings.TrimSuffix(strings.TrimSpace(lines.Text()), ";")
		if !regexp.MustCompile(`^upnvme_\w+$`).MatchString(name) {
			continue
		}
		n++
		if !regexp.MustCompile(`C\.`+name+`\(`).MatchString(code) &&
			!regexp.MustCompile(`\b`+name+`\(`).MatchString(glue) && notCalled[name] == "" {
			t.Errorf("%s is not called", name)
		}
	}
	if n < 60 {
		t.Errorf("only %d functions", n)
	}
	declared := regexp.MustCompile(`static inline [^(]*?\*?(upnvme_cgo_\w+)\(`)
	for _, match := range declared.FindAllStringSubmatch(glue, -1) {
		if name := match[1]; strings.Count(glue, name) == 1 && !strings.Contains(code, "C."+name+"(") {
			t.Errorf("the glue's %s is not called", name)
		}
	}
}

func source(t *testing.T, pattern string, wanted func(string) bool) string {
	names, err := filepath.Glob(pattern)
	must(t, err)
	var all strings.Builder
	for _, name := range names {
		if wanted(name) {
			text, err := os.ReadFile(name)
			must(t, err)
			all.Write(text)
		}
	}
	return all.String()
}

func TestTheLog(t *testing.T) {
	var messages []string
	must(t, SetLog(func(level LogLevel, message string) {
		messages = append(messages, level.String()+": "+message)
	}, LogDebug))
	if _, err := Open("soft:ram?size=1MiB&colour=red"); err == nil {
		t.Error("an unknown key is taken")
	}
	path := image(t, 1<<20)
	c, err := Open("soft:" + path)
	must(t, err)
	must(t, c.Close())
	must(t, SetLog(nil, 0)) // which waits for all that was said
	if all := strings.Join(messages, "\n"); !strings.Contains(all, "debug: "+path) {
		t.Errorf("%q was logged", all)
	}
	if err := SetLog(func(LogLevel, string) {}, 99); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	if Version() == "" || !strings.Contains(BuildInfo(), Version()) {
		t.Error(Version(), BuildInfo())
	}
}
