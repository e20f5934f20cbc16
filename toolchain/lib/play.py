#!/usr/bin/python3
"""A morning at the practice shop without a keyboard: real processes, every step measured, every figure checked.

  play.py --bin FOLDER [--chain FOLDER] [--keep]

What a step must give is worked out here, from figures written down here (the practice chain's prices and rates of seed 1), and
compared with what the POS is told, what the screen says, what the till's journal holds (`verno journal`) and what the hub's
ledger holds (`verno-hub ledger`, `sales`, `audit`). Exit code 0 when every expectation holds, 1 otherwise.
"""
import argparse
import contextlib
import datetime
import hashlib
import json
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from practice_shop import Failure, Shop, end_once, temporary, wait_for  # noqa: E402
from practice_till import Pos, Scanner  # noqa: E402

# Prices in para, as printed on the shelf.
MILK, YOGHURT, CHOCOLATE, COFFEE, APPLES, DETERGENT, WATER = 15999, 4990, 21999, 39900, 11990, 109900, 6999
# Rates and amounts of the promotions, as the leaflet says.
MILK_BP, CHOCOLATE_BP, GOLD_BP, SILVER_BP, COFFEE_WEEK_BP = 1000, 1500, 500, 200, 2500
LAUNDRY_OFF, COUPON_OFF = 15000, 10000
EARN_PER, POINT_WORTH, GOLD_TIMES, FRUIT_TIMES = 5000, 100, 2, 3
# Members of the chain by number: balance when the morning begins.
MILICA, MARKO, JOVANA, NIKOLA, PETAR = 1, 2, 3, 4, 6
BALANCE = {MILICA: 1240, MARKO: 320, JOVANA: 2050, NIKOLA: 640, PETAR: 3000}
CARD_OF = {NIKOLA: "2990000000040", PETAR: "2990000000064"}
PAYMENT = b"4111111111111111"


def off(amount, rate_bp):
    """The part of an amount, rounded half away from zero."""
    return (amount * rate_bp + 5000) // 10000


def key_list(sale):
    return [sale["pos"], sale["date"], sale["receipt"]]


