"""verno-hub as its operator and its tills see it: every verb with its exit codes, enrolment, mutual TLS, journal, feed
with long-poll, rights, revocation, and a SIGKILL in between."""
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import sqlite3
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hub_raw import HUB, TLS, Hub, Till, expect, wait_quiet, writer_held  # noqa: E402

CARD, COUPON = "2990000000017", "2991000000016"
RULESET = "\n".join([
    '{"ruleset":1,"engine":1,"currency":"RSD","exponent":2,"utc_offset_min":60,"law":"rs","wallet":{"exponent":0,'
    '"worth":{"points":1,"minor":100},"spend_min":50,"spend_step":10,"spend_share_bp":5000},"earning":{"points":1,'
    '"per_minor":5000},"groups":[{"id":"g","stage":"units","base":"list","choice":"first"}],'
    '"cards":[{"prefix":"2990","length":13}]}',
    '{"id":"p1","version":1,"name":{"en":"One"},"group":"g","priority":1,'
    '"then":{"kind":"percent_off","rate_bp":1000,"selector":{"tags":["milk"]}}}', ""])


def check_start(hub):
    for words, code in ([], 2), (["nonsense"], 2), (["--help"], 0), (["publish", "--help"], 0), (["till"], 2), \
            (["fleet"], 2), (["publish", "--dir", "x"], 2), (["fleet", "--name", "x", "--dir", "x"], 2):
        done = subprocess.run([HUB, *words], capture_output=True, text=True, timeout=60,
                              env={k: v for k, v in os.environ.items() if k != "VERNO_HUB_DIR"})
        expect(f"exit code of {words}", done.returncode, code)
    hub.verb("run", code=1)
    for address in "[::1:7443", "[]:7443", "::1:7443", "[::1]x:7443", ":7443", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:7x":
        for option in "--listen", "--monitor":
            said = hub.verb("run", option, address, code=2)
            expect(f"{option} {address} says {said!r}", f"{option} wants ADDRESS:PORT, not '{address}'" in said, True)
    said = hub.verb("init", "--name", "Test chain", "--host", "hub.example", "--root-dir", str(hub.folder / "safe"))
    expect(f"init says where the root's key is: {said!r}", "safe/root.key is the root of its authority" in said, True)
    expect("mode of the root's key", stat.S_IMODE((hub.folder / "safe/root.key").stat().st_mode), 0o600)
    before = (hub.chain / "issuing.pem").read_bytes()
    hub.verb("init", code=1)
    expect("the key after a second init", (hub.chain / "issuing.pem").read_bytes(), before)
    for path in hub.chain.iterdir():
        expect(f"mode of {path.name}", stat.S_IMODE(path.stat().st_mode), 0o600)
    hub.verb("fleet", code=1)
    hub.start()
    expect("mode of the socket", stat.S_IMODE((hub.chain / "admin.sock").stat().st_mode), 0o600)
    said = hub.verb("run", "--listen", "127.0.0.1:0", code=1)
    expect(f"a second hub says {said!r}", (said.count("\n"), "in use" in said), (1, True))


