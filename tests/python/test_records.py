# SPDX-License-Identifier: BSD-3-Clause
"""The library's records as objects: each field is documented, of its type, and shown in notebooks."""

import inspect
import re

import pytest

import upnvme
import upnvme.devices
from upnvme import _html, _records

RECORDS = [cls for _, cls in inspect.getmembers(_records, inspect.isclass) if cls.__base__ is _records.Record]

# Words that help() must have for a field with this in its name.
UNITS = {"_bytes": "bytes", "_ms": "milliseconds", "coalescing_us": "microseconds", "celsius": "degrees Celsius",
         "_minutes": "minutes", "_hours": "hours", "data_units": "512,000 bytes"}


def described(cls):
    """The fields that the class's documentation has, with what it says of them."""
    lines = re.findall(r"^    ([a-z_0-9]+(?:, [a-z_0-9]+)*): (.+)$", cls.__doc__, re.MULTILINE)
    return {name: text for names, text in lines for name in names.split(", ")}


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_each_field_is_documented_with_its_unit(cls):
    fields = described(cls)
    assert list(fields) == list(inspect.get_annotations(cls))
    for name, text in fields.items():
        for part, unit in UNITS.items():
            assert part not in name or unit in text, f"{cls.__name__}.{name}: {text}"
    for name, kind in inspect.get_annotations(cls).items():
        assert kind != "bool" or fields[name].startswith("whether"), name


@pytest.fixture
def all_of():
    with upnvme.open("soft:ram?size=1MiB&namespaces=2") as ctrlr:
        ns, qp = ctrlr.namespaces[1], ctrlr.qpair(4)
        ctrlr.set_feature(4, 300)
        events = []
        while not events:
            events = ctrlr.events()
        yield [ctrlr.info, ns.info, ctrlr.features, ctrlr.smart, ctrlr.firmware, events[0], qp.stats, ns.limits,
               ctrlr.stats, upnvme.devices.system()]


TYPES = {"int": int, "bool": bool, "str": str, "bytes": bytes, "list[str]": list, "list[int | None]": list,
         "list[dict[str, int]]": list, "int | None": (int, type(None))}


def test_fields_are_of_their_types(all_of):
    for record in all_of:
        annotations = inspect.get_annotations(type(record))
        assert list(record.as_dict()) == list(annotations) or set(record.as_dict()) == set(annotations)
        for name, value in record.as_dict().items():
            kind = annotations[name]
            assert isinstance(value, TYPES[kind]) and (kind == "bool") == isinstance(value, bool), name


def test_notebooks_show_tables(all_of):
    for record in all_of:
        html = record._repr_html_()
        assert f"<caption>{type(record).__name__}</caption>" in html
        for name in record.as_dict():
            assert f"<td>{name}</td>" in html


def test_notebooks_show_batches_and_completions_and_namespaces():
    with upnvme.open("soft:ram?size=1MiB&namespaces=3") as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(64), ctrlr.alloc(4096)
        ops = upnvme.batch(50, ns, upnvme.Op.READ)
        ops["lba"] = range(50)
        for thing in ops, qp.run(ops, buf):
            html = thing._repr_html_()
            assert "<th>tag</th>" in html and "and 30 more" in html and html.count("<tr>") == 22
        html = ctrlr.namespaces._repr_html_()
        assert html.count("<tr>") == 4 and "<td>1,048,576</td>" in html


def test_text_of_a_device_is_escaped_in_markup():
    html = _html.table("<b>", ("&",), [("<script>", b"\xff", True)])
    assert "<b>" not in html and "<script>" not in html and "&lt;script&gt;" in html and "<td>ff</td>" in html
    assert "<td>True</td>" in html
