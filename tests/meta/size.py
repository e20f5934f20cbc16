#!/usr/bin/python3
"""A function fits a screen and a half (70 lines), a file is one idea (600 lines), a line of C is at most 130 wide.

The formatter keeps code to 110; comments, which it leaves alone, may have 130, and a text that is one word what it needs.

The format puts the braces of a function, and of nothing else that opens alone, into the first column.
"""
import rules

FUNCTION_LINES = 70
FILE_LINES = 600
WIDTH = 130


def rule(tree):
    for file in tree.files:
        if file.endswith((".c", ".h", ".py", ".sh")) or rules.shebang(tree, file):
            lines = len(tree.text(file).splitlines())
            if lines > FILE_LINES:
                yield f"{file}:{lines}: {lines} lines, {FILE_LINES} are the limit"
    for file in tree.of(".c", ".h"):
        start = 0
        for number, line in tree.lines(file):
            if len(line) > WIDTH and '"' not in line:
                yield f"{file}:{number}: {len(line)} columns, {WIDTH} are the limit"
            if line == "{":
                start = number
            elif line == "}" and start:
                if number - start - 1 > FUNCTION_LINES:
                    yield f"{file}:{start}: a function of {number - start - 1} lines, {FUNCTION_LINES} are the limit"
                start = 0


PLANTS = [
    ("agent/base/planted.c", "int f(void)\n{\n" + "    f();\n" * 71 + "}\n", "a function of 71 lines"),
    ("agent/base/planted.h", "\n" * 601, "601 lines"),
    ("agent/base/planted.h", "/* " + "x" * 128 + " */\n", "134 columns"),
    ("toolchain/planted", "#!/bin/sh\n" + "\n" * 600, "601 lines"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
