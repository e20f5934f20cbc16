#!/usr/bin/python3
"""How an agent ends, and what its disk does to it: a request is answered or not, never half; the next start goes on.
"""
import http.client
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import (Answer, Failure, Lane, Stream, Till, UnixConnection, check, check_says, commits, run_cases,  # noqa: E402
                   wait_for)

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
        check("entries", [line["entry"]["kind"] for line in till.journal()], ["boot"] + ["hold", "commit"] * lane.receipt)
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


# --- disks ---------------------------------------------------------------------------------------------------------------


def refused_commit(lane, statuses):
    """A commit that the disk does not take; what it was answered."""
    answer = lane.api.post("/v1/commit", lane.commit_request())
    if answer.status not in statuses:
        raise Failure(f"the commit on a full disk was answered {answer.status}: {answer.json}")
    check("status in the problem document", answer.json["status"], answer.status)


def is_whole(chain, till, lane):
    """Nothing half: the journal verifies, and the hub has what was confirmed."""
    till.wait_drained()
    check_says("verno journal --verify", till.verify(), "whole")
    confirmed = commits(till.journal())
    check("commits", confirmed, [f"{n:04d}" for n in range(1, lane.receipt + 1)])
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), confirmed)
    check("audit", chain.audit(), [])


def failing_disk(chain):
    """Writes fail (a limit on the size of files stands for a disk that breaks): 503, the agent ends, and the next start goes on."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    till.stop()
    limit = max(path.stat().st_size for path in till.folder.iterdir() if path.is_file()) + 30000

    def on_small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    broken = subprocess.Popen([chain.bin / "verno-agent", "--dir", till.folder], preexec_fn=on_small_disk,
                              stderr=subprocess.DEVNULL)
    try:
        wait_for("the agent", lambda: till.socket.exists() and Answer, process=broken)
        wait_for("the agent's answer", lambda: answers(till), process=broken)
        lane.api = till.api()
        sold = sell_until_refused(lane)
        check("exit code", broken.wait(10), 1)
    finally:
        broken.kill()
        broken.wait()
    till.start()
    lane.api = till.api()
    again = lane.api.post("/v1/commit", {**lane.commit_request(), "basket": lane.basket})
    check("the commit after the restart", again.status, 200)
    lane.sell(6)
    is_whole(chain, till, lane)
    print(f"  {sold} sales until the disk failed")


def answers(till):
    try:
        return till.api().call("GET", "/v1/status").status == 200
    except OSError:
        return False


def sell_until_refused(lane):
    for sold in range(400):
        lane.open(1, 2, 3)
        lane.quote()
        held = lane.api.post("/v1/hold", {"basket": lane.basket, "step": 0})
        if held.status == 200:
            done = lane.api.post("/v1/commit", lane.commit_request())
        if held.status != 200 or done.status != 200:
            answer = held if held.status != 200 else done
            if answer.status not in (503, 507):
                raise Failure(f"a full disk was answered {answer.status}: {answer.json}")
            check("status in the problem document", answer.json["status"], answer.status)
            return sold
    raise Failure("the disk took everything")


class SmallDisk:
    """A file system of few bytes in a mount namespace, kept by a shell; its files are seen through /proc."""

    def __init__(self, folder, kib):
        self.folder = folder
        self.shell = subprocess.Popen(["unshare", "-rm", "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.STDOUT)
        folder.mkdir()
        self.run(f"mount -t tmpfs -o size={kib}k,mode=700 none {folder}")
        self.seen = pathlib.Path(f"/proc/{self.shell.pid}/root{folder}")

    def run(self, command):
        self.shell.stdin.write(f"{command} && echo done || echo failed\n")
        self.shell.stdin.flush()
        said = []
        while (line := self.shell.stdout.readline()).strip() not in ("done", "failed", ""):
            said.append(line)
        if line.strip() != "done":
            raise Failure(f"{command}: {''.join(said)}")

    def enter(self):
        return ("nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self.shell.pid), "--")

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(10)


def full_disk(chain):
    """No space: holds and commits are refused with 507, the agent stays; with space again they are taken."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    till.stop()
    disk = SmallDisk(chain.folder / "small", 4096)
    try:
        disk.run(f"cp -a {till.folder}/. {disk.folder}/")
        small = Till(chain, "t1", disk.folder)
        small.socket = disk.seen / "pos.sock"
        small.start(prefix=disk.enter())
        lane.api, till.socket = small.api(), small.socket
        lane.till = small
        lane.open(1, 2)
        lane.quote()
        lane.hold()
        disk.run(f"dd if=/dev/zero of={disk.folder}/ballast bs=1k 2>/dev/null || true")
        refused_commit(lane, (507,))
        refused_commit(lane, (507,))
        lane.quote_refused = lane.api.post("/v1/quote", {"basket": lane.basket}).status
        check("the agent goes on", small.process.poll(), None)
        disk.run(f"rm {disk.folder}/ballast")
        check("committed when there is space again", lane.commit()["committed"], True)
        lane.sell(6)
        check("exit code", small.stop(), 0)
        disk.run(f"cp -a {disk.folder}/. {till.folder}/")
    finally:
        disk.close()
    till = Till(chain, "t1")
    till.start()
    lane.api = till.api()
    lane.sell(6)
    is_whole(chain, till, lane)


def full_hub_disk(chain):
    """The hub's disk is full: it acknowledges nothing that it has not, and the till keeps it."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    chain.stop_hub()
    disk = SmallDisk(chain.folder / "small", 4096)
    try:
        disk.run(f"cp -a {chain.hub_dir}/. {disk.folder}/")
        home = chain.hub_dir
        chain.hub_dir = disk.seen
        chain.start_hub(disk.folder, prefix=disk.enter())
        disk.run(f"dd if=/dev/zero of={disk.folder}/ballast bs=1k 2>/dev/null || true")
        for _ in range(20):
            lane.sell(6)
        seq = till.status()["journal"]
        check("something waits for the hub", seq["acked"] < seq["seq"], True)
        disk.run(f"rm {disk.folder}/ballast")
        if chain.hub_process.poll() is not None:
            chain.start_hub(disk.folder, prefix=disk.enter())
        is_whole(chain, till, lane)
        chain.stop_hub()
        chain.hub_dir = home
    finally:
        disk.close()


def read_only(chain):
    """A folder that can't be written: the agent says so in a sentence and does not start."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    till.stop()
    disk = SmallDisk(chain.folder / "small", 8192)
    try:
        disk.run(f"cp -a {till.folder}/. {disk.folder}/")
        disk.run(f"mount -o remount,ro {disk.folder}")
        small = Till(chain, "t1-read-only", disk.folder)
        small.start(wait=False, prefix=disk.enter())
        check("exit code", small.process.wait(10), 1)
        check_says("the agent", small.log.read_text(), "verno-agent: .*: Read-only file system")
    finally:
        disk.close()
    till.start()
    Lane(till, receipt=1).sell(6)
    till.wait_drained()


if __name__ == "__main__":
    run_cases(graceful_end, hub_ends, second_agent, second_hub, failing_disk, full_disk, full_hub_disk, read_only)
