// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"math"
	"time"
	"unsafe"
)

// SMART is the SMART / health information (upnvme_smart_get; NVMe Base 2.0c, 5.16.1.3). 128-bit counters saturate at 64
// bits.
type SMART struct {
	CriticalWarning         uint8
	AvailableSpare          uint8 // percent
	SpareThreshold          uint8 // percent
	PercentageUsed          uint8 // may be above 100
	TemperatureCelsius      int32 // composite
	WarningTemperatureTime  time.Duration
	CriticalTemperatureTime time.Duration
	DataUnitsRead           uint64 // units of 512,000 bytes
	DataUnitsWritten        uint64
	HostReads               uint64 // commands
	HostWrites              uint64
	BusyMinutes             uint64
	PowerCycles             uint64
	PowerOnHours            uint64
	UnsafeShutdowns         uint64
	MediaErrors             uint64
	ErrorLogEntries         uint64
	SensorCelsius           []int32 // of the sensors that are there
}

// String tells it field by field.
func (s SMART) String() string { return fieldsOf(s) }

// SMART reads the SMART log of the controller (upnvme_smart_get).
func (c *Controller) SMART() (SMART, error) {
	s := C.struct_upnvme_smart{size: C.sizeof_struct_upnvme_smart}
	if _, err := c.use(func() C.int { return C.upnvme_smart_get(c.ptr, &s) }); err != nil {
		return SMART{}, err
	}
	smart := SMART{
		CriticalWarning: uint8(s.critical_warning), AvailableSpare: uint8(s.available_spare),
		SpareThreshold: uint8(s.spare_threshold), PercentageUsed: uint8(s.percentage_used),
		TemperatureCelsius:      int32(s.temperature_celsius),
		WarningTemperatureTime:  time.Duration(s.warning_temperature_minutes) * time.Minute,
		CriticalTemperatureTime: time.Duration(s.critical_temperature_minutes) * time.Minute,
		DataUnitsRead:           uint64(s.data_units_read), DataUnitsWritten: uint64(s.data_units_written),
		HostReads: uint64(s.host_reads), HostWrites: uint64(s.host_writes), BusyMinutes: uint64(s.busy_minutes),
		PowerCycles: uint64(s.power_cycles), PowerOnHours: uint64(s.power_on_hours),
		UnsafeShutdowns: uint64(s.unsafe_shutdowns), MediaErrors: uint64(s.media_errors),
		ErrorLogEntries: uint64(s.error_log_entries),
	}
	for _, celsius := range s.sensor_celsius {
		if celsius != math.MinInt32 {
			smart.SensorCelsius = append(smart.SensorCelsius, int32(celsius))
		}
	}
	return smart, nil
}

// ErrorEntry is one entry of the error information log (NVMe Base 2.0c, 5.16.1.2; struct upnvme_error_entry).
type ErrorEntry struct {
	Count     uint64 // a unique number of this error; larger is later
	LBA       uint64 // the first block that had the error
	NSID      uint32
	SQID      uint16 // submission queue; FFFFh: of no command in particular
	CID       uint16 // command identifier; FFFFh: likewise
	Status    uint16
	Parameter uint16 // place of the error in the command: byte in bits 7:0, bit in 10:8; FFFFh: no place
	_         uint32
}

// String tells it field by field.
func (e ErrorEntry) String() string { return fieldsOf(e) }

// errorEntriesMost is how many entries the log of a controller may have (ELPE; NVMe Base 2.0c, 5.17.2.1).
const errorEntriesMost = 256

// ErrorLog reads the valid entries of the error log, newest first, and n of them at most (upnvme_error_log).
func (c *Controller) ErrorLog(n int) ([]ErrorEntry, error) {
	if n < 0 {
		return nil, invalid("%d entries of the error log: it must not be negative", n)
	}
	if n > errorEntriesMost {
		n = errorEntriesMost
	}
	entries := make([]ErrorEntry, n+1)
	got, err := c.use(func() C.int {
		return C.upnvme_error_log(c.ptr, (*C.struct_upnvme_error_entry)(unsafe.Pointer(&entries[0])),
			C.uint32_t(n))
	})
	return entries[:got], err
}

// Firmware is the firmware slot log (upnvme_firmware_get; NVMe Base 2.0c, 5.16.1.4).
type Firmware struct {
	ActiveSlot int       // 1 to 7
	NextSlot   int       // activated at the next reset; 0: none
	Revisions  [7]string // of slots 1 to 7; empty where there is none
}

// String tells it field by field.
func (f Firmware) String() string { return fieldsOf(f) }

