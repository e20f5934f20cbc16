#!/usr/bin/python3
"""Shell scripts are executable, stop at errors and unset names (set -eu), and parse; so does every python file. With pipefail
nothing is piped to `grep -q`: it ends as soon as it has found a line, and what still writes then fails, now and then."""
import os
import re
import subprocess

import rules


def rule(tree):
    for file in tree.files:
        kind = rules.shebang(tree, file)
        path = tree.root / file
        if kind in ("sh", "bash"):
            if not os.access(path, os.X_OK):
                yield f"{file}: is not executable"
            flags = "".join(re.findall(r"^set -([a-z]+)", tree.text(file), re.M))
            if "pipefail" in tree.text(file) and re.search(r"\|\s*grep (-\w+ )*-\w*q", tree.text(file)):
                yield f"{file}: pipes to grep -q, with pipefail"
            if not {"e", "u"} <= set(flags):
                yield f"{file}: has no set -eu"
        if kind in ("sh", "bash") or file.endswith(".sh"):
            done = subprocess.run([kind or "sh", "-n", path], capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{file}: does not parse: {done.stderr.strip()}"
        elif kind == "python3" or file.endswith(".py"):
            try:
                compile(tree.text(file), file, "exec")
            except SyntaxError as error:
                yield f"{file}:{error.lineno}: does not parse: {error.msg}"


PLANTS = [
    ("toolchain/planted", "#!/bin/sh\nset -eu\n", "not executable"),
    ("toolchain/planted", "#!/bin/bash\nset -o pipefail\n", "no set -eu"),
    ("toolchain/planted", "#!/bin/bash\nset -euo pipefail\nif ls | grep -q x; then ls; fi\n", "pipes to grep -q"),
    ("toolchain/lib/planted.sh", "if true; then\n", "does not parse"),
    ("tests/planted.py", "def f(:\n", "does not parse"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
