#!/usr/bin/python3
"""Words that may not stand in the tree.

Notes to oneself (work that is left is an issue), floating point in agent/loyalty (money is whole numbers), functions of C
that can't be bounded, and writable statics or globals outside agent/app (state has an owner). Tests may keep state.
"""
import re

import rules

NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
FLOATS = re.compile(r"\b(double|float)\b")
UNBOUNDED = re.compile(r"\b(strcpy|v?sprintf|strcat|gets|alloca|system)\s*\(")
STATIC = re.compile(r"^\s*(?:static|_Thread_local)\s+(?!inline\b)([^;={(]*(?:\(\s*\*[^)]*\))?)(.?)", re.M)
GLOBAL = re.compile(r"^(?!extern|typedef|static|return|goto|_Static)[a-z_]\w*(?:[ *]+\w+)+(?:\[[^\]]*\])*\s*(?:=|;)", re.M)
SOURCE = (".c", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".po", ".pot", ".conf", ".json")


def line_of(text, match):
    return text.count("\n", 0, match.start(0)) + 1 + len(match.group(0)) - len(match.group(0).lstrip("\n"))


def is_const(declaration):
    """What is declared is const itself: behind the last star, or anywhere when there is none."""
    return re.search(r"\bconst\b", declaration.rsplit("*", 1)[-1]) is not None


def writable(text):
    """Line and text of each object with static storage that can be written."""
    for m in STATIC.finditer(text):
        declaration, end = m.groups()
        if (end != "(" or "(" in declaration) and not is_const(declaration):
            yield line_of(text, m), m.group(0).strip()
    for m in GLOBAL.finditer(text):
        if not is_const(m.group(0)) and not re.fullmatch(r"(struct|union|enum) \w+;", m.group(0)):
            yield line_of(text, m), m.group(0).strip()


def rule(tree):
    for file in tree.files:
        if not file.startswith(("tests/meta/", "fixtures/")) and (file.endswith(SOURCE) or rules.shebang(tree, file)):
            for number, line in tree.lines(file):
                if m := NOTES.search(line):
                    yield f"{file}:{number}: {m.group(0)}: file an issue instead"
    for file in tree.of(".c", ".h"):
        text = rules.bare_c(tree.text(file))
        for m in UNBOUNDED.finditer(text):
            yield f"{file}:{line_of(text, m)}: {m.group(1)}() has no bound"
        if file.startswith("agent/loyalty/"):
            for m in FLOATS.finditer(text):
                yield f"{file}:{line_of(text, m)}: {m.group(0)} where money is counted"
        if not file.startswith(("tests/", "agent/app/")):
            for number, what in writable(text):
                yield f"{file}:{number}: writable static: {what}"


PLANTS = [
    ("agent/base/planted.c", "/* TODO: later */\n", "TODO"),
    ("docs/planted.md", "FIXME\n", "FIXME"),
    ("agent/loyalty/planted.c", "static int f(double x);\n", "double"),
    ("agent/base/planted.c", "void f(void)\n{\n    strcpy(a, b);\n}\n", ":3: strcpy()"),
    ("tests/unit/planted.c", "int f(void)\n{\n    return system(a);\n}\n", "system()"),
    ("agent/base/planted.c", "static int count;\n", "writable static: static int count"),
    ("agent/base/planted.c", "static const char *names[] = {0};\n", "writable static"),
    ("agent/base/planted.c", "static void (*hook)(int);\n", "writable static"),
    ("agent/base/planted.c", "void f(void)\n{\n    static int count = 0;\n}\n", ":3: writable static"),
    ("agent/base/planted.c", "struct vn_log the_log;\n", "writable static: struct vn_log the_log"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
