#!/usr/bin/env python3
"""The hub quotes again what tills sold: what an agent sold comes out the same, and what a liar says is told to people.

  test_requote.py ROOT BIN [case...]
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, check, check_says, run_cases, wait_for  # noqa: E402


def differing(chain, *words):
    return json.loads(chain.hub("sales", "--differing", "--json", *words))


def looked_at(chain, receipts):
    """What the hub says when that many receipts were quoted again."""
    return wait_for("receipts to be quoted again", lambda: (said := differing(chain))["behind"] == 0
                    and said["checked"] + sum(said["not_judged"].values()) >= receipts and said, seconds=30)


def an_agents_day(chain):
    till = chain.till()
    lane = Lane(till)
    sold = 0
    for goods in ((1, 2, 3), (4, 5), (6, 7, 8, 9), (10,), (11, 12, 13)):
        for member in (None, 1, 2):
            lane.open(*goods)
            lane.quote()
            if member:
                lane.card(member)
                lane.quote()
            if sold % 2:
                lane.hold()
            lane.commit()
            sold += 1
    chain.hub("stop", json.loads((chain.chain / "ruleset.ndjson").read_text().splitlines()[1])["id"])
    changed = {**chain.goods()[1], "category": "elsewhere", "price_minor": 12300}
    fresh = {**changed, "code": "9900000000003"}
    (chain.folder / "changed.ndjson").write_text(json.dumps(changed) + "\n" + json.dumps(fresh) + "\n")
    items = till.status()["items"]
    chain.hub("catalogue import", chain.folder / "changed.ndjson")
    till.wait_status("the goods", lambda status: status["items"] == items + 1)
    for member in (None, 3):
        lane.sell(member)
        sold += 1
    lane.ask("/v1/void", lane.commit_request())
    till.wait_drained()
    chain.settle()
    said = looked_at(chain, sold)
    check("receipts that differ", said["differing"], [])
    check("receipts that were judged, and those that were not", (said["checked"], said["not_judged"]), (sold, {}))
    check_says("sales --differing", chain.hub("sales", "--differing"), rf"^{sold} receipts quoted again, 0 differ; 0 entries")
    chain.stop_hub()
    chain.start_hub()
    check("after another start", (looked_at(chain, sold)["checked"], chain.audit()), (sold, []))


run_cases(an_agents_day)
