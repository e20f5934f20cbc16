#!/usr/bin/python3
"""A planted fault that breaks a long story is shrunk to a short one, by the simulator alone, and the line that it ends with replays it.

For the build that can commit planted faults (cmake --preset planted); toolchain/check runs it there.
"""
import pathlib
import re
import subprocess
import sys

BIN = pathlib.Path(sys.argv[2])
PLANT, RUNS = "GRANTED_TO_TWO", 40  # most stories show it, so none of the customers has to come along
SALES, TILLS = 40, 4


def sim(*words):
    return subprocess.run([BIN / "sim", *map(str, words)], capture_output=True, text=True, timeout=280)


done = sim("--seed", 1, "--sales", SALES, "--plant", PLANT, "--shrink", "--runs", RUNS)
wrong = [] if done.returncode == 1 else [f"it ended with {done.returncode}: {done.stderr[-1000:]}"]
attempts = [line for line in done.stderr.splitlines() if line.startswith("shrink: run ")]
wrong += [f"{len(attempts)} runs were told of"] if not 2 <= len(attempts) <= RUNS else []
broken = re.search(r"^shrink: run 1 .* breaks invariant (\d+) ", done.stderr, re.M)
wrong += ["the first run breaks no invariant"] if broken is None else []
invariant = broken[1] if broken else "none"
line = re.search(r"^  \S+/sim (--seed .*)$", done.stdout, re.M)
wrong += [f"no line replays it: {done.stdout[-1000:]}"] if line is None else []
wrong += [f"the story does not say what is broken: {done.stdout[-1000:]}"] if not re.search(rf"ORACLE +invariant {invariant} broken", done.stdout) else []
if line is not None:
    stores, tills, sales = (int(re.search(rf"--{name} (\d+)", line[1])[1]) for name in ("stores", "tills", "sales"))
    first = attempts[0].split(", faults ")[1].split(": ")[0].split(",")
    faults = re.search(r"--faults (\S+)", line[1])[1].split(",")
    wrong += [f"it is not much shorter: {line[1]}"] if 4 * stores * tills * sales > TILLS * SALES else []
    wrong += [f"as many faults as at first: {line[1]}"] if len(faults) >= len(first) else []
    again = sim(*line[1].split())
    told = re.search(rf"^.* ORACLE +invariant {invariant} broken.*$", again.stdout, re.M)
    wrong += [f"the line does not replay it: {line[1]}"] if told is None or told[0] not in done.stdout else []
print("\n".join(wrong) or f"{len(attempts)} runs, and left is {line[1]}")
sys.exit(1 if wrong else 0)
