"""A POS of a till, as a vendor makes it: it sells against the local API, repeats what it got no answer to, goes on without loyalty when
that takes too long, and tells the agent later what came of a receipt that it had asked about. Whatever it prints, it writes down.

The record is a line for each fact, as it became one: `printed` (the receipt, from what the hold said), then `confirmed`, `voided`,
`returned`; or `cancelled`. tests/integration/oracle.py counts by these lines alone.
"""
import http.client
import json
import threading
import time

from chain import DATE, Answer, Failure, UnixConnection

PATIENCE_S = 2.0       # of a cashier, for one step
LEAST_POINTS = 50      # that the practice chain lets a customer pay with
TROUBLE = (503, 507)   # the agent starts or ends, or its disk is full: nothing was recorded


class Record:
    """What all POSes printed, in memory and in a file."""

    def __init__(self, path):
        self.lock, self.lines = threading.Lock(), []
        self.file = open(path, "a", encoding="utf-8", buffering=1)

    def note(self, what, **facts):
        with self.lock:
            self.lines.append({"what": what, "at": round(time.time(), 3), **facts})
            self.file.write(json.dumps(self.lines[-1]) + "\n")

    def count(self, what):
        with self.lock:
            return sum(line["what"] == what for line in self.lines)


class Pos:
    """One POS at one till. `wishes(draw)`: what its next customer does, see Customers in test_stores.py."""

    def __init__(self, till, record, wishes, draw):
        self.till, self.record, self.wishes, self.draw = till, record, wishes, draw
        self.connection, self.receipt, self.card_shown = None, 0, False
        self.owed = []  # (path, body, fact) that the agent must still hear, in order
        self.later = []  # the same, behind the next customer's receipt
        self.done = []  # sales that could be taken back
        self.lost = self.alone = self.disk_full = self.slowest_ms = 0
        self.said = {}  # what choices were answered
        self.granted_ms = []  # how long those waited that were granted

    # --- requests ------------------------------------------------------------------------------------------------------

    def once(self, path, text):
        try:
            if self.connection is None:
                self.connection = UnixConnection(self.till.socket, PATIENCE_S)
            self.connection.request("POST", path, text, {"Content-Type": "application/json"})
            response = self.connection.getresponse()
            return Answer(response.status, response.read(), 0)
        except (OSError, http.client.HTTPException):
            self.connection, self.lost = None, self.lost + 1
            return None

    def ask(self, path, body, seconds=PATIENCE_S):
        """Repeats until there is an answer; None when there is none, or trouble alone, in that time."""
        text, started = json.dumps(body).encode(), time.monotonic()
        while True:
            answer = self.once(path, text)
            passed = time.monotonic() - started
            self.disk_full += answer is not None and answer.status == 507
            if answer is not None and answer.status not in TROUBLE:
                self.slowest_ms = max(self.slowest_ms, passed * 1000)
                return answer
            if passed > seconds:
                return None
            time.sleep(0.01)

    def expect(self, path, body):
        """The document of an answer that must be 200; None as ask()."""
        answer = self.ask(path, body)
        if answer is not None and answer.status != 200:
            raise Failure(f"{self.till.name}: {path} {json.dumps(body)} was answered {answer.status}: {answer.json}")
        return answer and answer.json

    # --- what is owed --------------------------------------------------------------------------------------------------

    def settle(self, seconds=PATIENCE_S):
        """Tells the agent what it did not take before; whether it has all of that now."""
        while self.owed:
            path, body, fact = self.owed[0]
            answer = self.ask(path, body, seconds)
            if answer is None:
                return False
            self.owed.pop(0)
            self.heard(path, body, fact, answer)
        return True

    def heard(self, path, body, fact, answer):
        what, sale = fact
        if path == "/v1/cancel" and answer.status == 409 and answer.json["title"] == "Nothing is held":
            return  # the hold whose answer was lost was never made
        if path == "/v1/void" and answer.status == 404:  # nobody has bought anything since: it does not count as used
            self.owed.insert(0, ("/v1/cancel", {**body, "step": 0}, ("cancelled", sale)))
            return
        if answer.status != 200:
            raise Failure(f"{self.till.name}: {path} {json.dumps(body)} was answered {answer.status}: {answer.json}")
        told = {name: answer.json[name] for name in ("points_earned", "points_spent", "reversal") if name in answer.json}
        self.record.note(what, till=self.till.name, sale=sale, **told)
        if self.draw.random() < 0.1:
            again = self.ask(path, body)
            if again is not None and again.body != answer.body:
                raise Failure(f"{self.till.name}: {path} of {sale}: {answer.body!r}, and when repeated {again.body!r}")

    def owe(self, path, body, what, sale):
        self.owed.append((path, body, (what, sale)))

    # --- a sale --------------------------------------------------------------------------------------------------------

    def key(self):
        self.receipt += 1
        return {"pos": "1", "date": DATE, "receipt": f"{self.receipt:05d}"}

    def sell(self):
        """The next customer. Without loyalty when the agent does not answer, or still does not know of the one before."""
        wish = self.wishes(self.draw)
        sale = self.key()
        basket = {"sale": sale, "operator": "7", "started_ms": int(time.time() * 1000), "lines": wish["lines"]}
        if not self.settle():
            self.alone += 1
            return
        self.card_shown = False
        if not self.prepare(basket, wish):
            self.alone += 1
            if not self.card_shown and self.draw.random() < 0.5:  # it tells the agent of the sale afterwards
                self.owe("/v1/commit", {"sale": sale, "fiscal": f"L-{sale['receipt']}", "basket": basket}, "confirmed", sale["receipt"])
                self.record.note("printed", till=self.till.name, sale=sale["receipt"], member=None, earned=0, spent=0, payable=None,
                                 coupon=None, fiscal=f"L-{sale['receipt']}")
            return
        self.pay(basket, wish)
        self.settle()

    def prepare(self, basket, wish):
        """Goods, card, coupon and points; again from the start when the agent went away meanwhile and has forgotten them."""
        for _ in range(3):
            before = self.lost
            told = self.expect("/v1/quote", {"basket": basket})
            for code in (wish["card"], wish["coupon"]):
                if told and code:
                    self.card_shown = True
                    told = self.expect("/v1/scan", {"aim": "]E0", "data": code})
            told = told and self.expect("/v1/quote", {"basket": basket})
            if told and wish["points"] and wish["card"]:
                told = self.choose(basket["sale"], told["outcome"])
            if told and self.lost == before:
                return True
        return False

    def choose(self, sale, outcome):
        if outcome.get("spend_max_points", 0) < LEAST_POINTS:
            return outcome
        most = outcome["spend_max_points"]
        points = most if self.draw.random() < 0.5 else self.draw.randrange(outcome["spend_min_points"], most + 1, outcome["spend_step_points"])
        started = time.monotonic()
        answer = self.ask("/v1/choice", {"sale": sale, "spend_points": points})
        while answer is not None and answer.json.get("title") == "The hub is being asked already" and time.monotonic() - started < PATIENCE_S:
            time.sleep(0.05)  # about the coupon
            answer = self.ask("/v1/choice", {"sale": sale, "spend_points": points})
        if answer is not None and answer.status not in (200, 404, 409, 422):
            raise Failure(f"{self.till.name}: choice of {points} points was answered {answer.status}: {answer.json}")
        if answer is not None:
            said = answer.json.get("spend", answer.json.get("title"))
            self.said[said] = self.said.get(said, 0) + 1
            if said == "granted":
                self.granted_ms.append((time.monotonic() - started) * 1000)
        return answer

    def hold(self, basket, step):
        """What the hold says; None when nothing is held, as far as the POS knows: then it says so, as soon as it is heard."""
        for _ in range(3):
            answer = self.ask("/v1/hold", {"basket": basket, "step": step})
            if answer is not None and answer.status == 409 and answer.json["title"] == "The right is no longer here":
                if self.expect("/v1/quote", {"basket": basket}) is None:
                    return None
                continue
            if answer is None:
                self.owe("/v1/cancel", {"sale": basket["sale"], "step": step}, "cancelled", basket["sale"]["receipt"])
            elif answer.status != 200:
                raise Failure(f"{self.till.name}: hold of {basket['sale']} was answered {answer.status}: {answer.json}")
            return answer and answer.json["outcome"]
        return None

    def pay(self, basket, wish):
        sale, receipt = basket["sale"], basket["sale"]["receipt"]
        fate = wish["fate"]
        held = self.hold(basket, 0)
        if held is not None and fate in ("cancelled", "recalled"):
            self.owe("/v1/cancel", {"sale": sale, "step": 0}, "cancelled", receipt)
            held = self.hold(basket, 1) if fate == "recalled" and self.settle() else None
        if held is None:
            self.alone += fate != "cancelled"
            return
        if fate == "forgotten":  # the customer went away; it is noticed after the next one
            self.later.append(("/v1/void", {"sale": sale}, ("voided", receipt)))
            return
        fiscal = f"F-{self.till.name}-{receipt}"
        commit = ("/v1/commit", {"sale": sale, "fiscal": fiscal}, ("confirmed", receipt))
        self.record.note("printed", till=self.till.name, sale=receipt, member=wish["member"], earned=held.get("points_earned", 0),
                         spent=held.get("points_spent", 0), payable=held["payable_minor"], discount=held.get("discount_minor", 0),
                         coupon=coupon_used(held, wish), fiscal=fiscal, parked=fate == "parked")
        if fate == "parked":  # the POS tells of it after the next one
            self.later.append(commit)
            return
        self.owed.append(commit)
        if fate == "voided":
            self.owe("/v1/void", {"sale": sale}, "voided", receipt)
        elif fate == "returned" and self.done:
            back = self.done.pop(self.draw.randrange(len(self.done)))
            self.owe("/v1/return", {"sale": self.key(), "of": back}, "returned", back["receipt"])
        else:
            self.done.append(sale)
        self.close()

    def close(self):
        """What was put off is due now."""
        self.owed, self.later = self.owed + self.later, []


def coupon_used(outcome, wish):
    """The coupon's account when it took something off this receipt."""
    used = [taken["account"] for taken in outcome.get("consumptions", []) if taken["account"].startswith("c")]
    if len(used) > 1 or (used and not wish["coupon"]):
        raise Failure(f"a receipt with the coupon {wish['coupon']} used {used}")
    return used[0] if used else None
