#!/usr/bin/python3
"""Backups of a running hub, and a hub that was set back by any of the ways in which that happens: it notices by itself, and the
tills bring what it lacks. Every sale is there once, and all agree.
"""
import contextlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, Till, check, check_says, commits, run_cases, wait_for  # noqa: E402


def backup(chain, *words, folder="backups"):
    return json.loads(chain.hub("backup", "--to", str(chain.folder / folder), "--json", *words))


def refused(chain, verb, *words):
    """What a verb says that must fail."""
    done = subprocess.run([chain.bin / "verno-hub", verb, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    check(f"exit code of {verb}", done.returncode, 1)
    return done.stderr


def take_away(chain):
    for file in chain.hub_dir.glob("hub.db*"):
        file.unlink()


def sold(chain):
    return sorted(row["sale"][2] for row in chain.sales())


def is_sold(chain, there):
    """The hub has all that the till has, and before it only what has left the till's journal."""
    all_sold = sold(chain)
    return all_sold[len(all_sold) - len(there):] == there and all_sold == sorted(set(all_sold))


def agrees(chain, till, epoch, member=6):
    """All that the till confirmed is at the hub once, and both say the same of the member."""
    wait_for(f"epoch {epoch}", lambda: chain.fleet()["epoch"] == epoch, log=chain.hub_log)
    wait_for("the sales at the hub", lambda: is_sold(chain, sorted(commits(till.journal()))), 30, log=chain.hub_log)
    till.wait_drained()
    check("audit", chain.audit(), [])
    lane = Lane(till, receipt=90)
    told = lane.sell(member)
    till.wait_drained()
    wait_for("the balance at the hub", lambda: chain.balance(member) == told["balance"], log=chain.hub_log)


def follows(chain, till):
    """A ruleset that is published now reaches the till."""
    chain.hub("publish", chain.chain / "ruleset.ndjson")
    number = json.loads(chain.hub("ruleset show", "--json"))["number"]
    till.wait_status("the new ruleset", lambda s: s["ruleset"] == number)


def prepared(chain):
    """A till with two sales at the hub."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    lane.sell(7)
    till.wait_drained()
    return till, lane


def goes_on(chain, till, lane):
    """What the hub will forget: sales, rulesets and a stop."""
    for member in (6, 6, 8):
        lane.sell(member)
    till.wait_drained()
    for _ in range(3):
        chain.hub("publish", chain.chain / "ruleset.ndjson")
    number = json.loads(chain.hub("ruleset show", "--json"))["number"]
    till.wait_status("the last ruleset", lambda s: s["ruleset"] == number)


def pays_with_points(lane, member, points):
    lane.open(*range(8))
    lane.quote()
    lane.card(member)
    lane.quote()
    check("the choice says", lane.ask("/v1/choice", {"sale": lane.sale, "spend_points": points})["spend"], "granted")
    lane.hold()
    check("points spent", lane.commit()["points_spent"], points)


def restored_from_a_backup(chain):
    till, lane = prepared(chain)
    made = backup(chain)
    check("tills in the backup", made["tills"], 1)
    goes_on(chain, till, lane)
    pays_with_points(lane, 6, 100)  # by a right that the hub will have forgotten
    till.wait_drained()
    owned = chain.balance(6)
    restore = "restore", "--from", made["path"], "--dir", chain.hub_dir
    check_says("restore", refused(chain, *restore), "a hub is running in .*: stop it first")
    chain.kill_hub()
    check_says("restore", refused(chain, *restore), "hub.db exists: move it away")
    take_away(chain)
    (chain.hub_dir / "hub.db-wal").write_bytes(b"what was forgotten")
    check_says("restore", refused(chain, *restore), "hub.db-wal exists, the log of a hub.db that was here: move it away first")
    (chain.hub_dir / "hub.db-wal").unlink()
    check_says("restore", refused(chain, "restore", "--from", chain.folder, "--dir", chain.hub_dir), "is no backup")
    check_says("restore", refused(chain, "restore", "--from", made["path"], "--dir", chain.folder), "no keys")
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    till.wait_drained()
    wait_for("the balance at the hub", lambda: chain.balance(6) == owned, log=chain.hub_log)
    check("quarantine", json.loads(chain.hub("quarantine list", "--json"))["quarantine"], [])
    agrees(chain, till, 2)
    follows(chain, till)


def restored_twice(chain):
    """The backup knows nothing of the epoch that its first restore opened: the mark does, and the numbers of that one mean nothing else."""
    till, lane = prepared(chain)
    made = backup(chain)
    for epoch in (2, 3):
        goes_on(chain, till, lane)
        till.wait_drained()
        owned = chain.balance(6)
        chain.kill_hub()
        take_away(chain)
        chain.hub("restore", "--from", made["path"])
        chain.start_hub()
        check("the epoch", chain.fleet()["epoch"], epoch)
        till.wait_drained()
        wait_for("the balance at the hub", lambda owned=owned: chain.balance(6) == owned, log=chain.hub_log)
    agrees(chain, till, 3)
    follows(chain, till)


def shown_by_a_till_at_rest(chain):
    """A till that has nothing to bring, and sells nothing, has shown where it stands by its polls: the others are granted points."""
    till, lane = prepared(chain)
    idle = chain.till("t2")
    Lane(idle, receipt=40).sell(8)
    idle.wait_drained()
    till.wait_drained()
    made = backup(chain)
    chain.kill_hub()
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    wait_for("what all tills have", lambda: [row["shown"] for row in chain.fleet()["tills"]] == ["yes", "yes"], 30, log=chain.hub_log)
    check("the epoch", chain.fleet()["epoch"], 2)
    till.wait_live()
    pays_with_points(lane, 6, 100)
    till.wait_drained()
    check("audit", chain.audit(), [])


def enrolled_after_the_backup(chain):
    """The hub noted the enrolment beside the mark: its till goes on, and brings all that it sold."""
    first, _ = prepared(chain)
    made = backup(chain)
    till = chain.till("t2")
    lane = Lane(till)
    for member in (6, 7, 6):
        lane.sell(member)
    till.wait_drained()
    pays_with_points(lane, 6, 50)
    till.wait_drained()
    had, owned = sold(chain), chain.balance(6)
    chain.kill_hub()
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    check_says("the log", chain.hub_log.read_text(), "enrolled_again=1")
    first.wait_drained()
    wait_for("the sales at the hub", lambda: sold(chain) == had, 30, log=chain.hub_log)
    wait_for("the balance at the hub", lambda: chain.balance(6) == owned, log=chain.hub_log)
    check("the fleet", sorted((row["till"], row["state"]) for row in chain.fleet()["tills"]), [("t1", "active"), ("t2", "active")])
    check("quarantine", json.loads(chain.hub("quarantine list", "--json"))["quarantine"], [])
    check("audit", chain.audit(), [])
    lane.sell(6)
    till.wait_drained()
    check("the next sale", len(sold(chain)), len(had) + 1)
    follows(chain, till)


def enrolled_and_forgotten(chain):
    """That file is lost, too. The restored hub says that it never heard of the enrolment, and takes the till's whole journal when it
    is enrolled anew."""
    first, _ = prepared(chain)
    made = backup(chain)
    till = chain.till("t2")
    lane = Lane(till)
    for member in (6, 7, 6):
        lane.sell(member)
    till.wait_drained()
    chain.kill_hub()
    take_away(chain)
    (chain.hub_dir / "enrolled").unlink()
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    first.wait_drained()
    till.wait_status("to be refused", lambda s: s["state"] == "revoked" and "does not know the enrolment" in s["reason"])
    check_says("verno status", till.words(), "with this one as --replaces")
    journal, had, points = till.journal(), sold(chain), chain.balance(7)
    till.stop()
    new = Till(chain, "t2", chain.folder / "new")
    check_says("verno enrol", new.enrol(replaces=till.folder).stdout, f"the hub has all {len(journal)} entries of ")
    check("sales at the hub", sold(chain), sorted(had + commits(journal)))
    earned = [line["entry"].get("points", 0) for line in journal if line["entry"]["kind"] == "commit" and line["entry"].get("account") == "w7"]
    check("points at the hub", chain.balance(7), points + sum(earned))
    check_says("branch show", chain.hub("branch show", str(json.loads(chain.hub("branch list", "--json"))["branches"][0]["branch"])),
               "which is not known here")
    check("audit", chain.audit(), [])


def damaged_backup(chain):
    prepared(chain)
    made = backup(chain)
    chain.stop_hub()
    take_away(chain)
    file = pathlib.Path(made["path"]) / "hub.db"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    check_says("restore", refused(chain, "restore", "--from", made["path"], "--dir", chain.hub_dir), "damaged")
    broken = chain.folder / "backups" / "x"
    broken.mkdir()
    (chain.hub_dir / "hub.db").write_bytes(b"no database" * 1000)
    said = refused(chain, "backup", "--dir", chain.hub_dir, "--to", broken)
    check_says("backup", said, r"what there is of it stays in \S+/x/\S+\.broken, and is no backup")
    (chain.hub_dir / "hub.db").unlink()
    check("a database after that", (chain.hub_dir / "hub.db").exists(), False)


def damage_table(chain, table):
    """Its first page is no page any more."""
    with contextlib.closing(sqlite3.connect(chain.hub_dir / "hub.db")) as database:
        (page,), (size,) = (database.execute(sql).fetchone() for sql in (f"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'",
                                                                        "PRAGMA page_size"))
    with open(chain.hub_dir / "hub.db", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def ends_by_damage(chain):
    check("exit code of the hub", chain.hub_process.wait(20), 1)
    check_says("the hub's log", chain.hub_log.read_text(), "hub.db in .* is damaged .*malformed.*restore a backup")


def damaged_database(chain):
    """The hub takes nothing in over it, and says what to do."""
    till, lane = prepared(chain)
    made = backup(chain)
    chain.stop_hub()
    damage_table(chain, "segment")
    acked = till.status()["journal"]["acked"]
    chain.start_hub()
    lane.sell(6)
    ends_by_damage(chain)
    check("acknowledged", till.status()["journal"]["acked"], acked)
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    agrees(chain, till, 2)


def damage_seen_beside(chain):
    """By those that read on connections of their own: who quotes receipts again, and who builds snapshots."""
    prepared(chain)
    new = chain.till("t2", start=False)
    made = backup(chain)
    chain.stop_hub()
    damage_table(chain, "requote")
    chain.start_hub(wait=False)
    ends_by_damage(chain)
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    for file in chain.hub_dir.glob("snapshot-*"):
        file.unlink()
    damage_table(chain, "item")
    chain.start_hub(wait=False)
    new.start(wait=False)
    ends_by_damage(chain)


def file_copied_back(chain):
    """By hand, while the hub was stopped: the mark beside it tells."""
    till, lane = prepared(chain)
    chain.stop_hub()
    shutil.copy(chain.hub_dir / "hub.db", chain.folder / "old.db")
    chain.start_hub()
    till.wait_live()
    goes_on(chain, till, lane)
    chain.stop_hub()
    take_away(chain)
    shutil.copy(chain.folder / "old.db", chain.hub_dir / "hub.db")
    chain.start_hub()
    check("the epoch at once", chain.fleet()["epoch"], 2)
    agrees(chain, till, 2)
    follows(chain, till)
    chain.stop_hub()
    chain.start_hub()
    check("the epoch after a start as usual", chain.fleet()["epoch"], 2)


def cannot_start(chain):
    done = subprocess.run([chain.bin / "verno-hub", "run", "--dir", chain.hub_dir, "--listen", chain.hub_address], capture_output=True,
                          text=True, timeout=60, check=False)
    check("exit code of run", done.returncode, 1)
    return done.stderr


def database_of_another_chain(chain):
    """Under these keys no till and no card would be known: neither is it served, nor restored."""
    till, lane = prepared(chain)
    made = backup(chain)
    chain.stop_hub()
    other = chain.folder / "other"
    chain.run("verno-hub", "init", "--dir", other)
    take_away(chain)
    shutil.copy(other / "hub.db", chain.hub_dir / "hub.db")
    check_says("run", cannot_start(chain), "the keys in .* are not those of this database's chain")
    (other / "hub.db").unlink()
    check_says("restore", refused(chain, "restore", "--from", made["path"], "--dir", other), "the keys in .* are not those")
    check("a database after that", (other / "hub.db").exists(), False)
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    agrees(chain, till, 2)


def states(chain):
    return {row["till"]: row["state"] for row in chain.fleet()["tills"]}


def revoked_after_the_backup(chain):
    """The one thing that no till brings again."""
    till, _ = prepared(chain)
    stolen = [chain.till(name, start=False) for name in ("t2", "t3")]
    made = backup(chain)
    chain.hub("till revoke", "t2")
    with open(chain.hub_dir / "revoked", "a", encoding="utf-8") as file:
        file.write("0123")  # a line that a crash cut off
    chain.hub("till revoke", "t3")
    check("states", states(chain), {"t1": "active", "t2": "revoked", "t3": "revoked"})
    chain.kill_hub()
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    check("states after the restore", states(chain), {"t1": "active", "t2": "revoked", "t3": "revoked"})
    check_says("the log", chain.hub_log.read_text(), "hub_set_back .*revoked_again=2")
    stolen[0].start()
    stolen[0].wait_status("to be refused", lambda s: s["state"] == "revoked")
    agrees(chain, till, 2)


def log_left_beside(chain):
    """By hand, after a crash: the log of the newer file is still there, and must not get into the older one."""
    till, lane = prepared(chain)
    chain.stop_hub()
    shutil.copy(chain.hub_dir / "hub.db", chain.folder / "old.db")
    chain.start_hub()
    till.wait_live()
    many = chain.folder / "many.ndjson"  # more than a log holds
    many.write_text("".join(f'{{"id":{number},"cards":["29{number:010d}0"],"first_name":"Ana","last_name":"Lima","balance":10}}\n' for number in range(100000, 112000)))
    chain.hub("members import", many)
    lane.sell(6)
    till.wait_drained()
    chain.kill_hub()
    check("a log", (chain.hub_dir / "hub.db-wal").exists(), True)
    shutil.copy(chain.hub_dir / "hub.db", chain.folder / "new.db")
    shutil.copy(chain.folder / "old.db", chain.hub_dir / "hub.db")
    check_says("run", cannot_start(chain), "hub.db: the log beside it, of the same name and -wal, is of another state of this file")
    shutil.copy(chain.folder / "new.db", chain.hub_dir / "hub.db")
    chain.start_hub()
    check("the epoch with both as they were", chain.fleet()["epoch"], 1)
    check("a member of the import", chain.balance(111999), 10)
    agrees(chain, till, 1)
    chain.kill_hub()
    shutil.copy(chain.folder / "old.db", chain.hub_dir / "hub.db")
    check_says("run", cannot_start(chain), "or move the log away")
    (chain.hub_dir / "hub.db-wal").rename(chain.folder / "away")
    chain.start_hub()
    agrees(chain, till, 2)


def machine_reverted(chain):
    """The whole folder is one of yesterday: a till tells, although it has nothing new."""
    till, lane = prepared(chain)
    chain.stop_hub()
    shutil.copytree(chain.hub_dir, chain.folder / "yesterday")
    chain.start_hub()
    till.wait_live()
    goes_on(chain, till, lane)
    chain.stop_hub()
    shutil.rmtree(chain.hub_dir)
    shutil.copytree(chain.folder / "yesterday", chain.hub_dir)
    chain.start_hub()
    agrees(chain, till, 2)
    follows(chain, till)


def off_the_machine(chain):
    """Tills hear what a backup off the machine has, and only of such a one."""
    till, lane = prepared(chain)
    backup(chain)
    lane.sell(6)
    till.wait_drained()
    check("durable after a backup on this machine", till.status()["journal"]["durable"], 0)
    acked = till.at_rest()
    backup(chain, "--off-machine", folder="safe")
    lane.sell(6)
    till.wait_status("what is durable", lambda s: s["journal"]["durable"] >= acked)
    row = chain.fleet()["tills"][0]
    check("durable at the hub", row["durable_seq"], acked)
    done = subprocess.run([chain.bin / "verno-hub", "backup", "--dir", chain.hub_dir, "--to", chain.folder / "other", "--off-machine", "--json"],
                          capture_output=True, text=True, timeout=60, check=True)
    check_says("a backup on the same disk", done.stderr, "same disk")
    chain.stop_hub()
    done = subprocess.run([chain.bin / "verno-hub", "backup", "--dir", chain.hub_dir, "--to", chain.folder / "third", "--off-machine"],
                          capture_output=True, text=True, timeout=60, check=True)
    check_says("a backup without a hub", done.stderr, "the backup is good, but tills go on keeping .* no hub is running")


def an_older_backup_lacks_what_tills_let_go(chain):
    """The till says what is wrong, and what its figures leave out; health points there, and a write-off says that there may be more."""
    till, lane = prepared(chain)
    older = backup(chain)["path"]
    lane.sell(6)
    acked = till.at_rest()
    backup(chain, "--off-machine", folder="safe")
    lane.sell(6)
    till.wait_status("what it let go", lambda s: s["journal"]["pruned"] >= acked)
    till.at_rest()
    check_says("in touch", till.words(), "entries, all at the hub\n")
    chain.kill_hub()
    take_away(chain)
    chain.hub("restore", "--from", older)
    chain.start_hub()
    till.wait_status("the hub to ask for it", lambda s: "has pruned: restore the newest backup" in s["reason"])
    check_says("out of touch", till.words(), "entries, all were at the hub\n")
    wait_for("health to say so", lambda: any("on verno status: it may want a newer backup" in row["text"]
                                             for row in json.loads(chain.hub("health", "--json"))["sentences"]), log=chain.hub_log)
    done = subprocess.run([chain.bin / "verno-hub", "till", "write-off", till.name, "--dir", chain.hub_dir],
                          capture_output=True, text=True, timeout=60, check=False)
    check("nothing was done", done.returncode, 1)
    check_says("a write-off", done.stdout, "since the hub was set back it has not shown what it was granted: it may have more")


def backup_by_other_means(chain):
    """A snapshot of the disk, or PostgreSQL's own tools: what the hub had before is in it."""
    till, lane = prepared(chain)
    begun = chain.folder / "begun"
    acked = till.at_rest()
    chain.hub("backup", "--begin", begun)
    lane.sell(6)
    till.wait_drained()
    check_says("a second begin", refused(chain, "backup", "--dir", chain.hub_dir, "--begin", begun), "exists")
    check("durable before it is told", chain.fleet()["tills"][0]["durable_seq"], 0)
    check_says("told", chain.hub("backup", "--told", begun), "^1 enrolment is told")
    check("durable at the hub", chain.fleet()["tills"][0]["durable_seq"], acked)
    wait_for("health", lambda: json.loads(chain.hub("health", "--json"))["status"] == "ok")
    check_says("told of something else", refused(chain, "backup", "--dir", chain.hub_dir, "--told", chain.hub_dir / "mark"),
               "is not what backup --begin wrote")
    made = backup(chain)
    chain.kill_hub()
    take_away(chain)
    chain.hub("restore", "--from", made["path"])
    chain.start_hub()
    check_says("told of another epoch", refused(chain, "backup", "--dir", chain.hub_dir, "--told", begun), "set back since")
    agrees(chain, till, 2)


if __name__ == "__main__":
    run_cases(restored_from_a_backup, restored_twice, shown_by_a_till_at_rest, enrolled_after_the_backup, enrolled_and_forgotten, damaged_backup,
              damaged_database, damage_seen_beside, file_copied_back, log_left_beside, revoked_after_the_backup,
              database_of_another_chain, machine_reverted, off_the_machine, an_older_backup_lacks_what_tills_let_go,
              backup_by_other_means)
