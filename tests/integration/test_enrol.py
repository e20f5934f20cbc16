#!/usr/bin/python3
"""Enrolment: a code is good once, for a while, at its own hub; who is refused is told why and can try again."""
import concurrent.futures
import os
import pathlib
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, run_cases  # noqa: E402

DAY_S = 86400


def refused(done, why):
    check("exit code", done.returncode, 1)
    check_says("verno enrol", done.stderr, why)
    check("lines", done.stderr.strip().count("\n"), 0)


def is_no_till(till):
    """The agent does not start on what a refused enrolment left, and says what to do."""
    till.folder.mkdir(exist_ok=True)
    till.start(wait=False)
    check("exit code of the agent", till.process.wait(10), 3)
    check_says("the agent", till.log.read_text(), "not enrolled.*verno enrol")


def status_of(chain, till):
    return subprocess.run([chain.bin / "verno", "status", "--dir", till.folder], capture_output=True, text=True, timeout=60, check=False).stderr


def enrolments(chain):
    return [row for row in chain.fleet()["tills"] if row["enrolment"]]


def wrong_code(chain):
    till = Till(chain, "t1")
    for code in ("00000-00000-00000-00000-00000-0", "x", "'; DROP TABLE code; --", "A" * 40):
        refused(till.enrol(code=code, ok=False), "code")
    is_no_till(till)
    check("enrolments", enrolments(chain), [])
    check_says("verno status", status_of(chain, till), "the last one ended: this till is not enrolled")
    till.enrol()
    check_says("verno status of an enrolled till", status_of(chain, till), "is verno-agent running")
    till.start()
    till.wait_live()
    Lane(till).sell(6)
    till.wait_drained()


def no_code(chain):
    till = Till(chain, "t1")
    refused(till.enrol(code="", ok=False), "no one-time code.*till code")
    check("folder made", till.folder.exists(), False)


def used_code(chain):
    code = chain.hub("till code", "s1", "t1").strip()
    Till(chain, "t1").enrol(code=code)
    other = Till(chain, "t2")
    refused(other.enrol(code=code, ok=False), "unknown, used or expired")
    is_no_till(other)
    check("enrolments", len(enrolments(chain)), 1)


def code_twice_at_once(chain):
    code = chain.hub("till code", "s1", "t1").strip()
    tills = [Till(chain, f"t{number}") for number in range(6)]
    with concurrent.futures.ThreadPoolExecutor(len(tills)) as pool:
        done = list(pool.map(lambda till: till.enrol(code=code, ok=False), tills))
    check("exit codes", sorted(d.returncode for d in done), [0] + [1] * 5)
    for answer in done:
        if answer.returncode != 0:
            refused(answer, "unknown, used or expired")
    check("enrolments", len(enrolments(chain)), 1)


def expired_code(chain):
    code = chain.hub("till code", "s1", "t1").strip()
    chain.stop_hub()
    shifted = chain.wrong_clock(DAY_S + 60)
    chain.start_hub(**shifted)
    chain.run_with(shifted, "verno-hub", "clock", "accept", "--dir", chain.hub_dir)  # the hub was off for that long
    till = Till(chain, "t1")
    refused(till.enrol(code=code, ok=False), "unknown, used or expired")
    is_no_till(till)
    chain.stop_hub()
    chain.start_hub()
    till.enrol()


def existing_folder(chain):
    """A folder that is a till already stays what it is, and its code is not spent."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    code = chain.hub("till code", "s1", "t1").strip()
    before = {path.name: path.read_bytes() for path in till.folder.glob("*.*") if path.suffix in (".json", ".crt", ".key")}
    refused(till.enrol(code=code, ok=False), "holds a journal already.*another folder")
    check("identity", {path.name: path.read_bytes() for path in till.folder.glob("*.*") if path.name in before}, before)
    Lane(till, receipt=1).sell(6)
    till.wait_drained()
    Till(chain, "t2").enrol(code=code)


def group_reaches_the_socket(chain):
    """The POS runs as another user of the agent's group: it reaches the socket, and can read or list nothing else."""
    before = os.umask(0)
    try:
        till = chain.till()
        Lane(till).sell(6)
        till.wait_drained()
        os.umask(0o077)
        Till(chain, "t2").enrol()
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in till.folder.iterdir() if path.name != "agent.conf"}
    for folder in till.folder, chain.folder / "t2":
        check("the folder", oct(stat.S_IMODE(folder.stat().st_mode)), oct(0o710))
    check("the socket", oct(modes.pop("pos.sock")), oct(0o660))
    check("the journal is there", {"journal.db", "till.key", "enrolment.json"} - modes.keys(), set())
    check("files for others", {name: oct(mode) for name, mode in modes.items() if mode & 0o077}, {})


