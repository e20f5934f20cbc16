#!/usr/bin/python3
"""Receipts that come back at tills that lack them: the hub settles them from what the till of the sale recorded, whenever that
arrives, and once; what it can't settle is in the operator's list."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import DATE, Lane, check, check_says, run_cases, wait_for  # noqa: E402

MEMBER = 5


def two_tills(chain):
    """Till t1 of store s1 and till t2 of s2, each with its POS."""
    first = chain.till("t1")
    second = chain.till("t2")
    return first, second, Lane(first), Lane(second, pos="2")


def give_back(lane, number, of, lines=None, status=202, **more):
    body = {"sale": {"pos": lane.pos, "date": DATE, "receipt": f"R{number}"}, "of": of, **more}
    if lines:
        body["lines"] = [{"id": line, "qty_milli": 1000} for line in lines]
    answer = lane.ask("/v1/return", body, status)
    if status == 202:
        check("accepted", answer["accepted"], True)
        check("repeated", lane.ask("/v1/return", body, status), answer)
    return answer


def waiting(chain):
    chain.settle()
    return [(row["till"], row["kind"], row["class"]) for row in json.loads(chain.hub("quarantine list", "--json"))["quarantine"]]


def shown(lane, member):
    """The balance that a till shows of a member, on a receipt that is then left."""
    lane.open()
    lane.quote()
    lane.card(member)
    return lane.quote()["member"]["balance"]


def wait_shown(what, lane, member, balance):
    wait_for(f"{what}: a balance of {balance}", lambda: shown(lane, member) == balance)


def voided(chain):
    first, second, lane, other = two_tills(chain)
    before = chain.balance(str(MEMBER))
    told = lane.sell(MEMBER)
    first.wait_drained()
    check("earned", chain.balance(str(MEMBER)), before + told["points_earned"])
    answer = other.ask("/v1/void", {"sale": lane.sale}, 202)
    check_says("answer", answer["detail"], "hub settles it")
    check("repeated", other.ask("/v1/void", {"sale": lane.sale}, 202), answer)
    second.wait_drained()
    check("balance", chain.balance(str(MEMBER)), before)
    check("state", [(sale["till"], sale["kind"], sale["flags"]) for sale in chain.sales()], [("t1", "voided", ["back-elsewhere"])])
    wait_shown("where it was sold", lane, MEMBER, before)
    wait_shown("where it was voided", other, MEMBER, before)
    check("waiting", waiting(chain), [])
    check("entries", [line["entry"]["body"] for line in second.journal() if line["entry"]["kind"] == "void"], [{"elsewhere": True}])
    fleet = json.loads(chain.hub("fleet", "--json"))["tills"]
    check("what each took back of others", {row["till"]: row["back_elsewhere"] for row in fleet}, {"t1": 0, "t2": 1})
    check_says("fleet", chain.hub("fleet"), r"quar\. +back ")
    check_says("till show", chain.hub("till show", "t2"), r"took back +1 times from receipts of other tills")
    check("audit", chain.audit(), [])


def while_the_hub_is_away(chain):
    first, second, lane, other = two_tills(chain)
    before = chain.balance(str(MEMBER))
    chain.kill_hub()
    lane.sell(MEMBER)
    bought = lane.sale
    lane.sell(MEMBER)
    give_back(other, 1, bought)
    other.ask("/v1/void", {"sale": lane.sale}, 202)
    second.kill()
    second.start()
    other.api = second.api()
    other.ask("/v1/void", {"sale": lane.sale}, 202)  # the POS asks again: once
    chain.start_hub()
    first.wait_drained()
    second.wait_drained()
    check("balance", chain.balance(str(MEMBER)), before)
    check("states", sorted(sale["kind"] for sale in chain.sales()), ["returned", "voided"])
    check("waiting", waiting(chain), [])
    check("audit", chain.audit(), [])


def before_the_sale_has_arrived(chain):
    first, second, lane, other = two_tills(chain)
    before = chain.balance(str(MEMBER))
    chain.kill_hub()
    lane.sell(MEMBER)
    first.kill()
    chain.start_hub()
    other.ask("/v1/void", {"sale": lane.sale}, 202)
    other.ask("/v1/void", {"sale": {**lane.sale, "receipt": "never"}}, 202)
    second.wait_drained()
    check("waiting", waiting(chain), [("t2", "void", "waits-for-sale")] * 2)
    wait_for("health to say so", lambda: "2 entries are in quarantine" in chain.hub("health"))
    check("balance", chain.balance(str(MEMBER)), before)
    first.start()
    first.wait_drained()
    check("what nobody sold", waiting(chain), [("t2", "void", "waits-for-sale")])
    check("balance", chain.balance(str(MEMBER)), before)
    check("state", [sale["kind"] for sale in chain.sales()], ["voided"])
    check("audit", chain.audit(), [])


def in_parts(chain):
    first, second, lane, other = two_tills(chain)
    before = chain.balance(str(MEMBER))
    earned = lane.sell(MEMBER, times=20)["points_earned"]  # each line has points at any hour, whatever is in force then
    first.wait_drained()
    give_back(other, 1, lane.sale, [1])
    second.wait_drained()
    left = chain.balance(str(MEMBER))
    check("some of it is back", before < left < before + earned, True)
    give_back(lane, 2, lane.sale, [2])
    first.wait_drained()
    check("and some more", before < chain.balance(str(MEMBER)) < left, True)
    left = chain.balance(str(MEMBER))
    lane.ask("/v1/void", {"sale": lane.sale}, 409)  # this till knows that
    third = chain.till("t3")
    last = Lane(third, pos="3")
    last.ask("/v1/void", {"sale": lane.sale}, 202)
    give_back(other, 3, lane.sale, [1], status=409)  # the next one is another step
    give_back(other, 3, lane.sale, [1], step=1)
    third.wait_drained()
    second.wait_drained()
    check("refused", sorted(waiting(chain)), [("t2", "return", "refused"), ("t3", "void", "refused")])
    check("nothing twice", chain.balance(str(MEMBER)), left)
    give_back(other, 4, lane.sale, [3], step=2)
    second.wait_drained()
    check("all is back", chain.balance(str(MEMBER)), before)
    check("states", [sale["kind"] for sale in chain.sales()], ["returned"])
    wait_shown("where it was sold", lane, MEMBER, before)
    check("audit", chain.audit(), [])


run_cases(voided, while_the_hub_is_away, before_the_sale_has_arrived, in_parts)
