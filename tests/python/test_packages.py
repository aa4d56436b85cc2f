# SPDX-License-Identifier: BSD-3-Clause
"""The packages elsewhere: the wheel on each Python that is here, the sdist away from this tree and without SWIG, the
system's library, DPDK's plug-in, and the errors for missing extras.

The library is compiled once here, from the sdist: the wheel is the one that `make python` has made and installed, with
the flags of a release, and a clone is built with the system's library."""

import email
import faulthandler
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

import pytest
from conftest import TREE
from repeats import repeats

SMOKE = TREE / "tests" / "python" / "support" / "smoke.py"
LIBRARIES = """
import pathlib, upnvme
upnvme.open("soft:ram?size=1MiB").close()
print(pathlib.Path(upnvme.__file__).parent)
maps = pathlib.Path("/proc/self/maps").read_text()
print(next(line.split()[-1] for line in maps.splitlines() if "libupnvme.so" in line))
"""
# The version, if this wheel is for it.
VERSION = """
import sys, sysconfig
if sys.implementation.name == "cpython" and sys.version_info >= (3, 11):
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        print(*sys.version_info[:3], sep=".")
"""
# What is compiled here is to be looked at and not to be fast.
QUICKLY = "-O0 -g0 -U_FORTIFY_SOURCE"
SITE = pathlib.Path(pytest.__file__).parent.parent
# The bytecode of pip and its like, which start many times, and of nothing that they do not use.
BYTECODE = tempfile.TemporaryDirectory(prefix="upnvme-bytecode-")


@pytest.fixture(autouse=True)
def time_to_build(no_hang):
    """The whole library, perhaps on a busy machine."""
    faulthandler.dump_traceback_later(900, exit=True)


def environment(**more):
    """The environment without make's variables, and without those that would bring in the test's own packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1", "PYTHONPYCACHEPREFIX": BYTECODE.name,
            "CFLAGS": QUICKLY, **more}


def interpreters():
    """Every CPython from 3.11 on that is on PATH or among pyenv's, one of each version."""
    roots = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    named = (shutil.which(f"python3.{minor}") for minor in range(11, 30))
    found = {}
    for path in [sys._base_executable, *filter(None, named), *sorted(map(str, roots.glob("3.*/bin/python")))]:
        version = subprocess.run([path, "-c", VERSION], capture_output=True, text=True).stdout.strip()
        if version:
            found.setdefault(version, path)
    return found


INTERPRETERS = interpreters()


def each_version():
    """This Python's and the newest one, which have least in common; those between repeat what the two show."""
    first, *between = sorted(INTERPRETERS, key=lambda version: INTERPRETERS[version] != sys._base_executable)
    newest = max(INTERPRETERS, key=lambda version: [int(number) for number in version.split(".")])
    return [first] + [version if version == newest else pytest.param(version, marks=repeats("by older and newer ones"))
                      for version in between]


class Venv:
    """A venv of its own, whose programs run away from this tree. It has a pip of its own only where it must: with
    another interpreter, which may be too new for this one's."""

    def __init__(self, folder, python=sys.executable):
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        own = python != sys.executable
        self.pip = [self.bin / "pip"] if own else [sys.executable, "-m", "pip", "--python", self.bin / "python"]
        subprocess.run([python, "-m", "venv", *([] if own else ["--without-pip"]), folder / "venv"], check=True,
                       env=environment())

    def run(self, program, *arguments, code=0, **more):
        return self.call(self.bin / program, *arguments, code=code, **more)

    def pip_install(self, *arguments, **more):
        self.call(*self.pip, "install", "-q", *arguments, **more)

    def call(self, *command, code=0, **more):
        done = subprocess.run(command, cwd=self.folder, text=True, capture_output=True,
                              env=environment(**more))
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def install(self, wheel):
        """Without an index: the package needs nothing."""
        self.pip_install("--no-index", wheel)

    def smoke(self):
        return self.run("python", "-W", "error", SMOKE, self.folder).stdout


@pytest.fixture
def fresh(tmp_path):
    return Venv(tmp_path)


@pytest.fixture(scope="module")
def wheel():
    made = list((TREE / "build/python/dist").glob("upnvme-*.whl"))
    assert len(made) == 1, "no wheel: make python"
    return made[0]


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    venv = Venv(tmp_path_factory.mktemp("installed"))
    venv.install(wheel)
    return venv


