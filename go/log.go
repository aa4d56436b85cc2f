// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// LogLevel is how much a message of the log matters (UPNVME_LOG_...).
type LogLevel uint32

// The levels.
const (
	LogError LogLevel = C.UPNVME_LOG_ERROR // something is lost or given up
	LogWarn  LogLevel = C.UPNVME_LOG_WARN  // something is odd, and was dealt with
	LogInfo  LogLevel = C.UPNVME_LOG_INFO  // something that happens rarely has happened
	LogDebug LogLevel = C.UPNVME_LOG_DEBUG // everything
)

// String names the level.
func (l LogLevel) String() string {
	switch l {
	case LogError:
		return "error"
	case LogWarn:
		return "warn"
	case LogInfo:
		return "info"
	}
	return "debug"
}

// sink is the receiver of the log. The library's callback writes whole messages to a pipe, on any thread, and a
// goroutine reads them and calls the function, so that C never calls Go.
type sink struct {
	fn    func(LogLevel, string)
	level LogLevel
	c     *C.struct_upnvme_cgo_log
	read  *os.File
	write *os.File
	done  chan struct{}
}

var (
	logMu     sync.Mutex   // held during a change of the sink
	logSinkMu sync.RWMutex // guards the sink; never held for long
	logSink   *sink
)

// SetLog sends the library's log, and this package's warnings, to a function; nil stops it, which is the default
// (upnvme_log_set). The function runs on a goroutine of its own, and may do anything but call SetLog. When SetLog
// returns, the former function has got all its messages and is not called any more.
func SetLog(fn func(level LogLevel, message string), level LogLevel) error {
	logMu.Lock()
	defer logMu.Unlock()
	if fn != nil && (level < LogError || level > LogDebug) {
		_, err := call(func() C.int {
			return C.upnvme_cgo_log_set(new(C.struct_upnvme_cgo_log),
				C.uint32_t(level))
		})
		return err
	}
	var next *sink
	if fn != nil {
		var err error
		if next, err = newSink(fn, level); err != nil {
			return err
		}
	}
	if err := next.install(); err != nil {
		next.end()
		return err
	}
	logSinkMu.Lock()
	former := logSink
	logSink = next
	logSinkMu.Unlock()
	former.end()
	return nil
}

func newSink(fn func(LogLevel, string), level LogLevel) (*sink, error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("upnvme: a pipe for the log: %w", err)
	}
	s := &sink{fn: fn, level: level, done: make(chan struct{})}
	s.read, s.write = os.NewFile(uintptr(fds[0]), "upnvme log"), os.NewFile(uintptr(fds[1]), "upnvme log")
	s.c = (*C.struct_upnvme_cgo_log)(C.calloc(1, C.sizeof_struct_upnvme_cgo_log))
	if s.c == nil {
		s.read.Close()
		s.write.Close()
		return nil, ErrNoMemory
	}
	s.c.fd = C.int(fds[1])
	go s.deliver()
	return s, nil
}

func (s *sink) install() error {
	var c *C.struct_upnvme_cgo_log
	var level LogLevel
	if s != nil {
		c, level = s.c, s.level
	}
	_, err := call(func() C.int { return C.upnvme_cgo_log_set(c, C.uint32_t(level)) })
	return err
}

// end lets the goroutine read the messages that are left, and waits for its end. The library must not use the sink any
// more.
func (s *sink) end() {
	if s == nil {
		return
	}
	s.write.Close()
	<-s.done
	s.read.Close()
	C.free(unsafe.Pointer(s.c))
}

func (s *sink) deliver() {
	defer close(s.done)
	head := make([]byte, 8)
	text := make([]byte, C.UPNVME_CGO_LOG_TEXT)
	for {
		if _, err := io.ReadFull(s.read, head); err != nil {
			if !errors.Is(err, io.EOF) {
				s.fn(LogError, "upnvme: the log has ended: "+err.Error())
			}
			return
		}
		level, n := LogLevel(binary.LittleEndian.Uint32(head)), binary.LittleEndian.Uint32(head[4:])
		if _, err := io.ReadFull(s.read, text[:n]); err != nil {
			s.fn(LogError, "upnvme: the log has ended: "+err.Error())
			return
		}
		s.fn(level, inGo(string(text[:n])))
		if lost := uint32(C.upnvme_cgo_log_lost(s.c)); lost > 0 {
			s.fn(LogWarn, fmt.Sprintf("upnvme: %d messages were lost: the log's function is too slow",
				lost))
		}
	}
}

// logWarn logs a warning of this package itself, as if the library had.
func logWarn(text string) {
	logSinkMu.RLock()
	defer logSinkMu.RUnlock()
	if logSink == nil || logSink.level < LogWarn {
		return
	}
	message := C.CString(text)
	defer C.free(unsafe.Pointer(message))
	C.upnvme_cgo_on_log(unsafe.Pointer(logSink.c), C.UPNVME_LOG_WARN, message)
}
