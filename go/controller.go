// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Controller is an NVMe controller (upnvme_ctrlr). Any goroutine may use it.
type Controller struct {
	ptr     *C.upnvme_ctrlr
	uri     string
	gate    gate          // calls that use ptr are inside
	closing atomic.Bool   // Close has begun
	closed  chan struct{} // Close is over
	config  openConfig
	leases  leases
	events  events
	regions regions
	align   uintptr // of a buffer's start, in bytes
	qpairs  int     // number of queue pairs that the controller has granted
	leak    *leak
	over    *atomic.Bool // the controller was closed; shared with the leak

	mu         sync.Mutex
	closeErr   error
	namespaces map[uint32]*Namespace
	buffers    map[*region]struct{}
	pools      map[*Pool]struct{}
	loose      map[*QPair]struct{}  // queue pairs of NewQPair
	threads    map[int]int          // threads inside of WithQPair
	admin      map[*adminStart]bool // commands of AdminStart whose functions have not run
}

type openConfig struct {
	nqpairs      int
	keepAlive    time.Duration
	adminTimeout time.Duration
	maxTransfer  uint64
	cHousekeeper bool
	housekeeping time.Duration
	leases       int
	spin         time.Duration
	drain        time.Duration
}

// Option is an option of [Open] (struct upnvme_open_opts).
type Option func(*openConfig)

// QPairs is the number of I/O queue pairs to ask the controller for (upnvme_open_opts.nqpairs); 64 if not said.
func QPairs(n int) Option { return func(c *openConfig) { c.nqpairs = n } }

// KeepAlive sets the keep-alive period (upnvme_open_opts.keep_alive_ms); none if not said. [Controller.Poll] or
// [Housekeeping] must serve it.
func KeepAlive(period time.Duration) Option { return func(c *openConfig) { c.keepAlive = period } }

// AdminTimeout is the longest time that an admin command may take (upnvme_open_opts.admin_timeout_ns); 10 s if not
// said.
func AdminTimeout(limit time.Duration) Option { return func(c *openConfig) { c.adminTimeout = limit } }

// MaxTransfer limits the data of one command, 4,096 bytes at least (upnvme_open_opts.max_transfer_bytes); larger
// requests are split.
func MaxTransfer(bytes uint64) Option { return func(c *openConfig) { c.maxTransfer = bytes } }

// Housekeeping starts a goroutine that calls [Controller.Poll] with that period (upnvme_ctrlr_poll): it takes events,
// serves keep-alive and notices failures.
func Housekeeping(period time.Duration) Option {
	return func(c *openConfig) { c.housekeeping = period }
}

// LibraryHousekeeping makes a thread of the library serve the admin side (UPNVME_OPEN_HOUSEKEEPING). Functions of
// [Controller.OnEvent] and of [Controller.AdminStart] still run in [Controller.Poll] alone.
func LibraryHousekeeping() Option { return func(c *openConfig) { c.cHousekeeper = true } }

// Leases limits the number of queue pairs that are kept for calls without a queue pair of their own, such as
// [Namespace.ReadAt] (upnvme_qpair_create): so many of these calls are with the device at a time. If not said, 32, or
// half of the queue pairs that the controller grants if that is less. Use more than there are processors (GOMAXPROCS):
// with fewer, calls that run at the same time wait in turn, which takes longer than a fast device. A number above the
// controller's queue pairs (see [QPairs]) counts as theirs.
func Leases(n int) Option { return func(c *openConfig) { c.leases = n } }

// SpinBudget is the time that a call with a lease (see [Leases]) polls on its thread, before it hands its command to
// the poller, which sleeps between its looks (the time-out of upnvme_exec_at); 20 µs if not said. With 0 the call polls
// once.
func SpinBudget(budget time.Duration) Option { return func(c *openConfig) { c.spin = budget } }

// DrainTimeout is the time that [Controller.Close] waits for commands of calls with a lease (see [Leases]) before it
// makes the library end them (upnvme_qpair_stop); 10 s if not said.
func DrainTimeout(limit time.Duration) Option { return func(c *openConfig) { c.drain = limit } }

