#!/usr/bin/python3
"""Agent and hub are killed in the midst of 200 sales: every confirmed sale is at the hub exactly once, and nothing else is.

  test_kill.py ROOT BIN [--seed N] [--sales N]

A POS sells: cards, points paid by online right, cancelled and repeated holds, late commits, voids, returns. SIGKILL comes at
moments drawn from the seed, many of them while a request is under way; the process is started again at once, sometimes to be
killed while it starts. The POS repeats each request until it has an answer, as docs/integrator.md tells it to, and writes
down what it was told. At the end that book is compared with `verno-hub sales`, `ledger` and `audit` and with the journal.
"""
import argparse
import contextlib
import copy
import http.client
import json
import random
import sqlite3
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from chain import DATE, MEMBERS, Answer, Chain, Failure, UnixConnection, temporary, wait_for  # noqa: E402

ANSWER_S = 30
LEAST_KILLS, LEAST_IN_COMMIT = 15, 5
TAKEN_BACK = ("voided", "returned")


class Book:
    """What the POS was told, by receipt."""

    def __init__(self):
        self.sales = {}

    def note(self, receipt, **facts):
        self.sales.setdefault(receipt, {"kind": None, "earned": 0, "spent": 0, "member": None, "payable": None,
                                        "fiscal": ""}).update(facts)

    def confirmed(self):
        return [receipt for receipt, sale in self.sales.items() if sale["kind"] in ("committed", *TAKEN_BACK)]

    def change_of(self, member):
        return sum(sale["earned"] - sale["spent"] for sale in self.sales.values()
                   if sale["member"] == member and sale["kind"] == "committed")


class Killer:
    """Draws the moments beforehand: which process, at which sale, at which request, how long after it was sent."""

    def __init__(self, chain, till, sales, draw):
        self.chain, self.till, self.draw = chain, till, draw
        self.plan = {}
        self.kills = {"agent": 0, "hub": 0}
        self.in_commit, self.while_starting = 0, 0
        for target, steps, longest_s in (("agent", ["commit"] * 16, 0.002),
                                         ("agent", ["scan", "quote", "hold", "choice", "void", "idle"] * 2, 0.004),
                                         ("hub", ["commit"] * 8, 0.008), ("hub", ["idle"] * 8 + ["choice"] * 4, 0.03)):
            for step in steps:
                at = draw.randrange(sales)
                self.plan.setdefault(at, []).append((target, step, draw.random() * longest_s))

    def due(self, at, step):
        """The kills for this request; those of a step that this sale does not have come with its last one."""
        waiting = self.plan.get(at, [])
        now = [kill for kill in waiting if kill[1] == step or step == "idle"]
        self.plan[at] = [kill for kill in waiting if kill not in now]
        return now

    def strike(self, kills, path):
        for target, _, delay_s in kills:
            time.sleep(delay_s)
            self.kill(target)
            self.in_commit += path == "/v1/commit"
            if self.draw.random() < 0.2:
                time.sleep(self.draw.random() * 0.1)
                self.kill(target)
                self.while_starting += 1

    def kill(self, target):
        self.kills[target] += 1
        if target == "agent":
            self.till.kill()
            self.till.start(wait=False)
        else:
            self.chain.kill_hub()
            self.chain.start_hub(wait=False)


class Pos:
    """Asks until it is answered."""

    def __init__(self, till, killer):
        self.till, self.killer = till, killer
        self.connection = None
        self.breaks = self.lost = 0

    def ask(self, path, body, kills=()):
        end = time.monotonic() + ANSWER_S
        text = json.dumps(body).encode()
        while time.monotonic() < end:
            try:
                answer = self.once(path, text, kills)
                if answer.status != 503:
                    return answer
            except (OSError, http.client.HTTPException):
                self.connection = None
                self.breaks += 1
                self.lost += bool(kills)
            kills = ()
            time.sleep(0.005)
        raise Failure(f"no answer to {path} within {ANSWER_S} s; agent: {self.till.process.poll()}")

    def once(self, path, text, kills):
        try:
            if self.connection is None:
                self.connection = UnixConnection(self.till.socket, ANSWER_S)
            self.connection.request("POST", path, text, {"Content-Type": "application/json"})
        finally:
            self.killer.strike(kills, path)
        response = self.connection.getresponse()
        return Answer(response.status, response.read(), 0)


