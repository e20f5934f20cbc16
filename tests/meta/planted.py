#!/usr/bin/python3
"""Faults that are planted to prove the simulator (agent/base/planted.h): each of the list is somewhere in the code, and each in the
code is on the list; none is in what only tests use, or in the middle of a header."""
import re

import rules

LIST = "agent/base/planted.h"
NAMED = re.compile(r"^\s*X\((\w+),", re.M)
USED = re.compile(r"\bVN_PLANTED\((\w+)\)")


def rule(tree):
    listed = NAMED.findall(tree.text(LIST)) if LIST in tree.files else []
    used = set()
    for name in sorted({name for name in listed if listed.count(name) > 1}):
        yield f"{LIST}: {name} is there twice"
    for file in tree.files:
        if file == LIST or not file.endswith((".c", ".h")):
            continue
        for name in USED.findall(tree.text(file)):
            used.add(name)
            if name not in listed:
                yield f"{file}: {name} is not on the list of {LIST}"
            if file.endswith(".h") or file.startswith(("tests/", "toolchain/")):
                yield f"{file}: {name} is planted where no program of ours has code"
    for name in listed:
        if name not in used:
            yield f"{LIST}: {name} is planted nowhere"


PLANTS = [
    ("agent/till/planted.c", "bool f(void)\n{\n    return VN_PLANTED(NOT_ON_THE_LIST);\n}\n", "not on the list"),
    ("tests/unit/planted.c", "bool f(void)\n{\n    return VN_PLANTED(EPOCH_KEPT);\n}\n", "no program of ours"),
    (LIST, "#define VN_PLANTS(X) \\\n    X(ONE, \"one\") \\\n    X(ONE, \"again\")\n", "twice"),
    (LIST, "#define VN_PLANTS(X) \\\n    X(NEVER_USED, \"one\")\n", "planted nowhere"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
