#!/usr/bin/python3
"""An audit reads everything, and nobody waits for it: lists are answered while it is going on."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Chain, check, check_says, run_cases  # noqa: E402

MEMBERS = 200_000
LISTS = 3


class LargeChain(Chain):
    """A chain of so many members that to read them takes longer than some lists."""

    def make(self):
        self.logs.mkdir(parents=True, exist_ok=True)
        self.hub("init", "--name", "Large", "--host", self.address)
        self.run("bench_hub_fill", self.hub_dir, str(MEMBERS))
        self.start_hub()
        return self


def lists_do_not_wait(chain):
    audit = subprocess.Popen([chain.bin / "verno-hub", "audit", "--dir", chain.hub_dir], stdout=subprocess.PIPE, text=True)
    for _ in range(LISTS):
        chain.hub("store list")
    check("that the audit was over before", audit.poll(), None)
    check_says("audit", audit.communicate(timeout=120)[0], "0 contradictions")
    check("exit code", audit.returncode, 0)


if __name__ == "__main__":
    run_cases(lists_do_not_wait, kind=LargeChain)
