#!/usr/bin/python3
"""How an agent ends, and what its disk does to it: a request is answered or not, never half; the next start goes on.
"""
import contextlib
import http.client
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import (DATE, Answer, Failure, Lane, Stream, Till, UnixConnection, check, check_says, commits, read_lines,  # noqa: E402
                   run_cases, wait_for)

ROUNDS = 16


def send(till, path, body):
    """A request whose answer is not read yet."""
    connection = UnixConnection(till.socket, 10)
    connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return connection


def answer_of(connection):
    """The whole answer, or None."""
    try:
        response = connection.getresponse()
        return Answer(response.status, response.read(), 0)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def graceful_end(chain):
    """SIGTERM while a commit is under way: the exit code is 0, the commit is whole or was never there."""
    draw = random.Random(7)
    till = chain.till()
    answered = 0
    for number in range(ROUNDS):
        lane = Lane(till, receipt=number)
        lane.open(1, 2)
        lane.quote()
        lane.card(6)
        lane.hold()
        if number % 8 == 0:  # one who listens must not keep it from ending
            Stream(till.socket, "/v1/screen").wait(lambda m: True)
        connection = send(till, "/v1/commit", lane.commit_request())
        time.sleep(draw.random() * 0.002)
        started = time.monotonic()
        check("exit code", till.stop(), 0)
        if time.monotonic() - started > 5:
            raise Failure(f"it took {time.monotonic() - started:.1f} s to end")
        first = answer_of(connection)
        check("the socket's file is gone", till.socket.exists(), False)
        till.start()
        lane.api = till.api()
        again = lane.api.post("/v1/commit", lane.commit_request())
        check("the commit after the restart", again.status, 200)
        if first is not None and first.status == 200:
            answered += 1
            check("the reply after the restart", again.body, first.body)
        elif first is not None and first.status != 503:
            raise Failure(f"the commit was answered {first.status}: {first.json}")
    till.wait_drained()
    check("commits", commits(till.journal()), [f"{n:04d}" for n in range(1, ROUNDS + 1)])
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), commits(till.journal()))
    check_says("verno journal --verify", till.verify(), "whole")
    check("audit", chain.audit(), [])
    print(f"  {answered} of {ROUNDS} were answered before the end")


def restart_knows_rules(chain):
    """The first request after a restart already has ruleset and card ranges, also when there are many promotions."""
    head, *promotions = read_lines(chain.chain / "ruleset.ndjson")
    many = [{**promotion, "id": f"{promotion['id']}-{copy}"} for copy in range(200) for promotion in promotions]
    file = chain.folder / "many.ndjson"
    file.write_text("".join(json.dumps(row) + "\n" for row in [{**head, "ruleset": 2}, *many]))
    chain.hub("publish", file)
    till = chain.till()
    lane = Lane(till)
    for _ in range(5):
        till.kill()
        till.start()
        lane.api = till.api()
        lane.card(6)
        lane.open(1, 2, 3)
        check("the ruleset of the first quote", lane.quote()["outcome"].get("ruleset"), 2)


def hub_ends(chain):
    """SIGTERM for the hub while journals arrive."""
    draw = random.Random(8)
    till = chain.till()
    lane = Lane(till)
    for _ in range(10):
        lane.sell(6)
        time.sleep(draw.random() * 0.01)
        check("exit code", chain.stop_hub(), 0)
        lane.sell(6)
        chain.start_hub()
        till.wait_drained()
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), commits(till.journal()))
    check("audit", chain.audit(), [])