class Morning:
    def __init__(self, chain, till, args):
        self.draw = random.Random(args.seed)
        self.chain, self.till, self.book = chain, till, Book()
        self.killer = Killer(chain, till, args.sales, self.draw)
        self.pos = Pos(till, self.killer)
        self.goods = [item for item in chain.goods() if item["category"] != "deposit"]
        self.cards = {number: row["cards"][0] for number, row in chain.members().items()}
        self.receipt, self.at, self.granted = 0, 0, 0
        self.opened_ms = int(time.time() * 1000)  # opening balances are of today, and mature from then on

    def key(self):
        self.receipt += 1
        return {"pos": "1", "date": DATE, "receipt": f"{self.receipt:04d}"}

    def ask(self, step, path, body):
        return self.pos.ask(path, body, self.killer.due(self.at, step))

    def expect(self, step, path, body):
        answer = self.ask(step, path, body)
        if answer.status != 200:
            raise Failure(f"{path} {body} was answered {answer.status}: {answer.json}")
        return answer

    def basket(self, sale, *goods):
        lines = [{"id": number, "code": item["code"], "name": item["name"], "qty_milli": 1000,
                  "amount_minor": item["price_minor"], "unit_price_minor": item["price_minor"], "tax": item["tax"]}
                 for number, item in enumerate(goods or self.draw.choices(self.goods, k=self.draw.randrange(1, 6)), 1)]
        return {"sale": sale, "operator": "7", "started_ms": self.opened_ms + self.at, "lines": lines}

    # --- one sale ----------------------------------------------------------------------------------------------------

    def sell(self, at):
        self.at = at
        sale = self.key()
        basket = self.basket(sale)
        member = self.draw.randrange(1, MEMBERS + 1) if self.draw.random() < 0.7 else None
        wants_points = self.draw.random() < 0.4
        fate = self.draw.choices(["sold", "voided", "returned", "recalled", "cancelled", "left", "late"],
                                 [64, 8, 6, 8, 4, 4, 6])[0]
        if fate == "late":
            self.commit(sale, None, {"basket": basket})
        else:
            self.prepare(basket, member, wants_points)
            if fate != "left":
                self.pay(sale, basket, member, fate)
        self.killer.strike(self.killer.due(at, "idle"), "")

    def prepare(self, basket, member, wants_points):
        """Quote, card, quote, choice; again when the agent, which forgets an open sale, went away meanwhile."""
        for _ in range(3):
            before = self.pos.breaks
            self.expect("quote", "/v1/quote", {"basket": basket})
            if member:
                self.expect("scan", "/v1/scan", {"aim": "]E0", "data": self.cards[member]})
                outcome = self.expect("quote", "/v1/quote", {"basket": basket}).json["outcome"]
                if wants_points and outcome.get("spend_max_points"):
                    self.choose(basket["sale"], outcome)
            if self.pos.breaks == before:
                return

    def choose(self, sale, outcome):
        try:
            self.till.wait_status("the hub", lambda s: s["online"], 2)
        except Failure:
            pass  # then the choice needs the hub, and the sale goes on without
        step, most = outcome["spend_step_points"], outcome["spend_max_points"]
        points = self.draw.randrange(outcome["spend_min_points"], most + 1, step)
        answer = self.ask("choice", "/v1/choice", {"sale": sale, "spend_points": points})
        if answer.status not in (200, 404, 409):
            raise Failure(f"choice of {points} points was answered {answer.status}: {answer.json}")
        self.granted += answer.status == 200 and answer.json["spend"] == "granted"

    def pay(self, sale, basket, member, fate):
        receipt = sale["receipt"]
        held = self.expect("hold", "/v1/hold", {"basket": basket, "step": 0}).json["outcome"]
        self.book.note(receipt, kind="held", member=member)
        if fate in ("recalled", "cancelled"):
            self.expect("cancel", "/v1/cancel", {"sale": sale, "step": 0})
            self.book.note(receipt, kind="cancelled")
            if fate == "cancelled":
                return
            held = self.expect("hold", "/v1/hold", {"basket": basket, "step": 1}).json["outcome"]
        told = self.commit(sale, member, {})
        self.book.note(receipt, payable=held["payable_minor"])
        for name in ("points_earned", "points_spent"):
            if told[name] != held.get(name, 0):
                raise Failure(f"receipt {receipt}: hold said {name} {held.get(name, 0)}, commit {told[name]}")
        if fate == "voided":
            self.expect("void", "/v1/void", {"sale": sale})
            self.book.note(receipt, kind="voided")
        elif fate == "returned":
            self.expect("void", "/v1/return", {"sale": self.key(), "of": sale})
            self.book.note(receipt, kind="returned")

    def commit(self, sale, member, more):
        fiscal = f"F-{self.draw.randrange(10**9):09d}"
        request = {"sale": sale, "fiscal": fiscal, **more}
        answer = self.expect("commit", "/v1/commit", request)
        self.book.note(sale["receipt"], kind="committed", member=member, earned=answer.json["points_earned"],
                       spent=answer.json["points_spent"], fiscal=fiscal)
        if self.draw.random() < 0.1:
            again = self.expect("commit", "/v1/commit", request)
            if again.body != answer.body:
                raise Failure(f"commit of {sale}: {answer.body!r}, and when repeated {again.body!r}")
        return answer.json


