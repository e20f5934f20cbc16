"""Cards that are blocked, and goods with several codes, from the hub's verbs to the scan at a till."""
import json
import time

import chain
from chain import Lane, check, check_says, wait_for

MEMBER, OTHER = 3, 4


def shown(lane, member):
    """What a quote tells the POS after this card."""
    lane.open()
    lane.quote()
    lane.card(member)
    return lane.quote()


def a_blocked_card_earns_nothing_and_shows_nothing(c):
    till = c.till()
    lane = Lane(till)
    number = lane.cards[MEMBER]
    told = shown(lane, MEMBER)
    check("before", (told["member"]["blocked"], told["member"]["first_name"] != "", told["outcome"]["points_earned"] > 0), (False, True, True))
    lane.hold(), lane.commit()
    balance = c.balance(MEMBER)
    check("the verb", c.hub("cards block", "-", "--why", "lost", stdin=number + "\n").strip(), "the card is blocked")
    told = wait_for("the till to hear of it", lambda: (said := shown(lane, MEMBER))["member"]["blocked"] and said)
    check("the member", told["member"], {"known": True, "blocked": True, "first_name": "", "tier": "", "balance": 0,
                                           "available_here": 0})
    check("points", (told["outcome"].get("points_earned", 0), told["outcome"].get("spend_max_points", 0)), (0, 0))
    lane.hold(), lane.commit()
    till.wait_drained()
    check("his balance", c.balance(MEMBER), balance)
    check("somebody else's card", shown(lane, OTHER)["member"]["blocked"], False)
    listed = [json.loads(line) for line in c.hub("cards export").splitlines()]
    check("what is listed", [row["reason"] for row in listed], ["lost"])
    check("no number is in it", number in json.dumps(listed), False)
    c.hub("cards unblock", number)
    wait_for("the till to hear that it is good again", lambda: not shown(lane, MEMBER)["member"]["blocked"])
    for log in c.logs.glob("*.log"):
        check(f"{log.name} has the number", number in log.read_text(errors="replace"), False)


def a_till_without_a_cache_is_told_of_the_block(c):
    number = c.members()[MEMBER]["cards"][0]
    c.hub("cards import", c.write("blocked", {"number": number}))
    lane = Lane(c.till())
    check("from the snapshot", shown(lane, MEMBER)["member"]["blocked"], True)


def what_is_wrong_is_said(c):
    for words, says in ((("cards block", "29 90"), "digits and letters"), (("cards block", "9" * 70), "1 to 63"),
                        (("cards block", "-"), "1 to 63")):
        try:
            c.hub(*words, stdin="")
        except chain.Failure as failure:
            check_says(" ".join(words), str(failure), says)
        else:
            raise chain.Failure(f"{words} was taken")


def a_further_code_is_the_same_item(c):
    item = next(item for item in c.goods() if item["category"] != "deposit")
    header, *_ = (c.chain / "ruleset.ndjson").read_text().splitlines()
    header = {**json.loads(header), "groups": [{"id": "g", "stage": "units", "choice": "all"}]}
    half = {"id": "half", "group": "g", "then": {"kind": "percent_off", "selector": {"codes": [item["code"]]}, "rate_bp": 5000}}
    c.hub("catalogue import", c.write("aliases", {**item, "aliases": ["40170725"]}))
    c.hub("publish", c.write("half", header, half))
    till = c.till()
    lane = Lane(till)

    def price():
        lane.open()
        lane.basket["lines"] = [{"id": 1, "code": "40170725", "name": "x", "amount_minor": 10000}]
        return lane.quote()["outcome"]["payable_minor"]

    check("its price", price(), 5000)
    lane.hold(), lane.commit()
    c.hub("catalogue import", c.write("aliases", item))
    wait_for("the till to hear that it is its code no longer", lambda: price() == 10000)


class Chain(chain.Chain):
    def write(self, name, *rows):
        path = self.folder / f"{name}.ndjson"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path


chain.run_cases(a_blocked_card_earns_nothing_and_shows_nothing, a_till_without_a_cache_is_told_of_the_block, what_is_wrong_is_said,
                a_further_code_is_the_same_item, kind=Chain)
