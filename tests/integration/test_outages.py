#!/usr/bin/python3
"""The hub is away, is another one, has a wrong clock, or refuses the till: in each case the till sells on, the screen shows it, and
`verno status` says why in one sentence.
"""
import json
import pathlib
import re
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, Stream, Till, check, check_says, commits, run_cases, wait_for  # noqa: E402
from rogue import Connection, Rogue  # noqa: E402

YEAR_S = 365 * 86400


def sells_on(till, lane, member=6, clocks_agree=True):
    """Cards are known, points are earned, and nothing waits for the hub but paying with points. When the clocks of hub
    and till disagree by years, points are not mature yet or expired already: none are offered, and that is all that is missing."""
    told = lane.sell(member)
    check("the commit says committed", told["committed"], True)
    if told["points_earned"] <= 0 or "balance" not in told:
        raise Failure(f"a sale with a card was told {told}")
    lane.open(1)
    lane.quote()
    lane.card(member)
    outcome = lane.quote()["outcome"]
    check("points are offered", "spend_max_points" in outcome, clocks_agree)
    if not clocks_agree:
        lane.hold()
        lane.commit()
        return
    choice = lane.ask("/v1/choice", {"sale": lane.sale, "spend_points": outcome["spend_min_points"]})
    check("the choice says", choice["spend"], "needs_hub")
    screen = Stream(till.socket, "/v1/screen?locale=en")
    wanted = {"refused": "call support", "alone": "Points need the network"}[choice["available_why"]]
    model = screen.wait(lambda m: wanted in m["main"])
    if model is None:
        raise Failure(f"the screen says {screen.last()}")
    check("the screen shows that the hub is away: online", model["online"], False)
    lane.hold()
    lane.commit()


def is_offline(till, state, reason):
    """The state and its one sentence, for programs and for people."""
    fits, after, words = None, {"journal": None}, ""
    while fits is None or fits["journal"] != after["journal"]:  # what was journaled between two looks makes them differ
        fits = till.wait_status(f"state {state} because of '{reason}'",
                                lambda s: s["state"] == state and not s["online"] and re.search(reason, s["reason"]))
        words = till.words()
        after = till.status()
    check_says("verno status", words, reason)
    check_says("verno status", words, "sells on")
    refused = state in ("revoked", "quarantined")
    check("the way out", "with this one as --replaces" in words, refused)
    if refused:
        check("what waits for the hub", "wait for the hub" in words, False)
        check_says("verno status", words, "rights      none can be used: the hub refuses this till\n")
        check("what rights it tells of", re.search("here without asking|to borrow rights from", words), None)
        unsent = fits["journal"]["seq"] - fits["journal"]["acked"]
        if unsent > 0:
            check_says("verno status", words, f"{unsent} of them stays? here until the till is enrolled anew")
        screen = Stream(till.socket, "/v1/screen?locale=en").wait(lambda m: "the hub refuses" in json.dumps(m))
        check("the screen says to call support", screen is not None, True)
    check("lines of the reason", fits["reason"].count("\n"), 0)


def comes_back(chain, till, lane):
    till.wait_drained()
    till.wait_live()
    confirmed = commits(till.journal())
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), sorted(confirmed))
    check("audit", chain.audit(), [])
    check("the last receipt", confirmed[-1], lane.sale["receipt"])


def hub_stopped(chain):
    till = chain.till()
    chain.kill_hub()
    lane = Lane(till)
    is_offline(till, "offline", "refused|lost|closed|no way")
    sells_on(till, lane)
    chain.start_hub()
    comes_back(chain, till, lane)


def started_without_hub(chain):
    """The till has never reached the hub since its start, but has its cache."""
    till = chain.till()
    till.stop()
    chain.kill_hub()
    till.start()
    lane = Lane(till)
    is_offline(till, "offline", "refused|not been reached")
    sells_on(till, lane)
    chain.start_hub()
    comes_back(chain, till, lane)


