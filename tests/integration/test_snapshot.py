"""GET /v1/snapshot as a file: tags and ranges, a till that loads it in parts while it is replaced, a hub that is killed while it builds."""
import contextlib
import hashlib
import os
import pathlib
import sqlite3
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_hub import Hub, Till, expect  # noqa: E402

ACCEPT = "application/vnd.verno.snapshot, application/x-ndjson;schema=2"
MEMBERS = 3000


def get(till, **headers):
    link = till.link()
    try:
        link.request("GET", "/v1/snapshot", headers={**till.stamp(), "Accept": ACCEPT, **headers})
        response = link.getresponse()
        return response.status, response.read(), response.headers
    finally:
        link.close()


def whole(body):
    """Whether the blocks hang together up to the end; returns the cursor."""
    schema, epoch, number = struct.unpack(">Iqq", body[4:24])
    expect("what it is", (body[:4], schema), (b"VNS1", 1))
    chain, at, sections = hashlib.sha256(body[:24]).digest(), 24, []
    while True:
        section, rows, _, packed = struct.unpack(">IIII", body[at:at + 16])
        chain = hashlib.sha256(chain + body[at:at + 16] + body[at + 48:at + 48 + packed]).digest()
        expect("a block's hash", body[at + 16:at + 48], chain)
        at += 48 + packed
        sections.append(section)
        if section == 5:
            expect("the end", at, len(body))
            return f"{epoch}.{number}", sections


def check_file(hub, till):
    status, body, headers = get(till)
    tag = headers["ETag"]
    expect("the file", (status, headers["Content-Type"], int(headers["Content-Length"])),
           (200, "application/vnd.verno.snapshot", len(body)))
    cursor, sections = whole(body)
    expect("its tag names the cursor", tag.startswith(f'"{cursor}-'), True)
    expect("its sections", sorted(set(sections)), [0, 2, 4, 5])
    expect("the feed goes on from there", till.call("GET", f"/v1/feed?cursor={cursor}&wait=0")[0], 200)
    parts, at = [], 0
    while at < len(body):
        status, part, headers = get(till, Range=f"bytes={at}-{at + 9999}", **{"If-Match": tag})
        expect("a part", (status, headers["Content-Range"]), (206, f"bytes {at}-{at + len(part) - 1}/{len(body)}"))
        parts.append(part)
        at += len(part)
    expect("the parts", b"".join(parts) == body, True)
    expect("beyond its end", get(till, Range=f"bytes={len(body)}-")[0], 416)
    expect("with another tag all of it", get(till, Range="bytes=5-9", **{"If-Range": '"1.1-00000000"'})[0], 200)
    expect("with its own a part", get(till, Range="bytes=5-9", **{"If-Range": tag})[1], body[5:10])
    expect("a file that is not kept", get(till, **{"If-Match": '"1.1-00000000"'})[0], 412)
    return tag, body


def check_replaced(hub, till, tag, body):
    """A till in the middle of a file goes on with it when there is a newer one."""
    rows = [{"code": f"{number:013d}", "name": "x"} for number in range(21000)]
    hub.verb("catalogue", "import", hub.file("items", *rows))
    deadline = time.monotonic() + 60
    while get(till)[2]["ETag"] == tag:
        expect("another is built", time.monotonic() < deadline, True)
        time.sleep(0.05)
    newer = get(till)
    expect("it is another", whole(newer[1])[0] != whole(body)[0], True)
    expect("the one before is kept", get(till, Range="bytes=100-199", **{"If-Match": tag})[:2], (206, body[100:200]))


def check_restarted(hub, till):
    """A start leaves numbers out, which are no rows: the file that is there is as good as before."""
    tag = get(till)[2]["ETag"]
    hub.kill()
    hub.start()
    tags = set()
    for _ in range(20):
        tags.add(get(till)[2]["ETag"])
        time.sleep(0.1)
    expect("none is built for that", tags, {tag})


def check_old(hub, till):
    """One that is hours old is served, and another one is built, once, although nothing has changed."""
    tag = get(till)[2]["ETag"]
    for file in hub.chain.glob("snapshot-*.vns"):
        os.utime(file, (time.time() - 7 * 3600,) * 2)
    deadline = time.monotonic() + 60
    while (newer := get(till)[2]["ETag"]) == tag:
        expect("another is built", time.monotonic() < deadline, True)
        time.sleep(0.05)
    expect("of the same moment", newer.partition("-")[0], tag.partition("-")[0])
    expect("and that is it", {get(till)[2]["ETag"] for _ in range(20)}, {newer})


def check_forgotten(hub, till):
    """One from which the feed can't go on any more, because tombstones since then are gone, is not served: not even while a till loads it."""
    tag = get(till)[2]["ETag"]
    built = int(tag.strip('"').partition("-")[0].partition(".")[2])
    hub.verb("catalogue", "import", hub.file("more", {"code": "8600000000018", "name": "Caj"}))
    with contextlib.closing(sqlite3.connect(hub.chain / "hub.db", timeout=10, isolation_level=None)) as store:
        deadline = time.monotonic() + 20
        while (last := store.execute("SELECT value FROM number WHERE name = 'change'").fetchone()[0]) <= built:
            expect("it is published", time.monotonic() < deadline, True)
            time.sleep(0.05)
        expect("it is served until then", get(till)[2]["ETag"], tag)
        store.execute("INSERT INTO number(name, value) VALUES('feed-floor', ?)"
                      " ON CONFLICT(name) DO UPDATE SET value = excluded.value", (last,))
    expect("who loads it begins anew", get(till, Range="bytes=100-199", **{"If-Match": tag})[0], 412)
    cursor, _ = whole(get(till)[1])
    expect("the feed goes on from the next one", till.call("GET", f"/v1/feed?cursor={cursor}&wait=0")[0], 200)


def check_killed(hub, till):
    """A build that a kill ended leaves nothing that is served."""
    for file in hub.chain.glob("snapshot-*.vns"):
        file.unlink()
    link = till.link()
    link.request("GET", "/v1/snapshot", headers={**till.stamp(), "Accept": ACCEPT})
    deadline = time.monotonic() + 20
    while not (hub.chain / "snapshot.building").exists() and not list(hub.chain.glob("snapshot-*.vns")):
        expect("it is being built", time.monotonic() < deadline, True)
    hub.kill()
    link.close()
    hub.start()
    status, body, _ = get(till)
    expect("after the kill", status, 200)
    whole(body)


def main():
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(pathlib.Path(folder))
        try:
            hub.verb("init", "--name", "Snapshots")
            hub.start()
            hub.verb("store", "add", "s1")
            hub.verb("members", "import", hub.file("members", *(
                {"id": number, "cards": [f"29900{number:08d}"], "balance": number} for number in range(1, MEMBERS + 1))))
            hub.verb("catalogue", "import", hub.file("items", {"code": "8600000000017", "name": "Kafa"}))
            till = Till(hub)
            till.enrol(hub.verb("till", "code", "s1", "t1").strip())
            tag, body = check_file(hub, till)
            check_replaced(hub, till, tag, body)
            check_restarted(hub, till)
            check_killed(hub, till)
            check_old(hub, till)
            check_forgotten(hub, till)
            expect("frames for tills that take nothing else", till.call("GET", "/v1/snapshot")[1][:12], '{"schema":1,')
        finally:
            if hub.process is not None and hub.process.poll() is None:
                hub.kill()


main()
