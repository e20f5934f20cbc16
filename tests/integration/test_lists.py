#!/usr/bin/python3
"""What an operator lists at the hub: stores, codes that wait, one till; and takes out of it and back in."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, run_cases, wait_for  # noqa: E402
from rogue import Rogue  # noqa: E402


KINDS = ("catalogue", "members", "coupons")


def refused(chain, *words):
    done = subprocess.run([chain.bin / "verno-hub", *words, "--dir", chain.hub_dir], capture_output=True, text=True, timeout=60, check=False)
    check("exit code", done.returncode, 1)
    return done.stderr


def stores_and_codes(chain):
    chain.hub("store add", "s9", "--name", "Ninth")
    check("stores", json.loads(chain.hub("store list", "--json"))["stores"],
          [{"id": "s1", "name": "s1", "tills": 0}, {"id": "s2", "name": "s2", "tills": 0}, {"id": "s9", "name": "Ninth", "tills": 0}])
    check("store add of one that there is", chain.hub("store add", "s9"), "store s9: Ninth\n")
    check_says("store list", chain.hub("store list"), r"s9 +0  Ninth")
    kept = chain.hub("till code", "s9", "t1").strip()
    gone = [chain.hub("till code", "s9", "t2").strip() for _ in range(2)]
    rows = json.loads(chain.hub("code list", "--json"))["codes"]
    check("codes, one a till", [(row["store"], row["till"]) for row in rows], [("s9", "t1"), ("s9", "t2")])
    check_says("verno enrol", Till(chain, "t2").enrol(code=gone[0], ok=False).stderr, "unknown, used or expired")
    words = chain.hub("code list")
    for code in (kept, *gone):
        check("a code is shown", code in words, False)
    check_says("code revoke", chain.hub("code revoke", "t2"), "till t2: 1 code taken back")
    check_says("code revoke", refused(chain, "code", "revoke", "t2"), "no code waits for till 't2'")
    for code in gone:
        check_says("verno enrol", Till(chain, "t2").enrol(code=code, ok=False).stderr, "unknown, used or expired")
    gone = chain.hub("till code", "s9", "t3").strip()
    check_says("till revoke", chain.hub("till revoke", "t3"), "^till t3: 0 enrolments revoked, 1 code taken back\n")
    check_says("verno enrol", Till(chain, "t3").enrol(code=gone, ok=False).stderr, "unknown, used or expired")
    check_says("till revoke", refused(chain, "till", "revoke", "t4"), "no till 't4' has enrolled or has a code")
    Till(chain, "t1").enrol(code=kept)
    check("codes", json.loads(chain.hub("code list", "--json"))["codes"], [])
    check_says("store list", chain.hub("store list"), r"s9 +3  Ninth")
    chain.hub("store add", "s10", "--name", "Десети")
    chain.hub("till code", "s10", "a-till-with-a-long-name")
    first, *lines = chain.hub("fleet").splitlines()
    check("epoch", first, "epoch 1")
    check("columns", len({line.index("  waiting  ") for line in lines if "  waiting  " in line} | {lines[0].index("  state  ")}), 1)
    check("blanks at the end of a line", [line for line in lines if line != line.rstrip()], [])


def one_till(chain):
    till = chain.till("t1")
    Lane(till).sell(6)
    till.wait_drained()
    check_says("till show", chain.hub("till show", "t1"), r"t1 of s1: active\n(.|\n)*entries +[1-9]\d* acknowledged(.|\n)*ruleset")
    check_says("till show", chain.hub("till show", "t1"), r"\n  version +\d+\.\d+\.\d+\n(.|\n)*\n  certificate_until +20\d\d-\S+Z\n")
    check("what is empty or 0", re.findall(r"\n  (\S+) +(?:0|\[\]|-)?(?=\n)", chain.hub("till show", "t1")), [])
    rows = json.loads(chain.hub("till show", "t1", "--json"))["tills"]
    check("its rows", [(row["till"], row["state"]) for row in rows], [("t1", "active")])
    till.stop()
    till.start()  # the first that it says is that it is not in touch yet
    said = wait_for("the till to say that it is live, and whom it knows",
                    lambda: (said := json.loads(chain.hub("till show", "t1", "--json"))["tills"][0]["report"])["state"] == "live"
                    and said["members"] > 0 and said)
    check("what it says of itself", (said["online"], said["reason"]), (True, ""))
    check_says("till show", refused(chain, "till", "show", "t7"), "there is no till 't7'; verno-hub fleet lists them")


def sales_and_their_flags(chain):
    till = chain.till("t1")
    Lane(till).sell(6)
    till.wait_drained()
    rogue = Rogue(chain)
    rogue.append(kind="commit", sale=["9", "2026-11-22", "1"], points=7, body={})
    check("batch", rogue.journal(rogue.batch())[0], 200)
    flags = {row["till"]: row["flags"] for row in chain.sales()}
    check("flags", flags, {"t1": [], "rogue": ["no-outcome"]})
    lines = {line.split()[0]: line.split()[-1] for line in chain.hub("sales").splitlines()}
    check("the last column", lines, {"till": "flags", "t1": "-", "rogue": ",".join(flags["rogue"])})
    check("of one till", [row["till"] for row in json.loads(chain.hub("sales", "--till", "rogue", "--json"))["sales"]], ["rogue"])
    chain.hub("till code", "s1", "t2")
    check("of one that sold nothing", chain.hub("sales", "--till", "t2").count("\n"), 1)
    for verb in ("sales",), ("quarantine", "list"):
        check_says(verb[0], refused(chain, *verb, "--till", "zz"), "there is no till 'zz'; verno-hub fleet lists them")


def settings(chain):
    rows = {row["name"]: row for row in json.loads(chain.hub("setting list", "--json"))["settings"]}
    check("the slow lane", {key: rows["slow-lane-s"][key] for key in ("value", "default", "least", "most", "auto")},
          {"value": "auto", "default": "auto", "least": 0, "most": 86400, "auto": True})
    for name, row in rows.items():
        check(f"{name} by default", row["value"], row["default"])
    check_says("setting list", chain.hub("setting list"), r"queue-s  2\n.*429;\n  1 to 60, default 2")
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    earned = chain.sales()[0]["points_earned"]
    check_says("setting set", chain.hub("setting set", "receipt-points-max", "3"), r"receipt-points-max  3\n")
    lane.sell(6)
    till.wait_drained()
    check("what is posted of the same receipt", (earned > 3, sorted(sale["points_earned"] for sale in chain.sales())), (True, [3, earned]))
    for value in ("0", "-1", "7.5", "1e3", "99999999999999999999", "ten", "auto"):
        check_says("setting set", refused(chain, "setting", "set", "queue-s", value), "queue-s is a number from 1 to 60, or default")
    check_says("setting set", refused(chain, "setting", "set", "coffee", "1"), "no setting 'coffee'; verno-hub setting list")
    check_says("setting show", refused(chain, "setting", "show", "coffee"), "no setting 'coffee'; verno-hub setting list")
    chain.hub("setting set", "slow-lane-s", "600")
    check("after a restart", chain.stop_hub(), 0)
    chain.start_hub()
    check("the slow lane", json.loads(chain.hub("setting show", "slow-lane-s", "--json"))["value"], 600)
    chain.hub("setting set", "slow-lane-s", "auto")
    chain.hub("setting set", "receipt-points-max", "default")
    check("the cap", json.loads(chain.hub("setting show", "receipt-points-max", "--json"))["value"], 10000000)
    log = pathlib.Path(chain.hub_log).read_text()
    who = f'by="uid {os.getuid()}"'
    for line in ("setting_changed name=receipt-points-max value=10000000", "setting_changed name=slow-lane-s value=auto",
                 "store_added store=s1 name=s1", r"code_made store=s1 till=\S+", r"imported kind=members lines=\d+",
                 r"ruleset_published number=1 promotions=\d+ skipped=0"):
        check_says("the log", log, rf"\S+ notice {line} {who}\n")
    check_says("the log", log, r"notice hub_stopping dir=\S+\n\S+ notice hub_ended dir=\S+\n\S+ warn root_key_online")


def accounts(chain):
    check("of a member", json.loads(chain.hub("ledger", "--member", "6", "--json"))["account"], "w6")
    check_says("ledger", refused(chain, "ledger", "--member", "900001"), "nothing is known of member 900001")
    check("ledger", json.loads(chain.hub("ledger", "--account", "w6", "--json"))["account"], "w6")
    for name in "w6'; drop", "w6x", "w6 ", "w06", "w6.0", "W6", "w900001":
        check_says("ledger", refused(chain, "ledger", "--account", name), f"nothing is known of account '{name}'")


def not_ours(chain):
    """A folder that is closed to us is not told as one where nothing is."""
    plain = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    os.chmod(chain.hub_dir, 0)
    try:
        for words in (["fleet"], ["run"], ["backup", "--to", chain.folder], ["ca", "show"], ["restore", "--from", chain.folder]):
            done = subprocess.run([*plain, chain.bin / "verno-hub", *words, "--dir", chain.hub_dir], capture_output=True, text=True,
                                  timeout=60, check=False)
            check(f"exit code of {words[0]}", (done.returncode, done.stderr.count("\n")), (1, 1))
            check_says(words[0], done.stderr, "Permission denied" if words[0] == "ca" else "Permission denied; run this as the (hub's user|user whose folder it is)")
    finally:
        os.chmod(chain.hub_dir, 0o700)


def nobody_answers(chain):
    chain.kill_hub()
    check("the socket is left", (chain.hub_dir / "admin.sock").exists(), True)
    check_says("fleet", refused(chain, "fleet"), f"no hub is running in {chain.hub_dir} .if one ended, its log says why.; start it with verno-hub run")
    (chain.hub_dir / "admin.sock").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(chain.hub_dir / "admin.sock"))
        listener.listen()

        def leave():
            for _ in range(4):
                with listener.accept()[0] as peer:
                    peer.recv(4096)
        threading.Thread(target=leave, daemon=True).start()
        check_says("fleet", refused(chain, "fleet"), "^verno-hub: the connection was .*; try again\n$")
        check_says("stop", refused(chain, "stop", "p1"), "^verno-hub: the connection was .*: it may be done or not; look, then try again\n$")
    (chain.hub_dir / "admin.sock").unlink()


def full_disk(chain):
    """The hub's own trouble comes as a sentence, whichever verb it meets."""
    chain.stop_hub()
    chain.start_hub(**chain.bad_disk())
    chain.disk("full")
    for words in (["till", "code", "s1", "t1"], ["store", "add", "s3"]):
        check_says(words[0], refused(chain, *words), "^verno-hub: the disk of the hub's database is full: make room")
    chain.disk()
    chain.hub("till code", "s1", "t1")