def never_any_contact(chain):
    """Enrolled, and then the hub is gone before anything was loaded: nothing is discounted, and the POS goes on."""
    till = chain.till(start=False)
    chain.kill_hub()
    till.start()
    lane = Lane(till)
    is_offline(till, "enrolled", "refused|not been reached")
    lane.open(1, 2)
    total = sum(line["amount_minor"] for line in lane.basket["lines"])
    check("payable without a ruleset", lane.quote()["outcome"]["payable_minor"], total)
    lane.hold()
    lane.commit()
    chain.start_hub()
    comes_back(chain, till, lane)


def other_hub(chain):
    """Behind the hub's address is a hub of another chain: its certificate is from another authority."""
    till = chain.till()
    chain.stop_hub()
    chain.run("verno-hub", "init", "--dir", chain.folder / "hub2", "--host", chain.address)
    chain.start_hub(chain.folder / "hub2")
    lane = Lane(till)
    is_offline(till, "offline", "certificate")
    sells_on(till, lane)
    chain.stop_hub()
    chain.start_hub()
    comes_back(chain, till, lane)


def other_name(chain):
    """The certificate is of our authority, but for another address."""
    till = chain.till()
    till.stop()
    chain.stop_hub()
    chain.address = "127.0.0.2"
    chain.hub_port = 0
    chain.start_hub()
    till.configure(locale="en", hub_host=chain.address, hub_port=chain.hub_port)
    till.start()
    lane = Lane(till)
    is_offline(till, "offline", "certificate")
    sells_on(till, lane)


def hub_of_another_time(chain, shift_s):
    """A chain whose certificates were made at another time, and a till that was enrolled at that time."""
    chain.stop_hub()
    shutil.rmtree(chain.hub_dir)
    clock = chain.wrong_clock(shift_s)
    chain.run_with(clock, "verno-hub", "init", "--dir", chain.hub_dir, "--host", chain.address)
    chain.start_hub(**clock)
    chain.fill()
    till = Till(chain, "t1")
    till.enrol(environment=clock)
    till.configure(locale="en")
    till.start(**clock)
    till.wait_live()
    till.stop()
    return till


def hub_certificate_expired(chain):
    till = hub_of_another_time(chain, -3 * YEAR_S)
    till.start()
    lane = Lane(till)
    is_offline(till, "offline", "certificate.*expired")
    sells_on(till, lane, clocks_agree=False)


def clock_behind_the_tills_own_certificate(chain):
    """What the hub gave the till is younger than the till's clock, which can't be right, so it is not what the hub is judged by."""
    till = hub_of_another_time(chain, 3 * YEAR_S)
    till.start()
    till.wait_live()
    sells_on(till, Lane(till), clocks_agree=False)


def wrong_clock(chain, shift_s, reason):
    """Of the till. What was sold meanwhile is accepted when the clock is right again."""
    till = chain.till()
    till.stop()
    till.start(**chain.wrong_clock(shift_s))
    lane = Lane(till)
    is_offline(till, "offline", reason)
    lane.sell(6)
    sells_on(till, lane, clocks_agree=False)
    till.stop()
    till.start()
    till.wait_live()
    comes_back(chain, till, lane)


def till_clock_ahead(chain):
    wrong_clock(chain, 3 * YEAR_S, "certificate.*expired")


def till_clock_ten_years_ahead(chain):
    wrong_clock(chain, 10 * YEAR_S, "certificate.*expired")


def till_clock_an_hour_off(chain):
    """Not enough for a certificate to be out of date: everything works, and support is told."""
    till = chain.till()
    check("trouble", till.status()["trouble"], [])
    till.stop()
    till.start(**chain.wrong_clock(3600))
    till.wait_live()
    till.wait_drained()
    told = till.wait_status("trouble with the clock", lambda s: s["trouble"])
    check("troubles", len(told["trouble"]), 1)
    check_says("verno status", till.words(), "trouble     the clock of this till is (59|60) minutes ahead of the hub's: set it")
    till.stop()
    till.start()
    till.wait_drained()
    check("trouble", till.status()["trouble"], [])


