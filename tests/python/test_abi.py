# SPDX-License-Identifier: BSD-3-Clause
"""The package against the description of the ABI (build/abi/abi.json): nothing of the C interface is missing here."""

import json

import pytest
from conftest import TREE

import upnvme
import upnvme.devices
from upnvme import _records, _upnvme
from upnvme._names import FUNCTIONS

DESCRIPTION = TREE / "build" / "abi" / "abi.json"
if not DESCRIPTION.exists():
    pytest.skip("there is no description of the ABI: python3-pycparser is not installed", allow_module_level=True)
ABI = json.loads(DESCRIPTION.read_text())

# Names that no caller gets, and why.
NOT_GIVEN = {
    "upnvme_abi_version": "the package checks it when it is imported",
    "upnvme_ctrlr_abandon": "a function that raises returns to the library all the same",
    "upnvme_submit": "upnvme_submit_at does it: a batch has offsets, and no addresses",
    "upnvme_exec_at": "upnvme_exec does it: what leases run is one command, of this layer's making",
    "upnvme_last_error": "the sentence comes with the exception",
    "upnvme_error_get": "likewise",
    "upnvme_error_put": "Python's own errors are exceptions",
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
    for part in FUNCTIONS[name].removeprefix("upnvme.").split("."):
        at = getattr(at, part)
    assert at is not None


def test_the_tables_have_exactly_the_functions_of_the_abi():
    assert set(FUNCTIONS) | set(NOT_GIVEN) == {function["name"] for function in ABI["functions"]}


@pytest.mark.parametrize("constant", ABI["constants"], ids=lambda constant: constant["name"])
def test_constants_have_their_values(constant):
    assert getattr(_upnvme, constant["name"]) == constant["value"]


@pytest.mark.parametrize("record", [record for record in ABI["structs"] if record["name"] in RECORDS],
                         ids=lambda record: record["name"])
def test_records_have_all_fields(record):
    fields = {field["name"] for field in record["fields"]} - {"size", "reserved"}
    assert set(RECORDS[record["name"]].__annotations__) == fields


def test_every_record_from_the_library_has_all_fields():
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