def write_exports(chain, exports):
    for kind in KINDS:
        (chain.folder / f"{kind}.export").write_text(exports[kind])


def another_chain(chain, name, card_key):
    chain.stop_hub()
    chain.hub_dir = chain.folder / name
    chain.hub("init", "--name", name, *(["--card-key", card_key] if card_key else []))
    chain.start_hub()


def exports(chain):
    many = chain.folder / "many.ndjson"
    many.write_text("".join(json.dumps({"id": 5000 + i, "cards": [f"29990000{i:05}"], "last_name": f"L{i}", "joined": "2026-01-02"}) + "\n"
                            for i in range(1200)))
    chain.hub("members import", many)
    till = chain.till("t1")
    Lane(till).sell(6)
    till.wait_drained()
    chain.settle()
    told = {kind: chain.hub(f"{kind} export") for kind in KINDS}
    members = {row["id"]: row for row in map(json.loads, told["members"].splitlines())}
    check("members", sorted(members), sorted([*chain.members(), *range(5000, 6200)]))
    check("balance", members[6]["balance"], chain.balance(6))
    check("spend", members[6]["lifetime_spend_minor"] > chain.members()[6].get("lifetime_spend_minor", 0), True)
    for row in chain.members().values():
        check("a number of a card", [number for number in row["cards"] if number in told["members"]], [])
    check("goods", {json.loads(line)["code"] for line in told["catalogue"].splitlines()}, {row["code"] for row in chain.goods()})
    shown = json.loads(chain.hub("members show", "6", "--json"))
    check("members show", shown, members[6])
    check_says("members show", chain.hub("members show", "6"), rf"member 6: (.|\n)*balance +{shown['balance']}\n(.|\n)*cards +1\n")
    check_says("members show", refused(chain, "members", "show", "77777"), "there is no member 77777")
    till.stop()
    write_exports(chain, told)
    first = chain.hub_dir
    another_chain(chain, "second", first / "card.key")
    for kind in KINDS:
        chain.hub(f"{kind} import", chain.folder / f"{kind}.export")
    for kind in KINDS:
        check(f"{kind}, exported again", chain.hub(f"{kind} export").splitlines(), told[kind].splitlines())
    another_chain(chain, "third", None)
    check_says("members import", refused(chain, "members", "import", chain.folder / "members.export"),
               "line 1: .*made with another card.key than this hub's")


def rulesets(chain):
    chain.hub("stop", json.loads(chain.hub("ruleset show").splitlines()[1])["id"])
    chain.hub("publish", chain.chain / "ruleset.ndjson")
    rows = json.loads(chain.hub("ruleset list", "--json"))["published"]
    check("published", [(row["number"], row["kind"]) for row in rows], [(3, "ruleset"), (2, "stop"), (1, "ruleset")])
    check_says("ruleset list", chain.hub("ruleset list"), rf" 3 (.|\n)* 2 .* stop +{rows[1]['promotion']}\n(.|\n)* 1 ")


if __name__ == "__main__":
    run_cases(stores_and_codes, one_till, sales_and_their_flags, settings, accounts, not_ours, nobody_answers, full_disk, exports, rulesets)
