#!/usr/bin/python3
"""A till whose hub lies: torn frames, wrong signatures, cursors that jump, bombs, giant rows, rights of another till, answers that are
none. The till sells on and journals no right, `verno status` has one clear sentence, and when the true hub is back it has everything, once.
"""
import gzip
import json
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, check, check_says, commits, run_cases, wait_for  # noqa: E402
from rogue import LyingHub, bomb, deep  # noqa: E402

ROW_BYTES = 8 << 20
EPOCH = 1


def ndjson(status=200, **headers):
    def lie(lines):
        def answer(handler, _):
            said = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            handler.send_reply(status, said,
                               {"Content-Type": "application/x-ndjson", **{k.replace("_", "-"): v for k, v in headers.items()}})
        return answer
    return lie


AHEAD = 10**10  # above all numbers of the real hub, whose start leaves out up to 200 million


def frame(number, *items, count=None, epoch=EPOCH, schema=1, snapshot=False):
    count = len(items) if count is None else count
    return [{"schema": schema, "cursor": f"{epoch}.{number}", "count": count, "snapshot": snapshot}, *items]


def member(number, **more):
    return {"kind": "member", "cards": [f"{number:064x}"], "included_seq": 0,
            "member": {"account": f"w{number}", "balance": 5, **more}}


def ack(**other):
    fields = {"schema": 1, "epoch": EPOCH, "acked_seq": 1, "durable_seq": 0, "head": "00" * 32, "quarantined": 0,
              "server_time_ms": int(time.time() * 1000), "delay_ms": 0, "spread_s": 0, **other}
    return lambda handler, _: handler.send_reply(200, json.dumps(fields).encode())


def expected(**fields):
    return lambda handler, _: handler.send_reply(409, json.dumps({"schema": 1, **fields}).encode())


def raw(data):
    return lambda handler, _: handler.send_raw(data)


def nothing(handler, _):
    handler.send_reply(200, b"{}")


def rights(**fields):
    return lambda handler, _: handler.send_reply(200, json.dumps({"schema": 1, "number": 0, "grants": [], **fields}).encode())


def grant(granted=9000, **other):
    return {"account": "w1", "granted": granted, "free": 0, "slices": [{"lot": 1, "amount": 9000, "expires_ms": 0}], **other}


def takes(handler, body):
    """The truth of an acknowledgement: all of the batch."""
    zipped = handler.headers.get("Content-Encoding") == "gzip"
    first = json.loads((gzip.decompress(body) if zipped else body).partition(b"\n")[0])
    ack(acked_seq=first["from_seq"] + first["count"] - 1)(handler, body)


