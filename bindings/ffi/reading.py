# SPDX-License-Identifier: BSD-3-Clause
"""Reading the description, for the makers of files."""


def pointee(text):
    """(base name, how many pointers to it) of a type as C spells it."""
    words = text.replace("*", " ").split()
    return " ".join(word for word in words if word != "const"), text.count("*")


def in_order(structs):
    """Records in an order in which each comes after the records that it contains."""
    by_name = {record["name"]: record for record in structs}
    done = {}

    def add(record):
        for field in record["fields"]:
            if field["ffi"] == "struct":
                add(by_name[field["type"].removeprefix("struct ")])
        done.setdefault(record["name"], record)

    for record in structs:
        add(record)
    return list(done.values())