def check_masters(hub):
    hub.verb("store", "add", "s1", "--name", "First")
    hub.verb("store", "add", "s 1", "--name", "First", code=1)
    for _ in range(2):
        said = hub.verb("members", "import", hub.file("members", {"id": 1, "cards": [CARD], "first_name": "Ana", "balance": 500}))
        expect("one line", said, "members: 1 line\n")
        hub.verb("catalogue", "import", hub.file("items", {"code": "860", "name": "Coffee", "price_minor": 25000}, ""))
        hub.verb("coupons", "import", hub.file("coupons", {"number": COUPON, "promotion": "p1", "single_use": True}))
        hub.verb("history", "import", hub.file("history", {"member": 1, "at_ms": 1795000000000, "store": "s1",
                                                           "total_minor": 9000, "points": 3}))
    expect("balance", hub.json("ledger", "--member", "1")["balance"], 500)
    said = hub.verb("members", "import", hub.file("bad", {"id": 2, "cards": []}, {"id": 3, "cards": [7]}), code=1)
    for word in ("line 2", "/cards/0"):
        expect(f"'{word}' in {said!r}", word in said, True)
    hub.verb("members", "import", str(hub.folder / "missing"), code=1)
    hub.verb("ledger", "--member", "99", code=1)
    hub.verb("ruleset", "show", code=1)
    said = hub.verb("publish", hub.file("bad", RULESET.replace('"rate_bp":1000', '"rate_bp":"x"')), code=1)
    expect(f"place in {said!r}", "line 2" in said and "rate_bp" in said, True)
    for typing, pointer in ('"rate_bp"', "/then/rate_bp"), ('"priority"', "/priority"), ('"id":"p1"', "/id"):
        wrong = pointer[:-1] + "X"
        text = RULESET.replace(typing, typing.replace(pointer.split("/")[-1], wrong.split("/")[-1]))
        said = hub.verb("publish", hub.file("bad", text), code=1)
        expect(f"place in {said!r}", "line 2: " in said and f"at {wrong}\n" in said, True)
    hub.verb("ruleset", "show", code=1)
    newer = hub.file("newer", RULESET + '{"id":"p2","engine":3}')
    expect("refused", "/engine" in hub.verb("publish", newer, code=1), True)
    expect("published", hub.json("publish", hub.file("rules", RULESET)), {"number": 1, "promotions": 1, "skipped": 0})
    old = RULESET + json.dumps({"id": "old", "group": "g", "when": {"to": "2020-01-01T00:00"},
                                "then": {"kind": "percent_off", "rate_bp": 1}})
    done = subprocess.run([HUB, "publish", hub.file("old", old), "--dir", str(hub.chain)], capture_output=True, text=True, timeout=60)
    expect("in force all the same", (done.returncode, done.stdout), (0, "published ruleset 2: 2 promotions\n"))
    expect("the warning", done.stderr.startswith("verno-hub: warning: old: its time was over on 2020-01-01: "), True)
    warned = hub.json("publish", hub.file("old", old))["warnings"]
    expect("as JSON", [(w["promotion"], w["code"]) for w in warned], [("old", "past")])
    counted = [{"id": f"{i:047}", "group": "g", "when": {"to": "2020-01-01T00:00"}, "then": {"kind": "percent_off", "rate_bp": 1}}
               for i in range(201)]
    many = hub.file("many", RULESET + "\n".join(map(json.dumps, counted)))
    done = subprocess.run([HUB, "publish", many, "--dir", str(hub.chain)], capture_output=True, text=True, timeout=60)
    expect("in force", (done.returncode, done.stdout), (0, "published ruleset 4: 202 promotions\n"))
    expect("some", done.stderr.count("its time was over"), 200)
    expect("and more", done.stderr.endswith("\nverno-hub: warning: there may be more than what is told here\n"), True)
    expect("as JSON", hub.json("publish", many)["more_warnings"], True)
    hub.verb("publish", hub.file("old", old))
    hub.verb("ledger", "--member", "1", "--account", "c1", code=2)
    expect("ruleset shown", '"p1"' in hub.verb("ruleset", "show"), True)
    hub.verb("stop", "p9", code=1)
    expect("stop", hub.json("stop", "p1")["number"], 7)


def check_tls(hub, till):
    expect("waiting till", hub.json("fleet")["tills"], [])
    hub.verb("till", "code", "s9", "t1", code=1)
    code = hub.verb("till", "code", "s1", "t1").strip()
    expect("length of a code", len(code), 31)
    expect("waiting till", hub.json("fleet")["tills"][0]["state"], "waiting")
    expect("a wrong code", till.enrol("00000-00000-00000-00000-00000-0"), 403)
    expect("enrolment", till.enrol(code.lower()), 200)
    cert, till.cert = till.cert, None
    expect("the code again", Till(hub).enrol(code), 403)
    expect("without a certificate", till.call("GET", "/v1/snapshot")[0], 401)
    till.cert = str(TLS / "stranger.pem")
    try:
        status = till.call("GET", "/v1/snapshot")[0]
    except (ssl.SSLError, OSError, http.client.HTTPException):
        status = "refused"
    expect("a stranger's certificate", status, "refused")
    till.cert = cert
    expect("without a stamp", till.call("GET", "/v1/snapshot", stamp=False)[0], 400)
    expect("nothing there", till.call("GET", "/v1/nothing")[0], 404)
    expect("wrong method", till.call("GET", "/v1/journal")[0], 405)
    for path, body in ("/v1/journal", "{"), ("/v1/rights", '{"schema":1,"wants":[{"account":7}]}'), ("/v1/status", "[]"):
        status, text = till.call("POST", path, body)
        expect(f"bad input at {path}", (status, "title" in json.loads(text)), (400, True))
    expect("a newer schema", till.call("POST", "/v1/rights", '{"schema":9,"wants":[]}')[0], 426)
    status, text = till.call("POST", "/v1/rights", '{"schema":1,"wants":[{"account":"w77","granted":5}]}')
    expect("unknown account", (status, json.loads(text).get("pointer")), (400, "/wants/0/account"))


