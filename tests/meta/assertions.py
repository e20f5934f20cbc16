#!/usr/bin/python3
"""Each `static void test_...` in tests/ asserts something: cmocka's assert_ or expect_, or a helper check_ or must_."""
import re

import rules

TEST = re.compile(r"^static void (test_\w+)\([^)]*\)\n\{\n(.*?)^\}", re.M | re.S)
ASSERTION = re.compile(r"\b(assert_|expect_|check_|must_|fail(_msg)?\()")


def rule(tree):
    for file in tree.of(".c"):
        if file.startswith("tests/"):
            for name, body in TEST.findall(rules.bare_c(tree.text(file))):
                if not ASSERTION.search(body):
                    yield f"{file}: {name} asserts nothing"


PLANTS = [
    ("tests/unit/planted.c", "static void test_planted(void **state)\n{\n    (void)state; /* assert_true(1) */\n}\n",
     "test_planted asserts nothing"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
