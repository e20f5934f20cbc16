#!/usr/bin/python3
"""A hub and two stores of three tills under load while machines die, lines break and disks fill up; then everything heals, and the
ledger is compared with what the POSes printed.

  test_stores.py ROOT BIN [--seed N] [--seconds N] [--rounds N] [--long] [--cut-off] [--postgres] [--keep]

Agents and hub are killed (SIGKILL) at random moments and started again, the hub falls silent (SIGSTOP), stores and tills are cut off, also
in one direction, lines lose packets, are slow or reset, a till's disk is full; with --postgres the hub's database is a server that is
killed as well. Six POSes sell meanwhile: customers pay with points, some of them at all tills at once, coupons are shown again and
again, receipts are cancelled, taken up again, forgotten, voided and returned. A round is so many seconds of that, then all faults end,
everything drains, and oracle.py recounts what was printed. In the rounds of --cut-off one store has no line to the hub, and is otherwise well.
--long makes rounds for as long as VERNO_LONG_SECONDS says (120), each third of them cut off. A failing run keeps its folder.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import namespaces  # noqa: E402
import oracle  # noqa: E402
from chain import DATE, MEMBERS, Failure, Lane, read_lines, wait_for  # noqa: E402
from pos_model import Pos, Record  # noqa: E402
from postgres import Cluster  # noqa: E402
from stores import PARTITIONS, Chaos, Database, StoreChain, borrowed_from, journal_of, quarantine, wait_all  # noqa: E402
from practice_shop import end_once  # noqa: E402

HOT = 6  # members who are at several tills at once
FATES = ["sold", "voided", "returned", "recalled", "cancelled", "parked", "forgotten"]
WEIGHTS = [66, 8, 6, 8, 6, 3, 3]
SALES_MAX = 15000  # of a till: the hub's lists end at 20,000


class Customers:
    """What the next customer has in the basket and wants."""

    def __init__(self, chain):
        self.goods = [item for item in chain.goods() if item["category"] != "deposit"]
        self.cards = {number: row["cards"][0] for number, row in chain.members().items()}
        self.coupons = [row["number"] for row in read_lines(chain.chain / "coupons.ndjson")]

    def next(self, draw, store):
        """Most members shop in one store, odd numbers in the first; the hot ones anywhere, and at the same time."""
        lines = [{"id": at, "code": item["code"], "name": item["name"], "qty_milli": 1000, "amount_minor": item["price_minor"],
                  "unit_price_minor": item["price_minor"], "tax": item["tax"]}
                 for at, item in enumerate(draw.choices(self.goods, k=draw.randrange(1, 7)), 1)]
        member = None
        if draw.random() < 0.85:
            hot, guest = draw.random() < 0.4, draw.random() < 0.2
            home = draw.randrange(1, MEMBERS // 2) * 2 + (-1 if (store == "s1") != guest else 0)
            member = draw.randrange(1, HOT + 1) if hot else home
        return {"lines": lines, "member": member, "card": self.cards.get(member), "points": member is not None and draw.random() < 0.5,
                "coupon": draw.choice(self.coupons) if draw.random() < 0.2 else None, "fate": draw.choices(FATES, WEIGHTS)[0]}


class Shift:
    """Six POSes that sell until they are told to stop."""

    def __init__(self, chain, seed):
        self.chain, self.record = chain, Record(chain.folder / "printed.ndjson")
        customers = Customers(chain)
        self.poses = [Pos(till, self.record, lambda draw, store=chain.lines.tills[name][0]: customers.next(draw, store),
                          random.Random(f"{seed} {name}")) for name, till in chain.tills.items()]
        self.over = threading.Event()

    def _sell(self, pos):
        while not self.over.is_set() and pos.receipt < SALES_MAX:
            pos.sell()
            self.over.wait(0.02)

    def during(self, work):
        self.over.clear()
        with concurrent.futures.ThreadPoolExecutor(len(self.poses)) as pool:
            jobs = [pool.submit(self._sell, pos) for pos in self.poses]
            try:
                work()
            finally:
                self.over.set()
            for job in jobs:
                job.result()

    def sums(self):
        said = {}
        for pos in self.poses:
            for word, times in pos.said.items():
                said[word] = said.get(word, 0) + times
        return {"lost answers": sum(pos.lost for pos in self.poses), "refused by a full disk": sum(pos.disk_full for pos in self.poses),
                "sold without loyalty": sum(pos.alone for pos in self.poses),
                "slowest answer": f"{max(pos.slowest_ms for pos in self.poses):.0f} ms", "choices": said}


def drain(chain, shift, seconds):
    """What POSes still owe, then the tills' journals, then what tills show of each member."""
    until = time.monotonic() + seconds
    for pos in shift.poses:
        pos.close()
        if not pos.settle(seconds):
            raise Failure(f"{pos.till.name}: its agent does not take {pos.owed[0]}")

    def unsent():
        states = {name: till.status() for name, till in chain.tills.items()}
        return {name: f"{s['journal']['acked']} of {s['journal']['seq']}, {s['reason'] or s['state']}" for name, s in states.items()
                if not s["online"] or s["journal"]["acked"] != s["journal"]["seq"]}

    def lent():
        gives = {name: till.status()["lending"]["open_gives"] for name, till in chain.tills.items()}
        return {name: count for name, count in gives.items() if count}

    wait_all("journals at the hub", unsent, until - time.monotonic())
    wait_all("ends of what tills lent to each other", lent, until - time.monotonic())
    wait_all("journals at the hub", unsent, until - time.monotonic())
    chain.settle()
    count = oracle.Count(shift.record.lines, shift.opening)
    expected = count.expected()
    lanes = {name: Lane(till, pos="check") for name, till in chain.tills.items()}

    def disagreeing():
        state = {name: shown_of(lane, expected) for name, lane in lanes.items()}
        return {name: f"{sum(expected[member] != balance for member, balance in shown.items())} members" for name, shown in state.items()
                if shown != expected}

    with contextlib.suppress(Failure):  # what is still wrong then, the comparison tells member by member
        wait_all("tills that show what the receipts say", disagreeing, until - time.monotonic())
    return count, {name: shown_of(lane, expected) for name, lane in lanes.items()}


