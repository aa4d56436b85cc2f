// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestControllerInfo(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512&namespaces=3&serial=GOPHER", MaxTransfer(8192),
		LibraryHousekeeping())
	info, err := c.Info()
	must(t, err)
	if info.Serial != "GOPHER" || info.Namespaces != 3 || info.MaxTransferBytes != 8192 ||
		info.Environment != "host" {
		t.Errorf("%+v", info)
	}
	if c.URI() != "soft:ram?size=1MiB&block=512&namespaces=3&serial=GOPHER" {
		t.Error(c.URI())
	}
	var ids []uint32
	for id := c.NextNamespace(0); id != 0; id = c.NextNamespace(id) {
		ids = append(ids, id)
	}
	if len(ids) != 3 || ids[0] != 1 || ids[2] != 3 {
		t.Error(ids)
	}
	nsInfo, err := ns.Info()
	must(t, err)
	if nsInfo.ID != 1 || nsInfo.BlockBytes != 512 || nsInfo.Blocks != 2048 || nsInfo.MaxTransferBlocks != 16 ||
		nsInfo.AtomicBlocks < 1 || nsInfo.AtomicBlocks != nsInfo.CtrlrAtomicBlocks {
		t.Errorf("%+v", nsInfo)
	}
	if ns.Size() != 1<<20 || ns.MetadataSize() != 0 || ns.Controller() != c {
		t.Error(ns.Size(), ns.MetadataSize())
	}
	again, err := c.Namespace(1)
	must(t, err)
	if again != ns {
		t.Error("a namespace has two handles")
	}
}

func TestASplitWriteSaysThatItWasNotAtomic(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512&mdts=1&quirks=no-sgl")
	info, err := c.Info()
	must(t, err)
	if info.Quirks != "no-sgl" {
		t.Error(info.Quirks)
	}
	buf := alloc(t, c, 32*512)
	must(t, c.WithQPair(func(qp *QPair) error {
		for _, blocks := range []uint32{16, 17} {
			var done *Completion
			must(t, qp.Write(ns, buf, 0, blocks, func(d Completion) { done = &d }))
			for done == nil {
				_, err := qp.Poll()
				must(t, err)
			}
			if done.Err() != nil || done.NotAtomic() != (blocks > 16) {
				t.Errorf("%d blocks: %+v", blocks, *done)
			}
		}
		return nil
	}))
}

func TestQueuesInTheControllersMemory(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&cmb=1MiB")
	info, err := c.Info()
	must(t, err)
	if info.CMBBytes != 1<<20 || info.CMB&CMBSubmissionQueues == 0 {
		t.Errorf("%d bytes for %#x", info.CMBBytes, info.CMB)
	}
	buf := alloc(t, c, 4096)
	must(t, c.WithQPair(func(qp *QPair) error {
		ndone := 0
		must(t, qp.Read(ns, buf, 0, 1, func(done Completion) { must(t, done.Err()); ndone++ }))
		for ndone == 0 {
			if _, err := qp.Poll(); err != nil {
				return err
			}
		}
		return nil
	}, ControllerMemory()))
	without, _ := open(t, "soft:ram?size=1MiB")
	err = without.WithQPair(func(*QPair) error { return nil }, ControllerMemory())
	if !errors.Is(err, syscall.ENOTSUP) {
		t.Error(err)
	}
}

func TestIdentifyAndLogPages(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB&serial=GOPHER")
	data, err := c.Identify(1, 0)
	must(t, err)
	if !bytes.HasPrefix(data[4:], []byte("GOPHER")) {
		t.Errorf("serial number %q", data[4:24])
	}
	var status *StatusError
	if _, err := c.Identify(0xfe, 0); !errors.Is(err, syscall.EIO) || !errors.As(err, &status) || status.SC != 2 ||
		!errors.Is(err, status) || errors.Is(err, ErrCompareFailure) || !status.DNR {
		t.Error(err)
	}
	page := make([]byte, 512)
	must(t, c.LogPage(0xffffffff, 2, 0, page))
	smart, err := c.SMART()
	must(t, err)
	if kelvin := binary.LittleEndian.Uint16(page[1:]); int32(kelvin)-273 != smart.TemperatureCelsius {
		t.Errorf("%d K, %+v", kelvin, smart)
	}
	if err := c.LogPage(0xffffffff, 2, 0, nil); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	firmware, err := c.Firmware()
	must(t, err)
	if firmware.ActiveSlot != 1 || firmware.Revisions[0] == "" {
		t.Errorf("%+v", firmware)
	}
	effects, err := c.CommandEffects(false, uint8(OpWrite))
	must(t, err)
	if effects&EffectSupported == 0 || effects&EffectContent == 0 {
		t.Errorf("%#x", effects)
	}
}

