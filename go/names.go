// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import "strings"

// goNames has Go's names in place of C's, for the library's sentences, which name remedies.
var goNames = map[string]string{
	"upnvme_version": "Version", "upnvme_build_info": "BuildInfo", "upnvme_abi_version": "Version",
	"upnvme_last_error": "LastSentence", "upnvme_error_get": "Error", "upnvme_error_name": "Code.String",
	"upnvme_status_name": "StatusError.Name", "upnvme_status_text": "StatusError.Text",
	"upnvme_log_set": "SetLog",

	"upnvme_open": "Open", "upnvme_close": "Controller.Close", "upnvme_ctrlr_poll": "Controller.Poll",
	"upnvme_ctrlr_info_get": "Controller.Info", "upnvme_ctrlr_uri": "Controller.URI",
	"upnvme_ctrlr_on_event": "Controller.OnEvent", "upnvme_admin": "Controller.Admin",
	"upnvme_admin_submit": "Controller.AdminStart", "upnvme_identify": "Controller.Identify",
	"upnvme_log_page": "Controller.LogPage", "upnvme_feature_get": "Controller.Feature",
	"upnvme_feature_set": "Controller.SetFeature", "upnvme_features_get": "Controller.Features",
	"upnvme_smart_get": "Controller.SMART", "upnvme_error_log": "Controller.ErrorLog",
	"upnvme_firmware_get": "Controller.Firmware", "upnvme_command_effects": "Controller.CommandEffects",

	"upnvme_ns_get": "Controller.Namespace", "upnvme_ns_next": "Controller.Namespaces",
	"upnvme_ns_id": "Namespace.ID", "upnvme_ns_block_size": "Namespace.BlockSize",
	"upnvme_ns_block_count": "Namespace.Blocks", "upnvme_ns_metadata_size": "Namespace.MetadataSize",
	"upnvme_ns_max_transfer_blocks": "Namespace.MaxTransferBlocks", "upnvme_ns_info_get": "Namespace.Info",

	"upnvme_dma_alloc": "Controller.Alloc", "upnvme_dma_free": "Buffer.Free",
	"upnvme_mem_register": "Controller.Register", "upnvme_mem_unregister": "Buffer.Free",

	"upnvme_qpair_create": "Controller.NewQPair", "upnvme_qpair_stop": "QPair.Stop",
	"upnvme_qpair_close": "QPair.Close", "upnvme_qpair_release": "QPair.Release",
	"upnvme_qpair_adopt": "QPair.Adopt", "upnvme_qpair_abandon": "QPair.Abandon",
	"upnvme_qpair_ring": "QPair.Ring", "upnvme_qpair_id": "QPair.ID", "upnvme_qpair_entries": "QPair.Entries",
	"upnvme_qpair_outstanding_max": "QPair.Depth", "upnvme_qpair_inflight": "QPair.InFlight",
	"upnvme_qpair_stats_get": "QPair.Stats", "upnvme_qpair_histogram": "QPair.Histogram",
	"upnvme_histogram_limit_ns": "HistogramLimit", "upnvme_qpair_fd": "QPair.FD",
	"upnvme_qpair_wait": "QPair.Wait", "upnvme_read": "QPair.Read", "upnvme_write": "QPair.Write",
	"upnvme_compare": "QPair.Compare", "upnvme_readv": "QPair.Readv", "upnvme_writev": "QPair.Writev",
	"upnvme_flush": "QPair.Flush", "upnvme_write_zeroes": "QPair.WriteZeroes",
	"upnvme_deallocate": "QPair.Deallocate", "upnvme_verify": "QPair.Verify", "upnvme_io": "QPair.IO",
	"upnvme_io_at": "QPair.IO", "upnvme_submit": "QPair.Submit", "upnvme_submit_at": "QPair.Submit",
	"upnvme_poll": "QPair.Poll", "upnvme_reap": "QPair.Reap", "upnvme_exec": "QPair.Exec",
	"upnvme_exec_at": "QPair.Exec",

	"upnvme_devices_list": "Devices", "upnvme_device_get": "DeviceAt", "upnvme_device_bind": "Bind",
	"upnvme_device_unbind": "Unbind", "upnvme_devices_bind": "BindAll", "upnvme_devices_unbind": "UnbindAll",
	"upnvme_system_get": "ThisSystem",

	"upnvme_open_opts.flags": "LibraryHousekeeping", "upnvme_open_opts.nqpairs": "QPairs",
	"upnvme_open_opts.keep_alive_ms":      "KeepAlive",
	"upnvme_open_opts.admin_timeout_ns":   "AdminTimeout",
	"upnvme_open_opts.max_transfer_bytes": "MaxTransfer", "upnvme_open_opts": "Option",
	"upnvme_qpair_opts": "QPairOption", "UPNVME_OPEN_HOUSEKEEPING": "LibraryHousekeeping",
	"UPNVME_QPAIR_INTERRUPT": "Interrupt", "UPNVME_QPAIR_HISTOGRAM": "Histogram",
	"UPNVME_QPAIR_CMB": "ControllerMemory", "UPNVME_QPAIR_RING_EACH": "RingEach",

	"upnvme_op": "Op", "upnvme_raw": "RawCommand", "upnvme_ctrlr_info": "ControllerInfo",
	"upnvme_ns_info": "NamespaceInfo", "upnvme_features": "Features", "upnvme_smart": "SMART",
	"upnvme_firmware": "Firmware", "upnvme_system": "System", "upnvme_qpair_stats": "QPairStats",
	"UPNVME_NO_SPLIT": "NoSplit", "UPNVME_FUSED_FIRST": "FusedFirst", "UPNVME_FUSED_SECOND": "FusedSecond",
	"UPNVME_BIND_FORCE": "BindOptions.Force",
	"UPNVME_FORM_RAW":   "QPair.Raw", "UPNVME_FORM_RANGES": "FormRanges", "UPNVME_FORM_IOV": "QPair.IOVec",
	"UPNVME_DATA_": "Data", "UPNVME_DATA_NONE": "DataNone", "UPNVME_DATA_TO_DEVICE": "DataToDevice",
	"UPNVME_DATA_FROM_DEVICE": "DataFromDevice", "UPNVME_FEATURE_CURRENT": "FeatureCurrent",
	"UPNVME_LOG_ERROR": "LogError", "UPNVME_LOG_DEBUG": "LogDebug",
}

