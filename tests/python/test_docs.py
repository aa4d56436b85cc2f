# SPDX-License-Identifier: BSD-3-Clause
"""The documentation's examples run, and all public names are documented."""

import inspect
import re

import pytest
from conftest import TREE

import upnvme
import upnvme.aio
import upnvme.devices

EXAMPLES = {f"{name}-{i}": text for name in ("README.md", "python/README.md") for i, text in enumerate(
    re.findall(r"^```python\n(.*?)^```$", (TREE / name).read_text(), re.MULTILINE | re.DOTALL))}


def test_the_readmes_have_examples():
    assert list(EXAMPLES) == ["README.md-0", "python/README.md-0", "python/README.md-1"]


@pytest.mark.parametrize("text", EXAMPLES.values(), ids=EXAMPLES)
def test_the_readmes_examples_run(text, run_python):
    process = run_python(text)
    # In development mode asyncio remarks upon slow turns, which a busy machine may cause.
    said = re.sub(r"^Executing <.*> took [0-9.]+ seconds\n", "", process.stderr, flags=re.MULTILINE)
    assert process.returncode == 0 and not said, said


def test_the_docstrings_example_runs(run_python, tmp_path):
    lines = [line[4:] for line in upnvme.__doc__.splitlines() if line.startswith("    ")]
    text = "import upnvme\n" + "\n".join(lines)
    assert "/tmp/disk.img?" in text
    text = text.replace("/tmp/disk.img?", f"{tmp_path / 'disk.img'}?size=1MiB&")
    process = run_python(text)
    assert process.returncode == 0 and not process.stderr, process.stderr


def public(module):
    for name in module.__all__:
        thing = getattr(module, name)
        yield f"{module.__name__}.{name}", thing
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    yield f"{module.__name__}.{name}.{member}", value


@pytest.mark.parametrize("module", [upnvme, upnvme.aio, upnvme.devices], ids=lambda module: module.__name__)
def test_everything_public_is_documented(module):
    bare = [name for name, thing in public(module)
            if (callable(thing) or isinstance(thing, property)) and not inspect.getdoc(thing)]
    assert not bare


def test_all_names_are_there():
    for name in upnvme.__all__:
        assert hasattr(upnvme, name), name
    with pytest.raises(AttributeError):
        upnvme.nonsense
