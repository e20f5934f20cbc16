#!/usr/bin/python3
"""The same seed tells the same story, in another process, too, and when logs are kept, or other seeds ran before it; another seed
tells another one.

A folder for logs is made; where none can be, it says so. Seeds may fail: what they tell is compared, and not what came of them.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

BIN = pathlib.Path(sys.argv[2])


def story(seed, *more):
    done = subprocess.run([BIN / "sim", "--seed", str(seed), "--sales", "25", "--story", *more], capture_output=True, text=True, timeout=120)
    # how long it took is not a part of it
    lines = [line for line in done.stdout.splitlines() if not re.match(r"\d+ seeds, .* s of CPU", line)]
    return lines or [done.stderr]


def digest(seed, first):
    """Of the last one of the seeds from the first one on."""
    options = ["--seed", str(first), "--seeds", str(seed - first + 1), "--sales", "25", "--jobs", "1"]
    done = subprocess.run([BIN / "sim", *options], capture_output=True, text=True, timeout=120)
    found = re.search(rf"^seed {seed}: .*, digest ([0-9a-f]+)$", done.stdout, re.MULTILINE)
    return found.group(1) if found else done.stdout + done.stderr


with tempfile.TemporaryDirectory() as logs:
    new = pathlib.Path(logs) / "new"
    first, second, other = story(11), story(11, "--logs", new), story(12)
    kept = sorted(log.name for log in new.iterdir() if log.stat().st_size > 0)
    refused = subprocess.run([BIN / "sim", "--seed", "1", "--sales", "1", "--logs", new / "hub.log"], capture_output=True, text=True, timeout=60)
wrong = [] if {"hub.log", "s1t1.log"} <= set(kept) else [f"the logs that were kept: {kept}"]
wrong += [] if refused.returncode == 2 and "is no folder" in refused.stderr else [f"a file for a folder: {refused.returncode}, {refused.stderr}"]
wrong += [f"first\n{a}\nand then\n{b}" for a, b in zip(first, second) if a != b][:1]
wrong += ["the stories have different lengths"] if len(first) != len(second) else []
wrong += ["two seeds tell one story"] if first == other else []
alone, behind = digest(24, 24), digest(24, 23)  # SQLite's own dice told these apart
wrong += [f"seed 24 alone has the digest {alone}, and behind another {behind}"] if alone != behind else []
wrong += [f"that is no story: {first}"] if len(first) < 100 else []
print("\n".join(wrong) or f"{len(first)} lines, twice the same")
sys.exit(1 if wrong else 0)