class Morning:
    def __init__(self, shop, pos):
        self.shop, self.pos = shop, pos
        self.failed, self.step_failed, self.steps, self.note = [], [], 0, []
        self.paint = (lambda code, text: f"\033[{code}m{text}\033[0m") if sys.stdout.isatty() else (lambda code, text: text)
        self.balance = dict(BALANCE)

    @contextlib.contextmanager
    def step(self, title):
        self.steps += 1
        self.step_failed, self.note = [], []
        started = time.monotonic()
        try:
            yield
        except (Failure, OSError, TimeoutError, KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
            self.step_failed.append(f"{type(fault).__name__}: {fault}")
        ms = (time.monotonic() - started) * 1000
        mark = self.paint(31, "✘") if self.step_failed else self.paint(32, "✔")
        print(f"{mark} {self.steps:2d} {title:<66} {ms:5.0f} ms", flush=True)
        if self.note:
            print(f"      {self.paint(2, ', '.join(self.note))}", flush=True)
        for fault in self.step_failed:
            print(f"      {self.paint(31, fault)}", flush=True)
        self.failed += [f"step {self.steps} ({title}): {fault}" for fault in self.step_failed]

    def expect(self, what, got, wanted):
        if got != wanted:
            self.step_failed.append(f"{what}: expected {wanted!r}, got {got!r}")

    def measured(self, what, ms):
        self.note.append(f"{what} {ms:.1f} ms")

    # --- what the public commands say ------------------------------------------------------------------------------

    def ledger(self, member):
        return json.loads(self.shop.hub("ledger", "--member", member, "--json"))

    def journal(self):
        return [json.loads(line) for line in self.shop.verno("journal", "--from", "1").splitlines()]

    def taken(self, member):
        """What the till has taken into its journal of a member's points, as a right to spend them."""
        rights = [right for e in self.journal() if e["entry"]["kind"] == "grant" for right in e["entry"]["rights"]]
        return sum(right["move"] for right in rights if right["account"] == f"w{member}")

    def entries(self, sale, kind):
        return [e for e in self.journal() if e["entry"]["kind"] == kind and e["entry"].get("sale") == key_list(sale)]

    def at_hub(self, sale):
        """The sale as the hub has it, when it has come there."""
        rows = json.loads(self.shop.hub("sales", "--till", "t1", "--json"))["sales"]
        return next((row for row in rows if row["sale"] == key_list(sale)), None)

    def arrives(self, sale, seconds=15):
        started = time.monotonic()
        row = wait_for(f"receipt {sale['receipt']} at the hub", lambda: self.at_hub(sale), seconds)
        self.measured("at the hub after", (time.monotonic() - started) * 1000)
        return row

    def expect_balance(self, member, change, why):
        """The hub's ledger says it, once the batch has arrived."""
        self.balance[member] += change
        wanted = self.balance[member]
        with contextlib.suppress(Failure):
            wait_for("the ledger", lambda: self.ledger(member)["balance"] == wanted, 10)
        self.expect(f"ledger of member {member} {why}", self.ledger(member)["balance"], wanted)

    # --- what the POS does -----------------------------------------------------------------------------------------

    def card(self, name, says):
        """Scans a card; measures until the screen says what it must."""
        since, started = self.pos.screen.mark(), time.monotonic()
        if name in self.pos.codes["cards"]:
            self.pos.scan_code(name)
        else:
            self.pos.scanner.scan({"aim": "]E0", "data": name})
        model = self.pos.screen.wait(lambda m: re.search(says, m["main"]), since, 3)
        self.measured("scan to screen", (time.monotonic() - started) * 1000)
        self.expect(f"the screen says '{says}'", bool(model), True)
        if not model:
            self.step_failed.append(f"the screen says: {self.pos.screen.last().get('main')!r}")
        return model

    def buy(self, *names):
        answer = None
        for name in names:
            answer = self.pos.scan_item(name)
            self.expect(f"quote of {name} answers", answer.status, 200)
        self.measured("quote", answer.ms)
        return answer.json["outcome"]

    def expect_outcome(self, outcome, discount, payable, points):
        self.expect("discount_minor", outcome.get("discount_minor", 0), discount)
        self.expect("payable_minor", outcome["payable_minor"], payable)
        self.expect("points_earned", outcome.get("points_earned", 0), points)

    def pay(self, points):
        held = self.pos.hold()
        self.expect("hold answers", held.status, 200)
        done = self.pos.commit()
        self.expect("commit answers", done.status, 200)
        self.expect("commit says points_earned", done.json.get("points_earned"), points)
        self.measured("hold", held.ms)
        self.measured("commit", done.ms)
        return done

    def screen_says(self, says, since, seconds=3):
        model = self.pos.screen.wait(lambda m: re.search(says, m["main"]), since, seconds)
        self.expect(f"the screen says '{says}'", bool(model), True)
        if not model:
            self.step_failed.append(f"the screen says: {self.pos.screen.last().get('main')!r}")


def gold_basket(m):
    """The first customer: percent off, three for two, and the gold card's five per cent on what is left."""
    with m.step("gold card before the first item: greeting on the screen"):
        m.card("gold", "Say hello to Milica")
        m.expect("who", m.pos.screen.last().get("who", "").startswith("Milica"), True)
    with m.step("milk -10 %, three yoghurts for two, chocolate -15 %, gold -5 %"):
        outcome = m.buy("milk", "yoghurt", "yoghurt", "yoghurt", "chocolate")
        total = MILK + 3 * YOGHURT + CHOCOLATE
        shelf = off(MILK, MILK_BP) + YOGHURT + off(CHOCOLATE, CHOCOLATE_BP)
        discount = shelf + off(total - shelf, GOLD_BP)
        points = (total - discount) * GOLD_TIMES // EARN_PER
        m.expect_outcome(outcome, discount, total - discount, points)
    with m.step("hold, commit: the journal has it, the ledger exactly once"):
        m.pay(points)
        row = m.arrives(m.pos.sale)
        m.expect("points at the hub", row["points_earned"], points)
        m.expect("payable at the hub", row["payable_minor"], total - discount)
        m.expect("holds in the journal", len(m.entries(m.pos.sale, "hold")), 1)
        m.expect("commits in the journal", len(m.entries(m.pos.sale, "commit")), 1)
        m.expect_balance(MILICA, points, "after the sale")
    with m.step("the POS repeats its commit: same reply, nothing twice"):
        first, again = m.pos.commit(), m.pos.commit()
        m.expect("the reply, byte for byte", again.body, first.body)
        m.expect("commits in the journal", len(m.entries(m.pos.sale, "commit")), 1)
        m.expect_balance(MILICA, 0, "after the repetition")


def qr_and_return(m):
    with m.step("QR card in mid-sale: silver -2 %, triple points on fruit"):
        m.pos.start()
        m.buy("coffee")
        m.card("qr", "Jovana")
        outcome = m.buy("apples")
        silver = off(COFFEE + APPLES, SILVER_BP)
        on_apples = silver - COFFEE * SILVER_BP // 10000  # the larger remainder is the apples'
        payable = COFFEE + APPLES - silver
        points = (payable + (FRUIT_TIMES - 1) * (APPLES - on_apples)) // EARN_PER
        m.expect_outcome(outcome, silver, payable, points)
        m.pay(points)
        m.arrives(m.pos.sale)
        m.expect_balance(JOVANA, points, "after the sale")
    with m.step("the whole receipt comes back: points are taken back"):
        bought = m.pos.sale
        since = m.pos.screen.mark()
        answer = m.pos.api.post("/v1/return", {"sale": m.pos.start(), "of": bought})
        m.expect("return answers", answer.status, 200)
        m.expect("refund_minor", answer.json["reversal"]["refund_minor"], payable)
        m.expect("points_taken_back", answer.json["reversal"]["points_taken_back"], points)
        m.screen_says("Return booked", since)
        m.expect_balance(JOVANA, -points, "after the return")
        m.measured("return", answer.ms)


def coupon_once(m):
    with m.step("single-use coupon: accepted once"):
        m.pos.start()
        m.card(CARD_OF[NIKOLA], "Nikola")
        m.buy("detergent")
        since = m.pos.screen.mark()
        m.pos.scan_code("coupon")
        m.screen_says("Coupon accepted", since)
        outcome = m.pos.quote().json["outcome"]
        payable = DETERGENT - LAUNDRY_OFF - COUPON_OFF
        m.expect_outcome(outcome, LAUNDRY_OFF + COUPON_OFF, payable, payable // EARN_PER)
        m.pay(payable // EARN_PER)
        m.arrives(m.pos.sale)
        m.expect_balance(NIKOLA, payable // EARN_PER, "after the sale")
    with m.step("the same coupon again: one sentence, nothing taken off"):
        m.pos.start()
        m.buy("detergent")
        since = m.pos.screen.mark()
        m.pos.scan_code("coupon")
        m.screen_says("Coupon already used", since)
        outcome = m.pos.quote().json["outcome"]
        m.expect_outcome(outcome, LAUNDRY_OFF, DETERGENT - LAUNDRY_OFF, 0)
        m.pay(0)


def points_and_void(m):
    with m.step("paying 300 points: the hub grants the right in mid-sale"):
        m.pos.start()
        m.card(CARD_OF[PETAR], "Petar")
        m.buy("coffee", "coffee")
        choice = m.pos.api.post("/v1/choice", {"sale": m.pos.sale, "spend_points": 300})
        m.measured("right", choice.ms)
        m.expect("spend", choice.json.get("spend"), "granted")
        gold = off(2 * COFFEE, GOLD_BP)
        payable = 2 * COFFEE - gold - 300 * POINT_WORTH
        points = payable * GOLD_TIMES // EARN_PER
        m.expect_outcome(choice.json["outcome"], gold + 300 * POINT_WORTH, payable, points)
        m.expect("points_spent", choice.json["outcome"].get("points_spent"), 300)
        done = m.pay(points)
        m.expect("commit says points_spent", done.json.get("points_spent"), 300)
        m.arrives(m.pos.sale)
        m.expect_balance(PETAR, points - 300, "after the sale")
    with m.step("void: spent points go back, earned ones are taken"):
        since = m.pos.screen.mark()
        answer = m.pos.api.post("/v1/void", {"sale": m.pos.sale})
        m.expect("void answers", answer.status, 200)
        m.measured("void", answer.ms)
        m.screen_says("Sale voided", since)
        m.expect("voids in the journal", len(m.entries(m.pos.sale, "void")), 1)
        m.expect_balance(PETAR, 300 - points, "after the void")


def offline(m):
    with m.step("the network plug is pulled: verno status says so, and why"):
        held = wait_for("points that are granted ahead", lambda: m.taken(PETAR) >= 300 + 100, 20)  # 300 were asked for, spent, and given back
        m.expect("the till holds points ahead", bool(held), True)
        since = m.pos.screen.mark()
        m.shop.cable.touch()
        status = wait_for("the till to notice", lambda: (s := m.shop.status())["state"] != "live" and s, 15)
        m.expect("a reason is given", bool(status.get("reason")), True)
        m.note.append(f"{status['state']}: {status.get('reason')}")
        m.expect("the screen shows it", bool(m.pos.screen.wait(lambda s: not s["online"], since, 5)), True)
    with m.step("cut off: the screen says how many of his points this till may take"):
        m.pos.start()
        since = m.pos.screen.mark()
        m.card(CARD_OF[PETAR], "Petar")
        m.buy("milk")
        told = m.pos.quote().json["member"]
        here = told["available_here"]
        m.expect("it is a part of the balance", 100 <= here < told["balance"], True)
        m.expect("the POS is told why", told.get("available_why"), "alone")
        says = f"Offline: offer up to {here:,} points, more when online."
        model = m.pos.screen.wait(lambda s: s.get("here") and s["points"].startswith(f"{told['balance']:,} "), since, 3)
        m.expect("beside the balance", model and model["here"], f"{here:,} usable here")
        held = m.shop.status()["rights"]["points"]
        m.expect("verno status knows of it", held["amount"] >= here, True)
        m.note.append(f"{told['balance']:,} points, of them {here:,} usable here, and when the basket would take more: '{says}'")
        since = m.pos.screen.mark()
        m.buy("detergent", "detergent", "detergent", "detergent", "detergent", "detergent")
        model = m.pos.screen.wait(lambda s: says in s["secondary"], since, 3)
        m.expect("the screen says it", bool(model), True)
        offers = [int(re.sub(r"\D", "", a["label"])) for a in (model or {"actions": []})["actions"] if a["action"].startswith("spend_")]
        m.expect("a button offers them, and none more", bool(offers) and max(offers), here // 10 * 10)
    with m.step("the sale works without a network, and points pay by the right that was granted ahead"):
        m.pos.start()
        m.buy("milk")  # the receipt before is given up with it, and its card
        m.card(CARD_OF[PETAR], "Petar")
        outcome = m.buy("milk")
        shelf = 2 * off(MILK, MILK_BP)
        discount = shelf + off(2 * MILK - shelf, GOLD_BP)
        points = (2 * MILK - discount) * GOLD_TIMES // EARN_PER
        m.expect_outcome(outcome, discount, 2 * MILK - discount, points)
        since = m.pos.screen.mark()
        choice = m.pos.api.post("/v1/choice", {"sale": m.pos.sale, "spend_points": 100})
        m.expect("spend", choice.json.get("spend"), "granted")
        m.screen_says("100 points take", since)
        payable = 2 * MILK - discount - 100 * POINT_WORTH
        points = payable * GOLD_TIMES // EARN_PER
        m.expect_outcome(choice.json["outcome"], discount + 100 * POINT_WORTH, payable, points)
        done = m.pay(points)
        m.expect("commit says points_spent", done.json.get("points_spent"), 100)
        journal = m.shop.status()["journal"]
        m.expect("something waits for the hub", journal["seq"] > journal["acked"], True)
        m.expect("the hub does not have it yet", m.at_hub(m.pos.sale), None)
    with m.step("the plug is in again: the batch arrives"):
        m.shop.cable.unlink()
        row = m.arrives(m.pos.sale, 30)
        m.expect("points at the hub", row["points_earned"], points)
        m.expect_balance(PETAR, points - 100, "after the outage")
        wait_for("the till to be live", lambda: m.shop.status()["state"] == "live", 30)


def publish(m):
    with m.step("coffee week is published: the next sale has it, nothing restarted"):
        started = time.monotonic()
        before = m.shop.status()
        m.shop.publish(m.shop.chain / "promotion-new.ndjson")
        wait_for("the new ruleset", lambda: m.shop.status()["ruleset"] > before["ruleset"], 15)
        m.note.append(f"at the till after {time.monotonic() - started:.2f} s")
        m.expect("promotions", m.shop.status()["promotions"], before["promotions"] + 1)
        m.pos.start()
        m.card("known", "Marko")
        outcome = m.buy("coffee")
        payable = COFFEE - off(COFFEE, COFFEE_WEEK_BP)
        m.expect_outcome(outcome, off(COFFEE, COFFEE_WEEK_BP), payable, payable // EARN_PER)
        m.pay(payable // EARN_PER)
        m.arrives(m.pos.sale)
        m.expect_balance(MARKO, payable // EARN_PER, "after the sale")
        m.expect("boots in the journal", sum(e["entry"]["kind"] == "boot" for e in m.journal()), 1)


def bad_cards(m):
    for name, says in (("unknown", "Card not known here"), ("foreign", "Another chain's card"), ("damaged", "Card unreadable"),
                       ("payment", "That is a payment card")):
        with m.step(f"{name} card: one sentence, and the sale goes on"):
            m.pos.start()
            m.card(name, says)
            outcome = m.buy("water")
            points = WATER // EARN_PER if name == "unknown" else 0
            m.expect_outcome(outcome, 0, WATER, points)
            m.pay(points)
    with m.step("the payment card's number is in no file of till, hub and logs"):
        files = [f for f in m.shop.folder.rglob("*") if f.is_file() and m.shop.chain not in f.parents]
        m.expect("files with the number", [str(f.relative_to(m.shop.folder)) for f in files if PAYMENT in f.read_bytes()], [])
        m.note.append(f"{len(files)} files")


def audit(m):
    with m.step("the till's journal is gapless and its hash chain verifies"):
        lines = m.shop.verno("journal", "--from", "1").splitlines()
        digest = hashlib.sha256(b"verno-journal-1" + bytes.fromhex(m.shop.status()["enrolment"])).digest()
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            body = re.fullmatch(r'\{"seq":\d+,"hash":"[0-9a-f]+","entry":(.*)\}', line).group(1).encode()
            digest = hashlib.sha256(digest + number.to_bytes(8, "big") + body).digest()
            if (row["seq"], row["hash"]) != (number, digest.hex()):
                m.expect("entry and hash", (row["seq"], row["hash"]), (number, digest.hex()))
                break
        m.note.append(m.shop.verno("journal", "--verify").strip())
    with m.step("the hub has everything, and its audit is clean"):
        wait_for("the last entries", lambda: (j := m.shop.status()["journal"])["acked"] == j["seq"], 15)
        m.note.append(m.shop.hub("audit").strip().splitlines()[-1])
        m.expect("entries in quarantine", json.loads(m.shop.hub("quarantine", "list", "--json"))["quarantine"], [])
        for member, balance in m.balance.items():
            m.expect(f"ledger of member {member} at the end", m.ledger(member)["balance"], balance)


MORNING = (gold_basket, qr_and_return, coupon_once, points_and_void, offline, publish, bad_cards, audit)


def play(shop):
    started = time.monotonic()
    scanner = Scanner(shop.scanner)
    try:
        shop.up(lambda what: print(f"  {what}", flush=True))
        shop.till_up(lambda what: print(f"  {what}", flush=True))
        morning = Morning(shop, Pos(shop, datetime.date.today().isoformat()))
        morning.pos.scanner = scanner
        for part in MORNING:
            try:
                part(morning)
            except NameError:  # what a step of this part should have brought, and did not: told already
                if not morning.failed:
                    raise
        with morning.step("closing time: agent and hub end when they are asked to"):
            codes = shop.stop()
            morning.expect("exit codes", (codes["agent"], codes["hub"]), (0, 0))
    finally:
        shop.stop()
        scanner.close()
    print(f"{morning.steps} steps in {time.monotonic() - started:.1f} s, {len(morning.failed)} expectations failed")
    for fault in morning.failed:
        print(f"failed: {fault}")
    return 1 if morning.failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the folder of the built programs")
    parser.add_argument("--chain", help="a practice chain made before (toolchain/practice-chain), instead of a new one")
    parser.add_argument("--keep", action="store_true", help="leave the folder where it is")
    args = parser.parse_args()
    end_once({signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143})
    with temporary("verno-play.", args.keep) as folder:
        shop = Shop(folder, args.bin, args.chain)
        try:
            code = play(shop)
        except Failure as failure:
            print(f"play: {failure}", file=sys.stderr)
            code = 1
        if args.keep:
            print(f"the practice shop's files are in {folder}")
    sys.exit(code)


if __name__ == "__main__":
    main()