// Open opens the controller that a URI names and brings it up (upnvme_open): "soft:ram?size=1GiB",
// "soft:/path/disk.img?block=4096" (see [FileURI]), "pcie:0000:01:00.0". Close it with [Controller.Close]. A library of
// another ABI than the program was built for (upnvme_abi_version) is refused.
func Open(uri string, options ...Option) (*Controller, error) {
	config := openConfig{spin: 20 * time.Microsecond, drain: 10 * time.Second}
	for _, option := range options {
		if option == nil {
			return nil, nullError("option")
		}
		option(&config)
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	if got := uint32(C.upnvme_abi_version()); got != C.UPNVME_ABI_VERSION {
		return nil, invalid("libupnvme has ABI %d, this program was built for %d: "+
			"install that, or build it again", got, uint32(C.UPNVME_ABI_VERSION))
	}
	c := &Controller{uri: uri, config: config, closed: make(chan struct{}), over: new(atomic.Bool),
		namespaces: map[uint32]*Namespace{}, buffers: map[*region]struct{}{}, pools: map[*Pool]struct{}{},
		loose: map[*QPair]struct{}{}, threads: map[int]int{}, admin: map[*adminStart]bool{}}
	if err := c.open(); err != nil {
		return nil, err
	}
	if err := c.setUp(); err != nil {
		call(func() C.int { return C.upnvme_close(c.ptr) })
		return nil, err
	}
	c.leak = newLeak("controller "+uri, c.over, nil)
	return c, nil
}

// setting is an option's value, which must be neither negative nor too large for C.
type setting struct {
	name  string
	value int64
	most  int64
	shown interface{} // the value as the caller has it
	limit interface{} // the most that is allowed
}

func count(name string, n int) setting {
	return setting{name, int64(n), math.MaxUint32, n, uint32(math.MaxUint32)}
}

func period(name string, d, most time.Duration) setting {
	return setting{name, int64(d), int64(most), d, most}
}

// check refuses a value that C would read as another number.
func check(settings ...setting) error {
	for _, s := range settings {
		if s.value < 0 {
			return invalid("%s(%v): it must not be negative", s.name, s.shown)
		}
		if s.value > s.most {
			return invalid("%s(%v): give at most %v", s.name, s.shown, s.limit)
		}
	}
	return nil
}

func (c *openConfig) check() error {
	const longest = math.MaxInt64
	leases := setting{name: "Leases", value: int64(c.leases), most: longest, shown: c.leases}
	return check(leases, count("QPairs", c.nqpairs),
		period("KeepAlive", c.keepAlive, math.MaxUint32*time.Millisecond),
		period("AdminTimeout", c.adminTimeout, longest), period("Housekeeping", c.housekeeping, longest),
		period("SpinBudget", c.spin, longest), period("DrainTimeout", c.drain, longest))
}

// milliseconds rounds up, since 0 means none.
func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

func (c *Controller) open() error {
	opts := C.struct_upnvme_open_opts{
		size:               C.sizeof_struct_upnvme_open_opts,
		nqpairs:            C.uint32_t(c.config.nqpairs),
		keep_alive_ms:      C.uint32_t(milliseconds(c.config.keepAlive)),
		admin_timeout_ns:   C.uint64_t(c.config.adminTimeout.Nanoseconds()),
		max_transfer_bytes: C.uint64_t(c.config.maxTransfer),
	}
	if c.config.cHousekeeper {
		opts.flags |= C.UPNVME_OPEN_HOUSEKEEPING
	}
	return withText("the URI", c.uri, func(uri *C.char) C.int { return C.upnvme_open(&c.ptr, uri, &opts) })
}

func (c *Controller) setUp() error {
	info, err := c.Info()
	if err != nil {
		return err
	}
	if err := c.leases.setUp(c, c.config.leasesOf(int(info.MaxQPairs))); err != nil {
		return err
	}
	c.align, c.qpairs = uintptr(info.BufferAlign), int(info.MaxQPairs)
	if err := c.events.setUp(c); err != nil {
		return err
	}
	if c.config.housekeeping > 0 {
		go c.keepHouse(c.config.housekeeping)
	}
	return nil
}

// leasesOf is the most leases of a controller with so many queue pairs.
func (c *openConfig) leasesOf(qpairs int) int {
	limit := c.leases
	if limit == 0 && qpairs/2 < 32 {
		limit = qpairs / 2
	} else if limit == 0 {
		limit = 32
	}
	if limit > qpairs {
		limit = qpairs
	}
	if limit < 1 {
		limit = 1
	}
	return limit
}

// URI is the URI that the controller was opened with (upnvme_ctrlr_uri).
func (c *Controller) URI() string {
	if c.enter() != nil {
		return ""
	}
	defer c.gate.leave()
	return C.GoString(C.upnvme_ctrlr_uri(c.ptr))
}

func (c *Controller) enter() error {
	if c == nil {
		return nullError("controller")
	}
	return c.gate.enter()
}

// use runs one call of the library with the controller's handle.
func (c *Controller) use(f func() C.int) (int, error) {
	if err := c.enter(); err != nil {
		return 0, err
	}
	defer c.gate.leave()
	return call(f)
}

// Close shuts the controller down (upnvme_close), from any goroutine. Close refuses new calls with [ErrClosed], which
// also wakes those that wait for a lease. It waits for commands that are with the device, and for functions of
// [Controller.WithQPair] to return; stops pools; then gives back all memory, also that of buffers which were not freed.
// Slices that [Buffer.Bytes] gave must not be used any more.
//
// Closing again waits for the first call and returns the same. Close fails, and does nothing, while queue pairs of
// [Controller.NewQPair] are open, and with EDEADLK within a function of [Controller.WithQPair].
//
// After [syscall.EIO] and [syscall.ETIMEDOUT] the controller is closed, but unflushed writes may be lost
// ([CodeNotDurable]), or storage did not answer within [AdminTimeout] and memory that the controller may still touch is
// set aside: the error says which.
func (c *Controller) Close() error {
	if c == nil {
		return nil
	}
	if done, err := c.beginClose(); done || err != nil {
		return err
	}
	c.leases.close()
	poolErr := c.closePools()
	<-c.gate.close()
	if c.closeErr = c.tearDown(); c.closeErr == nil {
		c.closeErr = poolErr
	}
	c.over.Store(true)
	close(c.closed)
	c.adminDeliver() // the library has completed all commands; a function may call Close again
	return c.closeErr
}

func (c *Controller) beginClose() (done bool, err error) {
	c.mu.Lock()
	if n := len(c.loose); n > 0 {
		c.mu.Unlock()
		return false, &Error{Errno: syscall.EBUSY, Code: CodeBusyChildren,
			Text: fmt.Sprintf("%s has %d open queue pairs: close them first", c.uri, n)}
	}
	if c.threads[syscall.Gettid()] > 0 {
		c.mu.Unlock()
		return false, &Error{Errno: syscall.EDEADLK, Code: CodeInCallback,
			Text: fmt.Sprintf("%s is closed by a function that its WithQPair waits for: close it elsewhere",
				c.uri)}
	}
	first := c.closing.CompareAndSwap(false, true)
	c.mu.Unlock()
	if first {
		return false, nil
	}
	<-c.closed
	return true, c.closeErr
}

func (c *Controller) closePools() (err error) {
	c.mu.Lock()
	var pools []*Pool
	for pool := range c.pools {
		pools = append(pools, pool)
	}
	c.mu.Unlock()
	for _, pool := range pools {
		if poolErr := pool.Close(); err == nil {
			err = poolErr
		}
	}
	return err
}

// tearDown runs when no call is inside any more.
func (c *Controller) tearDown() error {
	c.events.stop(c)
	_, err := call(func() C.int { return C.upnvme_close(c.ptr) })
	if err == nil {
		err = c.leases.err // a queue pair that was not closed well may have cost data
	}
	c.events.free()
	c.mu.Lock()
	defer c.mu.Unlock()
	for buffer := range c.buffers {
		buffer.lose()
	}
	c.buffers = nil
	return err
}

// leak carries a finalizer. Only the object that may be dropped refers to the leak, and the leak does not refer to the
// object, so that neither a cycle nor the controller's own tables keep it from the finalizer.
type leak struct {
	what string
	over *atomic.Bool // closed or freed, in any way
	end  func() error // ends the dropped object's registration; nil: only a message
	told bool
}

func newLeak(what string, over *atomic.Bool, end func() error) *leak {
	l := &leak{what: what, over: over, end: end}
	runtime.SetFinalizer(l, (*leak).dropped)
	return l
}

// dropped logs the loss once. If a command still needs the memory, the next garbage collection tries again.
func (l *leak) dropped() {
	if l.over.Load() {
		return
	}
	if !l.told {
		logWarn("upnvme: the " + l.what + " was dropped open")
	}
	l.told = true
	if l.end != nil && errors.Is(l.end(), syscall.EBUSY) {
		runtime.SetFinalizer(l, (*leak).dropped)
	}
}

// CMBFlags are what a controller's memory buffer may hold (UPNVME_CMB_...; NVMe Base 2.0c, 3.1.3.12).
type CMBFlags uint32

// The bits of CMBFlags.
const (
	CMBSubmissionQueues CMBFlags = C.UPNVME_CMB_SUBMISSION_QUEUES // submission queues
	CMBCompletionQueues CMBFlags = C.UPNVME_CMB_COMPLETION_QUEUES // completion queues
	CMBLists            CMBFlags = C.UPNVME_CMB_LISTS             // PRP and SGL lists
	CMBReadData         CMBFlags = C.UPNVME_CMB_READ_DATA         // data that the controller gives
	CMBWriteData        CMBFlags = C.UPNVME_CMB_WRITE_DATA        // data that the controller takes
)

var cmbWords = []word{
	{uint32(CMBSubmissionQueues), "CMBSubmissionQueues"},
	{uint32(CMBCompletionQueues), "CMBCompletionQueues"},
	{uint32(CMBLists), "CMBLists"},
	{uint32(CMBReadData), "CMBReadData"},
	{uint32(CMBWriteData), "CMBWriteData"},
}

// String names the bits.
func (f CMBFlags) String() string { return bitsOf(uint32(f), cmbWords) }

// ControllerInfo has the identity and the limits of a controller (upnvme_ctrlr_info_get; NVMe Base 2.0c, 5.17.2.1).
type ControllerInfo struct {
	VendorID            uint16
	ID                  uint16 // CNTLID
	Version             uint32 // major << 16 | minor << 8 | tertiary
	Namespaces          uint32 // active ones
	Serial              string
	Model               string
	Firmware            string
	SubNQN              string
	MaxTransferBytes    uint64 // of one command; larger requests are split
	MaxQueueEntries     uint32
	MaxQPairs           uint32 // I/O queue pairs that the controller granted
	PageBytes           uint32
	BufferAlign         uint32 // of a buffer's start, bytes
	ONCS                uint16 // optional NVM commands supported
	VolatileWriteCache  bool   // present: Flush is needed for durability
	SGL                 bool
	ReadyTimeout        time.Duration
	MaxWriteZeroesBytes uint64
	MaxVerifyBytes      uint64
	MaxDeallocateRanges uint32
	NUMANode            int32  // -1: any
	Environment         string // "host", "vfio", "dpdk", "uio"
	CMBBytes            uint64 // memory of the controller's own that can be used, see [ControllerMemory]; 0: none
	CMB                 CMBFlags
	// The quirks that the device is treated with, because it does otherwise than the specification says: words with
	// commas between, as quirks= in a URI takes them.
	Quirks string
}

// String tells it field by field.
func (i ControllerInfo) String() string { return fieldsOf(i) }

// Info tells what the controller is, from what was read when it was opened (upnvme_ctrlr_info_get).
func (c *Controller) Info() (ControllerInfo, error) {
	i := C.struct_upnvme_ctrlr_info{size: C.sizeof_struct_upnvme_ctrlr_info}
	if _, err := c.use(func() C.int { return C.upnvme_ctrlr_info_get(c.ptr, &i) }); err != nil {
		return ControllerInfo{}, err
	}
	return ControllerInfo{
		VendorID: uint16(i.vendor_id), ID: uint16(i.ctrlr_id), Version: uint32(i.version),
		Namespaces: uint32(i.ns_count),
		Serial:     C.GoString(&i.serial[0]),
		Model:      C.GoString(&i.model[0]), Firmware: C.GoString(&i.firmware[0]),
		SubNQN: C.GoString(&i.subnqn[0]), MaxTransferBytes: uint64(i.max_transfer_bytes),
		MaxQueueEntries: uint32(i.max_queue_entries), MaxQPairs: uint32(i.max_qpairs),
		PageBytes:   uint32(i.page_bytes),
		BufferAlign: uint32(i.buffer_align), ONCS: uint16(i.oncs),
		VolatileWriteCache: i.volatile_write_cache != 0,
		SGL:                i.sgl != 0, ReadyTimeout: time.Duration(i.ready_timeout_ms) * time.Millisecond,
		MaxWriteZeroesBytes: uint64(i.max_write_zeroes_bytes), MaxVerifyBytes: uint64(i.max_verify_bytes),
		MaxDeallocateRanges: uint32(i.max_deallocate_ranges), NUMANode: int32(i.numa_node),
		Environment: C.GoString(&i.environment[0]), CMBBytes: uint64(i.cmb_bytes), CMB: CMBFlags(i.cmb_flags),
		Quirks: C.GoString(&i.quirks[0]),
	}, nil
}