class Source:
    """The unpacked sdist, of which wheels are made without SWIG: that is beside this interpreter, not the fresh one."""

    def __init__(self, folder):
        subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder,
                        TREE / "python"], check=True, capture_output=True, env=environment())
        subprocess.run(["tar", "xzf", *folder.glob("upnvme-*.tar.gz"), "-C", folder], check=True)
        self.folder, = folder.glob("upnvme-*/")
        self.venv = Venv(folder)
        assert not (shutil.which("swig", path="/usr/bin:/bin") or (self.venv.bin / "swig").exists())

    def build(self, folder, **more):
        """Python's tools for it are this interpreter's."""
        self.venv.run("python", "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, self.folder,
                      PYTHONPATH=str(SITE), PATH="/usr/bin:/bin", **more)
        wheel, = folder.glob("upnvme-*.whl")
        return wheel


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return Source(tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel_of_source(source, tmp_path_factory):
    return source.build(tmp_path_factory.mktemp("wheel"))


def copy_tree(folder):
    """A clone, with uncommitted changes."""
    names = subprocess.run(["git", "-C", TREE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / name, folder / name, follow_symlinks=False)


def files_of(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def prefix(tmp_path):
    """The library as this tree has built it, installed where pkg-config finds it."""
    flags = {"CFLAGS": os.environ.get("CFLAGS", "")}
    subprocess.run(["make", "-C", TREE, "-s", "install", f"PREFIX={tmp_path / 'prefix'}"], check=True,
                   capture_output=True, env=environment(**flags))
    return tmp_path / "prefix"


def test_pip_installs_from_a_clone_with_the_systems_library(fresh, prefix, tmp_path):
    """Installs as users do: the build tools come from PyPI, and so does an extra. No file is left except under build/.
    """
    clone = tmp_path / "clone"
    copy_tree(clone)
    before = files_of(clone)
    fresh.pip_install("--config-settings", "system=yes", f"{clone}/python[numpy]",
                      PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    shutil.rmtree(clone / "build")
    assert files_of(clone) == before
    shutil.rmtree(clone)
    there = {"LD_LIBRARY_PATH": str(prefix / "lib")}
    package, library = fresh.run("python", "-c", LIBRARIES, **there).stdout.split()
    assert library.startswith(str(prefix)) and not list(pathlib.Path(package).glob("libupnvme*"))
    assert fresh.run("python", "-c", "import numpy, upnvme", **there).returncode == 0


@pytest.mark.parametrize("version", each_version())
def test_one_wheel_serves_each_python(wheel, tmp_path, version):
    assert "-cp311-abi3-" in wheel.name
    venv = Venv(tmp_path, INTERPRETERS[version])
    venv.install(wheel)
    assert f"Python {version}" in venv.smoke()


def test_an_sdist_needs_neither_the_tree_nor_swig(fresh, source, wheel_of_source):
    assert (source.folder / "LICENSE").exists()
    fresh.install(wheel_of_source)
    fresh.smoke()


def pkg_config(*what):
    done = subprocess.run(["pkg-config", *what], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


@pytest.fixture
def no_dpdk(tmp_path):
    """A folder for pkg-config with all but DPDK."""
    hidden = tmp_path / "pkgconfig"
    hidden.mkdir()
    folder = pkg_config("--variable=pcfiledir", "liburing")
    if folder:
        shutil.copy(pathlib.Path(folder) / "liburing.pc", hidden)
    return str(hidden)


def test_dpdks_plug_in_comes_only_where_dpdk_is(fresh, wheel, source, wheel_of_source, no_dpdk, tmp_path):
    """Files of a build with DPDK are not packed by one without."""
    has_dpdk = pkg_config("--variable=libdir", "libdpdk") is not None
    for one in wheel, wheel_of_source:
        assert "upnvme/libupnvme.so.0" in zipfile.ZipFile(one).namelist()
        assert ("upnvme/libupnvme-dpdk.so" in zipfile.ZipFile(one).namelist()) == has_dpdk
    without = source.build(tmp_path, PKG_CONFIG_LIBDIR=no_dpdk)
    assert "upnvme/libupnvme.so.0" in zipfile.ZipFile(without).namelist()
    assert "upnvme/libupnvme-dpdk.so" not in zipfile.ZipFile(without).namelist()
    fresh.install(without)
    assert "without DPDK's plug-in" in fresh.smoke()


def test_the_licence_goes_along(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")], names


def test_the_metadata_describes_the_package(wheel):
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Summary"].startswith("User-space, polled NVMe") and metadata["Keywords"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload(decode=True).decode().strip() == (TREE / "python/README.md").read_text().strip()
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL"))
    assert {"Source", "Changelog"} <= set(urls) and all(url.startswith("https://github.com/upnvme/") for url in
                                                        urls.values())


def part_of_site(folder, *modules):
    """Nothing but these modules of the test's own."""
    folder.mkdir()
    for module in modules:
        (folder / module).symlink_to(SITE / module)
    return str(folder)


def test_a_missing_extra_is_named(installed, tmp_path):
    """smoke.py sees no extra at all; here one is installed and the other is not."""
    cli = part_of_site(tmp_path / "cli", "click", "rich", "markdown_it", "mdurl", "pygments")
    bench = ["-m", "upnvme", "bench", "soft:null", "--time", "0.1"]
    assert "IOPS" in installed.run("python", *bench, PYTHONPATH=cli).stdout
    said = installed.run("python", *bench, "--plot", "out.svg", PYTHONPATH=cli, code=1).stderr
    assert "--plot needs matplotlib: pip install matplotlib, or './python[plot]'" in said
    click = part_of_site(tmp_path / "click", "click")
    said = installed.run("python", *bench, PYTHONPATH=click, code=1).stderr
    assert "needs rich: pip install click rich, or './python[cli]'" in said


NUMPY = """
import upnvme
with upnvme.open("soft:ram?size=1MiB") as ctrlr:
    ns = ctrlr.namespaces[1]
    for use in (lambda: ns.fromfile("u1"), lambda: ns.tofile(b"1"), upnvme.batch(1, ns, upnvme.Op.READ).numpy):
        try:
            use()
        except ModuleNotFoundError as error:
            print(error.name, error)
"""


def test_each_helper_for_numpy_names_the_extra(installed):
    lines = installed.run("python", "-c", NUMPY).stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("numpy ") and "needs numpy: pip install numpy, or './python[numpy]'" in line, line
