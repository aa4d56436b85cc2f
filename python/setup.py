# SPDX-License-Identifier: BSD-3-Clause
"""Builds the C library and the extension module.

The library comes from the repository around this folder, or from csrc/ in an sdist, and goes into the package beside
the module, which finds it by RPATH $ORIGIN. With UPNVME_SYSTEM=yes (`pip install --config-settings system=yes`) the
module is linked with the system's, by pkg-config.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
IN_SDIST = (HERE / "csrc").is_dir()
ROOT = HERE / "csrc" if IN_SDIST else HERE.parent
GLUE = ROOT / "bindings" / "swig"
SYSTEM = os.environ.get("UPNVME_SYSTEM", "no") == "yes"
# The build folder: everything goes under build/, also in a clone.
BUILD = HERE / "build" if IN_SDIST else ROOT / "build" / "python"
# One module serves each CPython from 3.11 on; a free-threaded one wants its own, with a lock in place of the
# interpreter's (bindings/swig/lock.h), and SWIG's output to say so.
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
MACROS = [("SWIGPYTHON_NOGIL", None)] if FREE_THREADED else [("Py_LIMITED_API", "0x030b0000")]
SONAME = "libupnvme.so.0"


def version():
    text = (ROOT / "capi" / "include" / "upnvme" / "version.h").read_text()
    return re.search(r'#define UPNVME_VERSION\s+"([^"]+)"', text).group(1)


def pkg_config(*what):
    return subprocess.run(["pkg-config", *what, "upnvme"], check=True, capture_output=True, text=True).stdout.split()


def run(*command, **options):
    """Runs a program, without make's own variables, which are not for another make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(command, check=True, env=environment, **options)


def make_wrapper(folder):
    """SWIG's output; an sdist has it already."""
    made = pathlib.Path(folder) / "upnvme_wrap.c"
    swig = shutil.which("swig", path=f"{pathlib.Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    run(swig or "swig", "-python", "-noproxy", "-Wall", "-Werror", f"-I{relative(ROOT / 'capi' / 'include')}",
        "-outdir", str(folder), "-o", str(made), relative(GLUE / "upnvme.i"))
    return made


def relative(path):
    return os.path.relpath(path, HERE)


class Sdist(sdist):
    """The sources of the library and of the module go along, in csrc/, with SWIG's output."""

    PARTS = ("Makefile", "LICENSE", "core", "capi/include", "capi/src", "capi/upnvme.map", "capi/upnvme.pc.in",
             "bindings/swig")

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, [name for name in files if not name.startswith("..")])
        # In a clone the licence is a link to the one above.
        (pathlib.Path(base_dir) / "LICENSE").unlink(missing_ok=True)
        shutil.copy(HERE / "LICENSE", base_dir)
        sources = pathlib.Path(base_dir) / "csrc"
        for part in self.PARTS:
            (sources / part).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, sources / part)
            else:
                shutil.copy(ROOT / part, sources / part)
        make_wrapper(sources)


class Build(build_ext):
    """The library first, then the wrapper, then the module that links with both."""

    def build_extension(self, ext):
        self.temporary = pathlib.Path(self.build_temp).resolve()
        self.temporary.mkdir(parents=True, exist_ok=True)
        ext.sources.append(str(self.wrapper()))
        if SYSTEM:
            ext.extra_compile_args += pkg_config("--cflags")
            ext.extra_link_args += pkg_config("--libs")
        else:
            self.bundle(ext)
        super().build_extension(ext)

    def wrapper(self):
        ready = HERE / "csrc" / "upnvme_wrap.c"
        return ready if ready.exists() else make_wrapper(self.temporary)

    def bundle(self, ext):
        """Builds libupnvme (and its plug-in for DPDK where that is) and puts it beside the module.

        UPNVME_LIBRARY names a build folder of the Makefile (its B) in which the library is made, or is already.
        """
        made = pathlib.Path(os.environ.get("UPNVME_LIBRARY") or self.temporary / "libupnvme")
        if not os.environ.get("UPNVME_LIBRARY"):
            # An earlier build may have had a plug-in; linking anew costs little.
            shutil.rmtree(made / "lib", ignore_errors=True)
        # By the name that the Makefile itself gives the folder: by another name all would be linked anew.
        run("make", "--no-print-directory", "-C", str(ROOT), f"-j{os.cpu_count() or 1}",
            f"B={os.path.relpath(made, ROOT)}",
            *filter(None, [os.environ.get("UPNVME_CONFIG") and f"CONFIG={os.environ['UPNVME_CONFIG']}"]), "libs")
        package = pathlib.Path(self.get_ext_fullpath(ext.name)).resolve().parent
        package.mkdir(parents=True, exist_ok=True)
        for name in (SONAME, "libupnvme-dpdk.so"):
            if (made / "lib" / name).exists():
                shutil.copy(made / "lib" / name, package / name)
        ext.library_dirs.append(str(made / "lib"))
        ext.libraries.append("upnvme")
        ext.extra_link_args.append("-Wl,-rpath,$ORIGIN")


BUILD.mkdir(parents=True, exist_ok=True)
# Files of an earlier build would be packed too.
shutil.rmtree(BUILD / "lib", ignore_errors=True)
setup(
    version=version(),
    packages=["upnvme", "upnvme.cli"],
    package_data={"upnvme": ["py.typed", "*.pyi"]},
    cmdclass={"build_ext": Build, "sdist": Sdist},
    ext_modules=[Extension(
        "upnvme._upnvme",
        sources=[relative(path) for path in sorted(GLUE.glob("*.c"))],
        include_dirs=[str(GLUE), str(ROOT / "capi" / "include")],
        define_macros=MACROS,
        extra_compile_args=["-std=gnu11", "-O2", "-Wno-missing-field-initializers",
                            *shlex.split(os.environ.get("CFLAGS", "")), "-fvisibility=hidden"],
        py_limited_api=not FREE_THREADED,
    )],
    options={
        "build": {"build_base": relative(BUILD), "build_lib": relative(BUILD / "lib")},
        "egg_info": {"egg_base": relative(BUILD)},
        "bdist_wheel": {} if FREE_THREADED else {"py_limited_api": "cp311"},
    },
)
