// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <stdlib.h>
import "C"

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"unsafe"
)

// FileURI makes the URI of a software controller over a file, for [Open] (upnvme_open). The path may have any
// characters; keys has keys of the URI and their values, for example {"block": "4096", "readonly": "1"}. A path that is
// not absolute is relative to the current directory.
func FileURI(path string, keys map[string]string) string {
	if !filepath.IsAbs(path) && !strings.HasPrefix(path, "./") && !strings.HasPrefix(path, "../") {
		path = "./" + path
	}
	uri := "soft:" + quoted(path)
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	sort.Strings(names)
	between := "?"
	for _, name := range names {
		uri += between + quoted(name) + "=" + quoted(keys[name])
		between = "&"
	}
	return uri
}

// quoted writes each byte with a meaning in a URI as %XX.
func quoted(text string) string {
	var to strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; ofName(c) || strings.IndexByte("-./~", c) >= 0 {
			to.WriteByte(c)
		} else {
			fmt.Fprintf(&to, "%%%02X", c)
		}
	}
	return to.String()
}

// withText runs a call that takes a text, and refuses a zero byte, at which C's text would end.
func withText(what, text string, f func(*C.char) C.int) error {
	if strings.IndexByte(text, 0) >= 0 {
		return invalid("%s %q has a zero byte in it: no name has", what, text)
	}
	c := C.CString(text)
	defer C.free(unsafe.Pointer(c))
	_, err := call(func() C.int { return f(c) })
	return err
}
