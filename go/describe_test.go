// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"fmt"
	"go/ast"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// printed has a value of each exported type, as a program has it, and the expected text.
func printed(t *testing.T, c *Controller, ns *Namespace, qp *QPair, pool *Pool, buf *Buffer) map[string]printable {
	refused := &Error{Errno: 34, Text: "too far"}
	return map[string]printable{
		"Controller": {c, "controller soft:ram?size=1MiB"},
		"Namespace":  {ns, "namespace 1 of soft:ram?size=1MiB: 256 blocks of 4096 bytes"},
		"QPair":      {qp, fmt.Sprintf("queue pair %d of soft:ram?size=1MiB, depth 16", qp.ID())},
		"Pool":       {pool, "pool of 1 threads for soft:ram?size=1MiB"},
		"Buffer": {buf.Slice(512, 1024), "buffer of 512 bytes for soft:ram?size=1MiB, from byte 512 of " +
			"8192"},

		"Error":        {refused, "upnvme: too far"},
		"PartialError": {&PartialError{3, refused}, "3 of the commands were accepted; then: upnvme: too far"},
		"StatusError": {newStatusError(0x285, 0, 0), "upnvme: Compare Failure (type 2, code 0x85): " +
			newStatusError(0x285, 0, 0).Text},
		"Code": {CodeBlocks, "UPNVME_ERR_BLOCKS"},

		"Op": {Op{NSID: 1, Flags: FUA | LimitedRetry, LBA: 5},
			"Op{Opcode: flush, Flags: FUA|LimitedRetry, NSID: 1, LBA: 5}"},
		"Opcode":  {Opcode(0x99), "Opcode(0x99)"},
		"OpFlags": {OpFlags(0), "0x0"},
		"Form":    {FormRanges, "ranges"},
		"Completion": {Completion{Tag: 4, Status: 0x285, Blocks: 2}, "tag 4: " +
			newStatusError(0x285, 0, 0).Error() + "; 2 blocks before that"},

		"Direction":      {DataToDevice, "to device"},
		"RawCommand":     {RawCommand{Direction: DataNone, Timeout: time.Second}, "Timeout: 1s"},
		"CNS":            {CNSController, "controller"},
		"LogID":          {LogID(0xc0), "LogID(0xc0)"},
		"FeatureID":      {FeatureIDKeepAlive, "keep alive"},
		"Select":         {FeatureSaved, "saved"},
		"CMBFlags":       {CMBLists | 1<<31, "CMBLists|0x80000000"},
		"ControllerInfo": {ControllerInfo{Serial: "a b", ReadyTimeout: time.Second}, `Serial: "a b"`},
		"NamespaceInfo":  {NamespaceInfo{UUID: [16]byte{0xab}}, "UUID: ab0000000000000000000000000000"},
		"SMART":          {SMART{CriticalWarning: 4}, "SMART{CriticalWarning: 4, "},
		"ErrorEntry":     {ErrorEntry{Count: 7}, "ErrorEntry{Count: 7, "},
		"Firmware":       {Firmware{ActiveSlot: 1}, "ActiveSlot: 1"},
		"Effects":        {EffectSupported | EffectExecutionAll, "EffectSupported|EffectExecutionAll"},
		"FeatureSet":     {HasPower, "HasPower"},
		"Features":       {Features{KeepAlive: time.Minute}, "KeepAlive: 1m0s"},
		"EventKind":      {EventNamespaceChanged, "namespace changed"},
		"Event":          {Event{Kind: EventFailed}, "Event{Kind: failed, "},
		"LogLevel":       {LogWarn, "warn"},
		"Device":         {Device{Use: DeviceMounted | DeviceOpen}, "Use: DeviceMounted|DeviceOpen"},
		"DeviceUse": {DeviceInUse,
			"DeviceMounted|DeviceSwap|DeviceHeld|DeviceOpen|DeviceExported|DeviceFunctions"},
		"BindOptions": {BindOptions{Driver: "igb_uio", Owner: new(uint32)},
			`Driver: "igb_uio", Force: false, Owner: 0`},
		"SystemFlags": {SystemVFIO, "SystemVFIO"},
		"System":      {System{Huge: []HugePages{{2 << 20, 2, 1}}}, "Huge: [HugePages{PageBytes: 2097152, "},
		"HugePages":   {HugePages{}, "HugePages{PageBytes: 0, "},
		"QPairStats":  {QPairStats{Submitted: 3}, "QPairStats{Submitted: 3, "},
		"LeaseStats":  {LeaseStats{Waits: 3}, "Waits: 3"},
	}
}