// Firmware reads the firmware slot log (upnvme_firmware_get).
func (c *Controller) Firmware() (Firmware, error) {
	f := C.struct_upnvme_firmware{size: C.sizeof_struct_upnvme_firmware}
	if _, err := c.use(func() C.int { return C.upnvme_firmware_get(c.ptr, &f) }); err != nil {
		return Firmware{}, err
	}
	firmware := Firmware{ActiveSlot: int(f.active_slot), NextSlot: int(f.next_slot)}
	for i := range firmware.Revisions {
		firmware.Revisions[i] = C.GoString(&f.revision[i][0])
	}
	return firmware, nil
}

// Effects has the effects of a command (UPNVME_EFFECT_...; NVMe Base 2.0c, 5.16.1.6).
type Effects uint32

// The effects. The bits of EffectExecutionMask are one field, whose values are those below it.
const (
	EffectSupported            Effects = C.UPNVME_EFFECT_SUPPORTED        // supported; else all bits are 0
	EffectContent              Effects = C.UPNVME_EFFECT_CONTENT          // may change the contents of blocks
	EffectNamespaceCapability  Effects = C.UPNVME_EFFECT_NS_CAPABILITY    // may change what a namespace can do
	EffectNamespaceInventory   Effects = C.UPNVME_EFFECT_NS_INVENTORY     // may change which namespaces there are
	EffectControllerCapability Effects = C.UPNVME_EFFECT_CTRLR_CAPABILITY // may change what the controller can do
	EffectExecutionMask        Effects = C.UPNVME_EFFECT_EXECUTION_MASK   // what the command must not run beside
	EffectExecutionNamespace   Effects = C.UPNVME_EFFECT_EXECUTION_NS     // within it: others of its namespace
	EffectExecutionAll         Effects = C.UPNVME_EFFECT_EXECUTION_ALL    // within it: others of any namespace
	EffectUUID                 Effects = C.UPNVME_EFFECT_UUID             // takes a UUID index
	EffectScopeNamespace       Effects = C.UPNVME_EFFECT_SCOPE_NS
	EffectScopeController      Effects = C.UPNVME_EFFECT_SCOPE_CTRLR
	EffectScopeNVMSet          Effects = C.UPNVME_EFFECT_SCOPE_NVM_SET
	EffectScopeEnduranceGroup  Effects = C.UPNVME_EFFECT_SCOPE_ENDURANCE_GROUP
	EffectScopeDomain          Effects = C.UPNVME_EFFECT_SCOPE_DOMAIN
	EffectScopeSubsystem       Effects = C.UPNVME_EFFECT_SCOPE_SUBSYSTEM
)

var effectWords = []word{
	{uint32(EffectSupported), "EffectSupported"},
	{uint32(EffectContent), "EffectContent"},
	{uint32(EffectNamespaceCapability), "EffectNamespaceCapability"},
	{uint32(EffectNamespaceInventory), "EffectNamespaceInventory"},
	{uint32(EffectControllerCapability), "EffectControllerCapability"},
	{uint32(EffectExecutionNamespace), "EffectExecutionNamespace"},
	{uint32(EffectExecutionAll), "EffectExecutionAll"},
	{uint32(EffectUUID), "EffectUUID"},
	{uint32(EffectScopeNamespace), "EffectScopeNamespace"},
	{uint32(EffectScopeController), "EffectScopeController"},
	{uint32(EffectScopeNVMSet), "EffectScopeNVMSet"},
	{uint32(EffectScopeEnduranceGroup), "EffectScopeEnduranceGroup"},
	{uint32(EffectScopeDomain), "EffectScopeDomain"},
	{uint32(EffectScopeSubsystem), "EffectScopeSubsystem"},
}

// String names the effects.
func (e Effects) String() string { return bitsOf(uint32(e), effectWords) }

// CommandEffects reads the effects of an admin command or an I/O command (upnvme_command_effects).
func (c *Controller) CommandEffects(admin bool, opcode uint8) (Effects, error) {
	var which C.uint32_t
	if admin {
		which = 1
	}
	var effects C.uint32_t
	_, err := c.use(func() C.int { return C.upnvme_command_effects(c.ptr, which, C.uint32_t(opcode), &effects) })
	return Effects(effects), err
}

// FeatureSet says which of [Features] the controller answered (UPNVME_FEATURES_...).
type FeatureSet uint32

// Features that may be there.
const (
	HasArbitration        FeatureSet = C.UPNVME_FEATURES_ARBITRATION
	HasPower              FeatureSet = C.UPNVME_FEATURES_POWER
	HasOverTemperature    FeatureSet = C.UPNVME_FEATURES_OVER_TEMPERATURE
	HasUnderTemperature   FeatureSet = C.UPNVME_FEATURES_UNDER_TEMPERATURE
	HasErrorRecovery      FeatureSet = C.UPNVME_FEATURES_ERROR_RECOVERY
	HasVolatileWriteCache FeatureSet = C.UPNVME_FEATURES_VOLATILE_WRITE_CACHE
	HasQueues             FeatureSet = C.UPNVME_FEATURES_QUEUES
	HasCoalescing         FeatureSet = C.UPNVME_FEATURES_COALESCING
	HasWriteAtomicity     FeatureSet = C.UPNVME_FEATURES_WRITE_ATOMICITY
	HasEvents             FeatureSet = C.UPNVME_FEATURES_EVENTS
	HasTimestamp          FeatureSet = C.UPNVME_FEATURES_TIMESTAMP
	HasKeepAlive          FeatureSet = C.UPNVME_FEATURES_KEEP_ALIVE
)

