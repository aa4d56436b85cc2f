# SPDX-License-Identifier: BSD-3-Clause
"""More than one interpreter in a process, and more than one import in one: open objects are not disturbed."""

import pytest
from conftest import well

# The module that makes interpreters has had several names.
MAKE = """
    import importlib, sys, warnings
    import upnvme
    warnings.simplefilter("ignore", DeprecationWarning)
    for name in "_interpreters", "_xxsubinterpreters":
        try:
            interpreters = importlib.import_module(name)
            break
        except ImportError:
            pass
    def run(text):
        one = interpreters.create()
        try:
            failure = interpreters.run_string(one, text)
            return str(getattr(failure, "formatted", failure) or "")
        except Exception as error:
            return str(error)
        finally:
            interpreters.destroy(one)
"""


def test_a_second_interpreter_is_refused_and_the_first_goes_on(run_python):
    well(run_python(MAKE + """
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(4096)
        for n in range(3):
            said = run("import upnvme")
            assert "ImportError" in said and ("main interpreter" in said or "subinterpreters" in said), said
            ns.write(n, bytes([n]) * 4096)
            assert ns.read(n)[0] == n and isinstance(ns.read(n), upnvme.Buffer)
            assert qp.run(upnvme.batch(9, ns, upnvme.Op.READ), buf).ok
            try:
                ns.read(1 << 40)
                sys.exit("no error")
            except upnvme.RangeError:
                pass
    upnvme.open("soft:ram?size=1MiB").close()
    """))


def test_the_main_interpreter_can_still_import_the_package_afterwards(run_python):
    well(run_python(MAKE.replace("    import upnvme\n", "") + """
    said = run("import upnvme")
    assert "ImportError" in said, said
    import upnvme
    with upnvme.open("soft:ram?size=1MiB") as ctrlr:
        ctrlr.namespaces[1].write(0, bytes(4096))
    """))


@pytest.mark.parametrize("again", ["importlib.reload(upnvme)", "forget(); import upnvme as other"])
def test_importing_again_keeps_open_controllers(run_python, again):
    well(run_python(f"""
        import importlib, sys
        import upnvme
        def forget():
            for name in [name for name in sys.modules if name.partition(".")[0] == "upnvme"]:
                del sys.modules[name]
        ctrlr = upnvme.open("soft:ram?size=1MiB")
        ns, qp, buf = ctrlr.namespaces[1], ctrlr.qpair(4), ctrlr.alloc(4096)
        for _ in range(3):
            {again}
            ns.write(0, b"a" * 4096)
            assert bytes(ns.read(0)) == b"a" * 4096
            assert qp.run(upnvme.batch(9, ns, upnvme.Op.READ), buf).ok
        qp.close()
        ctrlr.close()
    """))