def journal_is_gone(chain):
    """A till whose journal was moved away or cut to nothing says so; with the journal back it sells on."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    till.stop()
    (till.folder / "journal.db").rename(till.folder / "moved.db")
    for case in "missing", "empty":
        till.start(wait=False)
        check(f"exit code of the agent, {case}", till.process.wait(10), 3)
        said = till.log.read_text()
        check_says("the agent", said, f"{till.folder}/journal.db, is missing or empty: put it back .* only if it is lost for good.*enrol again")
        check("'not enrolled' is said", "not enrolled" in said, False)
        for path in till.folder.glob("journal.db*"):
            path.unlink()
        (till.folder / "journal.db").touch(mode=0o600)
    for path in till.folder.glob("journal.db*"):
        path.unlink()
    (till.folder / "moved.db").rename(till.folder / "journal.db")
    whole = (till.folder / "journal.db").read_bytes()
    (till.folder / "journal.db").write_bytes(b"not a database " * 100)
    till.start(wait=False)
    check("exit code of the agent, damaged", till.process.wait(10), 1)
    check_says("the agent", till.log.read_text(), f"{till.folder}/journal.db: .*keep this folder.*enrol the till into another")
    (till.folder / "journal.db").write_bytes(whole)
    for name in "enrolment.json", "till.crt", "hub-ca.crt":
        (till.folder / name).rename(till.folder / "moved")
        till.start(wait=False)
        check(f"exit code of the agent, no {name}", till.process.wait(10), 3)
        check_says("the agent", till.log.read_text(), f"{name}.*this folder is a till's: put the file back")
        (till.folder / "moved").rename(till.folder / name)
    (till.folder / "till.key").rename(till.folder / "moved.key")
    till.start(wait=False)
    check("exit code of the agent, no key", till.process.wait(10), 3)
    check_says("the agent", till.log.read_text(), "till.key, is missing: put it back")
    (till.folder / "moved.key").rename(till.folder / "till.key")
    till.start()
    till.wait_live()
    Lane(till, receipt=1).sell(6)
    till.wait_drained()


def cut_off_at_the_journal(chain):
    """The power went while the journal's file was made: it is empty, nothing was sold, and enrolling goes on in the same folder."""
    till = Till(chain, "t1")
    till.enrol()
    for path in till.folder.glob("journal.db*"):
        path.unlink()
    (till.folder / "journal.db").touch(mode=0o600)
    till.enrol()
    till.start()
    till.wait_live()
    Lane(till).sell(6)
    till.wait_drained()
    check("enrolments of which one sells", len(enrolments(chain)), 2)


def folder_of_something_else(chain):
    till = Till(chain, "t1")
    till.folder.write_text("a file")
    refused(till.enrol(ok=False), "t1")
    till.folder.unlink()
    till.enrol()


def other_authority(chain):
    """The hub at that address is not the one of the CA file: nothing is sent to it, so the code is still good."""
    chain.run("verno-hub", "init", "--dir", chain.folder / "hub2")
    till = Till(chain, "t1")
    code = chain.hub("till code", "s1", "t1").strip()
    refused(till.enrol(code=code, ca=chain.folder / "hub2" / "ca.pem", ok=False), "certificate")
    is_no_till(till)
    till.enrol(code=code)


def no_ca_file(chain):
    till = Till(chain, "t1")
    refused(till.enrol(ca=chain.folder / "absent.pem", ok=False), "absent.pem can't be read")
    (chain.folder / "empty.pem").write_text("nothing\n")
    refused(till.enrol(ca=chain.folder / "empty.pem", ok=False), "certificate|authority|PEM")


def no_hub(chain):
    till = Till(chain, "t1")
    code = chain.hub("till code", "s1", "t1").strip()
    chain.kill_hub()
    refused(till.enrol(code=code, ok=False), "refused")
    is_no_till(till)
    chain.start_hub()
    till.enrol(code=code)


def same_place_again(chain):
    """A till that enrols anew in another folder: the old enrolment's sales stay, the new one sells."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    till.stop()
    again = Till(chain, "t1", chain.folder / "anew")
    again.enrol()
    again.start()
    again.wait_live()
    Lane(again, receipt=1).sell(6)
    again.wait_drained()
    check("sales", sorted(row["sale"][2] for row in chain.sales()), ["0001", "0002"])
    check("audit", chain.audit(), [])


def wrong_old_folder(chain):
    """What --replaces names is looked at before anything is done: a typing error or an agent that runs there uses up no code."""
    till = chain.till()
    Lane(till).sell(6)
    till.wait_drained()
    code = chain.hub("till code", "s1", "t1").strip()
    new = Till(chain, "t1", chain.folder / "anew")
    refused(new.enrol(code=code, replaces=chain.folder / "typo", ok=False), "nothing was done: --replaces .*/typo: .*no till's folder")
    refused(new.enrol(code=code, replaces=chain.hub_dir, ok=False), "nothing was done: .*no till's folder")
    check("left there", (chain.hub_dir / "agent.lock").exists(), False)
    refused(new.enrol(code=code, replaces=till.folder, ok=False), "nothing was done: .*an agent runs already in .*end it first")
    till.stop()
    refused(till.enrol(code=code, replaces=till.folder, ok=False), "--dir and --replaces name one folder")
    (till.folder / "journal.db").rename(till.folder / "moved.db")
    refused(new.enrol(code=code, replaces=till.folder, ok=False), "nothing was done: .*journal.db")
    for path in till.folder.glob("journal.db*"):
        path.unlink()
    (till.folder / "moved.db").rename(till.folder / "journal.db")
    check("a new folder", new.folder.exists(), False)
    check("enrolments", len(enrolments(chain)), 1)
    check_says("verno enrol", new.enrol(code=code, replaces=till.folder).stdout, "enrolled: till t1.*\nhanded in: the hub has all")
    check("enrolments", sorted(row["state"] for row in enrolments(chain)), ["active", "revoked"])


if __name__ == "__main__":
    run_cases(wrong_code, no_code, used_code, code_twice_at_once, expired_code, existing_folder, group_reaches_the_socket, journal_is_gone, cut_off_at_the_journal, folder_of_something_else,
              other_authority, no_ca_file, no_hub, same_place_again, wrong_old_folder)
