#!/usr/bin/python3
"""The load and the fleet generator of toolchain/bench --hub, small: they end by themselves, and what they sent is in the ledger.

No figure is looked at; that is what the bench is for.
"""
import pathlib
import sys
import tempfile

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))
import bench_hub  # noqa: E402
from practice_shop import Failure  # noqa: E402


def check(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what}: {got!r}, not {wanted!r}")


def load(folder):
    receipts = bench_hub.CONNECTIONS * 4
    out = bench_hub.load(folder, BIN, 100, receipts, 1, lambda what: None)
    for run in out["runs"]:
        check("receipts", run["receipts"], receipts)
        check("resumed", run["resumed"], True)
    entries = len(bench_hub.KINDS) * (receipts + bench_hub.CONNECTIONS)  # each till journals its boot as well
    check("audit", out["audit"], f"{entries} entries verified, 0 contradictions")
    print(bench_hub.table(bench_hub.load_rows(out)))


def fleet(folder):
    tills, sales = 6, 5
    out = bench_hub.fleet(folder, BIN, tills, sales, 0, 0, lambda what: None)
    check("tills that heard of the ruleset", out["publish"]["count"], tills)
    check("audit", out["audit"], f"{tills * (1 + sales)} entries verified, 0 contradictions")
    print(bench_hub.table(bench_hub.fleet_rows(out)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as name:
        load(pathlib.Path(name) / "load")
        fleet(pathlib.Path(name) / "fleet")
