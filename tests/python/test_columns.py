# SPDX-License-Identifier: BSD-3-Clause
"""The fields of a batch take whole numbers that fit, and nothing else, with NumPy and without."""

import numpy as np
import pytest

import upnvme
from upnvme import _batch

N = 8


@pytest.fixture(params=["numpy", "memoryview"])
def ops(request, monkeypatch):
    if request.param == "memoryview":
        monkeypatch.setattr(_batch._Fields, "_field", lambda self, name: self.column(name))
    ops = upnvme.batch(N, 1, upnvme.Op.READ)
    assert isinstance(ops["lba"], memoryview) == (request.param == "memoryview")
    return ops


WRONG = {
    "floats": (np.arange(N) * 4096 / 4096, TypeError), "half": (1.5, TypeError), "whole": (1.0, TypeError),
    "list": ([0, 1, 2.0, 3, 4, 5, 6, 7], TypeError), "text": ("01234567", TypeError), "none": (None, TypeError),
    "negative": (-1, ValueError), "negatives": (np.arange(N) - 1, ValueError), "large": (1 << 64, ValueError),
    "list that is large": ([0, 1 << 64] * (N // 2), ValueError), "too many": (range(N + 1), ValueError),
    "float of numpy": (np.float64(2), TypeError), "objects": (np.array([1, 2.5] * (N // 2), object), TypeError),
}


@pytest.mark.parametrize("value, kind", WRONG.values(), ids=WRONG)
def test_values_that_do_not_fit_are_refused_and_change_nothing(ops, value, kind):
    ops["lba"] = 7
    with pytest.raises(kind):
        ops["lba"] = value
    assert list(ops["lba"]) == [7] * N
    with pytest.raises((TypeError, ValueError)):
        ops["lba"][:] = value
    assert list(ops["lba"]) == [7] * N


RIGHT = {
    "number": (5, [5] * N), "list": (list(range(N)), range(N)), "range": (range(N), range(N)),
    "signed": (np.arange(N), range(N)), "small": (np.arange(N, dtype=np.uint8), range(N)),
    "number of numpy": (np.int64(3), [3] * N), "largest": ((1 << 64) - 1, [(1 << 64) - 1] * N),
    "list to the largest": ([5, (1 << 64) - 1] * (N // 2), [5, (1 << 64) - 1] * (N // 2)),
}


@pytest.mark.parametrize("value, expected", RIGHT.values(), ids=RIGHT)
def test_whole_numbers_fit(ops, value, expected):
    ops["lba"] = value
    assert list(ops["lba"]) == list(expected)


@pytest.mark.parametrize("value", [[1.5] * N, -1, 1 << 64], ids=str)
def test_flat_is_no_way_round(value):
    ops = upnvme.batch(N, 1, upnvme.Op.READ, lba=7)
    with pytest.raises((TypeError, ValueError), match="lba"):
        ops["lba"].flat[:] = value
    with pytest.raises((TypeError, ValueError), match="lba"):
        ops["lba"].flat = value
    assert list(ops["lba"].flat) == [7] * N
    ops["lba"].flat[2:4] = [1, 2]
    assert list(ops["lba"]) == [7, 7, 1, 2, 7, 7, 7, 7]


def test_the_message_names_the_field_and_its_range(ops):
    with pytest.raises(ValueError, match="flags must be from 0 to 65535, not 65536"):
        ops["flags"] = 65536
    with pytest.raises(TypeError, match="blocks must be a whole number, not 1.5"):
        ops["blocks"] = 1.5


# NumPy's results are arrays of its own, or parts of the column.
STEPS = {
    "slice": lambda array: array[2:4], "mask": lambda array: array, "reshaped": lambda array: array.reshape(2, 4),
    "every second": lambda array: array[::2],
}


@pytest.mark.parametrize("part", STEPS.values(), ids=STEPS)
def test_parts_of_columns_are_checked(part):
    for column in upnvme.batch(N, 1, upnvme.Op.READ)["lba"], upnvme.batch(N, 1, upnvme.Op.READ).numpy()["lba"]:
        with pytest.raises(TypeError, match="lba takes whole numbers, not float64"):
            part(column)[...] = np.float64(1.5)
        with pytest.raises(ValueError, match="lba must be from 0"):
            part(column)[...] = -1
        with pytest.raises(TypeError):
            part(column).fill(0.5)
        with pytest.raises(TypeError):
            part(column).put([0], [0.5])
        part(column)[...] = 3
        assert (part(column) == 3).all()


def test_whole_commands_come_from_a_batch_only():
    array = upnvme.batch(N, 1, upnvme.Op.READ).numpy()
    array["lba"] = np.arange(N)
    array[0] = array[5]
    array[1:3] = array[5:7]
    assert array["lba"].tolist() == [5, 5, 6, 3, 4, 5, 6, 7]
    with pytest.raises(TypeError, match="set their fields by name"):
        array[0] = (1.5,) * len(array.dtype.names)
    with pytest.raises(TypeError, match="set their fields by name"):
        array[["lba", "blocks"]] = 1.5


def test_computed_arrays_are_numpys_own():
    column = upnvme.batch(N, 1, upnvme.Op.READ)["lba"]
    for made in column + 1, column / 2, column == 3, -column.astype(np.int64):
        assert made.dtype.kind != "u" or type(made) is np.ndarray
        assert type(column / 2) is np.ndarray and not isinstance(column.max(), np.ndarray)
    with pytest.raises(TypeError):  # as of any of unsigned numbers
        column += 0.5
    column += 5
    assert type(column).__name__ == "Column" and column.tolist() == [5] * N
    with pytest.raises(TypeError, match="uint64 and int64 is float64"):
        column[...] = column + np.arange(N)
    column[...] = column + np.arange(N).astype(np.uint64)
    assert column.tolist() == list(range(5, 5 + N))


@pytest.mark.parametrize("arguments, kind, words", [
    ((4, 1, "read"), TypeError, "opcode must be an upnvme.Op, not 'read'"),
    ((4, 1, 2.0), TypeError, "opcode must be an upnvme.Op, not 2.0"),
    ((4, 1, 256), ValueError, "opcode must be from 0 to 255, not 256"),
    ((4, "1", 2), TypeError, "nsid must be a whole number, not '1'"),
    ((4.0, 1, 2), TypeError, "n must be a whole number, not 4.0"),
])
def test_a_batch_names_the_wrong_argument(arguments, kind, words):
    with pytest.raises(kind, match=words):
        upnvme.batch(*arguments)
    for name in "lba", "blocks", "flags":
        with pytest.raises(TypeError, match=f"{name} must be a whole number, not 0.0"):
            upnvme.batch(4, 1, 2, **{name: 0.0})
