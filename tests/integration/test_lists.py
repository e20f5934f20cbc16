#!/usr/bin/python3
"""What an operator lists at the hub: stores, codes that wait, one till."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, run_cases  # noqa: E402


def refused(chain, *words):
    done = subprocess.run([chain.bin / "verno-hub", *words, "--dir", chain.hub_dir], capture_output=True, text=True, timeout=60, check=False)
    check("exit code", done.returncode, 1)
    return done.stderr


def stores_and_codes(chain):
    chain.hub("store add", "s9", "--name", "Ninth")
    check("stores", json.loads(chain.hub("store list", "--json"))["stores"],
          [{"id": "s1", "name": "s1", "tills": 0}, {"id": "s2", "name": "s2", "tills": 0}, {"id": "s9", "name": "Ninth", "tills": 0}])
    kept = chain.hub("till code", "s9", "t1").strip()
    gone = [chain.hub("till code", "s9", "t2").strip() for _ in range(2)]
    rows = json.loads(chain.hub("code list", "--json"))["codes"]
    check("codes", [(row["store"], row["till"]) for row in rows], [("s9", "t1"), ("s9", "t2"), ("s9", "t2")])
    words = chain.hub("code list")
    for code in (kept, *gone):
        check("a code is shown", code in words, False)
    check_says("code revoke", chain.hub("code revoke", "t2"), "till t2: 2 codes taken back")
    check_says("code revoke", refused(chain, "code", "revoke", "t2"), "no code waits for till 't2'")
    for code in gone:
        check_says("verno enrol", Till(chain, "t2").enrol(code=code, ok=False).stderr, "unknown, used or expired")
    Till(chain, "t1").enrol(code=kept)
    check("codes", json.loads(chain.hub("code list", "--json"))["codes"], [])
    check_says("store list", chain.hub("store list"), r"s9 +2  Ninth")


def one_till(chain):
    till = chain.till("t1")
    Lane(till).sell(6)
    till.wait_drained()
    check_says("till show", chain.hub("till show", "t1"), r"t1 of s1: active\n(.|\n)*entries +[1-9]\d* acknowledged(.|\n)*ruleset")
    rows = json.loads(chain.hub("till show", "t1", "--json"))["tills"]
    check("its rows", [(row["till"], row["state"]) for row in rows], [("t1", "active")])
    check_says("till show", refused(chain, "till", "show", "t7"), "there is no till 't7'; verno-hub fleet lists them")


if __name__ == "__main__":
    run_cases(stores_and_codes, one_till)
