#!/usr/bin/python3
"""Clocks that are ten years off, at the till and at the hub, while it enrols and while it syncs. Whatever they say to each other, the
till sells on, one sentence names the trouble, and what was sold is at the hub when the clock is right again.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, commits, run_cases  # noqa: E402
from rogue import Rogue  # noqa: E402

TEN_YEARS_S = 10 * 365 * 86400
EXPIRED, NOT_YET = "certificate.*expired", "certificate.*valid only from.*clock"


def sells(till, times=2):
    lane = Lane(till, receipt=len(commits(till.journal())))
    for _ in range(times):
        told = lane.sell(6)
        check("the commit says committed", told["committed"], True)


def offline_because(till, reason):
    status = till.wait_status(f"a sentence like '{reason}'", lambda s: not s["online"] and re.search(reason, s["reason"]))
    check_says("verno status", till.words(), reason)
    return status


def all_there(chain, till):
    till.wait_live()
    till.wait_drained()
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), commits(till.journal()))
    check("audit", chain.audit(), [])


def enrolling_with_a_wrong_clock(chain):
    """It is refused by what the till sees of the hub's certificate, and works as soon as the clock is right, with the same code."""
    code = chain.hub("till code", "s1", "t1").strip()
    till = Till(chain, "t1")
    for shift_s, reason in ((TEN_YEARS_S, EXPIRED), (-TEN_YEARS_S, NOT_YET)):
        done = till.enrol(code=code, ok=False, environment=chain.wrong_clock(shift_s))
        check("exit code", done.returncode, 1)
        check_says("verno enrol", done.stderr, reason)
    till.enrol(code=code)
    till.configure(locale="en")
    till.start()
    till.wait_live()
    sells(till)
    all_there(chain, till)


def till_of_the_future(chain):
    till = chain.till()
    sells(till)
    till.stop()
    till.start(**chain.wrong_clock(TEN_YEARS_S))
    offline_because(till, EXPIRED)
    sells(till)
    till.stop()
    till.start()
    all_there(chain, till)


def till_of_the_past(chain):
    """Its own certificate is younger than its clock, which can't be right, so the hub's is judged by that: it stays online."""
    till = chain.till()
    sells(till)
    till.stop()
    till.start(**chain.wrong_clock(-TEN_YEARS_S))
    till.wait_live()
    sells(till)
    all_there(chain, till)
    check_says("verno status", till.words(), "trouble     the clock of this till is 36[45][0-9] days behind the hub's: set it")
    till.stop()
    till.start()
    all_there(chain, till)


def hub_with_a_wrong_clock(chain):
    """A hub of the past finds no till's certificate valid yet. One of the future does not start, because its own authority is over by
    then, and says that it may be the clock. Neither takes anything, neither harms."""
    till, rogue = chain.till(), Rogue(chain)
    sells(till)
    till.wait_drained()
    chain.stop_hub()
    chain.start_hub(**chain.wrong_clock(-TEN_YEARS_S))
    till.stop()
    till.start()
    sells(till)
    state = offline_because(till, "not accept this till's certificate.*not valid yet by the clock")["state"]
    check("a wrong clock is no revocation", state, "offline")
    check("renewing then is answered", rogue.call("POST", "/v1/renew", "{}")[0], 401)
    check("audit", chain.audit(), [])
    chain.stop_hub()
    chain.start_hub(wait=False, **chain.wrong_clock(TEN_YEARS_S))
    check("exit code of a hub of the future", chain.hub_process.wait(10), 1)
    check_says("it", chain.hub_log.read_text(), "not valid at 20[34].*clock")
    sells(till)
    chain.start_hub()
    till.stop()
    till.start()
    all_there(chain, till)


if __name__ == "__main__":
    run_cases(enrolling_with_a_wrong_clock, till_of_the_future, till_of_the_past, hub_with_a_wrong_clock)
