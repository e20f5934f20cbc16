"""The hub takes journals in: what was acknowledged is there once, whoever leaves, waits or is killed meanwhile; and whose body is
not wanted is told so before he sends it."""
import contextlib
import http.client
import json
import pathlib
import signal
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import preload  # noqa: E402
from hub_raw import BIN, Hub, Till, expect, wait_quiet, writer_held  # noqa: E402

SHIM = BIN.parent / "lib" / "libverno-trouble-shim.so"


def tills_of(hub, names):
    tills = []
    for name in names:
        till = Till(hub)
        till.enrol(hub.verb("till", "code", "s1", name).strip())
        tills.append(till)
    return tills


def begin(till, first=1):
    """Sends a journal and does not wait for the answer."""
    link = till.link()
    link.request("POST", "/v1/journal", body=till.batch(first), headers=till.stamp())
    return link


def begin_late(till):
    """All of a journal but its last byte; the hub has taken the head."""
    link, body = till.link(), till.batch(1)
    link.putrequest("POST", "/v1/journal")
    for name, value in {**till.stamp(), "Content-Length": str(len(body))}.items():
        link.putheader(name, value)
    link.endheaders(body[:-1])
    wait_quiet(till.hub.process)
    return link


def end(link):
    response = link.getresponse()
    text = response.read().decode()
    link.close()
    return response, json.loads(text)


@contextlib.contextmanager
def change(hub):
    """The hub's database, behind its back."""
    store = sqlite3.connect(hub.chain / "hub.db", timeout=10)
    with store:
        yield store
    store.close()


def balance(hub):
    return hub.json("ledger", "--member", "1")["balance"]


def killed_between_commit_and_reply(hub, disk):
    tills = tills_of(hub, [f"k{number}" for number in range(6)])
    for till in tills:
        for number in range(3):
            till.sale(f"{till.id[:8]}-{number}", 1)
    before = balance(hub)
    with writer_held(hub):
        links = [begin(till) for till in tills]
        wait_quiet(hub.process)
        disk.write_text("kill")
    expect("the hub was killed when the commit was on the disk", hub.process.wait(20), -signal.SIGKILL)
    disk.unlink()
    for link in links:
        try:
            response = link.getresponse()
            raise SystemExit(f"a reply: {response.status}")
        except (http.client.HTTPException, ConnectionError, OSError):
            link.close()
    hub.start()
    acked = [till["acked_seq"] for till in hub.json("fleet")["tills"] if till["till"].startswith("k")]
    expect(f"what was committed is there, untold: {acked}", (set(acked) <= {0, 3}, 3 in acked), (True, True))
    for till in tills:
        status, ack = till.send()
        expect("sent again", (status, ack["acked_seq"], ack["head"]), (200, 3, till.hashes[3].hex()))
    expect("each sale once", balance(hub), before + 18)
    expect("audit", hub.json("audit")["contradictions"], [])


def one_journal_of_a_till_at_a_time(hub):
    till, = tills_of(hub, ["b1"])
    till.sale("b1", 1)
    before = balance(hub)
    with writer_held(hub):
        first = begin(till)
        wait_quiet(hub.process)
        response, problem = end(begin(till))
        expect("a second one meanwhile", (response.status, problem["title"]), (429, "busy"))
        expect("when to come again", int(response.headers["Retry-After"]) >= 1, True)
    response, ack = end(first)
    expect("the first", (response.status, ack["acked_seq"]), (200, 1))
    late = begin_late(till)
    with writer_held(hub):
        first = begin(till)
        wait_quiet(hub.process)
        late.send(till.batch(1)[-1:])
        response, problem = end(late)
        expect("one whose head came before", (response.status, problem["title"]), (429, "busy"))
    expect("the first", end(first)[0].status, 200)
    till.sale("b2", 1)
    status, ack = till.send()
    expect("who was told to wait delivers", (status, ack["acked_seq"]), (200, 2))
    expect("each sale once", balance(hub), before + 2)


