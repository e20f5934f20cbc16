#!/usr/bin/python3
"""What an operator does with entries that could not be posted: lists them, looks at one, releases it, gives it up. Wrong words and
entries that are not there are answered with one sentence."""
import json
import os
import pathlib
import pty
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import check, check_says, run_cases  # noqa: E402
from rogue import Rogue  # noqa: E402

FIRST_SIGN_UP = 1 << 52  # VN_SIGNUP_FIRST
NOBODY = 900001  # a member whom the chain does not have yet
OUTCOME = {"total_minor": 1000, "payable_minor": 1000, "points_earned": 7}


def wrong(chain, verb, *words):
    """Exit code, and the one sentence that went with it."""
    done = subprocess.run([chain.bin / "verno-hub", *verb.split(), *words, "--dir", chain.hub_dir], capture_output=True, text=True,
                          timeout=60, check=False)
    check(f"what {verb} prints beside", done.stdout, "")
    check(f"lines of {verb}'s sentence", done.stderr.count("\n"), 1)
    return done.returncode, done.stderr


def told(chain, verb, *words):
    return json.loads(chain.hub(verb, *words, "--json"))


def listed(chain, *words):
    return [(row["seq"], row["kind"], row["class"]) for row in told(chain, "quarantine list", *words)["quarantine"]]


def sale(number):
    return ["1", "2026-11-22", str(number)]


def fill(chain):
    """A till with an entry of each class: numbers 2 to 6."""
    rogue = Rogue(chain)
    rogue.append(kind="commit", sale=sale(1), account=f"w{NOBODY}", points=7, body={"outcome": OUTCOME})
    rogue.append(kind="void", sale=sale(2), account="w1", body={})
    rogue.append(raw=b'{"v":99,"kind":"commit","t":1,"mono":1}')
    rogue.append(raw=b"\xff no JSON")
    rogue.append(kind="commit", sale=sale(3), account="nobody", points=7, body={"outcome": OUTCOME})
    check("batch", rogue.journal(rogue.batch())[0], 200)
    chain.settle()
    return rogue


def looked_at(chain):
    rogue = fill(chain)
    entries = [(2, "commit", "waits-for-account"), (3, "void", "waits-for-sale"), (4, "?", "unsupported"), (5, "?", "broken"),
               (6, "commit", "refused")]
    rows = told(chain, "quarantine list")["quarantine"]
    check("classes", [(row["seq"], row["class"]) for row in rows], [(seq, name) for seq, _, name in entries])
    check("of this till", listed(chain, "--till", "rogue"), listed(chain))
    chain.hub("till code", "s1", "t9")
    check("of another one", listed(chain, "--till", "t9"), [])
    check("of a class", [row[0] for row in listed(chain, "--class", "refused")], [6])
    text = chain.hub("quarantine list")
    check("lines", text.count("\n"), 2 * len(entries))
    for _, _, name in entries:
        check_says("what to do, once a class", text, rf"(?m)^{name}: [a-z].*(discard it|upgrade the hub)$")
    check_says("list", text, rf"rogue entry 2 \(commit, waits-for-account\): account 'w{NOBODY}' is not known\n")
    check_says("list", text, r"rogue entry 3 \(void, waits-for-sale\): a void of a sale that is not known\n")
    one = told(chain, "quarantine show", "rogue", "2")
    check("entry", {key: one[key] for key in ("till", "seq", "kind", "class", "sale", "account", "points", "attempts", "body")},
          {"till": "rogue", "seq": 2, "kind": "commit", "class": "waits-for-account", "sale": sale(1), "account": f"w{NOBODY}", "points": 7,
           "attempts": 0, "body": rogue.bodies[2].decode()})
    check_says("show", chain.hub("quarantine show", "rogue", "3"), r'entry 3 .*\ngoes on by itself .*\nattempts: 0\n\{.*"kind":"void".*\}\n')
    hexed = b"\xff no JSON".hex()
    check("what is no UTF-8", told(chain, "quarantine show", "rogue", "5")["body_hex"], hexed)
    check_says("show", chain.hub("quarantine show", "rogue", "5"), f"\nno text; in hex: {hexed}\n$")


def on_terminal(words):
    """What a program writes when its stdout is a terminal."""
    ours, its = pty.openpty()
    subprocess.run(words, stdout=its, timeout=60, check=True)
    os.close(its)
    out = b""
    with open(ours, "rb", buffering=0) as stream:
        try:
            while piece := stream.read(4096):
                out += piece
        except OSError:  # EIO: all that was written was read
            pass
    return out


