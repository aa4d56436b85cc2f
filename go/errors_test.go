// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
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
