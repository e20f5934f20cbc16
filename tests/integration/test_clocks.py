#!/usr/bin/python3
"""Clocks that are ten years off, at the till and at the hub, while it enrols and while it syncs. Whatever they say to each other, the
till sells on, one sentence names the trouble, and what was sold is at the hub when the clock is right again.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, commits, run_cases, wait_for  # noqa: E402

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


def health(chain):
    """What `verno-hub health` says of the clock; "" if nothing."""
    rows = json.loads(chain.hub("health", "--json"))["sentences"]
    return "".join(row["text"] for row in rows if row["code"] == "clock")


def restart_hub(chain, **environment):
    chain.stop_hub()
    chain.start_hub(**environment)


def hub_with_a_wrong_clock(chain):
    """It goes by its own count: nothing expires, certificates and codes are good, tills notice nothing, and it says what is wrong."""
    till = chain.till()
    sells(till)
    till.wait_drained()
    before = chain.balance(6)
    check("has points that can expire", before > 0, True)
    for shift_s, year in ((TEN_YEARS_S, "203"), (3 * 365 * 86400, "2029"), (-TEN_YEARS_S, "201")):
        restart_hub(chain, **chain.wrong_clock(shift_s))
        check_says("health", health(chain), f"clock says {year}.* by the hub's own count it is 20[0-9-]+ .*set the clock")
        check_says("clock show", chain.hub("clock show"), f"clock says {year}.*the hub goes by")
        sells(till)
        till.wait_drained()
        check("the member's points", chain.balance(6) >= before, True)
        other = Till(chain, f"t{year}")
        other.enrol()
        refused = subprocess.run([chain.bin / "verno-hub", "ca", "renew", "--dir", chain.hub_dir, "--root",
                                  chain.hub_dir / "offline" / "root.key"], capture_output=True, text=True, timeout=60, check=False,
                                 env={**os.environ, **chain.wrong_clock(shift_s)})
        check("exit code of ca renew", refused.returncode, 1)
        check_says("ca renew", refused.stderr, f"wrong dates: this machine's clock says {year}")
        wait_for("a line in the log", lambda: "clock_doubted" in chain.hub_log.read_text())
    restart_hub(chain)
    check("with the right clock", health(chain), "")
    check_says("clock show", chain.hub("clock show"), "goes by the machine's clock")
    check("what expired", [row for row in chain.ledger(6)["movements"] if row["why"] == "expired"], [])
    all_there(chain, till)


def set_mark_back(chain, days):
    """The hub was off for so long."""
    chain.stop_hub()
    mark = json.loads((chain.hub_dir / "mark").read_text())
    mark["time_ms"] -= int(days * 86400 * 1000)
    (chain.hub_dir / "mark").write_text(json.dumps(mark))


def hub_that_was_off_for_long(chain):
    """Over a night nobody asks. After a month two tills tell it that its clock is right, without a person; or a person does."""
    tills = [chain.till("t1"), chain.till("t2")]
    set_mark_back(chain, 0.9)
    chain.start_hub()
    check("after a night", health(chain), "")
    for till in tills:
        till.wait_live()
    set_mark_back(chain, 30)
    chain.start_hub()
    check_says("health", health(chain), "wait until 2 tills agree")
    sells(tills[0])
    tills[0].wait_drained()
    check_says("health", health(chain), "wait until 2 tills agree")
    sells(tills[1])
    tills[1].wait_drained()
    wait_for("belief", lambda: health(chain) == "")
    check_says("the log", chain.hub_log.read_text(), "clock_agreed")
    for starts in (True, False):
        set_mark_back(chain, 30)
        if starts:
            chain.start_hub()
        chain.hub("clock accept")
        if not starts:
            chain.start_hub()
        else:
            check_says("the log", chain.hub_log.read_text(), r'notice clock_accepted by="uid \d+"\n')
        check("when it was accepted", health(chain), "")
    for till in tills:
        till.wait_live()
    check("audit", chain.audit(), [])


if __name__ == "__main__":
    run_cases(enrolling_with_a_wrong_clock, till_of_the_future, till_of_the_past, hub_with_a_wrong_clock,
              hub_that_was_off_for_long)
