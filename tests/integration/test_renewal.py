#!/usr/bin/python3
"""Certificates over the years: a till and a hub that were off for longer than theirs are good come back without a person, a copy of the
disk of before does not, and another issuing key is nothing that a till would notice."""
import json
import pathlib
import shutil
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Till, check, check_says, commits, run_cases, wait_for  # noqa: E402

LATER_S = 400 * 86400  # both certificates are good for a year


def files(till):
    return {path.name for path in till.folder.iterdir()}


def sell(till, times=1):
    lane = Lane(till, receipt=len(commits(till.journal())))
    for _ in range(times):
        check("the commit says committed", lane.sell(6)["committed"], True)


def all_there(chain, till):
    till.wait_drained()
    check("sales at the hub", sorted(row["sale"][2] for row in chain.sales()), commits(till.journal()))
    check("audit", chain.audit(), [])


def hub_says(chain, event):
    wait_for(f"{event} in the hub's log", lambda: event in chain.hub_log.read_text(), process=chain.hub_process, log=chain.hub_log)


def later(chain, till):
    """Everything was off for more than a year."""
    till.stop()
    chain.stop_hub()
    clock = chain.wrong_clock(LATER_S)
    chain.start_hub(**clock)
    hub_says(chain, "server_certificate_renewed")
    return clock


def expired_till_comes_back_by_itself(chain):
    till = chain.till()
    check_says("verno status", till.words(), r"certificate for the hub is good until 20\d\d-\d\d-\d\d")
    before = till.status()["certificate_until_ms"]
    sell(till)
    till.wait_drained()
    check("files of the enrolment", files(till) & {"till.key", "till.crt", "till.pem"}, {"till.key", "till.crt"})
    clock = later(chain, till)
    till.start(**clock)
    till.wait_live()
    told = till.wait_status("another certificate", lambda s: s["certificate_until_ms"] > before + LATER_S * 900)
    check("trouble", [text for text in told["trouble"] if "certificate" in text], [])
    hub_says(chain, "certificate_renewed")
    check("files since", files(till) & {"till.key", "till.crt", "till.pem"}, {"till.pem"})
    check("their mode", stat.S_IMODE((till.folder / "till.pem").stat().st_mode), 0o600)
    sell(till)
    all_there(chain, till)
    till.stop()
    till.start(**clock)
    till.wait_live()
    sell(till)
    all_there(chain, till)
    check("renewals", chain.hub_log.read_text().count(" certificate_renewed "), 1)


def expired_till_of_a_hub_that_was_set_back(chain):
    """The hub wants entries again that it lost, and the till can't send any before it has a certificate that is good."""
    till = chain.till()
    chain.stop_hub()
    database = chain.hub_dir / "hub.db"
    kept = database.with_name("kept.db")
    shutil.copy(database, kept)
    chain.start_hub()
    sell(till, times=2)
    till.wait_drained()
    till.stop()
    chain.stop_hub()
    kept.replace(database)
    clock = chain.wrong_clock(LATER_S)
    chain.start_hub(**clock)
    hub_says(chain, "hub_set_back")
    till.start(**clock)
    till.wait_live()
    hub_says(chain, "certificate_renewed")
    sell(till)
    all_there(chain, till)


def copy_of_before_is_refused(chain):
    """A disk image of before the renewal, and the till itself: whoever has the image can't be the till any more."""
    till = chain.till()
    sell(till)
    till.wait_drained()
    till.stop()
    image = chain.folder / "image"
    shutil.copytree(till.folder, image, ignore=shutil.ignore_patterns("*.sock"))
    till.start()
    till.wait_live()
    clock = later(chain, till)
    till.start(**clock)
    till.wait_live()
    till.wait_status("another certificate", lambda s: "till.pem" in files(till) and s["online"])
    sell(till)
    all_there(chain, till)
    till.stop()
    thief = Till(chain, "t1", image)
    thief.start(**clock)
    told = thief.wait_status("a refusal", lambda s: s["state"] in ("revoked", "quarantined"))
    check_says("it", told["reason"], "replaced|branch")
    thief.stop()


def revoked_till_does_not_renew(chain):
    till = chain.till()
    clock = later(chain, till)
    chain.hub("till revoke", "t1")
    till.start(**clock)
    told = till.wait_status("a refusal", lambda s: s["state"] == "revoked")
    check_says("it", told["reason"], "revoked")
    check("files", "till.pem" in files(till), False)
    check("renewals", chain.hub_log.read_text().count(" certificate_renewed "), 0)
    sell(till)