def second_agent(chain):
    """It says that there is one already, touches nothing, and the first goes on; also with a socket of its own."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    for more in ({}, {"socket": chain.folder / "other.sock"}):
        till.configure(locale="en", **more)
        second = Till(chain, "t1-second", till.folder)
        second.start(wait=False)
        check("exit code", second.process.wait(10), 1)
        check_says("the second agent", second.log.read_text(), "verno-agent: an agent runs already in")
        check("entries", [line["entry"]["kind"] for line in till.journal() if line["entry"]["kind"] != "grant"], ["boot"] + ["hold", "commit"] * lane.receipt)
        lane.sell(6)
    till.wait_drained()
    till.kill()
    till.configure(locale="en")
    till.start()
    Lane(till, receipt=lane.receipt).sell(6)


def second_hub(chain):
    process, log = chain.start("second-hub", chain.bin / "verno-hub", "run", "--dir", chain.hub_dir, "--listen", f"{chain.address}:0")
    check("exit code", process.wait(10), 1)
    check_says("the second hub", log.read_text(), "in use|runs already")
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()


def kinds(till):
    return [line["entry"]["kind"] for line in till.journal()]


def holds_left_open(chain):
    """A receipt that stays held counts as used when its own POS commits the next one, not when another POS does."""
    till = chain.till()
    first, second = Lane(till), Lane(till, pos="2")
    first.open()
    first.quote()
    first.card(6)
    first.quote()
    first.hold()
    second.sell(7)
    second.sell(7)
    check("used", kinds(till).count("used"), 0)
    first.sell(7)
    wait_for("the entry", lambda: kinds(till).count("used") == 1)
    used = next(line["entry"] for line in till.journal() if line["entry"]["kind"] == "used")
    check("the sale that counts as used", used["sale"][::2], ["1", "0001"])
    till.wait_drained()
    check("audit", chain.audit(), [])


def pruned(chain):
    """What the hub has off its machine and in its balances leaves the till; what the POS may ask for does not."""
    till = chain.till()
    lane = Lane(till)
    for _ in range(5):
        lane.sell(6)
    till.wait_drained()
    lane.open()
    lane.card(6)
    before = lane.quote()["member"]["balance"]
    till.stop()
    with contextlib.closing(sqlite3.connect(till.folder / "journal.db")) as journal, journal:
        journal.execute("UPDATE meta SET durable = acked")  # as a hub with a backup says it
        last = journal.execute("SELECT acked FROM meta").fetchone()[0]
    till.start()
    lane = Lane(till, receipt=lane.receipt)
    lane.sell(7)
    till.wait_status("a pruned journal", lambda s: s["journal"]["pruned"] == last)
    check("the first entry", till.journal()[0]["seq"], last + 1)
    check_says("verno journal --verify", till.verify(), f"entr(y|ies) behind the {last} that were pruned, the chain is whole")
    lane.open()
    lane.card(6)
    check("the balance shown", lane.quote()["member"]["balance"], before)
    sale = {"pos": "1", "date": DATE, "receipt": "0002"}
    check("a pruned sale is voided", lane.ask("/v1/void", {"sale": sale})["voided"], True)
    check("and once", lane.api.post("/v1/void", {"sale": sale, "step": 1}).status, 409)
    till.wait_drained()
    check("audit", chain.audit(), [])


# --- disks ---------------------------------------------------------------------------------------------------------------


def refused(lane, path, body, status):
    """A step that the disk does not take."""
    answer = lane.api.post(path, body)
    if status == 507:
        check_says("the detail of the problem", answer.json["detail"], "the disk of this till is full: free space on it")
    check(f"{path} on a bad disk answers {answer.body!r} with", answer.status, status)
    check("status in the problem document", answer.json["status"], status)


def is_whole(chain, till, lane):
    """Nothing half: the journal verifies, and the hub has what was confirmed."""
    till.wait_drained()
    check_says("verno journal --verify", till.verify(), "whole")
    confirmed = commits(till.journal())
    check("commits", confirmed, [f"{n:04d}" for n in range(1, lane.receipt + 1)])
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), confirmed)
    check("audit", chain.audit(), [])


def ended(chain, program, *words, **environment):
    """What a verb says that has nothing good to say."""
    done = subprocess.run([chain.bin / program, *words], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **environment})
    check(f"exit code of {program}", done.returncode, 1)
    return done.stdout + done.stderr


def till_on_bad_disk(chain):
    till = chain.till(start=False)
    till.start(**chain.bad_disk())
    till.wait_live()
    return till, Lane(till)


def full_disk(chain):
    """No space: holds and commits are refused with 507, the agent stays and quotes; with space again they are taken."""
    till, lane = till_on_bad_disk(chain)
    lane.sell(6)
    lane.open(1, 2)
    lane.quote()
    chain.disk("full")
    refused(lane, "/v1/hold", {"basket": lane.basket, "step": 0}, 507)
    lane.card(6)
    check("the member", lane.quote()["member"]["first_name"], "Petar")
    chain.disk()
    lane.hold()
    chain.disk("full")
    for _ in range(3):
        refused(lane, "/v1/commit", lane.commit_request(), 507)
    refused(lane, "/v1/cancel", {"sale": lane.sale, "step": 0}, 507)
    check("the agent goes on", till.process.poll(), None)
    check("trouble", till.status()["trouble"], ["the last sale was not recorded: the disk of this till is full: free space on it"])
    check_says("verno status", till.words(), "trouble     the last sale was not recorded: the disk of this till is full")
    chain.disk()
    check("committed when there is space again", lane.commit()["committed"], True)
    check("trouble", till.status()["trouble"], [])
    lane.sell(6)
    is_whole(chain, till, lane)
    check("exit code", till.stop(), 0)
    does_not_start(chain, till, "journal.db: can't read the database: the disk is full, or fails", "full", noted=False)
    till.start()
    lane.api = till.api()
    lane.sell(6)
    is_whole(chain, till, lane)


def does_not_start(chain, till, why, trouble=None, noted=True):
    """The agent says why, and so does who asks for it later, if that could be noted."""
    till.start(wait=False, **chain.bad_disk(trouble))
    check("exit code", till.process.wait(10), 1)
    check_says("the agent", till.log.read_text(), f"verno-agent: .*{why}")
    check_says("verno status", ended(chain, "verno", "status", "--dir", till.folder),
               f"the last one ended: .*{why}" if noted else "is verno-agent running[?] If it ended, its log says why")
    chain.disk()


def breaking_disk(chain, trouble):
    """A write or a sync fails: 503, and the agent ends, since nobody knows what is on the disk; the next start goes on."""
    till, lane = till_on_bad_disk(chain)
    lane.sell(6)
    lane.open(1, 2)
    lane.quote()
    lane.hold()
    chain.disk(trouble)
    refused(lane, "/v1/commit", lane.commit_request(), 503)
    check("exit code", till.process.wait(10), 1)
    check_says("the log", till.log.read_text(), "journal_disk_failed")
    check_says("the agent", till.log.read_text(), "verno-agent: the disk of this till failed.* look at the disk, then start it again")
    check_says("verno status", ended(chain, "verno", "status", "--dir", till.folder),
               "is verno-agent running[?] If it ended, its log says why" if trouble == "broken" else
               "no agent answers at .*; the last one ended: the disk of this till failed.* look at the disk, then start it again")
    chain.disk()
    till.start()
    lane.api = till.api()
    check("committed after the restart", lane.commit()["committed"], True)
    lane.sell(6)
    is_whole(chain, till, lane)


def write_fails(chain):
    breaking_disk(chain, "broken")


def sync_fails(chain):
    breaking_disk(chain, "sync")


def hub_on_bad_disk(chain, trouble):
    """It acknowledges nothing that it does not have, and the till keeps it until it does. On a full disk it goes on and tries
    again; after a failed write or sync nobody knows what is there, and it ends."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    chain.stop_hub()
    chain.start_hub(**chain.bad_disk())
    till.wait_live()
    chain.disk(trouble)
    for _ in range(20):
        lane.sell(6)
    time.sleep(0.5)
    journal = till.status()["journal"]
    check("something waits for the hub", journal["acked"] < journal["seq"], True)
    if trouble == "full":
        check("the hub runs on", chain.hub_process.poll(), None)
        check_says("verno-hub health", ended(chain, "verno-hub", "health", "--dir", chain.hub_dir), "the disk of the database is full since .*make room")
        for words in (("members", "import", chain.chain / "members.ndjson"), ("stop", "milk-10")):
            check_says(words[0], ended(chain, "verno-hub", *words, "--dir", chain.hub_dir), "disk of the hub's database is full: make room")
    else:
        check("exit code", chain.hub_process.wait(10), 1)
        check_says("the hub's log", chain.hub_log.read_text(), "hub_store_lost")
        check_says("the hub", chain.hub_log.read_text(), "verno-hub: the disk of .* failed .* look at the disk, then start again")
        check_says("verno-hub health", ended(chain, "verno-hub", "health", "--dir", chain.hub_dir), "no hub is running in .*if one ended, its log says why")
    chain.disk()
    if trouble != "full":
        chain.start_hub()
    is_whole(chain, till, lane)