def check_sales(hub, till):
    cursor, items = till.feed("/v1/snapshot")
    kinds = sorted(item["kind"] for item in items)
    expect("snapshot", kinds, ["coupon", "item", "member", "ruleset", "stop"])
    expect("a cursor of nowhere", till.call("GET", "/v1/feed?cursor=9.1&wait=0")[0], 410)
    started = time.monotonic()
    expect("patience", (till.feed(f"/v1/feed?cursor={cursor}&wait=1"), 0.9 < time.monotonic() - started < 15), ((cursor, []), True))
    expect("nothing new", till.feed(f"/v1/feed?cursor={cursor}&wait=0"), (cursor, []))
    woken = []
    poll = threading.Thread(target=lambda: woken.append((till.feed(f"/v1/feed?cursor={cursor}&wait=20"), time.monotonic())))
    poll.start()
    time.sleep(0.3)
    till.append(kind="boot", body={"boot": till.boot, "version": "test", "engine": 1})
    till.sale("1", 30)
    started = time.monotonic()
    status, ack = till.send()
    expect(f"batch {hub.verb('quarantine', 'list')}", (status, ack["acked_seq"], ack["quarantined"]), (200, 2, 0))
    poll.join(20)
    (cursor, items), at = woken[0]
    expect("the long-poll was woken at once", at - started < 5, True)
    expect("own posting", [(i["member"]["balance"], i["included_seq"]) for i in items], [(530, 2)])
    hub.kill()
    hub.start()
    expect("the same batch after a kill", till.send()[1]["acked_seq"], 2)
    till.sale("2", 5)
    till.sale("3", 5)
    status, expected = till.send(first=4)
    expect("a gap", (status, expected["expected_seq"]), (409, 3))
    card = hmac.new(till.key, CARD.encode(), "sha256").hexdigest()
    status, text = till.call("GET", f"/v1/members/{card}", head=2)
    expect("member by card", (status, json.loads(text)["member"]["account"]), (200, "w1"))
    expect("no member", till.call("GET", "/v1/members/" + "00" * 32, head=2)[0], 404)
    want = '{"schema":1,"wants":[{"account":"w1","granted":100},{"account":"c1","granted":1}]}'
    expect("rights before the journal", till.call("POST", "/v1/rights", want)[0], 409)
    expect("the rest", till.send()[0], 200)
    for _ in range(2):
        status, text = till.call("POST", "/v1/rights", want)
        reply = json.loads(text)
        expect("rights", (status, reply["number"], [g["granted"] for g in reply["grants"]]), (200, 1, [100, 1]))
    expect("status", till.call("POST", "/v1/status", '{"version":"1","ruleset":1}')[0], 200)


def commits(hub):
    """Transactions in the write-ahead log: frames that say how large the database is after them."""
    log = (hub.chain / "hub.db-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    return sum(1 for at in range(32, len(log) - 24, page + 24)
               if log[at + 8:at + 16] == log[16:24] and log[at + 4:at + 8] != bytes(4))


def together(hub, tills):
    """Sends what each till has last, all of it while the writer can't begin: what arrives meanwhile shares a commit."""
    links = [till.link() for till in tills]
    with writer_held(hub):
        for till, link in zip(tills, links):
            link.request("POST", "/v1/journal", body=till.batch(till.head), headers=till.stamp())
        wait_quiet(hub.process)
    statuses = []
    for link in links:
        statuses.append(link.getresponse().status)
        link.close()
    return statuses


def check_turns(hub):
    tills = []
    for number in range(12):
        till = Till(hub)
        till.enrol(hub.verb("till", "code", "s1", f"g{number}").strip())
        till.sale(f"g{number}", 1)
        tills.append(till)
    before = commits(hub)
    expect("many tills at once", together(hub, tills), [200] * 12)
    for till in tills:
        hub.settle(till.id)
    expect("their transactions, those of posting and of the feed, are few", commits(hub) - before <= 8, True)
    balance = hub.json("ledger", "--member", "1")["balance"]
    store = sqlite3.connect(hub.chain / "hub.db", timeout=10)
    store.execute("UPDATE sale SET fiscal = ? WHERE receipt = 'g0'", ("x" * 500,))
    store.commit()
    for till in tills:
        if till is tills[0]:
            till.append(kind="void", sale=["1", "2026-11-22", "g0"], points=0, body={})
        else:
            till.sale(f"h{till.head}", 1)
    expect("all is taken in, whatever it says", together(hub, tills), [200] * 12)
    for till in tills[1:]:
        hub.settle(till.id)
    expect("a damaged row stops its own till alone", hub.lag(tills[0].id), 1)
    expect("what the others earned", hub.json("ledger", "--member", "1")["balance"], balance + 11)
    store.execute("UPDATE sale SET fiscal = '' WHERE receipt = 'g0'")
    store.commit()
    store.close()
    hub.settle(tills[0].id)
    expect("and when it is mended", hub.json("audit")["contradictions"], [])


