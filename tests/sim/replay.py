#!/usr/bin/python3
"""The same seed tells the same story, in another process, too; another seed tells another one."""
import pathlib
import subprocess
import sys

BIN = pathlib.Path(sys.argv[2])


def story(seed):
    done = subprocess.run([BIN / "sim", "--seed", str(seed), "--sales", "25", "--story"], capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    return lines[:-1] if lines else [done.stderr] # the last one says how long it took


first, second, other = story(11), story(11), story(12)
wrong = [f"first\n{a}\nand then\n{b}" for a, b in zip(first, second) if a != b][:1]
wrong += ["the stories have different lengths"] if len(first) != len(second) else []
wrong += ["two seeds tell one story"] if first == other else []
wrong += [f"that is no story: {first}"] if len(first) < 100 else []
print("\n".join(wrong) or f"{len(first)} lines, twice the same")
sys.exit(1 if wrong else 0)
