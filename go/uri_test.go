// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file is opened by any name: with characters that mean something in a URI, and with bytes that are no UTF-8.
func TestFilesOfEveryName(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"plain", "a?b=c&d", "100%", "%41", "spa ce", "\xff\xfe", "größe", "a#b+c;d,e:f"} {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
		c, ns := open(t, FileURI(path, map[string]string{"block": "4096"}))
		if _, err := ns.WriteAt([]byte(name), 5); err != nil {
			t.Error(err)
		}
		must(t, ns.Flush(ctx))
		must(t, c.Close())
		content, err := os.ReadFile(path)
		must(t, err)
		if !strings.HasPrefix(string(content[5:]), name) {
			t.Errorf("%q is another file", path)
		}
	}
	if uri := FileURI("disk.img", nil); uri != "soft:./disk.img" {
		t.Error(uri)
	}
	if uri := FileURI("../x", map[string]string{"b": "1&2", "a": "1"}); uri != "soft:../x?a=1&b=1%262" {
		t.Error(uri)
	}
}

// Texts are bytes in Go: bytes that are no UTF-8 come back unchanged, in errors and in the log.
func TestNamesThatAreNoUTF8(t *testing.T) {
	var log []string
	must(t, SetLog(func(_ LogLevel, message string) { log = append(log, message) }, LogDebug))
	path := filepath.Join(t.TempDir(), "\xff\xc3-image")
	_, missing := Open(FileURI(path, nil))
	must(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
	c, err := Open(FileURI(path, nil))
	must(t, err)
	must(t, c.Close())
	must(t, SetLog(nil, 0))
	if !strings.Contains(missing.Error(), path) || !strings.Contains(strings.Join(log, "\n"), path) {
		t.Errorf("%q, %q", missing, log)
	}
}

// Text after a zero byte is not dropped in silence.
func TestTextsWithAZeroByte(t *testing.T) {
	path := image(t, 1<<20)
	_, openErr := Open("soft:" + path + "\x00?readonly=1")
	_, atErr := DeviceAt("0000:01:00.0\x00")
	for _, err := range []error{openErr, atErr, Bind("0\x00", ""), Bind("0000:01:00.0", "vfio-pci\x00"),
		Unbind("\x00"),
		BindAll([]string{"0", "1\x00"}, BindOptions{}), UnbindAll([]string{"\x00"}, BindOptions{})} {
		if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "zero byte") {
			t.Error(err)
		}
	}
}