def revoked(chain):
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    before = len(chain.sales())
    chain.hub("till revoke", "t1")
    lane.sell(6)
    is_offline(till, "revoked", "hub (refuses|does not accept).*")
    sells_on(till, lane)
    check_says("verno status", till.words(), r"\d+ entries, [2-9] of them stay here until the till is enrolled anew")
    check("sales at the hub", len(chain.sales()), before)
    till.stop()
    till.start()
    lane = Lane(till, receipt=lane.receipt)
    is_offline(till, "revoked", "hub (refuses|does not accept).*")
    sells_on(till, lane)
    check("sales at the hub", len(chain.sales()), before)


def state_at_hub(chain, till):
    fleet = chain.fleet()
    return next(row["state"] for row in fleet["tills"] if row["till"] == till.name)


def earned(journal, receipts):
    """Points of these sales, by the till's own journal."""
    return sum(line["entry"].get("points", 0) for line in journal
               if line["entry"]["kind"] == "commit" and line["entry"]["sale"][2] in receipts)


def owned(chain, member):
    return sum(row["amount"] for row in chain.ledger(member)["places"] if row["place"] not in ("issued", "redeemed"))


def way_out(chain, till, name, member=6):
    """The till is enrolled anew into a new folder and hands in what the hub lacks: each sale of its old journal is at the hub once,
    with its points, and it goes on as any other.
    """
    journal = till.journal()
    till.stop()
    had = [row["sale"][2] for row in chain.sales()]
    missing = sorted(set(commits(journal)) - set(had))
    points = owned(chain, member)
    new = Till(chain, "t1", chain.folder / name)
    said = new.enrol(replaces=till.folder).stdout
    check_says("verno enrol", said, f"the hub has all {len(journal)} entries of ")
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), sorted(had + missing))
    check("points at the hub", owned(chain, member), points + earned(journal, missing))
    check("run once more", new.enrol(code="", replaces=till.folder).stdout.splitlines(), said.splitlines()[1:])
    check("sales at the hub", len(chain.sales()), len(had + missing))
    branch = json.loads(chain.hub("branch list", "--json"))["branches"][-1]
    check("sales of the branch", branch["sales"], len(missing))
    check("what was lost", (branch["lost_points"], branch["lost_coupons"]), (0, 0))
    check_says("branch list", chain.hub("branch list"), f"branch {branch['branch']} of t1.*{len(missing)} sales taken")
    shown = json.loads(chain.hub("branch show", str(branch["branch"]), "--json"))
    check("the branch's sales", sorted(sale["sale"][2] for sale in shown["taken"]), missing)
    check("audit", chain.audit(), [])
    new.configure(locale="en")
    new.start()
    new.wait_live()
    Lane(new, receipt=100 + len(had + missing)).sell(member)
    new.wait_drained()
    check("sales at the hub", len(chain.sales()), len(had + missing) + 1)
    check("audit", chain.audit(), [])
    new.stop()


def set_back(chain):
    """A copy of the till's folder is restored after more was sold: found at the first contact, and there is a way out."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    till.stop()
    shutil.copytree(till.folder, chain.folder / "copy")
    till.start()
    lane = Lane(till, receipt=lane.receipt)
    for _ in range(3):
        lane.sell(6)
    till.wait_drained()
    confirmed = sorted(row["sale"][2] for row in chain.sales())
    till.stop()
    shutil.rmtree(till.folder)
    shutil.copytree(chain.folder / "copy", till.folder)
    till.start()
    lane = Lane(till, receipt=lane.receipt)
    is_offline(till, "quarantined", "journal|enrol anew")
    check("the till at the hub is", state_at_hub(chain, till), "branch")
    sells_on(till, lane)
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), confirmed)
    check("audit", chain.audit(), [])
    way_out(chain, till, "again")
    check("health", "branches" in chain.hub("health"), False)


def cloned(chain):
    """Two agents run on copies of one folder: the hub takes no more from either, until both are enrolled anew."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    till.stop()
    shutil.copytree(till.folder, chain.folder / "clone")
    clone = Till(chain, "t1", chain.folder / "clone")
    till.start()
    till.wait_live()
    Lane(till, receipt=10).sell(6)
    till.wait_drained()
    clone.start()
    is_offline(clone, "quarantined", "journal|start|enrol anew")
    check("the till at the hub is", state_at_hub(chain, till), "branch")
    Lane(till, receipt=20).sell(6)
    is_offline(till, "quarantined", "ended|enrol anew|branch|journal")
    sells_on(clone, Lane(clone, receipt=30))
    way_out(chain, till, "first")
    way_out(chain, clone, "second")


