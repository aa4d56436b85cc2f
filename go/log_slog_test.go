// SPDX-License-Identifier: BSD-3-Clause

//go:build go1.21

package upnvme

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestTheLogGoesToALogger(t *testing.T) {
	var text bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	must(t, SetLogger(logger))
	path := image(t, 1<<20)
	c, err := Open("soft:" + path)
	must(t, err)
	must(t, c.Close())
	must(t, SetLogger(nil))
	if !strings.Contains(text.String(), "level=DEBUG") || !strings.Contains(text.String(), path) {
		t.Errorf("%q", text.String())
	}
}