def drip(handler, _):
    """A head that never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        time.sleep(0.001)


RULESET = {"kind": "ruleset", "number": 99, "signature": "30" * 70, "text": '{"ruleset":99,"engine":1}\n'}

# what it is called, what the hub does, what the till says
FEED_LIES = (
    ("a frame that is torn", ndjson()(frame(AHEAD, member(1), count=3)), "can't be read"),
    ("a frame that is cut inside a row", ndjson()(json.dumps(frame(AHEAD, count=1)[0]).encode() + b'\n{"kind":"mem'), "can't be read"),
    ("a frame of a newer schema", ndjson()(frame(AHEAD, schema=9)), "schema 9 is newer"),
    ("a row that nobody can read", ndjson()(frame(AHEAD, {"kind": "member", "member": 7})), "can't be read: line 2"),
    ("a name of 8 MiB", ndjson()(frame(AHEAD, member(1, first_name="x" * ROW_BYTES))), "can't be read: line 2"),
    ("deep nesting", ndjson()(deep(100000)), "nested deeper"),
    ("a cursor that jumps back", ndjson()(frame(1, member(1))), "older than the cache|not a snapshot"),
    ("a cursor that is none", ndjson()([{"schema": 1, "cursor": "x", "count": 0, "snapshot": False}]), "expected a cursor"),
    ("a bomb", ndjson(Content_Encoding="gzip")(bomb()), "too large"),
    ("zipped bytes that are torn", ndjson(Content_Encoding="gzip")(gzip.compress(b"x" * 5000)[:-9]), "not gzip"),
    ("an answer without an end", drip, "not HTTP"),
    ("an answer that is no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "not HTTP"),
    ("a length that lies", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n{}"), "too large"),
    ("a redirect", lambda h, _: h.send_reply(302, b"", {"Location": "https://127.0.0.1/"}), "answered 302$"),
    ("a status that is none", raw(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), "not HTTP"),
)

JOURNAL_LIES = (
    ("an acknowledgement of more than there is", ack(acked_seq=10**6), "set back"),
    ("an acknowledgement of nothing", ack(acked_seq=0), "took nothing"),
    ("one below zero", ack(acked_seq=-5), "can't be read"),
    ("durable above acknowledged", ack(acked_seq=1, durable_seq=5), "can't be read"),
    ("an acknowledgement that is none", lambda h, _: h.send_reply(200, b"fine"), "can't be read"),
    ("an acknowledgement of a MiB", lambda h, _: h.send_reply(200, b'{"x":"' + b"y" * (1 << 20) + b'"}'), "can't be read"),
    ("a wrong expectation", expected(expected_seq=10**9, head="00" * 32), "set back"),
    ("an expectation that is none", lambda h, _: h.send_reply(409, b"[]"), "can't be read"),
)

CAN_NOT = "answer about rights can't be read: "
RIGHTS_LIES = (
    ("rights that are rubbish", lambda h, _: h.send_reply(200, b"granted"), CAN_NOT + "not valid JSON"),
    ("rights that are none", nothing, CAN_NOT + "expected .* at /schema"),
    ("another till's rights", rights(enrolment="ab" * 16, number=9, grants=[grant()]), f"rights of another till, enrolment {'ab' * 16}"),
    ("another till's risk", rights(enrolment="ab" * 16, risk_member=900), "rights of another till"),
    ("an enrolment that is none", rights(enrolment="till-1", number=9, grants=[grant()]), CAN_NOT + "expected .* at /enrolment"),
    ("a number below zero", rights(number=-9, grants=[grant()]), CAN_NOT + "expected .* at /number"),
    ("a huge number", rights(number=2**60, grants=[grant()]), CAN_NOT + "expected .* at /number"),
    ("a number beyond all", lambda h, _: h.send_reply(200, b'{"schema":1,"number":' + b"9" * 400 + b',"grants":[]}'),
     CAN_NOT + "a number is too large"),
    ("a right below zero", rights(number=9, grants=[grant(-5)]), CAN_NOT + "expected .* at /grants/0/granted"),
    ("a huge right", rights(number=9, grants=[grant(10**18)]), CAN_NOT + "expected .* at /grants/0/granted"),
    ("a slice below zero", rights(number=9, grants=[grant(slices=[{"lot": 1, "amount": -9000, "expires_ms": 0}])]),
     CAN_NOT + "expected .* at /grants/0/slices/0/amount"),
    ("one account twice", rights(number=9, grants=[grant(), grant(8000)]), CAN_NOT + "expected each account once"),
    ("more grants than there may be", rights(number=9, grants=[{**grant(), "account": f"w{i}"} for i in range(33)]), CAN_NOT + "expected .* at /grants"),
    ("an expectation that is none, for rights", lambda h, _: h.send_reply(409, b"[]"), "answer to a question about rights can't be read"),
    ("rights of a newer schema", rights(schema=9, number=9, grants=[grant()]), CAN_NOT + "schema 9 is newer"),
)


def sells_on(till, what):
    """A known card earns; that takes no hub."""
    lane = Lane(till, receipt=len(commits(till.journal())))
    told = lane.sell(6)
    check(f"{what}: the commit says committed", told["committed"], True)
    if told["points_earned"] <= 0:
        check(f"{what}: points", told, "some")


def says(till, what, sentence, since):
    """The sentence in `verno status`, where the next attempt's may have taken its place already: the log keeps them all."""
    def told():
        return [why for why in re.findall(r'hub_offline .*why="(.*)"', till.log.read_bytes()[since:].decode(errors="replace")) if re.search(sentence, why)]
    wait_for(f"{what}: a sentence like '{sentence}'", told, 10, till.process, till.log)
    status = till.wait_status(f"{what}: a sentence", lambda s: s["reason"] and not s["online"], 10)
    for reason in (*told(), status["reason"]):
        check_says(what, reason, r"^[^\n]{7,254}[^\s:]$")


def granted(till):
    return [line["entry"] for line in till.journal() if line["entry"]["kind"] == "grant"]


