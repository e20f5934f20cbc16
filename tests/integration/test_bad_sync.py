#!/usr/bin/python3
"""A hub that is sent what no till sends: torn, repeated, reordered, oversized, too new, malicious; bombs; clients that are slow. It
stays up, serves a good till meanwhile, and says in one sentence what was wrong.
"""
import gzip
import json
import os
import pathlib
import re
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, check, check_says, commits, run_cases, wait_for  # noqa: E402
from rogue import Rogue, bomb, deep  # noqa: E402

SLOW = 25  # more than health bears
HEAD_S = 10  # a request's head must be there by then
MEMORY_KIB = 160 * 1024
SENTENCE = r"^[^\n]{4,255}$"


class GoodTill:
    """Sells all the time in a thread of its own; what it sold is at the hub in the end, once."""

    def __init__(self, chain):
        self.chain, self.till = chain, chain.till()
        self.over, self.failure = threading.Event(), None
        self.thread = threading.Thread(target=self.sell)

    def sell(self):
        try:
            lane = Lane(self.till)
            while not self.over.is_set() or lane.receipt < 3:
                lane.sell(6)
                time.sleep(0.05)
        except Exception as failure:  # told in the end
            self.failure = failure

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if kind is None:
            if self.failure:
                raise self.failure
            if self.chain.hub_process.poll() is not None:
                raise Failure(f"the hub ended with {self.chain.hub_process.returncode}")
            self.till.wait_drained()
            mine = sorted(row["sale"][2] for row in self.chain.sales() if row["till"] == self.till.name)
            check("sales at the hub", mine, commits(self.till.journal()))
            check("audit", self.chain.audit(), [])


def refused(what, answer, *statuses, says="."):
    """A refusal is a problem document with one sentence, if the request came so far that somebody can be told."""
    status, said = answer
    if status not in statuses:
        raise Failure(f"{what}: answered {status}, {said!r}, expected {statuses}")
    if not isinstance(said, dict):
        raise Failure(f"{what}: answered {status} without a document: {said[:200]!r}")
    sentence = f"{said['title']}: {said.get('detail', '')}"
    check_says(what, sentence, SENTENCE)
    check_says(what, sentence, says)