def shown_of(lane, members):
    shown = {}
    for member in members:
        lane.open()
        lane.quote()
        lane.card(member)
        shown[member] = lane.quote()["member"]["balance"]
    return shown


def state_of(chain, shown):
    coupons = len(read_lines(chain.chain / "coupons.ndjson"))
    rows = [row for name in chain.tills for row in json.loads(chain.hub("sales", "--till", name, "--json"))["sales"]]
    return {"rows": rows, "members": {member: chain.ledger(member) for member in range(1, MEMBERS + 1)},
            "coupons": {f"c{number}": json.loads(chain.hub("ledger", "--json", "--account", f"c{number}")) for number in range(1, coupons + 1)},
            "journals": {name: journal_of(till) for name, till in chain.tills.items()}, "audit": chain.audit(),
            "quarantine": quarantine(chain), "shown": shown}


def judged(chain, shift, name, chaos, patience_s):
    """Customers come while the chaos runs; then everything drains. Contradictions of the chain with all that was printed so far."""
    before, started = shift.record.count("confirmed"), time.monotonic()
    shift.during(chaos.run)
    ended = time.monotonic()
    count, shown = drain(chain, shift, patience_s)
    drained = time.monotonic()
    state = state_of(chain, shown)
    print(f"{name}: {shift.record.count('confirmed') - before} sales in {ended - started:.0f} s; drained in {drained - ended:.1f} s; "
          f"{sum(journal['pruned'] for journal in state['journals'].values())} entries are in backups alone, "
          f"{sum(journal['borrowed'] for journal in state['journals'].values())} rights were borrowed; {chaos.counts}", flush=True)
    for till in chain.tills.values():
        till.verify()
    wrong = oracle.compare(count, state)
    wrong += [f"{keeper.what} ended by itself with {keeper.trouble()}" for keeper in chain.keepers.values() if keeper.trouble()]
    return wrong or oracle.prove(shift.record.lines, shift.opening, state)