def tell_lies(chain, lies, *channels, **truths):
    """The till is started anew for each, so that it does not wait for its back-off. In the end the true hub is back."""
    till = chain.till()
    sells_on(till, "before")
    till.at_rest()
    chain.stop_hub()
    true_grants = granted(till)
    for what, lie, sentence in lies:
        till.stop()
        with LyingHub(chain, **{"status": nothing, "rights": rights(), **truths, **dict.fromkeys(channels, lie)}) as hub:
            since = till.log.stat().st_size if till.log.exists() else 0
            till.start()
            sells_on(till, what)
            says(till, what, sentence, since)
            if not hub.was_asked(f"/v1/{channels[0]}"):
                check(f"{what}: asked for", hub.server.asked, channels[0])
            sells_on(till, what)
            check(f"{what}: grants", granted(till), true_grants)
            if till.process.poll() is not None:
                check(f"{what}: the agent", till.process.returncode, None)
    till.stop()
    chain.start_hub()
    till.start()
    till.wait_live()
    till.wait_drained()
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), commits(till.journal()))
    check_says("verno journal --verify", till.verify(), "whole")
    check("audit", chain.audit(), [])


def feed_lies(chain):
    tell_lies(chain, FEED_LIES, "feed", "snapshot")


def journal_lies(chain):
    tell_lies(chain, JOURNAL_LIES, "journal")


def rights_lies(chain):
    tell_lies(chain, RIGHTS_LIES, "rights", journal=takes)


def words_of_no_grants(chain):
    """What the hub gives as the reason why it grants nothing is read by who stands before the till, while it holds; the log has it once."""
    why = "the hub was set back, and 2 enrolments have not shown yet what was granted there"
    till = chain.till()
    till.at_rest()
    chain.stop_hub()
    till.stop()
    since = till.log.stat().st_size
    with LyingHub(chain, status=nothing, journal=takes, rights=rights(reason=why)) as hub:
        till.start()
        till.wait_status("the reason", lambda s: s["nothing_granted"] == why)
        sells_on(till, "nothing granted")
        check_says("verno status", till.words(), re.escape(f"The hub grants nothing at present: {why}\n"))
        truth = hub.server.lies
        hub.tell({**truth, "/v1/journal": raw(b"")})  # after that it reports anew, and asks with it whether rights are granted by now
        sells_on(till, "a line that breaks")
        till.wait_status("the break", lambda s: not s["online"] and s["nothing_granted"] == why)
        hub.tell({**truth, "/v1/rights": rights()})
        till.wait_status("nothing more to say", lambda s: s["online"] and s["nothing_granted"] == "")
    if "grants nothing" in till.words():
        check("verno status", till.words(), "no such line")
    check("the log", till.log.read_bytes()[since:].count(b"hub_grants_nothing"), 1)


def snapshot_as_frame(chain):
    """A frame replaces nothing: what a till knows goes only when it asked for a snapshot."""
    lie = ("a snapshot that nobody asked for", ndjson()(frame(AHEAD, snapshot=True)), "a snapshot, not a checkpoint|can't work now")
    tell_lies(chain, (lie,), "feed")


def forged_rules(chain):
    """A ruleset and a stop that the publishing key did not sign are left out, and what else is in the frame is taken."""
    till = chain.till()
    ruleset = till.status()["ruleset"]
    till.wait_drained()
    chain.stop_hub()
    till.stop()
    stop = {"kind": "stop", "key": "coffee-week", "number": 100, "signature": "30" * 70}
    with LyingHub(chain, feed=ndjson()(frame(AHEAD, RULESET, stop, member(424242)))) as hub:
        till.start()
        till.wait_status("the frame", lambda s: hub.was_asked(f"/v1/feed?cursor={EPOCH}.{AHEAD}"))
        check("ruleset", till.status()["ruleset"], ruleset)
        sells_on(till, "forged rules")
        check_says("the log", till.log.read_text(), "refused|signed|signature")
    till.stop()
    chain.start_hub()
    till.start()
    till.wait_live()
    till.wait_drained()
    check("audit", chain.audit(), [])


def mute_hub(chain):
    """It takes connections and says nothing, also not the end of a handshake."""
    till = chain.till()
    till.wait_drained()
    chain.stop_hub()
    till.stop()
    with socket.create_server((chain.address, chain.hub_port)):
        till.start()
        sells_on(till, "a mute hub")
        check("online", till.status()["online"], False)
    chain.start_hub()
    till.wait_live()
    till.wait_drained(90)
    check("audit", chain.audit(), [])


if __name__ == "__main__":
    run_cases(feed_lies, journal_lies, rights_lies, words_of_no_grants, snapshot_as_frame, forged_rules, mute_hub)
