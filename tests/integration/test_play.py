#!/usr/bin/python3
"""The demo's scripted morning against the built programs: every expectation holds."""
import subprocess
import sys


def main(root, programs):
    done = subprocess.run([sys.executable, f"{root}/toolchain/lib/play.py", "--bin", programs], capture_output=True, text=True,
                          timeout=280, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"exit code {done.returncode}"
    assert " 0 expectations failed" in done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:3])