def set_back_in_silence(chain):
    """A running machine is set back: the same start goes on with an older journal, and has nothing new to send. An older stamp on
    a connection that was there before is a request that was delayed; on a new one it is a branch.
    """
    rogue = Rogue(chain, "t1")
    rogue.append(kind="finding", body={"what": "test"})
    connection = Connection(rogue)

    def report(**other):
        connection.request("POST", "/v1/status", b"{}", {"Verno-Till": rogue.stamp(**other)})
        response = connection.getresponse()
        return response.status, response.read()

    old = {"seq": 1, "hash": rogue.hashes[1].hex()}
    check("the first request", report()[0], 200)
    check("the journal", rogue.journal(rogue.batch())[0], 200)
    time.sleep(0.01)
    check("a request that was delayed", report(**old)[0], 200)
    check("on a new connection", rogue.call("POST", "/v1/status", b"{}")[0], 200)
    status, said = rogue.call("GET", "/v1/feed?cursor=1.1&wait=55", stamp=rogue.stamp(**old))
    check("an older one on a new connection", (status, said["title"]), (403, "branch"))
    check_says("the hub", said["detail"], "went back")
    check("the till at the hub is", state_at_hub(chain, rogue), "branch")
    connection.close()


def places(chain, member):
    return {row["place"]: row["amount"] for row in chain.ledger(member)["places"] if row["amount"]}


def grant_lost(chain):
    """The hub grants a right, and the till dies before it hears of it: the member pays here all the same. Until then the points are
    kept for this till: the hub does not offer them to another one. What is left is his, with the hub or ahead at this till.
    """
    till = chain.till()
    before = places(chain, 6)
    lane = Lane(till)
    lane.open(*range(8))
    lane.quote()
    lane.card(6)
    lane.quote()
    till.wait_drained()  # what the quote lacked is asked for by itself, and journaled
    chain.hub_process.send_signal(signal.SIGSTOP)
    check("the choice says", lane.ask("/v1/choice", {"sale": lane.sale, "spend_points": 100})["spend"], "needs_hub")
    till.kill()
    chain.hub_process.send_signal(signal.SIGCONT)
    wait_for("the grant", lambda: places(chain, 6).get("right") == 100)
    till.start()
    till.wait_live()
    lane.api = till.api()
    lane.quote()
    lane.card(6)
    lane.quote()
    check("the choice says", lane.ask("/v1/choice", {"sale": lane.sale, "spend_points": 60})["spend"], "granted")
    lane.hold()
    told = lane.commit()
    check("points spent", told["points_spent"], 60)
    till.wait_drained()
    after = places(chain, 6)
    check("points left", after["free"] + after.get("right", 0), before["free"] - 60 + told["points_earned"])
    check("points elsewhere", {place for place in after if place not in ("free", "issued", "redeemed", "right")}, set())
    check("audit", chain.audit(), [])


if __name__ == "__main__":
    run_cases(hub_stopped, started_without_hub, never_any_contact, other_hub, other_name, hub_certificate_expired,
              clock_behind_the_tills_own_certificate, till_clock_ahead, till_clock_ten_years_ahead,
              till_clock_an_hour_off, revoked, set_back, set_back_in_silence, cloned, grant_lost)
