// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// closesBadly checks the error of a close, and that the controller is closed all the same.
func closesBadly(t *testing.T, close func() error, errno syscall.Errno, code Code, words string) {
	t.Helper()
	err := close()
	var e *Error
	if !errors.As(err, &e) || e.Errno != errno || e.Code != code || !strings.Contains(e.Text, words) {
		t.Fatalf("%v: want %v, %v, %q", err, errno, code, words)
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, nil, 0o600))
}

// A flush that fails as the controller is shut down is the error of Close, from then on.
func TestCloseTellsOfAFailedFlush(t *testing.T) {
	held := os.Getenv("UPNVME_HOLD")
	if held == "" {
		runWithSlowDevices(t)
		return
	}
	uri := "soft:" + image(t, 1<<20) + "?block=4096&engine=worker"
	c, err := Open(uri)
	must(t, err)
	touch(t, held+".bad")
	closesBadly(t, c.Close, syscall.EIO, CodeNotDurable, "may be lost")
	closesBadly(t, c.Close, syscall.EIO, CodeNotDurable, "may be lost")
	if _, err := c.Info(); !errors.Is(err, ErrClosed) {
		t.Fatalf("Info after Close: %v", err)
	}
	must(t, os.Remove(held+".bad"))
	again, err := Open(uri) // the file is free
	must(t, err)
	must(t, again.Close())
}

// Storage that does not answer holds no caller: a queue pair, and then the controller, are set aside.
func TestCloseDoesNotWaitForStorageForEver(t *testing.T) {
	held := os.Getenv("UPNVME_HOLD")
	if held == "" {
		runWithSlowDevices(t)
		return
	}
	uri := "soft:" + image(t, 1<<20) + "?block=4096&engine=worker"
	for _, mode := range []string{"&mode=inline", "&mode=thread"} {
		c, err := Open(uri+mode, AdminTimeout(300*time.Millisecond))
		must(t, err)
		ns, err := c.Namespace(1)
		must(t, err)
		buf := alloc(t, c, 4096)
		ended := 0
		err = c.WithQPair(func(qp *QPair) error {
			must(t, os.RemoveAll(held+".ed"))
			touch(t, held)
			must(t, qp.Read(ns, buf, 0, 1, func(done Completion) { ended++ }))
			eventually(t, "storage has it", func() bool {
				_, err := qp.Poll()
				must(t, err)
				_, err = os.Stat(held + ".ed")
				return err == nil
			})
			closesBadly(t, qp.Stop, syscall.ETIMEDOUT, CodeControllerTimeout, "set aside")
			if ended != 1 {
				t.Fatalf("%d functions ran in Stop", ended)
			}
			closesBadly(t, qp.Close, syscall.ETIMEDOUT, CodeControllerTimeout, "set aside")
			return qp.Close()
		})
		must(t, err)
		must(t, ns.Write(ctx, buf, 0, 1)) // others go on
		closesBadly(t, c.Close, syscall.ETIMEDOUT, CodeNotDurable, "set aside")
		must(t, os.Remove(held))
		comesBack(t, uri)
	}
}

// comesBack waits until storage has answered, and the file is free.
func comesBack(t *testing.T, uri string) {
	t.Helper()
	for i := 0; i < 10000; i++ {
		c, err := Open(uri)
		if err == nil {
			must(t, c.Close())
			return
		}
		if !errors.Is(err, syscall.EBUSY) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the file did not come back")
}
