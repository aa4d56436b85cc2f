#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The specification's records keep their promise: names are added, and none of them changes."""

import shutil

import spec_names
from lane import TOP, Case, main

INCLUDE = TOP / "capi/include"


class Spec(Case):
    def changed(self, header, old, new):
        """The promises that a change of a copy breaks."""
        copy = self.folder / "include"
        shutil.copytree(INCLUDE, copy)
        path = copy / "upnvme/spec" / header
        text = path.read_text(encoding="utf-8")
        self.assertEqual(text.count(old), 1)
        path.write_text(text.replace(old, new), encoding="utf-8")
        return spec_names.broken(copy)

    def test_every_promise_is_kept(self):
        self.assertEqual(spec_names.broken(INCLUDE), [])
        self.assertGreater(len(spec_names.promised()), 1000)

    def test_a_changed_value_is_found(self):
        found = self.changed("opcode.h", "UPNVME_SPEC_ADMIN_LOCKDOWN                  0x24u",
                             "UPNVME_SPEC_ADMIN_LOCKDOWN                  0x25u")
        self.assertEqual(found, ["opcode.h: UPNVME_SPEC_ADMIN_LOCKDOWN 36"])

    def test_a_field_that_is_gone_is_found(self):
        found = self.changed("identify_ctrlr.h", "uint16_t ocfs;", "uint16_t rsvd534;")
        self.assertEqual(found, ["identify_ctrlr.h: upnvme_spec_id_ctrl.ocfs uint16_t 534 2"])

    def test_a_field_that_moves_is_found(self):
        found = self.changed("log_page.h", "uint32_t scdw10;", "uint64_t scdw10;")
        self.assertIn("log_page.h: struct upnvme_spec_sanitize_log 512", found)
        self.assertIn("log_page.h: upnvme_spec_sanitize_log.scdw10 uint32_t 4 4", found)

    def test_a_field_that_gets_a_sign_is_found(self):
        found = self.changed("identify_ctrlr.h", "uint16_t ocfs;", "int16_t ocfs;")
        self.assertEqual(found, ["identify_ctrlr.h: upnvme_spec_id_ctrl.ocfs uint16_t 534 2"])

    def test_a_macro_that_computes_something_else_is_found(self):
        found = self.changed("status.h", "UPNVME_SPEC_STATUS_CODE(status) ((status)&0x7ffu)",
                             "UPNVME_SPEC_STATUS_CODE(status) ((status)&0xffu)")
        self.assertEqual(found, ["status.h: UPNVME_SPEC_STATUS_CODE(status) ((status)&0x7ffu)"])

    def test_a_function_that_is_renamed_is_found(self):
        found = self.changed("identify_ns.h", "upnvme_spec_flbas_format(", "upnvme_spec_lba_format(")
        self.assertEqual([line.split("(")[0] for line in found],
                         ["identify_ns.h: uint32_t upnvme_spec_flbas_format"])

    def test_a_header_that_no_longer_gives_another_is_found(self):
        self.assertEqual(self.changed("identify.h", '#include "identify_nvm.h"\n', ""),
                         ['identify.h: #include "identify_nvm.h"'])

    def test_a_name_that_moves_to_a_header_which_the_old_one_includes_is_kept(self):
        line = "#define UPNVME_SPEC_ADMIN_LOCKDOWN                  0x24u"
        copy = self.folder / "moved"
        shutil.copytree(INCLUDE, copy)
        old, new = (copy / "upnvme/spec" / name for name in ("opcode.h", "uint128.h"))
        old.write_text(old.read_text(encoding="utf-8").replace(line, ""), encoding="utf-8")
        begin = "#include <stdint.h>\n"
        new.write_text(new.read_text(encoding="utf-8").replace(begin, f"{begin}{line}\n"), encoding="utf-8")
        self.assertEqual(spec_names.broken(copy), ["opcode.h: UPNVME_SPEC_ADMIN_LOCKDOWN 36"])
        old.write_text(f'#include "uint128.h"\n{old.read_text(encoding="utf-8")}', encoding="utf-8")
        self.assertEqual(spec_names.broken(copy), [])

    def test_bytes_that_were_reserved_may_get_a_name(self):
        self.assertEqual(self.changed("identify_ns.h", "uint8_t rsvd81[11];", "uint8_t kpios;\n\tuint8_t rsvd82[10];"),
                         [])


if __name__ == "__main__":
    main()
