# SPDX-License-Identifier: BSD-3-Clause
"""The packages elsewhere: the wheel on each Python that is here, the sdist away from this tree and without SWIG, the
system's library, DPDK's plug-in, and the errors for missing extras."""

import email
import faulthandler
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import TREE

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
# The library is compiled five times here, to be looked at and not to be fast.
QUICKLY = "-O0 -U_FORTIFY_SOURCE"
SITE = pathlib.Path(pytest.__file__).parent.parent


@pytest.fixture(autouse=True)
def time_to_build(no_hang):
    """The whole library, perhaps on a busy machine."""
    faulthandler.dump_traceback_later(900, exit=True)


def environment(**more):
    """The environment without make's variables, and without those that would bring in the test's own packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1",
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


def build(*arguments, **more):
    done = subprocess.run([sys.executable, "-m", "build", "--no-isolation", *arguments], text=True,
                          capture_output=True, env=environment(**more))
    assert done.returncode == 0, done.stdout + done.stderr


def build_wheel(folder, **more):
    build("--wheel", "--outdir", str(folder), str(TREE / "python"), **more)
    wheel, = folder.glob("upnvme-*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def copy_tree(folder):
    """A clone, with uncommitted changes."""
    names = subprocess.run(["git", "-C", TREE, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / name, folder / name, follow_symlinks=False)


def files_of(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_pip_installs_from_a_clone(fresh, tmp_path):
    """Installs as users do: the build tools come from PyPI, and so does an extra. No file is left except under build/.
    """
    clone = tmp_path / "clone"
    copy_tree(clone)
    before = files_of(clone)
    fresh.pip_install(f"{clone}/python[numpy]")
    shutil.rmtree(clone / "build")
    assert files_of(clone) == before
    shutil.rmtree(clone)
    fresh.smoke()
    assert fresh.run("python", "-c", "import numpy, upnvme").returncode == 0


@pytest.mark.parametrize("version", INTERPRETERS)
def test_one_wheel_serves_each_python(wheel, tmp_path, version):
    assert "-cp311-abi3-" in wheel.name
    venv = Venv(tmp_path, INTERPRETERS[version])
    venv.install(wheel)
    assert f"Python {version}" in venv.smoke()


def test_an_sdist_needs_neither_the_tree_nor_swig(fresh, tmp_path):
    build("--sdist", "--outdir", str(tmp_path), str(TREE / "python"))
    subprocess.run(["tar", "xzf", *tmp_path.glob("upnvme-*.tar.gz"), "-C", tmp_path], check=True)
    source, = tmp_path.glob("upnvme-*/")
    assert (source / "LICENSE").exists()
    # The tools of Python that build it, but no SWIG: that is beside this interpreter, not the fresh one.
    assert not (shutil.which("swig", path="/usr/bin:/bin") or (fresh.bin / "swig").exists())
    fresh.run("python", "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(source),
              PYTHONPATH=str(SITE), PATH="/usr/bin:/bin")
    fresh.install(*tmp_path.glob("upnvme-*.whl"))
    fresh.smoke()


def test_the_systems_library_is_linked_if_asked_for(fresh, tmp_path):
    """Installed somewhere, and found by pkg-config."""
    prefix = tmp_path / "prefix"
    subprocess.run(["make", "-C", TREE, "-s", "install", f"PREFIX={prefix}"], check=True, capture_output=True,
                   env=environment())
    fresh.pip_install("--config-settings", "system=yes", str(TREE / "python"),
                      PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    package, library = fresh.run("python", "-c", LIBRARIES, LD_LIBRARY_PATH=str(prefix / "lib")).stdout.split()
    assert library.startswith(str(prefix)) and not list(pathlib.Path(package).glob("libupnvme*"))


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


def test_dpdks_plug_in_comes_only_where_dpdk_is(fresh, wheel, no_dpdk, tmp_path):
    """Files of a build with DPDK are not packed by one without."""
    assert "upnvme/libupnvme.so.0" in zipfile.ZipFile(wheel).namelist()
    has_dpdk = pkg_config("--variable=libdir", "libdpdk") is not None
    assert ("upnvme/libupnvme-dpdk.so" in zipfile.ZipFile(wheel).namelist()) == has_dpdk
    without = build_wheel(tmp_path, PKG_CONFIG_LIBDIR=no_dpdk)
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


def test_a_missing_extra_is_named(fresh, wheel, tmp_path):
    """smoke.py sees no extra at all; here one is installed and the other is not."""
    fresh.install(wheel)
    cli = part_of_site(tmp_path / "cli", "click", "rich", "markdown_it", "mdurl", "pygments")
    bench = ["-m", "upnvme", "bench", "soft:null", "--time", "0.1"]
    assert "IOPS" in fresh.run("python", *bench, PYTHONPATH=cli).stdout
    said = fresh.run("python", *bench, "--plot", "out.svg", PYTHONPATH=cli, code=1).stderr
    assert "--plot needs matplotlib: pip install matplotlib, or './python[plot]'" in said
    click = part_of_site(tmp_path / "click", "click")
    said = fresh.run("python", *bench, PYTHONPATH=click, code=1).stderr
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


def test_each_helper_for_numpy_names_the_extra(fresh, wheel):
    fresh.install(wheel)
    lines = fresh.run("python", "-c", NUMPY).stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith("numpy ") and "needs numpy: pip install numpy, or './python[numpy]'" in line, line
