#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The pages of the documentation site: each has an address of its own, and the references have all that is public."""

import ast
import pathlib
import re
import tempfile

from harness import TOP, Case, call, main


class Site(Case):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="upnvme-") as folder:
            call("python3", "-B", TOP / "capi/docs/site/pages.py", folder)
            cls.pages = {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(folder).glob("*.md")}

    def test_every_guide_is_a_page_with_a_name(self):
        self.assertGreater(len(self.pages), 14)
        for name, text in self.pages.items():
            with self.subTest(page=name):
                if name != "index.md":
                    self.assertRegex(text.split("\n")[0], rf"^# .* {{#{name.removesuffix('.md')}}}$")
                self.assertNotIn(str(TOP), text)

    def test_every_link_between_pages_leads_to_one(self):
        links = {target for text in self.pages.values() for target in re.findall(r"\]\(@ref (\w+)\)", text)}
        self.assertLessEqual({"open", "python_reference", "go_reference", "abi_promise", "index"}, links)
        self.assertLessEqual(links, {name.removesuffix(".md") for name in self.pages})

    def test_every_link_to_the_repository_leads_to_a_file(self):
        for text in self.pages.values():
            for path in re.findall(r"\]\(https://github.com/upnvme/upnvme/blob/HEAD/([^)]+)\)", text):
                with self.subTest(path=path):
                    self.assertTrue((TOP / path).exists())

    def test_the_python_reference_has_every_public_name(self):
        page = self.pages["python_reference.md"]
        for module in ("__init__", "aio", "devices"):
            text = (TOP / f"python/upnvme/{module}.py").read_text(encoding="utf-8")
            names = next(ast.literal_eval(node.value) for node in ast.parse(text).body
                         if isinstance(node, ast.Assign) and node.targets[0].id == "__all__")
            for name in names:
                with self.subTest(module=module, name=name):
                    if name not in ("ALL_NAMESPACES", "__version__"):
                        self.assertRegex(page, rf"(?m)^### {name} {{#")
        self.assertIn("\nqpair(depth: Int | None=None, ", page)

    def test_the_go_reference_has_every_exported_type_and_function(self):
        page = self.pages["go_reference.md"]
        texts = [path.read_text(encoding="utf-8") for path in (TOP / "go").glob("*.go")
                 if not path.name.endswith("_test.go")]
        names = {".".join(filter(None, match)) for text in texts
                 for match in re.findall(r"^(?:type|func)(?: \(\w* ?\*?([A-Z]\w*)\))? ([A-Z]\w*)", text, re.MULTILINE)}
        self.assertGreater(len(names), 100)
        for name in names:
            with self.subTest(name=name):
                self.assertRegex(page, rf"(?m)^###+ {re.escape(name)} {{#")


if __name__ == "__main__":
    main()
