#!/usr/bin/python3
"""The same seed tells the same story, in another process, too, and when logs are kept; another seed tells another one."""
import pathlib
import subprocess
import sys
import tempfile

BIN = pathlib.Path(sys.argv[2])


def story(seed, *more):
    done = subprocess.run([BIN / "sim", "--seed", str(seed), "--sales", "25", "--story", *more], capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    return lines[:-1] if lines else [done.stderr] # the last one says how long it took


with tempfile.TemporaryDirectory() as logs:
    first, second, other = story(11), story(11, "--logs", logs), story(12)
    kept = sorted(log.name for log in pathlib.Path(logs).iterdir() if log.stat().st_size > 0)
wrong = [] if {"hub.log", "s1t1.log"} <= set(kept) else [f"the logs that were kept: {kept}"]
wrong += [f"first\n{a}\nand then\n{b}" for a, b in zip(first, second) if a != b][:1]
wrong += ["the stories have different lengths"] if len(first) != len(second) else []
wrong += ["two seeds tell one story"] if first == other else []
wrong += [f"that is no story: {first}"] if len(first) < 100 else []
print("\n".join(wrong) or f"{len(first)} lines, twice the same")
sys.exit(1 if wrong else 0)