def check_reports(hub, till):
    till.append(kind="void", sale=["1", "2026-11-22", "77"], points=0, body={})
    answer = till.send()[1]
    expect("poison is taken in", (answer["acked_seq"], answer["entries"]), (till.head, 2))
    expect("and told with the next reply", till.send()[1]["quarantined"], 1)
    sales = hub.json("sales", "--till", "t1")["sales"]
    expect("sales", [(s["sale"][2], s["kind"], s["points_earned"], s["fiscal"]) for s in sales],
           [("1", "committed", 30, "F1"), ("2", "committed", 5, "F2"), ("3", "committed", 5, "F3")])
    places = {p["place"]: p["amount"] for p in hub.json("ledger", "--member", "1")["places"]}
    expect("places", places, {"issued": -543, "free": 440, "right": 100, "past": 3})
    expect("sum", sum(hub.json("ledger")["totals"].values()), 0)
    expect("coupon", hub.json("ledger", "--account", "c1")["balance"], 1)
    expect("fleet", [(t["till"], t["state"], t["acked_seq"], t["quarantined"], t["ruleset"]) for t in hub.json("fleet")["tills"]],
           [("t1", "active", 5, 1, 1)])
    expect("quarantine", [(q["till"], q["seq"], q["kind"]) for q in hub.json("quarantine", "list")["quarantine"]],
           [("t1", 5, "void")])
    expect("an entry as it came", hub.verb("entry", "t1", "5").encode(), till.bodies[5] + b"\n")
    entry = hub.json("entry", till.id, "2")
    expect("an entry with what is known of it", [entry[key] for key in ("till", "kind", "hash", "posted", "body")],
           ["t1", "commit", till.hashes[2].hex(), True, till.bodies[2].decode()])
    for words, code in (["t1", "6"], 1), (["t1", "x"], 2), (["t8", "1"], 1):
        hub.verb("entry", *words, code=code)
    expect("audit", hub.json("audit"), {"entries": 5, "contradictions": []})
    for words in (["fleet"], ["ledger"], ["ledger", "--member", "1"], ["sales"], ["audit"], ["quarantine", "list"]):
        expect(f"{words} for people", len(hub.verb(*words)) > 20, True)


def check_renewal(hub, till):
    """Both certificates are good until the new one was used; and the answer brings what the hub is known by."""
    old = till.cert
    status, text = till.call("POST", "/v1/renew", json.dumps({"schema": 1, "csr": "nothing"}))
    expect(f"no request: {text}", status, 400)
    request = json.dumps({"schema": 1, "csr": (TLS / "till.csr").read_text()})
    expect("without a certificate", Till(hub).call("POST", "/v1/renew", request, stamp=False)[0], 401)
    status, text = till.call("POST", "/v1/renew", request)
    expect(f"renewed: {text}", status, 200)
    reply = json.loads(text)
    expect("the authority", reply["authority"], (hub.chain / "ca.pem").read_text())
    new = str(hub.folder / "renewed.pem")
    pathlib.Path(new).write_text(reply["certificate"])
    expect("the old one", till.call("POST", "/v1/status", "{}"), (200, "{}"))
    till.cert = new
    expect("the new one", till.call("POST", "/v1/status", "{}"), (200, "{}"))
    until = time.monotonic() + 10
    till.cert = old
    while till.call("POST", "/v1/status", "{}")[0] == 200 and time.monotonic() < until:
        time.sleep(0.05)  # the use is written down behind the answer
    status, text = till.call("POST", "/v1/status", "{}")
    expect(f"the old one after that: {text}", (status, json.loads(text)["title"]), (403, "replaced"))
    expect("nor does it renew", till.call("POST", "/v1/renew", request)[0], 403)
    till.cert = new
    # Another issuing key: the hub takes it up by itself, and asks its tills to come.
    hub.verb("ca", "renew", "--root", str(hub.folder / "safe/root.key"))
    while till.call("POST", "/v1/status", "{}")[1] == "{}" and time.monotonic() < until:
        time.sleep(0.1)
    expect("the hub's wish", json.loads(till.call("POST", "/v1/status", "{}")[1]), {"renew": True})