func TestTheErrorLog(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	buf := alloc(t, c, 512)
	withQPair(t, c, func(qp *QPair) {
		raw := &RawCommand{Direction: DataFromDevice}
		raw.CDW[0], raw.CDW[1], raw.CDW[10] = uint32(OpRead), 1, 1<<20
		var status *StatusError
		must(t, qp.Raw(raw, buf, func(c Completion) { errors.As(c.Err(), &status) }))
		drain(t, qp)
		if !errors.Is(status, ErrLBAOutOfRange) || status.Name != "LBA Out of Range" || status.Text == "" {
			t.Errorf("%+v", status)
		}
	})
	entries, err := c.ErrorLog(10)
	must(t, err)
	if len(entries) == 0 || entries[0].LBA != 1<<20 || entries[0].NSID != ns.ID() {
		t.Errorf("%+v", entries)
	}
	if none, err := c.ErrorLog(0); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
	if _, err := c.ErrorLog(-1); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}

func TestFeatures(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB")
	const temperature = 4
	must(t, c.SetFeature(0, temperature, 330, false, nil))
	value, err := c.Feature(0, temperature, FeatureCurrent, nil)
	must(t, err)
	features, err := c.Features()
	must(t, err)
	if value&0xffff != 330 || features.Valid&HasOverTemperature == 0 || features.OverCelsius != 330-273 {
		t.Errorf("%d, %+v", value, features)
	}
	timestamp := make([]byte, 8)
	if _, err := c.Feature(0, 0xe, FeatureCurrent, timestamp); err != nil {
		t.Error(err)
	}
	if err := c.SetFeature(0, FeatureIDQueues, 0, true, nil); !errors.Is(err, syscall.EINVAL) ||
		!strings.Contains(err.Error(), "give the number of queues as QPairs") {
		t.Error(err)
	}
}

func identify() *RawCommand {
	raw := &RawCommand{Direction: DataFromDevice}
	raw.CDW[0], raw.CDW[10] = 6, 1
	return raw
}

func TestAdminCommands(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB&serial=GOPHER")
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, ctx := range []context.Context{ctx, cancellable} {
		data := make([]byte, 4096)
		done, err := c.Admin(ctx, identify(), data)
		if err != nil || done.Err() != nil || string(data[4:10]) != "GOPHER" {
			t.Error(err, done)
		}
		done, err = c.Admin(ctx, &RawCommand{CDW: [16]uint32{0x7f}}, nil)
		if err != nil || done.Err() == nil {
			t.Error(err, done)
		}
		if _, err = c.Admin(ctx, &RawCommand{CDW: [16]uint32{6 | 1<<8}}, nil); !errors.Is(err, syscall.EINVAL) {
			t.Error(err)
		}
	}
}

func TestAdminCommandsThatAreStarted(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB&serial=GOPHER")
	ran := 0
	for i := 0; i < 5; i++ {
		must(t, c.AdminStart(identify(), make([]byte, 4096), func(done Completion, data []byte) {
			if ran++; done.Err() != nil || string(data[4:10]) != "GOPHER" {
				t.Error(done)
			}
		}))
	}
	eventually(t, "all have ended", func() bool {
		must(t, c.Poll())
		return ran == 5
	})
	if err := c.AdminStart(&RawCommand{CDW: [16]uint32{6 | 1<<8}}, nil, nil); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	must(t, c.AdminStart(identify(), make([]byte, 4096), func(Completion, []byte) { ran++ }))
	must(t, c.Close())
	if ran != 6 {
		t.Error("one that was outstanding has not ended")
	}
}

