#!/usr/bin/python3
"""Each `static void test_...` in tests/ asserts something: with cmocka's assert_ or expect_, by a helper check_ or
must_, or by a function of the same file that does.
"""
import re

import rules

FUNCTION = re.compile(r"^[a-z][^\n;={}]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", re.M | re.S)
ASSERTION = re.compile(r"\b(assert_|expect_|check_|must_|fail(_msg)?\()")


def asserting(bodies):
    """The functions that assert, themselves or through another of the file."""
    found = {name for name, body in bodies.items() if ASSERTION.search(body)}
    while more := {name for name, body in bodies.items()
                   if name not in found and any(re.search(rf"\b{f}\(", body) for f in found)}:
        found |= more
    return found


def rule(tree):
    for file in tree.of(".c"):
        if file.startswith("tests/"):
            bodies = dict(FUNCTION.findall(rules.bare_c(tree.text(file))))
            for name in sorted(set(bodies) - asserting(bodies)):
                if name.startswith("test_"):
                    yield f"{file}: {name} asserts nothing"


PLANTS = [
    ("tests/unit/planted.c", "static void test_planted(void **state)\n{\n    (void)state; /* assert_true(1) */\n}\n",
     "test_planted asserts nothing"),
    ("tests/unit/planted.c", "static void help(int a)\n{\n    a++;\n}\n\nstatic void test_planted(void **s)\n{\n    help(1);\n}\n",
     "test_planted asserts nothing"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