def a_terminal_is_left_alone(chain):
    """What a till sends goes to the operator's screen: as what it is, never as what a terminal does when it reads it."""
    check("list", chain.hub("quarantine list"), "no entry is in quarantine\n")
    check("list of some", chain.hub("quarantine list", "--decided"), "no such entry\n")
    rogue = Rogue(chain)
    rogue.append(raw="\x1b]0;owned\a\t\x9b2J šum".encode())
    check("batch", rogue.journal(rogue.batch())[0], 200)
    chain.settle()
    text = chain.hub("quarantine show", "rogue", "2")
    check("what is no letter", sorted({letter for letter in text if not letter.isprintable()}), ["\n"])
    check("last line", text.splitlines()[-1], r"\x1b]0;owned\x07\x09\x9b2J šum")
    check("body", told(chain, "quarantine show", "rogue", "2")["body"], rogue.bodies[2].decode())
    words = [chain.bin / "verno-hub", "entry", "rogue", "2", "--dir", chain.hub_dir]
    check("entry, on a terminal", on_terminal(words), b"\\x1b]0;owned\\x07\\x09\\x9b2J " + "šum\r\n".encode())
    check("entry, in a pipe", subprocess.run(words, stdout=subprocess.PIPE, timeout=60, check=True).stdout, rogue.bodies[2] + b"\n")
    report = {"vers\x1b[2Jion": "\x1b[31m1", "list": [{"\x9b2J": "\x7f"}], "state": "live"}
    check("status", rogue.call("POST", "/v1/status", json.dumps(report).encode(), stamp=rogue.stamp())[0], 200)
    text = chain.hub("till show", "rogue")
    check("what is no letter", sorted({letter for letter in text if not letter.isprintable()}), ["\n"])
    check_says("till show", text, r"\n  vers\\x1b\[2Jion +\\x1b\[31m1\n")
    check_says("till show", text, r"\n  state +live\n")


def released(chain):
    rogue = fill(chain)
    code, sentence = wrong(chain, "quarantine release", "rogue", "2")
    check("exit code", code, 1)
    check_says("release", sentence, f"account 'w{NOBODY}' is not known")
    check("attempts", told(chain, "quarantine show", "rogue", "2")["attempts"], 1)
    path = chain.folder / "late.ndjson"
    path.write_text(json.dumps({"id": NOBODY, "cards": []}) + "\n")
    chain.hub("members import", path)
    check("balance", chain.balance(str(NOBODY)), 7)
    decision = told(chain, "quarantine show", "rogue", "2")["decision"]
    check("decision", (decision["what"], decision["by"], decision["why"]), ("released", "the hub", "what it waited for is there"))
    code, sentence = wrong(chain, "quarantine release", "rogue", "2")
    check_says("release", sentence, "no entry 2 of till 'rogue' is in quarantine")
    check("a class", told(chain, "quarantine release", "--class", "refused"), {"released": 0, "left": 1})
    check("another one", told(chain, "quarantine release", "--class", "waits-for-sale"), {"released": 0, "left": 1})
    rogue.append(kind="commit", sale=sale(2), account=f"w{NOBODY}", points=7, body={"outcome": OUTCOME})
    check("batch", rogue.journal(rogue.batch(rogue.head))[0], 200)
    chain.settle()
    check("by itself", [row[0] for row in listed(chain)], [4, 5, 6])
    decision = told(chain, "quarantine show", "rogue", "3")["decision"]
    check("decision", (decision["what"], decision["by"], decision["why"]), ("released", "the hub", "its sale arrived"))
    check("balance", chain.balance(str(NOBODY)), 7)
    check("audit", chain.audit(), [])


def signed_up(chain):
    """A member who signed up after the backup that the hub was restored from, was sold to, and signs up again."""
    rogue = Rogue(chain)
    card = "c0" * 32
    account = "w" + str(int(card[:16], 16) % FIRST_SIGN_UP | FIRST_SIGN_UP)  # as the hub derives it
    rogue.append(kind="commit", sale=sale(1), account=account, points=7, body={"outcome": OUTCOME})
    check("batch", rogue.journal(rogue.batch())[0], 200)
    chain.settle()
    check("waits", listed(chain), [(2, "commit", "waits-for-account")])
    status, answer = rogue.call("POST", "/v1/members", json.dumps({"schema": 1, "card": card}))
    check("sign-up", (status, answer["member"]["account"]), (201, account))
    check("waits no longer", listed(chain), [])
    check("balance", chain.balance(account[1:]), 7)
    check("audit", chain.audit(), [])


