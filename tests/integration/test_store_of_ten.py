#!/usr/bin/python3
"""A store of ten tills has no hub, and a customer's points lie spread over nine of them: the tenth redeems all of them, and then not one
more; nor does any other till. Agents as they are shipped, each in a network of its own (namespaces.py); the hub is killed.

  test_store_of_ten.py ROOT BIN
"""
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import namespaces  # noqa: E402
from chain import check, wait_for  # noqa: E402
from practice_shop import Failure, end_once  # noqa: E402
from stores import StoreChain, StoreTill  # noqa: E402
from test_lending import choose, close, compare, earned, pick, redeem  # noqa: E402

TILLS = 10
EACH, LEAST = 60, 50  # points at a till; the least that the practice chain lets a customer pay with
PATIENCE_S = 10       # of a cashier who asks again when not all came in time


class Store(StoreChain):
    """One store, without the things that go wrong in test_stores.py."""

    def __init__(self, folder, bin_folder):
        super().__init__(folder, bin_folder, 1, TILLS)

    def open(self):
        for name, (store, _) in self.lines.tills.items():
            till = self.tills[name] = StoreTill(self, name)
            till.enrol(store)
            till.configure(locale="en")
            till.start()
        for till in self.tills.values():
            till.wait_live()
        self.meet()


def available(till, member):
    """Of the member's points at this till, by its journal."""
    for line in reversed(till.journal()):
        for right in line["entry"].get("rights", []):
            if right["account"] == f"w{member['id']}":
                return right.get("granted", 0) + right.get("in", 0) - right.get("out", 0)
    return 0


def redeem_all(till, member, points):
    """Asks again until all of it is there: what was borrowed stays, though the cashier was told that it was too little."""
    until = time.monotonic() + PATIENCE_S
    for times in range(1, 100):
        spent, took_ms = redeem(till, member["id"], points, times)
        if spent == points:
            return times, took_ms
        if time.monotonic() > until:
            raise Failure(f"{points} points are in the store, and {spent} of them could be paid with")
    raise Failure("it is not granted")


def ten(chain):
    member = pick(chain)
    *nine, last = chain.tills.values()
    before = chain.balance(str(member["id"]))
    for till in nine:
        answer = choose(till, member["id"], EACH, 100)[1]
        check(f"the choice at {till.name}", answer.json["outcome"].get("points_spent"), EACH)
    for till in nine:
        wait_for(f"the right at {till.name}", lambda till=till: available(till, member) == EACH)
        till.wait_drained()
    chain.kill_hub()
    for till in chain.tills.values():
        till.wait_status("the hub is away", lambda s: not s["online"], 30)
    whole = sum(available(till, member) for till in chain.tills.values())
    check("points in the store", whole, EACH * len(nine))
    times, took_ms = redeem_all(last, member, whole)
    takes = [line["entry"] for line in last.journal() if line["entry"]["kind"] == "take"]
    check("loans", len(takes), len(nine))
    print(f"       {whole} points of {len(nine)} tills were paid with at the tenth, asked for {times} times, the last in {took_ms:.0f} ms")
    check("what is left in the store", sum(available(till, member) for till in chain.tills.values()), 0)
    for number, till in enumerate(chain.tills.values()):
        check(f"paid with at {till.name} after that", redeem(till, member["id"], LEAST, 200 + number)[0], 0)
    chain.start_hub()
    for till in chain.tills.values():
        close(till, 300)
        till.wait_status("the hub", lambda s: s["online"], 60)
        till.wait_drained()
    chain.settle()
    compare(chain, chain.tills.values(), member, before, whole, earned(chain, member))


def main():
    _, _, bin_folder = sys.argv
    namespaces.enter()
    end_once(dict.fromkeys((2, 15, 1), 1))
    folder, chain, good, started = tempfile.mkdtemp(prefix="verno-ten."), None, False, time.monotonic()
    try:
        chain = Store(folder, bin_folder)
        chain.make()
        chain.open()
        opened = time.monotonic()
        ten(chain)
        for till in chain.tills.values():
            till.verify()
        chain.end()
        good = True
        print(f"ok     a store of {TILLS} tills ({opened - started:.0f} s to open it, {time.monotonic() - opened:.0f} s)")
    except Exception:  # whatever it stumbles over is a failure, and says where
        traceback.print_exc(file=sys.stdout)
        print(f"the files are in {folder}")
    finally:
        if chain:
            chain.stop()
    if good:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
