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
        self.assertEqual(found, ["UPNVME_SPEC_ADMIN_LOCKDOWN 36"])

    def test_a_field_that_is_gone_is_found(self):
        found = self.changed("identify_ctrlr.h", "uint16_t ocfs;", "uint16_t rsvd534;")
        self.assertEqual(found, ["upnvme_spec_id_ctrl.ocfs 534 2"])

    def test_a_field_that_moves_is_found(self):
        found = self.changed("log_page.h", "uint32_t cdw10;", "uint64_t cdw10;")
        self.assertIn("struct upnvme_spec_sanitize_log 512", found)
        self.assertIn("upnvme_spec_sanitize_log.cdw10 4 4", found)

    def test_bytes_that_were_reserved_may_get_a_name(self):
        self.assertEqual(self.changed("identify_ns.h", "uint8_t rsvd81[11];", "uint8_t kpios;\n\tuint8_t rsvd82[10];"),
                         [])


if __name__ == "__main__":
    main()