def given_up(chain):
    fill(chain)
    check_says("discard", chain.hub("quarantine discard", "rogue", "4", "--why", "the till was stolen"), "^discarded entry 4 of rogue\n$")
    check("discard", told(chain, "quarantine discard", "rogue", "5", "--why", "tests"), {"discarded": 1})
    check("left", [row[0] for row in listed(chain)], [2, 3, 6])
    who = f"uid {os.getuid()}"
    rows = told(chain, "quarantine list", "--decided")["quarantine"]
    check("decided", [(row["seq"], row["class"], row["decision"]["what"], row["decision"]["by"], row["decision"]["why"]) for row in rows],
          [(4, "unsupported", "discarded", who, "the till was stolen"), (5, "broken", "discarded", who, "tests")])
    check("decided, of a class", [row[0] for row in listed(chain, "--decided", "--class", "broken", "--till", "rogue")], [5])
    check_says("list", chain.hub("quarantine list", "--decided"), rf"entry 4 .*\n  discarded 20\S+Z by {who}: the till was stolen\n")
    check("show", told(chain, "quarantine show", "rogue", "4")["decision"], rows[0]["decision"])
    check_says("show", chain.hub("quarantine show", "rogue", "4"), rf"  discarded \S+ by {who}: the till was stolen\nattempts: 0\n")
    code, sentence = wrong(chain, "quarantine discard", "rogue", "4", "--why", "twice")
    check("exit code", code, 1)
    check_says("discard", sentence, "no entry 4 of till 'rogue' is in quarantine")
    check_says("discard", wrong(chain, "quarantine discard", "rogue", "3", "--why", "card 4111111111111111")[1], "payment card")
    check_says("log", chain.hub_log.read_text(), f'entry_discarded till=rogue seq=4 by="?{who}"? why="the till was stolen"')
    fleet = [till["quarantined"] for till in chain.fleet()["tills"] if till["till"] == "rogue"]
    check("counted", fleet, [3])
    check("audit", chain.audit(), [])


def wrong_words(chain):
    fill(chain)
    absent = "no entry 77 of till 'rogue' is (or was )?in quarantine"
    cases = (("quarantine show", ("rogue", "77"), 1, absent),
             ("quarantine release", ("rogue", "77"), 1, absent),
             ("quarantine discard", ("rogue", "77", "--why", "x"), 1, absent),
             ("quarantine show", ("t9", "2"), 1, "no entry 2 of till 't9' is or was in quarantine"),
             ("quarantine show", ("rogue", "two"), 2, "its number, not 'two'"),
             ("quarantine release", ("rogue", "two"), 2, "its number, not 'two'"),
             ("quarantine release", ("rogue", "2x"), 2, "its number, not '2x'"),
             ("quarantine discard", ("rogue", "-1", "--why", "x"), 2, "its number, not '-1'"),
             ("quarantine discard", ("rogue", "2"), 2, "needs a reason.*--why TEXT"),
             ("quarantine list", ("--class", "lost"), 2, "waits-for-sale, waits-for-account, waits-for-tills, unsupported, broken or refused, not 'lost'"),
             ("quarantine release", ("--class", "lost"), 2, "not 'lost'"),
             ("quarantine release", (), 2, "TILL SEQ"),
             ("quarantine release", ("rogue",), 2, "TILL SEQ"),
             ("quarantine release", ("rogue", "2", "--class", "refused"), 2, "TILL SEQ"),
             ("quarantine show", ("rogue",), 2, "quarantine show"),
             ("quarantine discard", ("rogue", "2", "--class", "refused"), 2, "class"),
             ("entry", ("rogue", "x"), 2, "its number, not 'x'"),
             ("entry", ("rogue", "99999999999999999999"), 2, "its number"),
             ("branch show", ("0",), 2, "its number, not '0'"),
             ("members show", ("6x",), 2, "his number, not '6x'"),
             ("ledger", ("--member", "w6"), 2, "his number, not 'w6'"),
             ("ca renew", (), 2, "--root FILE"),
             ("backup", (), 2, "--to FOLDER"),
             ("restore", (), 2, "--from BACKUP"),
             ("quarantine forget", ("rogue", "2"), 2, "list, show, release, discard"))
    for verb, words, code, says in cases:
        got, sentence = wrong(chain, verb, *words)
        check(f"exit code of {verb} {words}", got, code)
        check_says(f"{verb} {words}", sentence, says)
    check("all are there", [row[0] for row in listed(chain)], [2, 3, 4, 5, 6])
    check("attempts", [row["attempts"] for row in told(chain, "quarantine list")["quarantine"]], [0] * 5)
    chain.stop_hub()
    check_says("without a hub", wrong(chain, "quarantine list")[1], "no hub is running in .*; start it with verno-hub run")


if __name__ == "__main__":
    run_cases(looked_at, a_terminal_is_left_alone, released, signed_up, given_up, wrong_words)