def hub_disk_full(chain):
    hub_on_bad_disk(chain, "full")
    chain.kill_hub()
    chain.start_hub(wait=False, **chain.bad_disk("full"))
    check("exit code of a start", chain.hub_process.wait(10), 1)
    check_says("the start", chain.hub_log.read_text(), r"verno-hub: .*hub.db: .+: the disk is full: make room, and start the hub again")


def hub_write_fails(chain):
    hub_on_bad_disk(chain, "broken")


def hub_sync_fails(chain):
    hub_on_bad_disk(chain, "sync")


def init_on_a_full_disk(chain):
    """What it could not finish is not in the way of the second try."""
    folder = chain.folder / "new"
    said = ended(chain, "verno-hub", "init", "--dir", folder, **chain.bad_disk("full"))
    check_says("init", said, "full")
    chain.disk()
    check("what is left", sorted(path.name for path in folder.iterdir()), [])
    chain.run("verno-hub", "init", "--dir", folder)
    check_says("init again", ended(chain, "verno-hub", "init", "--dir", folder), "never overwritten .* if no hub ever ran")


def read_only(chain):
    """A folder that can't be written: the agent says so in a sentence and does not start."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    till.stop()
    till.start(wait=False, **chain.bad_disk("readonly"))
    check("exit code", till.process.wait(10), 1)
    check_says("the agent", till.log.read_text(), "verno-agent: .*: Read-only file system")
    chain.disk()
    till.start()
    Lane(till, receipt=1).sell(6)
    till.wait_drained()


def journal_that_can_not_be_opened(chain):
    """Of a newer version, or damaged at its end: a sentence that says what to do, also to who asks when nothing runs any more."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.stop()
    with contextlib.closing(sqlite3.connect(till.folder / "journal.db")) as journal:
        schema = journal.execute("PRAGMA user_version").fetchone()[0]
    for sql, undo, why in (
            ("PRAGMA user_version=99", f"PRAGMA user_version={schema}",
             f"a newer version of the agent has written .*journal.db .schema 99 is newer than this program's {schema}.: install"),
            ("UPDATE entries SET body = CAST(body || ' ' AS BLOB)", "UPDATE entries SET body = substr(body, 1, length(body) - 1)",
             "journal's chain is broken at entry .*; keep this folder for support")):
        change_journal(till, sql)
        does_not_start(chain, till, why)
        change_journal(till, undo)
    till.start()
    lane.api = till.api()
    lane.sell(6)
    is_whole(chain, till, lane)
    till.kill()
    check_says("verno status", ended(chain, "verno", "status", "--dir", till.folder), "is verno-agent running")