func TestEvents(t *testing.T) {
	c, _ := open(t, "soft:ram?size=1MiB", Housekeeping(time.Millisecond))
	events := make(chan Event, 10)
	c.OnEvent(func(event Event) { events <- event })
	must(t, c.SetFeature(0, 4, 1, false, nil)) // a threshold below the temperature
	select {
	case event := <-events:
		if event.Kind != EventSMART {
			t.Errorf("%+v", event)
		}
	case <-time.After(deadline):
		t.Fatal("no event")
	}
}

// A function of an event, or of an admin command, may close the controller that it comes from.
func TestCloseWithinPoll(t *testing.T) {
	for _, byEvent := range []bool{true, false} {
		c, _ := open(t, "soft:ram?size=1MiB")
		closed := 0
		end := func() {
			closed++
			must(t, c.Close())
		}
		if byEvent {
			c.OnEvent(func(Event) { end() })
			must(t, c.SetFeature(0, 4, 1, false, nil))
		} else {
			must(t, c.AdminStart(identify(), make([]byte, 4096), func(Completion, []byte) { end() }))
		}
		eventually(t, "it is closed", func() bool {
			err := c.Poll()
			if err != nil && err != ErrClosed {
				t.Fatal(err)
			}
			return closed == 1
		})
	}
}

func TestDevices(t *testing.T) {
	devices, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range devices {
		if same, err := DeviceAt(device.Address); err != nil || same.Address != device.Address {
			t.Error(err)
		}
	}
	var e *Error
	if _, err := DeviceAt("nowhere"); !errors.As(err, &e) || e.Code != CodeDeviceAddress {
		t.Error(err)
	}
	if err := Bind("nowhere", ""); !errors.As(err, &e) || e.Code != CodeDeviceAddress {
		t.Error(err)
	}
	if err := Bind("0000:00:00.0", "floppy"); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	if err := Unbind("nowhere"); !errors.As(err, &e) || e.Code != CodeDeviceAddress {
		t.Error(err)
	}
	owner := uint32(0)
	both := []string{"fffe:ff:1f.7", "nowhere"}
	for _, err := range []error{BindAll(both, BindOptions{Force: true}), UnbindAll(both, BindOptions{})} {
		if !errors.As(err, &e) || e.Code != CodeDeviceNotFound {
			t.Error(err)
		}
	}
	err = BindAll(both, BindOptions{Driver: "igb_uio", Owner: &owner})
	if !errors.As(err, &e) || e.Code != CodeDeviceDriver || !errors.Is(err, syscall.ENOTSUP) {
		t.Error(err)
	}
	system, err := ThisSystem()
	must(t, err)
	if system.MemlockMaxBytes < system.MemlockBytes {
		t.Errorf("%+v", system)
	}
}

// A function that Close runs may close the controller, too; and a function that panics keeps neither the other
// functions nor waiting calls of Close from going on.
func TestFunctionsOfAdminCommandsWithinClose(t *testing.T) {
	c, err := Open("soft:ram?size=1MiB")
	must(t, err)
	ran, closed := 0, make(chan interface{})
	ends := []func(){func() { c.Close() }, func() { panic("one") }, func() {}, func() { panic("two") }}
	for i := range ends {
		end := ends[i]
		must(t, c.AdminStart(identify(), make([]byte, 4096), func(Completion, []byte) {
			ran++
			end()
		}))
	}
	go func() {
		defer func() { closed <- recover() }()
		c.Close()
	}()
	select {
	case value := <-closed:
		if value != "one" && value != "two" {
			t.Error(value)
		}
	case <-time.After(deadline):
		t.Fatal("it waits for itself")
	}
	if ran != 4 {
		t.Errorf("%d functions have run", ran)
	}
	must(t, c.Close())
	if len(c.admin) != 0 {
		t.Error("one was not given back")
	}
}