type printable struct {
	value  interface{}
	within string
}

// Every type has a text, in each format; while others use the value, and once it is closed.
func TestEveryTypeIsPrinted(t *testing.T) {
	c, err := Open("soft:ram?size=1MiB")
	must(t, err)
	ns, err := c.Namespace(1)
	must(t, err)
	pool, buf := newPool(t, c, 1), alloc(t, c, 8192)
	var values map[string]printable
	must(t, c.WithQPair(func(qp *QPair) error {
		values = printed(t, c, ns, qp, pool, buf)
		for name, p := range values {
			if got := fmt.Sprint(p.value); !strings.Contains(got, p.within) {
				t.Errorf("%s: %q, not %q", name, got, p.within)
			}
		}
		printBeside(t, values, func() {
			for i := 0; i < 20; i++ {
				must(t, qp.Read(ns, buf, 0, 1, nil))
				_, err := qp.Poll()
				must(t, err)
			}
			must(t, qp.Close())
		})
		return nil
	}, Depth(16)))
	printBeside(t, values, func() {
		must(t, pool.Do(ctx, buf, []Op{{Opcode: OpRead, NSID: 1, Blocks: 1}}, make([]Completion, 1)))
		_, err := ns.ReadAt(buf.Bytes(), 0)
		must(t, err)
		must(t, buf.Free())
		must(t, c.Close())
	})
	if got := fmt.Sprint(c); got != "controller soft:ram?size=1MiB, closed" {
		t.Error(got)
	}
	everyTypeIsPrinted(t, values)
}

// printBeside prints all values in every way while something is done with them. The race detector looks on.
func printBeside(t *testing.T, values map[string]printable, do func()) {
	t.Helper()
	var wait sync.WaitGroup
	stop := make(chan struct{})
	started := make(chan struct{})
	wait.Add(1)
	go func() {
		defer wait.Done()
		for once := true; ; once = false {
			for name, p := range values {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
					if n := len(fmt.Sprintf(verb, p.value)); n == 0 || n > 1000 {
						t.Errorf("%s of a %s has %d bytes", verb, name, n)
					}
				}
			}
			if once {
				close(started)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	<-started
	do()
	close(stop)
	wait.Wait()
}

func everyTypeIsPrinted(t *testing.T, values map[string]printable) {
	for _, kind := range exportedPackage(t).Types {
		p, ok := values[kind.Name]
		if _, isFunction := kind.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.FuncType); isFunction {
			continue // no fields to see
		}
		if !ok {
			t.Errorf("%s: no value of it is printed here", kind.Name)
			continue
		}
		says := func(v interface{}) bool {
			switch v.(type) {
			case fmt.Stringer, error:
				return true
			}
			return false
		}
		if !says(p.value) || strings.TrimPrefix(reflect.TypeOf(p.value).String(), "*") != "upnvme."+kind.Name {
			t.Errorf("%s has no String", kind.Name)
		}
	}
}

// A nil handle can be printed.
func TestNilIsPrinted(t *testing.T) {
	for _, nothing := range []fmt.Stringer{(*Controller)(nil), (*Namespace)(nil), (*QPair)(nil), (*Buffer)(nil),
		(*Pool)(nil)} {
		if text := nothing.String(); !strings.HasPrefix(text, "no ") {
			t.Errorf("%T: %q", nothing, text)
		}
	}
}