def change_journal(till, sql):
    with contextlib.closing(sqlite3.connect(till.folder / "journal.db")) as db:
        db.execute(sql)
        db.commit()


def damage(till, text):
    """Garbage in each page of the cache that holds this text."""
    pages = 0
    for file in till.folder.glob("cache-*.db"):
        data = bytearray(file.read_bytes())
        size = int.from_bytes(data[16:18], "big")
        for at in range(size, len(data), size):
            if text.encode() in data[at:at + size]:
                data[at:at + size] = b"\xa5" * size
                pages += 1
        file.write_bytes(data)
    check(f"pages with {text}", pages > 0, True)


def damaged_cache(chain):
    """Whatever part of the cache can't be read: the agent ends and says so, and the next start asks the hub for all of it."""
    till = chain.till()
    lane = Lane(till)
    for text in (lane.goods[2]["name"], "Petar", '"gold-5"'):
        lane.sell(6)
        till.wait_drained()
        till.stop()
        damage(till, text)
        till.start(wait=False)
        deadline = time.monotonic() + 10
        while till.process.poll() is None and time.monotonic() < deadline:
            try:
                lane.api = till.api()
                lane.open(1, 2, 3)
                lane.card(6)
                lane.quote()
            except (OSError, http.client.HTTPException, Failure):
                time.sleep(0.01)
        check(f"exit code after damage to {text}", till.process.poll(), 1)
        check_says("the log", till.log.read_text(), "cache_damaged")
        till.start()
        till.wait_live()
        lane.api = till.api()
        lane.open(1, 2, 3)
        lane.card(6)
        quote = lane.quote()
        check("the member", quote["member"]["first_name"], "Petar")
        check("the ruleset", quote["outcome"]["ruleset"], 1)
        lane.commit()
    till.wait_drained()
    check("audit", chain.audit(), [])


if __name__ == "__main__":
    run_cases(graceful_end, restart_knows_rules, pruned, hub_ends, second_agent, second_hub, holds_left_open, full_disk, write_fails, sync_fails,
              hub_disk_full, hub_write_fails, hub_sync_fails, init_on_a_full_disk, read_only, journal_that_can_not_be_opened, damaged_cache)