def torn_and_reordered(chain):
    """Torn is refused whole, repeated is taken once, what comes too early is told what is expected."""
    with GoodTill(chain):
        rogue = Rogue(chain)
        for number in range(1, 6):
            rogue.append(kind="finding", body={"what": f"test {number}"})
        whole, zipped = rogue.batch(), gzip.compress(rogue.batch())
        lines = whole.split(b"\n")
        status, expected = rogue.journal(rogue.batch(3))
        check("a batch that begins too late", (status, expected["expected_seq"]), (409, 1))
        for at in (1, 10, len(zipped) // 2, len(zipped) - 1):
            refused(f"zipped bytes up to {at}", rogue.journal(zipped[:at], Content_Encoding="gzip"), 400, says="zip|inflat|gzip")
        refused("zipped bytes with more behind them", rogue.journal(zipped + b"x", Content_Encoding="gzip"), 400)
        for at in (0, 5, len(lines[0]) + 1, len(whole) - 5):
            refused(f"lines up to byte {at}", rogue.journal(whole[:at]), 400)
        about = b"\n".join([lines[0], lines[1], lines[3], lines[2], *lines[4:]])
        refused("two entries changed about", rogue.journal(about), 400, says="head|chain")
        refused("an entry less", rogue.journal(b"\n".join([*lines[:3], *lines[4:]])), 400)
        refused("an entry more", rogue.journal(whole + lines[1] + b"\n"), 400)
        for _ in range(3):
            check("the same batch again", rogue.journal(zipped, Content_Encoding="gzip")[0], 200)
        check("a part of it again", rogue.journal(rogue.batch(2, 4))[0], 200)
        status, ack = rogue.journal(whole)
        check("acknowledged", (status, ack["acked_seq"], ack.get("quarantined", 0)), (200, rogue.head, 0))
        check_says("verno-hub health", chain.hub("health"), r"requests of tills within .* can't be read, the last one of rogue \(400\): look")


def oversized(chain):
    """Each limit has its own refusal, before anything is kept."""
    with GoodTill(chain):
        rogue = Rogue(chain)
        rogue.append(raw=b'{"v":1,"kind":"finding","t":1,"mono":1,"body":{"what":"' + b"x" * (512 << 10) + b'"}}')
        refused("an entry above 512 KiB", rogue.journal(rogue.batch()), 400, 413)
        refused("a batch above 4 MiB", rogue.journal(b"x" * ((4 << 20) + 1)), 413)
        refused("a bomb", rogue.journal(bomb(), Content_Encoding="gzip"), 413)
        refused("a bomb in a bomb", rogue.journal(gzip.compress(bomb()), Content_Encoding="gzip"), 400, 413)
        refused("a packing that nobody knows", rogue.journal(rogue.batch(1, 1), Content_Encoding="br"), 415, 400)
        refused("a head above 16 KiB", rogue.call("GET", "/v1/feed?cursor=0.0", Filler="x" * 20000), 431)
        refused("a long target", rogue.call("GET", "/v1/feed?cursor=" + "1" * 2000), 414, 431)
        refused("many headers", rogue.call("GET", "/v1/feed?cursor=0.0", **{f"H{n}": "x" for n in range(200)}), 431)
        refused("a status of a MiB", rogue.call("POST", "/v1/status", json.dumps({"x": "y" * (1 << 20)})), 413)
        many = Rogue(chain, "many")
        for number in range(501):
            many.append(kind="finding", body={"what": str(number)})
        refused("a batch of 502", many.journal(many.batch()), 400)
        check("500 of them", many.journal(many.batch(1, 500))[0], 200)
        check_says("verno-hub health", chain.hub("health"), r"requests of tills within .* can't be read, the last one of many \(400\)")
        refused("a bomb", many.journal(bomb(), Content_Encoding="gzip"), 413)
        check_says("verno-hub health", chain.hub("health"), r"can't be read, the last one of many \(413\)")
        peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{chain.hub_process.pid}/status").read_text())[1])
        if peak > MEMORY_KIB:
            raise Failure(f"the hub took {peak} KiB for it")


def too_new(chain):
    """What a newer till sends is refused where it can be said, and kept where it is in the chain."""
    with GoodTill(chain):
        rogue = Rogue(chain)
        refused("a batch of schema 9", rogue.journal(rogue.batch(schema=9)), 426, says="newer|schema|version")
        refused("rights of schema 9", rogue.call("POST", "/v1/rights", '{"schema":9,"wants":[]}'), 426)
        check_says("verno-hub health", chain.hub("health"), r"the last one of rogue \(426\): it is newer than the hub: upgrade the hub")
        rogue.append(raw=b'{"v":99,"kind":"commit","t":1,"mono":1}')
        rogue.append(kind="teleport", body={})
        rogue.append(raw=b"\x00\xff not JSON at all")
        rogue.append(raw=deep(2000))
        rogue.append(kind="finding", body={"what": "and on"})
        status, ack = rogue.journal(rogue.batch())
        check("taken", (status, ack["acked_seq"]), (200, rogue.head))
        wait_quarantined(chain, rogue, 4)
        wait_for("a line in health", lambda: "4 entries are in quarantine" in chain.hub("health"))


def wait_quarantined(chain, rogue, count):
    """The hub may take some time until it has looked into them."""
    until = time.monotonic() + 10
    rows = []
    while time.monotonic() < until:
        rows = [row for row in json.loads(chain.hub("quarantine list", "--json"))["quarantine"] if row["till"] == rogue.name]
        if len(rows) >= count:
            break
        time.sleep(0.05)
    check("entries in quarantine", len(rows), count)
    for row in rows:
        check_says("why", row["reason"], SENTENCE)


def malicious(chain):
    """A till with a true certificate that wants more than is its own."""
    with GoodTill(chain) as good:
        rogue = Rogue(chain)
        check("its own journal", rogue.journal(rogue.batch())[0], 200)
        other = json.loads((good.till.folder / "enrolment.json").read_text())["enrolment"]
        refused("another till's batch", rogue.journal(rogue.batch(enrolment=other)), 403, 400)
        refused("another till's stamp", rogue.call("GET", "/v1/feed?cursor=0.0", stamp=rogue.stamp(enrolment=other)), 403, 400)
        for name, value in (("from_seq", -1), ("from_seq", 0), ("from_seq", 2**63), ("from_seq", "1"), ("count", -1), ("count", 2**31),
                            ("prev_hash", "00"), ("head", "zz" * 32), ("schema", None), ("enrolment", 7)):
            refused(f"a batch with {name} {value}", rogue.journal(rogue.batch(**{name: value})), 400, 403, 409, 426)
        for body in b"", b"{}", b"[]", b"null", deep(30000), b'{"schema":1,' * 1000, b"\xff\xfe", b'{"schema":1,"schema":1}':
            refused(f"a batch that begins {body[:12]!r}", rogue.journal(body), 400)
            refused(f"rights that begin {body[:12]!r}", rogue.call("POST", "/v1/rights", body), 400)
            if body != b"{}":
                refused(f"a status that begins {body[:12]!r}", rogue.call("POST", "/v1/status", body), 400)
        wants = [{"account": f"w{n}", "granted": 1} for n in range(1, 34)]
        refused("rights to 33 accounts", rogue.call("POST", "/v1/rights", json.dumps({"schema": 1, "wants": wants})), 400, 413)
        for granted in -1, 2**63, "many":
            wanted = json.dumps({"schema": 1, "wants": [{"account": "w6", "granted": granted}]})
            refused(f"rights of {granted}", rogue.call("POST", "/v1/rights", wanted), 400)
        for cursor in "", "abc", "1", "1.2.3", "-1.5", "1.99999999999999999999", "%00", "1.5;drop":
            refused(f"a cursor '{cursor}'", rogue.call("GET", f"/v1/feed?cursor={cursor}"), 400)
        refused("a cursor of the future", rogue.call("GET", "/v1/feed?cursor=1.999999999"), 410)
        refused("a cursor of another epoch", rogue.call("GET", "/v1/feed?cursor=99.1"), 410)
        for wait in "-1", "100000000000", "soon":
            refused(f"waiting '{wait}'", rogue.call("GET", f"/v1/feed?cursor=1.1&wait={wait}"), 400)
        for stamp in "x", rogue.stamp(seq=-1), rogue.stamp(hash="00"), "a=b;" * 100, rogue.stamp(acked=2**63):
            refused(f"a stamp '{stamp[:20]}'", rogue.call("GET", "/v1/feed?cursor=0.0", stamp=stamp), 400)
        members = "/v1/members/"
        for path in "/", "/v1/", "/v1/../admin/fleet", "/admin/fleet", members, members + "0" * 63, members + "g" * 64:
            refused(f"the path {path}", rogue.call("GET", path), 400, 404)
        rogue.append(kind="grant", rights=[{"account": "w6", "granted": 10**9, "in": 0, "out": 0, "move": 0}],
                     body={"number": 99, "slices": []})
        rogue.append(kind="commit", sale=["1", "2026-11-22", "1"], account="w6", points=-10**9,
                     rights=[{"account": "w6", "granted": 10**9, "in": 0, "out": 10**9, "move": 10**9}],
                     body={"fiscal": "F", "outcome": {"total_minor": 1, "payable_minor": 1, "points_spent": 10**9}})
        status, ack = rogue.journal(rogue.batch(2))
        check("what it took without a right is kept", (status, ack["acked_seq"]), (200, rogue.head))
        lied = rogue.call("GET", "/v1/feed?cursor=0.0", stamp=rogue.stamp(hash="11" * 32))
        check("its head set back is a", lied[1]["title"], "branch")
        refused("and nothing more is taken from it", rogue.journal(rogue.batch()), 403, says="branch")
        check_says("verno-hub health", chain.hub("health"), "1 till was set back or copied(.|\n)*enrol anew")


def claims_that_the_hub_was_set_back(chain):
    """A till that shows acknowledgements which the hub never gave is believed once, since it is the only witness of a machine that was
    reverted, and not again and again: an epoch is work for all."""
    with GoodTill(chain) as good:
        rogue = Rogue(chain)
        check("its own journal", rogue.journal(rogue.batch())[0], 200)
        epoch, opened = chain.fleet()["epoch"], 0
        for _ in range(10):
            rogue.append(kind="boot", body={"boot": rogue.boot, "version": "1", "engine": 2})
            status, said = rogue.call("POST", "/v1/status", "{}", stamp=rogue.stamp(acked=rogue.head))
            opened += status == 503
            if status != 503:
                break
            check("sent again", rogue.journal(rogue.batch(rogue.head), stamp=rogue.stamp(acked=rogue.head - 1))[0], 200)
        refused("the second claim", (status, said), 403, says="branch: the till showed numbers that this hub never gave")
        check("epochs that it opened", (opened, chain.fleet()["epoch"]), (1, epoch + 1))
        refused("and it has ended", rogue.call("GET", "/v1/feed?cursor=0.0"), 403, says="branch")
        check_says("verno-hub health", chain.hub("health"), "1 till was set back or copied")
        check("the good till", good.till.status()["state"], "live")


def slow_clients(chain):
    """Half a handshake, a head that comes byte by byte, a body that never ends, a reader that does not read: each has its time."""
    with GoodTill(chain):
        rogue = Rogue(chain)
        hello = bytes.fromhex("160301020001")  # the first bytes of a record whose rest never comes
        head = f"POST /v1/journal HTTP/1.1\r\nHost: x\r\nVerno-Till: {rogue.stamp()}\r\n".encode()
        half, slow, idle = [rogue.dial() for _ in range(30)], [rogue.secure() for _ in range(SLOW)], [rogue.secure() for _ in range(10)]
        for link in half:
            link.sendall(hello)
        for link in idle:
            link.sendall(head + b"Content-Length: 100000\r\n\r\n{")
        deaf = rogue.secure()
        deaf.sendall(head.replace(b"POST /v1/journal", b"GET /v1/snapshot") + b"\r\n")
        started = time.monotonic()
        for byte in head[:40]:
            for link in slow:
                link.sendall(bytes([byte]))
            time.sleep(0.1)
        for link in half + slow:
            link.settimeout(3 * HEAD_S)
            while link.recv(4096):  # until the hub has enough, with a sentence where it can be read
                pass
        took = time.monotonic() - started
        if not HEAD_S / 2 < took < 2.5 * HEAD_S:
            raise Failure(f"slow clients were let go after {took:.1f} s")
        for link in half + slow + idle + [deaf]:
            link.close()
    lines = [line for line in chain.hub_log.read_text(errors="replace").splitlines() if "did not come in time" in line]
    if not lines or len(lines) > 60:
        raise Failure(f"the hub says {len(lines)} times that a head did not come")
    check_says("verno-hub health", chain.hub("health"), r"\d+ requests within .* did not come in time and were let go")


def strangers(chain):
    """Whoever has no certificate can send something, and can't stop anybody by it: neither by bodies that never come nor by work."""
    with GoodTill(chain):
        rogue, other = Rogue(chain), Rogue(chain, "other")
        outside = ssl.create_default_context(cafile=str(chain.hub_dir / "ca.pem"))
        outside.maximum_version = ssl.TLSVersion.TLSv1_2

        def stall(context, path, length, stamp=""):
            link = context.wrap_socket(rogue.dial(), server_hostname=chain.address)
            link.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{stamp}Content-Length: {length}\r\n\r\n".encode())
            return link

        def code(link):
            return int(link.recv(4096).split()[1])

        for path, answer in (("/v1/enrol", 413), ("/v1/journal", 401)):
            links = [stall(outside, path, 4 << 20) for _ in range(70)]  # of 4 MiB, more than all may send together
            check(f"strangers at {path}", {code(link) for link in links}, {answer})
            check("the journal meanwhile", rogue.journal(rogue.batch())[0], 200)
        check("nobody waits for a path that is not there", code(stall(outside, "/nothing", 1000)), 404)
        links = [stall(outside, "/v1/enrol", 64 << 10) for _ in range(256)]
        check("more of them", code(stall(outside, "/v1/enrol", 64 << 10)), 429)
        check("the journal meanwhile", rogue.journal(rogue.batch())[0], 200)
        links = [stall(rogue.context, "/v1/journal", 4 << 20, f"Verno-Till: {rogue.stamp()}\r\n") for _ in range(70)]
        wait_for("its share is used up", lambda: rogue.journal(rogue.batch())[0] == 429)
        check("another till's journal", other.journal(other.batch())[0], 200)
        for link in links:
            link.close()
        large = gzip.compress(b'{"schema":1,"code":"x","csr":"x","a":[' + b"{}," * (1 << 20) + b"{}]}", 9)
        refused("a large document in a small body", other.call("POST", "/v1/enrol", large, Content_Encoding="gzip"), 413)


if __name__ == "__main__":
    os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=8")  # what is freed counts in no peak
    run_cases(torn_and_reordered, oversized, too_new, malicious, claims_that_the_hub_was_set_back, slow_clients, strangers)
