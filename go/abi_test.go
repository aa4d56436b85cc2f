// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"encoding/json"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// description is the part of the ABI's description (bindings/ffi) that these tests read.
type description struct {
	Functions []struct{ Name string }
	Constants []struct{ Name string }
	Structs   []struct {
		Name   string
		Fields []struct{ Name string }
	}
}

// notGiven has the names that no caller gets, and why.
var notGiven = map[string]string{
	"UPNVME_VERSION": "it is that of the headers; Version gives the library's", "UPNVME_VERSION_MAJOR": "likewise",
	"UPNVME_VERSION_MINOR": "likewise", "UPNVME_VERSION_PATCH": "likewise",
	"iovec.iov_base": "the system's, in segment", "iovec.iov_len": "likewise",
	"upnvme_error_put": "Go's own errors are values", "UPNVME_ERROR_CODE_OWN": "likewise",
	"upnvme_submit":        "upnvme_submit_at does it: an op of Go's has an offset, and no address",
	"upnvme_exec":          "upnvme_exec_at does it, likewise",
	"upnvme_ctrlr_abandon": "no function of Go's leaves a poll of C in its midst: panics and Goexit go round it",
}

// describe reads the description: the one that the lane names, or that of the tree's build.
func describe(t *testing.T) (d description) {
	if _, err := os.Stat("../bindings/cgo/upnvme"); err != nil {
		t.Skip("only in the tree is the code to compare with: ", err)
	}
	path := os.Getenv("UPNVME_ABI_JSON")
	if path == "" {
		path = "../build/abi/abi.json"
	}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skip("there is no description of the ABI (make abi): ", err)
	}
	must(t, err)
	must(t, json.Unmarshal(text, &d))
	if len(d.Functions) < 60 || len(d.Constants) < 100 || len(d.Structs) < 15 {
		t.Fatalf("%s: only %d functions, %d constants, %d structs", path, len(d.Functions), len(d.Constants),
			len(d.Structs))
	}
	return d
}

func source(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	must(t, err)
	var all strings.Builder
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			must(t, err)
			all.Write(text)
		}
	}
	return all.String()
}

// set has everything in the text that the pattern matches: a search for each name would read all of it each time.
func set(text, pattern string) map[string]bool {
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(pattern).FindAllString(text, -1) {
		found[match] = true
	}
	return found
}

func TestEveryFunctionIsReachable(t *testing.T) {
	d := describe(t)
	code, glue := source(t, "*.go"), source(t, "../bindings/cgo/upnvme/*.h")
	var docs strings.Builder
	for _, text := range exportedDocs(t) {
		docs.WriteString(text)
	}
	calledInGlue, named := set(glue, `\w+\(`), set(docs.String(), `\w+`)
	for _, function := range d.Functions {
		if notGiven[function.Name] != "" {
			continue
		}
		if !strings.Contains(code, "C."+function.Name+"(") && !calledInGlue[function.Name+"("] {
			t.Errorf("%s is not called", function.Name)
		}
		if !named[function.Name] {
			t.Errorf("no exported name says that it stands on %s", function.Name)
		}
	}
	declared := regexp.MustCompile(`static inline [^(]*?\*?(upnvme_cgo_\w+)\(`)
	for _, match := range declared.FindAllStringSubmatch(glue, -1) {
		if name := match[1]; strings.Count(glue, name) == 1 && !strings.Contains(code, "C."+name+"(") {
			t.Errorf("the glue's %s is not called", name)
		}
	}
}

func TestEveryConstantIsReachable(t *testing.T) {
	words := set(source(t, "*.go")+source(t, "../bindings/cgo/upnvme/*.h"), `\w+`)
	for _, constant := range describe(t).Constants {
		if notGiven[constant.Name] == "" && !words[constant.Name] {
			t.Errorf("%s has no name in Go", constant.Name)
		}
	}
}

func TestEveryFieldIsReachable(t *testing.T) {
	words := set(source(t, "*.go"), `\w+`)
	for _, record := range describe(t).Structs {
		switch record.Name {
		case "upnvme_op", "upnvme_completion", "upnvme_error_entry": // checked by the compiler
			continue
		}
		for _, field := range record.Fields {
			own := field.Name == "size" || strings.HasPrefix(field.Name, "reserved")
			if own || notGiven[record.Name+"."+field.Name] != "" {
				continue
			}
			if !words[field.Name] && !words["_"+field.Name] {
				t.Errorf("struct %s: nothing in Go is %s", record.Name, field.Name)
			}
		}
	}
}

// goAlone are exported names without a counterpart in C.
var goAlone = map[string]bool{
	"Buffer.Bytes": true, "Buffer.Len": true, "Buffer.Slice": true, "Completion.Err": true, "Error.As": true,
	"Completion.NotAtomic": true, "Error.Error": true, "Error.Is": true, "Error.Unwrap": true,
	"LeaseStats": true, "Controller.Stats": true, "Namespace.Controller": true, "PartialError": true,
	"PartialError.Error": true, "PartialError.Unwrap": true, "StatusError.Error": true, "StatusError.Is": true,
}

func TestEveryNameIsDocumented(t *testing.T) {
	for name, text := range exportedDocs(t) {
		_, method, _ := strings.Cut(name, ".")
		alone := goAlone[name] || method == "GoString" || (method == "String" && name != "Code.String")
		if text == "" {
			t.Errorf("%s is not documented", name)
		} else if on := regexp.MustCompile(`(?i)\bupnvme_\w`).MatchString(text); on == alone {
			t.Errorf("%s: whether it stands on something of C is not as it says: %q", name, text)
		}
	}
}

// exportedPackage is the package as go/doc shows it.
func exportedPackage(t *testing.T) *doc.Package {
	notTests := func(info fs.FileInfo) bool {
		return !strings.HasSuffix(info.Name(), "_test.go") && info.Name() != "nocgo.go"
	}
	packages, err := parser.ParseDir(token.NewFileSet(), ".", notTests, parser.ParseComments)
	must(t, err)
	return doc.New(packages["upnvme"], "github.com/upnvme/upnvme/go", 0)
}

// exportedDocs has the comments of each exported function, method and type.
func exportedDocs(t *testing.T) map[string]string {
	said := map[string]string{}
	functions := func(of string, all []*doc.Func) {
		for _, f := range all {
			said[of+f.Name] = f.Doc
		}
	}
	all := exportedPackage(t)
	functions("", all.Funcs)
	for _, kind := range all.Types {
		said[kind.Name] = kind.Doc
		functions("", kind.Funcs)
		functions(kind.Name+".", kind.Methods)
	}
	return said
}

// Constants and variables are documented in their groups or on their lines.
func TestEveryValueIsDocumented(t *testing.T) {
	names, err := filepath.Glob("*.go")
	must(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		must(t, err)
		for _, declared := range file.Decls {
			if group, ok := declared.(*ast.GenDecl); ok {
				valuesDocumented(t, group)
			}
		}
	}
}

func valuesDocumented(t *testing.T, group *ast.GenDecl) {
	for _, spec := range group.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if ok && group.Doc == nil && value.Doc == nil && value.Comment == nil && value.Names[0].IsExported() {
			t.Errorf("%s is not documented", value.Names[0].Name)
		}
	}
}
