#!/usr/bin/env python3
"""Holds toolchain/lib/jobs.sh: a command's exit code is kept, a signal ends all that was started, and a second one is refused."""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
SCRIPT = """set -eu
. "$1/toolchain/lib/jobs.sh"
exec 3>&1
alone x
trap 'stop_job; exit 143' TERM
run sh -c 'exit 7' || echo "code $?"
run sh -c 'sh -c "echo \\$\\$ >pid; sleep 60"; true'
"""


def start(folder):
    return subprocess.Popen(["bash", "-c", SCRIPT, "bash", ROOT], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def pid_in(folder):
    """Of the innermost process, when it has begun."""
    end = time.monotonic() + 60
    while not (text := (folder / "pid").read_text() if (folder / "pid").exists() else ""):
        assert time.monotonic() < end, "the job never began"
        time.sleep(0.02)
    return int(text)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_second_one_is_refused_and_a_signal_ends_everything(folder):
    for _ in range(2):  # the lock goes with its holder
        first = start(folder)
        pid = pid_in(folder)
        second = start(folder)
        said, _ = second.communicate(timeout=60)
        assert second.returncode == 1 and "another toolchain/x is at work" in said, said
        started = time.monotonic()
        first.send_signal(signal.SIGTERM)
        said, _ = first.communicate(timeout=60)
        assert first.returncode == 143 and said == "code 7\n", f"{first.returncode}: {said}"
        assert time.monotonic() - started < 30 and is_gone(pid), "the job went on"
        (folder / "pid").unlink()


with tempfile.TemporaryDirectory(prefix="verno jobs ") as name:
    (pathlib.Path(name) / "build" / "x").mkdir(parents=True)
    test_a_second_one_is_refused_and_a_signal_ends_everything(pathlib.Path(name))
print("ok test_a_second_one_is_refused_and_a_signal_ends_everything")
