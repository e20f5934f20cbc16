#!/usr/bin/python3
"""The scripted morning notices: one rate in the ruleset is changed, and it fails and names the expectation."""
import json
import pathlib
import subprocess
import sys
import tempfile


def bend(file):
    """Milk is 11 % off instead of 10 %."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    milk = next(line for line in lines if line.get("id") == "milk-10")
    assert milk["then"]["rate_bp"] == 1000
    milk["then"]["rate_bp"] = 1100
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def main(root, programs):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, f"{root}/toolchain/practice-chain", folder], check=True)
        bend(pathlib.Path(folder, "ruleset.ndjson"))
        done = subprocess.run([sys.executable, f"{root}/toolchain/lib/play.py", "--bin", programs, "--chain", folder],
                              capture_output=True, text=True, timeout=280, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 1, f"exit code {done.returncode}"
    failures = [line for line in done.stdout.splitlines() if line.startswith("failed: ")]
    assert any("milk" in line and "discount_minor: expected" in line for line in failures), failures


if __name__ == "__main__":
    main(*sys.argv[1:3])
