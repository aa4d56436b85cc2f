// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"strings"
	"sync/atomic"
	"testing"
)

// The package's own messages come as the library's do: one after the other, from the log's own goroutine, and none
// after SetLog has returned.
func TestWarningsOfThePackageComeInTurn(t *testing.T) {
	var inside, after atomic.Int32
	var texts []string
	hold := make(chan struct{})
	must(t, SetLog(func(level LogLevel, message string) {
		if inside.Add(1) != 1 {
			t.Error("it is called while it runs")
		}
		<-hold
		if level != LogWarn {
			t.Error(level)
		}
		texts = append(texts, message)
		inside.Add(-1)
	}, LogWarn))
	defer SetLog(nil, 0)
	logWarn("one") // returns, whatever the function does
	logWarn(strings.Repeat("long ", 1000))
	logWarn("")
	close(hold)
	must(t, SetLog(func(LogLevel, string) { after.Add(1) }, LogError))
	if len(texts) != 3 || texts[0] != "one" || !strings.HasPrefix(texts[1], "long long") || texts[2] != "" {
		t.Errorf("%q", texts)
	}
	logWarn("more than it wants to hear")
	must(t, SetLog(nil, 0))
	logWarn("nobody listens")
	if after.Load() != 0 {
		t.Error("a warning came at the level of errors")
	}
}
