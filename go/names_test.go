// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// noSentence has names in the library's texts that are no function, type or option, and why they stay.
var noSentence = map[string]string{
	"UPNVME_PLUGIN_DIR":  "a setting of the build",
	"UPNVME_ERR_UNKNOWN": "the name of a code",
	"upnvme_dpdk_plugin": "a symbol that is looked up",

	"upnvme_ctrlr_abandon": "for callbacks that longjmp leaves, of which Go has none",
	"upnvme_error_put":     "for implementers in C: Go's own errors are values",
}

// texts are the string literals of the library's sources, by file.
func texts(t *testing.T) map[string][]string {
	if _, err := os.Stat("../core/driver"); err != nil {
		t.Skip("only in the tree are the library's sources: ", err)
	}
	literal := regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"`)
	include := regexp.MustCompile(`(?m)^\s*#\s*include.*$`)
	found := map[string][]string{}
	for _, folder := range []string{"../core", "../capi/src"} {
		must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || (filepath.Ext(path) != ".c" && filepath.Ext(path) != ".h") {
				return err
			}
			text, err := os.ReadFile(path)
			found[path] = literal.FindAllString(include.ReplaceAllString(string(text), ""), -1)
			return err
		}))
	}
	return found
}

// A sentence that names a function of C is no remedy for a Go program: each name has its counterpart in Go, which
// exists.
func TestEveryNameInASentenceIsGos(t *testing.T) {
	name := regexp.MustCompile(`\b(upnvme|UPNVME)_\w+`)
	seen := 0
	for path, literals := range texts(t) {
		for _, text := range literals {
			for _, left := range name.FindAllString(inGo(text), -1) {
				if noSentence[left] == "" {
					t.Errorf("%s: %s has no name in Go (names.go): %s", path, left, text)
				}
			}
			seen += len(name.FindAllString(text, -1))
		}
	}
	if seen < 100 {
		t.Errorf("only %d names were seen", seen)
	}
}

func TestEveryFunctionHasAName(t *testing.T) {
	for _, function := range describe(t).Functions {
		if goNames[function.Name] == "" && noSentence[function.Name] == "" {
			t.Errorf("%s has no name in Go", function.Name)
		}
	}
}

// The table has no names that C lacks.
func TestEveryGoNameIsThere(t *testing.T) {
	said, fields := exportedDocs(t), set(source(t, "*.go"), `(?m)^\t\w+\s`)
	for c, name := range goNames {
		_, there := said[name]
		last := name[strings.LastIndex(name, ".")+1:]
		// The others are fields or constants.
		field := last == name || strings.HasPrefix(name, "StatusError.") ||
			strings.HasPrefix(name, "BindOptions.")
		field = field && (fields["\t"+last+" "] || fields["\t"+last+"\n"])
		if !there && !field && !strings.HasSuffix(c, "_") {
			t.Errorf("%s: there is no %s", c, name)
		}
	}
}

func TestNamesInASentence(t *testing.T) {
	for text, wanted := range map[string]string{
		"": "", "nothing of C's": "nothing of C's",
		"upnvme_poll": "QPair.Poll", "take upnvme_reap.": "take QPair.Reap.",
		"upnvme_open_opts.nqpairs 9: too many":    "QPairs 9: too many",
		"upnvme_open_opts.other of upnvme_open":   "Option.other of Open",
		"without UPNVME_QPAIR_INTERRUPT, or poll": "without Interrupt, or poll",
		"directions are UPNVME_DATA_..., so":      "directions are Data..., so",
		"my_upnvme_poll and upnvme_pollute":       "my_upnvme_poll and upnvme_pollute",
		"/tmp/upnvme/x_y: no":                     "/tmp/upnvme/x_y: no",
		"\xff_\xfe upnvme_close\xff":              "\xff_\xfe Controller.Close\xff",
	} {
		if got := inGo(text); got != wanted {
			t.Errorf("%q: %q, not %q", text, got, wanted)
		}
	}
}

// Errors and log messages have Go's names.
func TestRemediesAreGos(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	_, noNamespace := c.Namespace(7)
	_, manyQPairs := Open("soft:null", QPairs(1<<20))
	notReachable := ns.Do(ctx, nil, &Op{Opcode: OpRead, Form: 9, Blocks: 1})
	var unknownOpcode error
	must(t, c.WithQPair(func(qp *QPair) error {
		unknownOpcode = qp.IO(nil, &Op{Opcode: 0x99, NSID: 1}, nil)
		return nil
	}))
	for remedy, err := range map[string]error{"Controller.Namespaces lists": noNamespace,
		"QPairs is 1048576":          manyQPairs,
		"RawCommand, with QPair.Raw": unknownOpcode, "form": notReachable} {
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(e.Text, remedy) ||
			strings.Contains(err.Error(), "upnvme_") {
			t.Errorf("%q: %v", remedy, err)
		}
	}
}