def cut_off(chain, shift, args, seed):
    """A store without the hub, after a while in which its members shopped there: how often points were paid with there."""
    store = chain.lines.stores[-1]
    poses = [pos for pos in shift.poses if chain.lines.tills[pos.till.name][0] == store]
    shift.during(lambda: time.sleep(args.seconds / 3))
    drain(chain, shift, args.patience)
    before = [(len(pos.granted_ms), sum(pos.said.values())) for pos in poses]
    heads = {pos.till.name: pos.till.status()["journal"]["seq"] for pos in poses}
    chaos = Chaos(chain, random.Random(seed)).cut_off(args.seconds, store)
    wrong = judged(chain, shift, f"seed {seed}, {store} cut off", chaos, args.patience)
    waits = sorted(ms for pos, (had, _) in zip(poses, before) for ms in pos.granted_ms[had:])
    asked = sum(sum(pos.said.values()) - had for pos, (_, had) in zip(poses, before))
    p99 = f", p99 after {waits[len(waits) * 99 // 100]:.0f} ms" if waits else ""
    loans = sum(len(borrowed_from(pos.till, heads[pos.till.name])) for pos in poses)
    print(f"  while {store} was cut off {len(waits)} of {asked} customers there paid with points{p99}; {loans} rights were borrowed", flush=True)
    return wrong or ["no till of it borrowed anything from another"] * (loans == 0), chaos.counts


def everything(chain, shift, args, seed, database):
    chaos = Chaos(chain, random.Random(seed), database).everything(args.seconds)
    return judged(chain, shift, f"seed {seed}", chaos, args.patience), chaos.counts


def say_sums(shift, counts, rounds, args):
    lines = shift.record.lines
    count = oracle.Count(lines, shift.opening)
    kinds = {kind: sum(sale["kind"] == kind for sale in count.sales.values()) for kind in ("confirmed", "voided", "returned", "cancelled")}
    spent = [sale["spent"] for sale in count.standing().values() if sale["spent"]]
    print(f"{rounds} rounds of {args.seconds:.0f} s: {kinds}, {len(spent)} paid with {sum(spent)} points, {len(count.coupons())} coupons used; "
          f"{shift.sums()}; faults {counts}, {sum(counts.get(kind, 0) for kind in PARTITIONS)} of them partitions")
    least = {"agent killed": 3, "store cut off": 1, "hub killed": 0 if args.cut_off else 2}
    few = [kind for kind, times in least.items() if counts.get(kind, 0) < times]
    return [f"too few to prove anything: {few}"] * bool(few) + ["nobody paid with points"] * (not spent)


def run(chain, args, database):
    chain.make()
    chain.open()
    shift = Shift(chain, args.seed)
    shift.opening = chain.members_openings()
    until = time.monotonic() + float(os.environ.get("VERNO_LONG_SECONDS", "120"))
    counts, rounds, wrong = {}, 0, []
    while not wrong and (rounds < args.rounds if not args.long else rounds == 0 or time.monotonic() < until - args.seconds):
        seed = args.seed + rounds
        if args.cut_off or (args.long and rounds % 3 == 2):
            wrong, happened = cut_off(chain, shift, args, seed)
        else:
            wrong, happened = everything(chain, shift, args, seed, database)
        counts = {kind: counts.get(kind, 0) + happened.get(kind, 0) for kind in {**counts, **happened}}
        rounds += 1
    return wrong + say_sums(shift, counts, rounds, args)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("bin")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--patience", type=float, help="seconds in which everything must drain")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--cut-off", action="store_true")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    args.seconds = args.seconds or (40 if args.long else 12)
    args.patience = args.patience or (240 if args.long else 60)
    namespaces.enter()
    end_once(dict.fromkeys((2, 15, 1), 1))
    folder = tempfile.mkdtemp(prefix="verno-stores.")
    wrong, chain = [], None
    with contextlib.ExitStack() as stack:
        database = Database(stack.enter_context(Cluster()), "verno_stores") if args.postgres else None
        try:
            chain = StoreChain(folder, args.bin)
            wrong = run(chain, args, database)
            chain.close()
            chain.end()
        except Exception as failure:  # whatever it stumbles over is a failure, and says where
            traceback.print_exc(file=sys.stdout)
            wrong.append(repr(failure))
        finally:
            if chain:
                chain.close()
                chain.stop()
    print(*wrong[:40], "ok" if not wrong else f"{len(wrong)} contradictions, seed {args.seed}; the files are in {folder}", sep="\n")
    if not wrong and not args.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