// inGo is a sentence of the library with Go's names.
func inGo(text string) string {
	var told strings.Builder
	for {
		at := nextName(text)
		if at < 0 {
			break
		}
		name := nameAt(text[at:])
		told.WriteString(text[:at])
		told.WriteString(nameInGo(name))
		text = text[at+len(name):]
	}
	if told.Len() == 0 {
		return text
	}
	return told.String() + text
}

// nextName is the place where a name of C's begins; negative: nowhere.
func nextName(text string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], "_")
		if at < 0 {
			return -1
		}
		at += from
		begin := at - len("upnvme")
		if begin >= 0 && (text[begin:at] == "upnvme" || text[begin:at] == "UPNVME") &&
			(begin == 0 || !ofName(text[begin-1])) {
			return begin
		}
		from = at + 1
	}
}

// nameAt is the name that a text begins with, with a field if one follows.
func nameAt(text string) string {
	end := wordEnd(text, 0)
	if end+1 < len(text) && text[end] == '.' && ofName(text[end+1]) {
		if field := text[:wordEnd(text, end+1)]; goNames[field] != "" {
			return field
		}
	}
	return text[:end]
}

func wordEnd(text string, at int) int {
	for at < len(text) && ofName(text[at]) {
		at++
	}
	return at
}

func ofName(c byte) bool {
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
}

func nameInGo(name string) string {
	if known := goNames[name]; known != "" {
		return known
	}
	return name
}