# --- what the hub has, and the comparison --------------------------------------------------------------------------------


def places_of(chain, member):
    """Where the member's points are, by place."""
    return {place["place"]: place["amount"] for place in chain.ledger(member)["places"] if place["amount"]}


def rights_at(till):
    """What is available at the till, by account, as its journal has it."""
    with contextlib.closing(sqlite3.connect(till.folder / "journal.db")) as journal:
        return dict(journal.execute("SELECT account, granted + came_in - went_out FROM counters WHERE granted + came_in > went_out"))


def rights_agree(chain, till):
    """Also grants whose answer was lost: the till fetches them."""
    here = rights_at(till)
    return all(places_of(chain, member).get("right", 0) == here.get(f"w{member}", 0) for member in chain.members())


def state_of(chain, till):
    return {"rights": rights_at(till), "sales": chain.sales(), "audit": chain.audit(), "journal": till.journal(),
            "quarantine": json.loads(chain.hub("quarantine list", "--json"))["quarantine"],
            "ledger": {member: chain.ledger(member) for member in chain.members()}}


def compare_sale(row, told):
    """Sentences about what differs between the hub's row and what the POS was told."""
    expected = {"kind": told["kind"], "points_earned": told["earned"], "points_spent": told["spent"], "fiscal": told["fiscal"],
                "payable_minor": told["payable"], "flags": []}
    if told["kind"] == "cancelled":
        expected = {"kind": "cancelled"}
    elif told["payable"] is None:
        del expected["payable_minor"], expected["flags"]  # a late commit: no price was told, and the hub flags it
    return [f"receipt {row['sale'][2]}: the hub has {name} {row[name]!r}, the POS was told {value!r}"
            for name, value in expected.items() if row[name] != value]


def compare(book, state, opening):
    """All contradictions between what the POS was told and what hub and journal have."""
    wrong = [f"audit: {sentence}" for sentence in state["audit"]] + [f"quarantined: {row}" for row in state["quarantine"]]
    rows = {}
    for row in state["sales"]:
        rows.setdefault(row["sale"][2], []).append(row)
    wrong += [f"receipt {receipt}: {len(found)} times at the hub" for receipt, found in rows.items() if len(found) > 1]
    wrong += [f"receipt {receipt}: at the hub, the POS was told nothing" for receipt in rows if receipt not in book.sales]
    for receipt, told in book.sales.items():
        if receipt not in rows:
            wrong.append(f"receipt {receipt}: {told['kind']}, and not at the hub")
        else:
            wrong += compare_sale(rows[receipt][0], told)
    commits = [line["entry"]["sale"][2] for line in state["journal"] if line["entry"]["kind"] == "commit"]
    if sorted(commits) != sorted(book.confirmed()):
        wrong.append(f"the journal has {len(commits)} commits, the POS was told of {len(book.confirmed())}")
    for member, ledger in state["ledger"].items():
        expected = opening[member] + book.change_of(member)
        if ledger["balance"] != expected:
            wrong.append(f"member {member}: the ledger has {ledger['balance']}, told were {expected}")
        wrong += [f"member {member}: {place['amount']} points are stuck in '{place['place']}'" for place in ledger["places"]
                  if place["place"] in ("held", "suspense") and place["amount"]]
        debt = sum(place["amount"] for place in ledger["places"] if place["place"] == "debt")
        right = sum(place["amount"] for place in ledger["places"] if place["place"] == "right")
        here = state["rights"].get(f"w{member}", 0)
        if right != here:
            wrong.append(f"member {member}: the hub has {right} points at the till, which has {here}")
        if debt + right < 0:  # what is taken back of points that are ahead is owed until they come back
            wrong.append(f"member {member}: owes {-debt} points, and {right} are at the till")
    return wrong


