#!/usr/bin/python3
"""Proves the rules: each script of this folder that has PLANTS must find every fault that it plants."""
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
RULES = sorted(p for p in HERE.glob("*.py") if "\nPLANTS = [" in p.read_text(encoding="utf-8"))
bad = [p.name for p in RULES if subprocess.run([sys.executable, p, "--selftest", sys.argv[1]], check=False).returncode]
print(f"{len(RULES)} rules, {len(bad)} can't fail: {bad}")
sys.exit(1 if bad or not RULES else 0)
