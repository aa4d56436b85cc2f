# SPDX-License-Identifier: BSD-3-Clause
"""The package against the description of the ABI (build/abi/abi.json): nothing of the C interface is missing here."""

import json

import pytest
from conftest import TREE

import upnvme
import upnvme.devices
from upnvme import _records, _upnvme

DESCRIPTION = TREE / "build" / "abi" / "abi.json"
if not DESCRIPTION.exists():
    pytest.skip("there is no description of the ABI: python3-pycparser is not installed", allow_module_level=True)
ABI = json.loads(DESCRIPTION.read_text())

# Where a caller finds each function.
REACHED = {
    "upnvme_abi_version": "the check in upnvme/__init__.py", "upnvme_version": "__version__",
    "upnvme_build_info": "build_info", "upnvme_open": "open", "upnvme_close": "Controller.close",
    "upnvme_ctrlr_poll": "Controller.poll", "upnvme_ctrlr_info_get": "Controller.info",
    "upnvme_ctrlr_uri": "Controller.uri", "upnvme_ctrlr_on_event": "Controller.on_event",
    "upnvme_admin": "Controller.admin", "upnvme_admin_submit": "Controller.admin",
    "upnvme_identify": "Controller.identify", "upnvme_log_page": "Controller.log_page",
    "upnvme_feature_get": "Controller.get_feature", "upnvme_feature_set": "Controller.set_feature",
    "upnvme_features_get": "Controller.features", "upnvme_smart_get": "Controller.smart",
    "upnvme_error_log": "Controller.error_log", "upnvme_firmware_get": "Controller.firmware",
    "upnvme_command_effects": "Controller.command_effects", "upnvme_ns_get": "Controller.namespaces",
    "upnvme_ns_next": "Controller.nsids", "upnvme_ns_id": "Namespace.nsid",
    "upnvme_ns_block_size": "Namespace.block_size", "upnvme_ns_block_count": "Namespace.block_count",
    "upnvme_ns_metadata_size": "Namespace.metadata_size",
    "upnvme_ns_max_transfer_blocks": "Namespace.max_transfer_blocks", "upnvme_ns_info_get": "Namespace.info",
    "upnvme_dma_alloc": "Controller.alloc", "upnvme_dma_free": "Buffer.free",
    "upnvme_mem_register": "Controller.register", "upnvme_mem_unregister": "Controller.unregister",
    "upnvme_qpair_create": "Controller.qpair", "upnvme_qpair_stop": "QPair.stop", "upnvme_qpair_close": "QPair.close",
    "upnvme_qpair_release": "QPair.release", "upnvme_qpair_adopt": "QPair.adopt",
    "upnvme_qpair_abandon": "QPair.abandon", "upnvme_qpair_ring": "QPair.ring", "upnvme_qpair_id": "QPair.id",
    "upnvme_qpair_entries": "QPair.entries", "upnvme_qpair_outstanding_max": "QPair.depth",
    "upnvme_qpair_inflight": "QPair.inflight", "upnvme_qpair_stats_get": "QPair.stats",
    "upnvme_qpair_histogram": "QPair.histogram", "upnvme_histogram_limit_ns": "QPair.histogram",
    "upnvme_qpair_fd": "QPair.fileno", "upnvme_qpair_wait": "QPair.wait", "upnvme_read": "QPair.read",
    "upnvme_write": "QPair.write", "upnvme_compare": "QPair.compare", "upnvme_readv": "QPair.readv",
    "upnvme_writev": "QPair.writev", "upnvme_flush": "QPair.flush", "upnvme_write_zeroes": "QPair.write_zeroes",
    "upnvme_deallocate": "QPair.deallocate", "upnvme_verify": "QPair.verify", "upnvme_io": "QPair.io",
    "upnvme_io_at": "QPair.io", "upnvme_submit_at": "QPair.submit", "upnvme_poll": "QPair.poll",
    "upnvme_reap": "QPair.reap", "upnvme_exec": "Namespace.read", "upnvme_error_name": "Error.code_name",
    "upnvme_status_name": "NVMeError.name",
    "upnvme_status_text": "NVMeError.text", "upnvme_log_set": "set_log_level",
    "upnvme_devices_list": "devices.list_devices", "upnvme_device_get": "devices.get",
    "upnvme_device_bind": "devices.bind", "upnvme_device_unbind": "devices.unbind",
    "upnvme_system_get": "devices.system",
}

# What no caller is given, and why.
NOT_GIVEN = {
    "upnvme_submit": "upnvme_submit_at does it: a batch has offsets, and no addresses",
    "upnvme_exec_at": "upnvme_exec does it: what leases run is one command, of this layer's making",
    "upnvme_last_error": "the sentence comes with the exception",
    "upnvme_error_get": "likewise",
}

RECORDS = {
    "upnvme_ctrlr_info": _records.ControllerInfo, "upnvme_ns_info": _records.NamespaceInfo,
    "upnvme_features": _records.Features, "upnvme_smart": _records.Smart, "upnvme_device": _records.Device,
    "upnvme_error_entry": _records.ErrorEntry, "upnvme_event": _records.Event,
    "upnvme_qpair_stats": _records.QPairStats, "upnvme_system": _records.System,
}


@pytest.mark.parametrize("name", [function["name"] for function in ABI["functions"]])
def test_every_function_is_reached(name):
    if name in NOT_GIVEN:
        return
    at = upnvme
    if " " not in REACHED[name]:
        for part in REACHED[name].split("."):
            at = getattr(at, part)
    assert at is not None


def test_nothing_is_reached_that_is_not_there():
    assert set(REACHED) | set(NOT_GIVEN) == {function["name"] for function in ABI["functions"]}


@pytest.mark.parametrize("constant", ABI["constants"], ids=lambda constant: constant["name"])
def test_constants_have_their_values(constant):
    assert getattr(_upnvme, constant["name"]) == constant["value"]


@pytest.mark.parametrize("record", [record for record in ABI["structs"] if record["name"] in RECORDS],
                         ids=lambda record: record["name"])
def test_records_have_all_fields(record):
    fields = {field["name"] for field in record["fields"]} - {"size", "reserved"}
    assert set(RECORDS[record["name"]].__annotations__) == fields


def test_what_the_library_gives_has_all_fields():
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        for value in (ctrlr.info, ctrlr.namespaces[1].info, ctrlr.features, ctrlr.smart, ctrlr.firmware,
                      ctrlr.qpair(4).stats, ctrlr.stats, upnvme.devices.system()):
            assert set(value.as_dict()) == set(type(value).__annotations__)


@pytest.mark.parametrize("name, kind", [("upnvme_op", upnvme.Batch), ("upnvme_completion", upnvme.Completions)])
def test_arrays_have_the_structs_layout(name, kind):
    record = next(record for record in ABI["structs"] if record["name"] == name)
    dtype = kind(1).numpy().dtype
    assert dtype.itemsize == record["size"]
    for field in record["fields"]:
        ours = "offset" if field["name"] == "buf" else field["name"]
        assert dtype.fields[ours][1] == field["offset"] and dtype[ours].itemsize == field["size"]
        if field["name"] != "reserved":
            assert kind(3).column(ours).tolist() == [0, 0, 0]