def prove_comparison(book, state, opening):
    """The comparison notices a sale that is removed, added or different."""
    receipt = next(r for r in reversed(book.confirmed()) if book.sales[r]["earned"] and book.sales[r]["kind"] == "committed")

    def spoilt(change):
        other = copy.deepcopy(book)
        change(other.sales)
        return compare(other, state, opening)

    def doubled():
        return compare(book, {**state, "sales": state["sales"] + state["sales"][:1]}, opening)

    for what, found in (("removed", spoilt(lambda s: s.pop(receipt))),
                        ("added", spoilt(lambda s: s.update({"9999": dict(s[receipt])}))),
                        ("with a point more", spoilt(lambda s: s[receipt].update(earned=s[receipt]["earned"] + 1))),
                        ("voided", spoilt(lambda s: s[receipt].update(kind="voided"))), ("twice at the hub", doubled()),
                        ("without the till's rights", compare(book, {**state, "rights": {}}, opening))):
        if not found:
            raise Failure(f"a sale that is {what} was not noticed: the comparison is worth nothing")


def run(chain, args):
    chain.make()
    till = chain.till()
    opening = {member: chain.balance(member) for member in chain.members()}
    morning = Morning(chain, till, args)
    started = time.monotonic()
    for at in range(args.sales):
        morning.sell(at)
    sold_s = time.monotonic() - started
    wait_for("the agent", lambda: morning.pos.ask("/v1/tap", {"action": "dismiss"}))
    till.wait_drained(90)
    drained_s = time.monotonic() - started - sold_s
    wait_for("the rights that the hub has granted", lambda: rights_agree(chain, till), 30)
    till.wait_drained()
    state = state_of(chain, till)
    killer, book = morning.killer, morning.book
    kinds = {kind: sum(s["kind"] == kind for s in book.sales.values()) for kind in ("committed", *TAKEN_BACK, "cancelled")}
    print(f"seed {args.seed}: {args.sales} sales in {sold_s:.1f} s, drained in {drained_s:.1f} s; {kinds}; points granted "
          f"{morning.granted} times, {sum(s['spent'] for s in book.sales.values())} spent")
    print(f"killed: agent {killer.kills['agent']}, hub {killer.kills['hub']}; while a commit was under way "
          f"{killer.in_commit}, while starting {killer.while_starting}; {morning.pos.lost} answers lost; "
          f"{len(state['journal'])} entries, {till.verify().strip()}")
    wrong = compare(book, state, opening)
    if not wrong:
        prove_comparison(book, state, opening)
    if min(killer.kills.values()) < LEAST_KILLS or killer.in_commit < LEAST_IN_COMMIT or not morning.pos.lost:
        wrong.append("too few kills to prove anything")
    if not any(sale["spent"] for sale in book.sales.values()):
        wrong.append("nobody paid with points, so nothing is proved of rights")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("bin")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--sales", type=int, default=200)
    parser.add_argument("--keep", action="store_true", help="leave the folder where it is")
    args = parser.parse_args()
    with temporary("verno-kill.", args.keep) as folder:
        chain = Chain(folder, args.bin)
        try:
            wrong = run(chain, args)
            chain.end()
        except (Failure, OSError) as failure:
            wrong = [str(failure)]
        finally:
            chain.stop()
        if args.keep:
            print(f"the files are in {folder}")
    print(*wrong, "ok" if not wrong else f"{len(wrong)} contradictions", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
