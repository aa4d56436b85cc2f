// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// AllNamespaces is the namespace identifier that stands for all, or for the controller (NVMe Base 2.0c, 3.2.1.2).
const AllNamespaces uint32 = 0xffffffff

// CNS is a structure that [Controller.Identify] asks for (upnvme_identify; NVMe Base 2.0c, 5.17.1). CNS, LogID and
// FeatureID are types of their own, so that such a variable in the place of a namespace identifier does not compile.
type CNS uint8

// The structures with a name; any other number can be asked for, too.
const (
	CNSNamespace        CNS = 0x00
	CNSController       CNS = 0x01
	CNSActiveNamespaces CNS = 0x02 // a list of identifiers
	CNSDescriptors      CNS = 0x03 // of a namespace: EUI64, NGUID, UUID, command set
)

var cnsWords = []word{
	{uint32(CNSNamespace), "namespace"},
	{uint32(CNSController), "controller"},
	{uint32(CNSActiveNamespaces), "active namespaces"},
	{uint32(CNSDescriptors), "descriptors"},
}

// String names what is identified.
func (c CNS) String() string { return wordOf("CNS", uint32(c), cnsWords) }

// LogID is a log page (upnvme_log_page; NVMe Base 2.0c, 5.16.1).
type LogID uint8

// Log pages that all or most controllers have.
const (
	LogIDErrors            LogID = 0x01
	LogIDSMART             LogID = 0x02
	LogIDFirmware          LogID = 0x03
	LogIDChangedNamespaces LogID = 0x04
	LogIDCommandEffects    LogID = 0x05
)

var logIDWords = []word{
	{uint32(LogIDErrors), "errors"},
	{uint32(LogIDSMART), "SMART"},
	{uint32(LogIDFirmware), "firmware"},
	{uint32(LogIDChangedNamespaces), "changed namespaces"},
	{uint32(LogIDCommandEffects), "command effects"},
}

// String names the log page.
func (l LogID) String() string { return wordOf("LogID", uint32(l), logIDWords) }

// FeatureID is a feature (upnvme_feature_get; NVMe Base 2.0c, 5.27.1).
type FeatureID uint8

// The features of [Features], and the write protection of a namespace.
const (
	FeatureIDArbitration     FeatureID = 0x01
	FeatureIDPower           FeatureID = 0x02
	FeatureIDTemperature     FeatureID = 0x04 // threshold
	FeatureIDErrorRecovery   FeatureID = 0x05
	FeatureIDWriteCache      FeatureID = 0x06 // volatile
	FeatureIDQueues          FeatureID = 0x07
	FeatureIDCoalescing      FeatureID = 0x08
	FeatureIDWriteAtomicity  FeatureID = 0x0a
	FeatureIDEvents          FeatureID = 0x0b // asynchronous
	FeatureIDTimestamp       FeatureID = 0x0e
	FeatureIDKeepAlive       FeatureID = 0x0f
	FeatureIDWriteProtection FeatureID = 0x84 // of a namespace
)

var featureIDWords = []word{
	{uint32(FeatureIDArbitration), "arbitration"},
	{uint32(FeatureIDPower), "power"},
	{uint32(FeatureIDTemperature), "temperature"},
	{uint32(FeatureIDErrorRecovery), "error recovery"},
	{uint32(FeatureIDWriteCache), "write cache"},
	{uint32(FeatureIDQueues), "queues"},
	{uint32(FeatureIDCoalescing), "coalescing"},
	{uint32(FeatureIDWriteAtomicity), "write atomicity"},
	{uint32(FeatureIDEvents), "events"},
	{uint32(FeatureIDTimestamp), "timestamp"},
	{uint32(FeatureIDKeepAlive), "keep alive"},
	{uint32(FeatureIDWriteProtection), "write protection"},
}

// String names the feature.
func (f FeatureID) String() string { return wordOf("FeatureID", uint32(f), featureIDWords) }