def check_strangers(hub, till):
    """A till with a good certificate speaks for another."""
    other = Till(hub)
    other.enrol(hub.verb("till", "code", "s1", "x1").strip())
    other.sale("x1", 1)
    status, text = till.call("POST", "/v1/journal", other.batch(1))
    expect("a batch of another enrolment", (status, json.loads(text)["title"]), (403, "denied"))
    link = till.link()
    link.request("GET", "/v1/snapshot", headers=other.stamp())
    expect("a stamp of another enrolment", json.loads(link.getresponse().read())["title"], "denied")
    link.close()
    expect("fleet", [t["state"] for t in hub.json("fleet")["tills"] if t["till"] in ("t1", "x1")], ["active", "active"])


def quiet(till):
    """The cursor where nothing new comes any more: what tills do is told a quarter of a second later."""
    cursor, items = till.feed("/v1/snapshot")
    while items:
        cursor, items = till.feed(f"/v1/feed?cursor={cursor}&wait=1")
    return cursor


def check_nowhere_to_print(hub):
    """A full disk is no success, whatever is printed, and however long it is."""
    for n in range(60):  # more than a buffer of standard output
        hub.verb("store", "add", f"long-{n}", "--name", "a store with a name as long as names of stores are in a town with many of them")
    for words in (["fleet"], ["fleet", "--json"], ["store", "list", "--json"], ["setting", "list", "--json"], ["health", "--json"], ["members", "export"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([HUB, *words, "--dir", str(hub.chain)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        expect(f"exit code of {words} on a full disk", done.returncode, 1)
        expect(f"what is said: {done.stderr!r}", done.stderr.count("can't be written"), 1)


def check_end(hub, till):
    hub.verb("till", "revoke", "t9", code=1)
    cursor = quiet(till)
    waiting = []
    poll = threading.Thread(target=lambda: waiting.append(till.call("GET", f"/v1/feed?cursor={cursor}&wait=20")))
    poll.start()
    time.sleep(0.3)
    started = time.monotonic()
    expect("revoked", hub.json("till", "revoke", "t1")["revoked"], 1)
    poll.join(20)
    expect("a revoked till that waited", (waiting[0][0], time.monotonic() - started < 5), (403, True))
    status, text = till.call("GET", "/v1/snapshot")
    expect("a revoked till", (status, "the certificate is revoked" in text), (403, True))
    other = Till(hub)
    other.enrol(hub.verb("till", "code", "s1", "t1").strip())
    other.sale("9", 1)
    other.send()
    before = other.hashes
    other.head, other.bodies, other.hashes = 0, other.bodies[:1], other.hashes[:1]
    other.sale("9", 2)
    status, problem = other.send()
    expect("a branch", (status, problem["title"]), (403, "branch"))
    expect("after a branch", other.call("GET", "/v1/snapshot")[0], 403)
    other.head, other.hashes = 1, before
    status, text = other.call("GET", "/v1/snapshot")
    expect("after a branch, who stands where he should", (status, json.loads(text)["title"]), (403, "branch"))
    last = Till(hub)
    last.enrol(hub.verb("till", "code", "s1", "last").strip())
    cursor = quiet(last)
    answers = []
    poll = threading.Thread(target=lambda: answers.append(last.call("GET", f"/v1/feed?cursor={cursor}&wait=50")))
    poll.start()
    time.sleep(0.3)
    hub.process.send_signal(signal.SIGTERM)
    poll.join(20)
    expect("a long-poll at the end", [(status, text.count("\n")) for status, text in answers], [(200, 1)])
    expect("the hub's exit code", hub.process.wait(20), 0)
    expect("the socket after the end", (hub.chain / "admin.sock").exists(), False)
    log = hub.log.read_text()
    for secret in (CARD, COUPON):
        expect("card numbers in the log", secret in log, False)
        expect("card numbers in the database", secret.encode() in (hub.chain / "hub.db").read_bytes(), False)


def main():
    with tempfile.TemporaryDirectory(prefix="verno-hub-") as name:
        hub = Hub(pathlib.Path(name))
        till = Till(hub)
        try:
            check_start(hub)
            check_masters(hub)
            check_tls(hub, till)
            check_sales(hub, till)
            check_reports(hub, till)
            check_turns(hub)
            check_renewal(hub, till)
            check_strangers(hub, till)
            check_nowhere_to_print(hub)
            check_end(hub, till)
        finally:
            if hub.process is not None and hub.process.poll() is None:
                hub.kill()
    print("the hub does what its page says")


if __name__ == "__main__":
    main()
