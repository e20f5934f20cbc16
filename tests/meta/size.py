#!/usr/bin/python3
"""A function fits a screen and a half (70 lines), a file is one idea (600 lines).

The format puts the braces of a function, and of nothing else that opens alone, into the first column.
"""
import rules

FUNCTION_LINES = 70
FILE_LINES = 600


def rule(tree):
    for file in tree.files:
        if file.endswith((".c", ".h", ".py", ".sh")) or rules.shebang(tree, file):
            lines = len(tree.text(file).splitlines())
            if lines > FILE_LINES:
                yield f"{file}:{lines}: {lines} lines, {FILE_LINES} are the limit"
    for file in tree.of(".c", ".h"):
        start = 0
        for number, line in tree.lines(file):
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start - 1 > FUNCTION_LINES:
                    yield f"{file}:{start}: a function of {number - start - 1} lines, {FUNCTION_LINES} are the limit"
                start = 0


PLANTS = [
    ("agent/base/planted.c", "int f(void)\n{\n" + "    f();\n" * 71 + "}\n", "a function of 71 lines"),
    ("agent/base/planted.h", "\n" * 601, "601 lines"),
    ("toolchain/planted", "#!/bin/sh\n" + "\n" * 600, "601 lines"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