def another_issuing_key_is_nothing_to_tills(chain):
    till = chain.till()
    sell(till)
    chain.hub("ca renew", "--root", chain.hub_dir / "offline/root.key")
    hub_says(chain, "authority_changed")
    till.stop()
    till.start()
    till.wait_live()
    sell(till)
    all_there(chain, till)
    other = chain.till("t2")  # signed by the new key, and by what the same ca.pem says
    sell(other)
    other.wait_drained()


def refused(chain, *words, folder=None):
    done = subprocess.run([chain.bin / "verno-hub", *words, "--dir", folder or chain.hub_dir], capture_output=True, text=True, timeout=60,
                          check=False)
    check(f"exit code of {words[0]}, lines", (done.returncode, done.stderr.count("\n")), (1, 1))
    return done.stderr


def hub_gets_another_name_or_key(chain):
    till = chain.till()
    sell(till)
    till.wait_drained()
    chain.stop_hub()
    (chain.hub_dir / "server.key").unlink()
    check_says("run", refused(chain, "run"), "server.key is missing: verno-hub ca server makes another one")
    check_says("ca server", chain.hub("ca server"), "server.pem is a new certificate, and server.key a new key, for ")
    told = json.loads(chain.hub("ca server", "--json"))
    check("ca server", (sorted(told["names"]), told["made_key"]), (sorted(["localhost", "127.0.0.1", chain.address]), False))
    chain.start_hub()
    sell(till)
    all_there(chain, till)
    chain.stop_hub()
    (chain.hub_dir / "server.pem").write_text("garbage")
    check_says("run", refused(chain, "run"), "server.pem is no certificate: verno-hub ca server --host NAME makes another one")
    (chain.hub_dir / "server.pem").unlink()
    check_says("run", refused(chain, "run"), "server.pem is missing: verno-hub ca server --host NAME makes another one")
    check_says("ca server", refused(chain, "ca", "server"), "give its names by --host NAME")
    check_says("ca server", refused(chain, "ca", "server", "--host", "a b"), "'a b' is neither a host's name nor an address")
    said = chain.hub("ca server", "--host", "hub.example", "--host", chain.address, "--host", "127.0.0.1", "--host", "fd00::7")
    check_says("ca server", said, f"new certificate, for localhost, 127.0.0.1, hub.example, {chain.address}, fd00::7\n")
    chain.start_hub()
    sell(till)
    all_there(chain, till)


def what_is_missing_is_said_with_a_way(chain):
    chain.stop_hub()
    folder = chain.hub_dir
    for name, ways in (("ca.pem", "ca.pem is no certificate: put it back"), ("hub.db", "the database is empty: put a backup back")):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(b"")
        check_says(f"run with {name} empty", refused(chain, "run"), ways)
        for path in folder.glob(f"{name}*"):
            path.unlink()
        (folder / name).write_bytes(whole)
    (folder / "hub.db").rename(folder / "away")
    check_says("run", refused(chain, "run"), "there is no .*/hub.db: put it back, or a backup: verno-hub restore --from BACKUP")
    (folder / "away").rename(folder / "hub.db")
    (folder / "issuing.pem").unlink()
    check_says("run", refused(chain, "run"), "issuing.pem is missing: put it back .*verno-hub ca renew --root FILE")
    check("ca renew", json.loads(chain.hub("ca renew", "--root", folder / "offline/root.key", "--json")), {"issuing": f"{folder}/issuing.pem"})
    (folder / "hub.db").chmod(0o644)
    chain.start_hub()
    chain.till()
    check_says("log", chain.hub_log.read_text(), "database_open_to_others file=.*hub.db mode=644 do=\"chmod 600")
    check_says("store add", refused(chain, "store", "add", ""), "an id is 1 to|may not be empty")


def wrong_names_change_nothing(chain):
    new = chain.folder / "new"
    check_says("init", refused(chain, "init", "--host", "a b", folder=new), "'a b' is neither a host's name nor an address")
    for name in "x" * 65, "Ana, Ltd", " x":
        check_says("init", refused(chain, "init", "--name", name, folder=new), f"'{name}' can't be the name of a chain: 1 to 64")
    check("made", new.exists(), False)
    chain.run("verno-hub", "init", "--dir", new, "--host", "127.0.0.1", "--host", "127.0.0.1")
    done = subprocess.run(["openssl", "x509", "-in", new / "server.pem", "-noout", "-ext", "subjectAltName"], capture_output=True, text=True,
                          check=True, timeout=60)
    check("times that an address stands there", done.stdout.count("127.0.0.1"), 1)


if __name__ == "__main__":
    run_cases(hub_gets_another_name_or_key, what_is_missing_is_said_with_a_way, wrong_names_change_nothing, expired_till_comes_back_by_itself,
              expired_till_of_a_hub_that_was_set_back, copy_of_before_is_refused, revoked_till_does_not_renew,
              another_issuing_key_is_nothing_to_tills)