var featureWords = []word{
	{uint32(HasArbitration), "HasArbitration"},
	{uint32(HasPower), "HasPower"},
	{uint32(HasOverTemperature), "HasOverTemperature"},
	{uint32(HasUnderTemperature), "HasUnderTemperature"},
	{uint32(HasErrorRecovery), "HasErrorRecovery"},
	{uint32(HasVolatileWriteCache), "HasVolatileWriteCache"},
	{uint32(HasQueues), "HasQueues"},
	{uint32(HasCoalescing), "HasCoalescing"},
	{uint32(HasWriteAtomicity), "HasWriteAtomicity"},
	{uint32(HasEvents), "HasEvents"},
	{uint32(HasTimestamp), "HasTimestamp"},
	{uint32(HasKeepAlive), "HasKeepAlive"},
}

// String names the features.
func (s FeatureSet) String() string { return bitsOf(uint32(s), featureWords) }

// Features are the current values of the features (upnvme_features_get; NVMe Base 2.0c, 5.27.1). Those of features that
// are not in Valid are 0.
type Features struct {
	Valid                     FeatureSet
	ArbitrationBurst          uint32 // commands taken from one queue at a time; 0: no limit
	LowWeight                 uint16
	MediumWeight              uint16
	HighWeight                uint16
	PowerState                uint8
	WorkloadHint              uint8
	OverCelsius               int32         // composite temperature above which the controller warns
	UnderCelsius              int32         // composite temperature below which the controller warns
	ErrorRecovery             time.Duration // how long a read or write is tried again; 0: no limit
	DeallocatedReadsFail      bool
	VolatileWriteCache        bool // present, whatever Valid says
	VolatileWriteCacheEnabled bool // the cache is in use
	WriteAtomicityDisabled    bool // only the power fail limits hold
	TimestampFromHost         bool // since 1970; else since the controller's reset
	TimestampStopped          bool // counting may have stopped for a while
	SubmissionQueues          uint32
	CompletionQueues          uint32
	CoalescingEntries         uint32
	CoalescingTime            time.Duration
	Events                    uint32 // asynchronous events that are on: bits as in 5.27.1.8
	KeepAlive                 time.Duration
	Timestamp                 time.Duration // see TimestampFromHost
}

// String tells it field by field.
func (f Features) String() string { return fieldsOf(f) }

// Features reads the current values of the features (upnvme_features_get).
func (c *Controller) Features() (Features, error) {
	f := C.struct_upnvme_features{size: C.sizeof_struct_upnvme_features}
	if _, err := c.use(func() C.int { return C.upnvme_features_get(c.ptr, &f) }); err != nil {
		return Features{}, err
	}
	return Features{
		Valid: FeatureSet(f.valid), ArbitrationBurst: uint32(f.arbitration_burst),
		LowWeight:    uint16(f.low_weight),
		MediumWeight: uint16(f.medium_weight), HighWeight: uint16(f.high_weight),
		PowerState:   uint8(f.power_state),
		WorkloadHint: uint8(f.workload_hint), OverCelsius: int32(f.over_celsius),
		UnderCelsius:         int32(f.under_celsius),
		ErrorRecovery:        time.Duration(f.error_recovery_ms) * time.Millisecond,
		DeallocatedReadsFail: f.deallocated_reads_fail != 0, VolatileWriteCache: f.volatile_write_cache != 0,
		VolatileWriteCacheEnabled: f.volatile_write_cache_enabled != 0,
		WriteAtomicityDisabled:    f.write_atomicity_disabled != 0,
		TimestampFromHost:         f.timestamp_from_host != 0,
		TimestampStopped:          f.timestamp_stopped != 0, SubmissionQueues: uint32(f.submission_queues),
		CompletionQueues: uint32(f.completion_queues), CoalescingEntries: uint32(f.coalescing_entries),
		CoalescingTime: time.Duration(f.coalescing_us) * time.Microsecond, Events: uint32(f.events),
		KeepAlive: time.Duration(f.keep_alive_ms) * time.Millisecond,
		Timestamp: time.Duration(f.timestamp_ms) * time.Millisecond,
	}, nil
}

var _ [unsafe.Sizeof(ErrorEntry{})]byte = [C.sizeof_struct_upnvme_error_entry]byte{}