def one_who_stumbles_does_not_stop_the_others(hub):
    """They are committed together; what the hub knows of one of them is damaged."""
    first, damaged, sound = tills_of(hub, ["g1", "g2", "g3"])
    for till in (first, damaged, sound):
        till.sale(f"g-{till.id[:8]}", 1)
    before = balance(hub)
    with change(hub) as store:
        head, = store.execute("SELECT head FROM enrolment WHERE till = 'g2'").fetchone()
        store.execute("UPDATE enrolment SET head = x'00' WHERE till = 'g2'")
    with writer_held(hub):
        links = [begin(first)]
        wait_quiet(hub.process)
        links += [begin(damaged), begin(sound)]
        wait_quiet(hub.process)
    statuses = [end(link)[0].status for link in links]
    with change(hub) as store:
        store.execute("UPDATE enrolment SET head = ? WHERE till = 'g2'", [head])
    expect("the damaged one alone is refused", statuses, [200, 503, 200])
    expect("and is taken when that is mended", damaged.send()[0], 200)
    hub.settle(first.id)
    hub.settle(sound.id)
    expect("each sale once", balance(hub), before + 3)


def who_leaves_is_taken_in(hub):
    till, = tills_of(hub, ["l1"])
    till.sale("l1", 1)
    before = balance(hub)
    with writer_held(hub):
        begin(till).close()
        wait_quiet(hub.process)
    until = time.monotonic() + 20
    while (status := till.send()[0]) == 429 and time.monotonic() < until:
        time.sleep(0.01)  # the one that was left alone is still under way
    expect("sent again", status, 200)
    expect("the sale once", balance(hub), before + 1)


def head_only(till, headers):
    link = till.link()
    link.putrequest("POST", "/v1/journal")
    for name, value in {**headers, "Content-Length": str(4 * 1024 * 1024)}.items():
        link.putheader(name, value)
    link.endheaders()
    began = time.monotonic()
    response, problem = end(link)
    expect("it does not wait for the body", time.monotonic() - began < 5, True)
    return response.status, problem["title"]


def told_before_the_body(hub):
    till, = tills_of(hub, ["d1"])
    till.sale("d1", 1)
    stranger = Till(hub)
    expect("nobody", head_only(stranger, {}), (401, "denied"))
    expect("no stamp", head_only(till, {}), (400, "input"))
    with writer_held(hub):
        first = begin(till)
        wait_quiet(hub.process)
        expect("busy", head_only(till, till.stamp()), (429, "busy"))
    expect("the first", end(first)[0].status, 200)


def ended_while_one_waits(hub):
    till, = tills_of(hub, ["e1"])
    till.sale("e1", 1)
    with writer_held(hub):
        link = begin(till)
        wait_quiet(hub.process)
        hub.process.send_signal(signal.SIGTERM)
        wait_quiet(hub.process)
        response, problem = end(begin(till))
        expect("who comes later", (response.status, problem["title"]), (503, "ending"))
        expect("when to come again", int(response.headers["Retry-After"]) >= 1, True)
    response, ack = end(link)
    expect("what was begun is answered", (response.status, ack["acked_seq"]), (200, 1))
    expect("the hub's exit code", hub.process.wait(20), 0)
    hub.start()
    hub.settle(till.id)
    expect("and is posted after the next start", hub.json("sales", "--till", "e1")["sales"][0]["sale"][2], "e1")


def main():
    with tempfile.TemporaryDirectory(prefix="verno-intake-") as name:
        hub = Hub(pathlib.Path(name))
        disk = hub.folder / "disk"
        try:
            hub.verb("init", "--name", "Intake", "--root-dir", str(hub.folder / "root"))
            hub.start({**preload(SHIM), "VERNO_DISK": str(disk), "ASAN_OPTIONS": "verify_asan_link_order=0"})
            hub.verb("store", "add", "s1")
            hub.verb("members", "import", hub.file("members", {"id": 1, "cards": ["2990000000017"]}))
            killed_between_commit_and_reply(hub, disk)
            one_journal_of_a_till_at_a_time(hub)
            one_who_stumbles_does_not_stop_the_others(hub)
            who_leaves_is_taken_in(hub)
            told_before_the_body(hub)
            ended_while_one_waits(hub)
        finally:
            if hub.process is not None and hub.process.poll() is None:
                hub.kill()
    print("what is acknowledged is there, once")


main()
