#!/usr/bin/python3
"""PostgreSQL with a synchronous standby, and the primary dies under load while commits wait for the standby. The standby is
promoted: every sale that was acknowledged is there, once, also one whose wait was cancelled just before.
"""
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, check, check_says, run_cases, wait_for  # noqa: E402
from postgres import Cluster  # noqa: E402
from test_postgres import DatabaseChain, all_there_once  # noqa: E402

TILLS, MEMBERS = 4, (6, 7)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
CANCEL = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


class Standby(Cluster):
    """Follows a primary, and confirms what it has on its disk."""

    def __init__(self, primary):
        super().__init__(durable=True)
        self.primary = primary

    def make(self):
        subprocess.run(self._command("pg_basebackup", "-d", self.primary.uri(), "-D", self.data, "--write-recovery-conf", "--wal-method", "stream",
                                     "--checkpoint", "fast"), check=True, capture_output=True, cwd=self.folder, timeout=120)
        with open(self.data / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write(f"primary_conninfo = 'host={self.primary.folder} user=postgres application_name=standby'\n")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{self.folder}'\n")
        return self

    def receiver(self):
        """The process that takes in what the primary sends."""
        return int(wait_for("the receiver", lambda: self.sql("SELECT pid FROM pg_stat_wal_receiver")))

    def promote(self):
        """The operator's part: there is no other standby now."""
        self.sql("SELECT pg_promote()")
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.sql("SELECT pg_reload_conf()")


class StandbyChain(DatabaseChain):
    """Its hub knows both servers, and uses the one that takes writes."""
    primary = standby = None

    def use(self, _):
        super().use(self.primary)
        os.environ["VERNO_HUB_DATABASE"] = (f"postgresql://postgres@/{self.database}?host={self.primary.folder},{self.standby.folder}"
                                            "&target_session_attrs=read-write")


def sells(till, over, sold):
    """Sells until it is told to stop; a receipt that was printed counts."""
    lane = Lane(till)
    while not over.is_set():
        lane.sell(MEMBERS[len(sold) % len(MEMBERS)])
        sold.append(lane.sale["receipt"])


def waits_pile_up(primary, standby, cancel):
    """The standby stands still until commits wait for it; some of the waits are cancelled."""
    os.kill(standby.receiver(), signal.SIGSTOP)
    wait_for("commits that wait for the standby", lambda: int(primary.sql(WAITING)) > 0)
    cancelled, until = 0, time.monotonic() + 10
    while cancel and cancelled < 5 and time.monotonic() < until:
        cancelled += int(primary.sql(CANCEL))
        time.sleep(0.05)
    if cancel and cancelled < 5:
        raise Failure(f"only {cancelled} waits were cancelled")
    wait_for("commits that wait for the standby", lambda: int(primary.sql(WAITING)) > 0)


def primary_dies(chain, cancel):
    tills = [chain.till(f"t{number}") for number in range(TILLS)]
    over, sold = threading.Event(), [[] for _ in tills]
    with concurrent.futures.ThreadPoolExecutor(TILLS) as pool:
        jobs = [pool.submit(sells, till, over, receipts) for till, receipts in zip(tills, sold)]
        try:
            wait_for("sales", lambda: min(map(len, sold)) > 5)
            wait_for("the standby to have them", lambda: chain.standby.sql("SELECT count(*) FROM sale", chain.database) != "0")
            wait_for("health that knows of the standby", lambda: not {"no-backup", "no-standby"} & set(health(chain)), log=chain.hub_log)
            waits_pile_up(chain.primary, chain.standby, cancel)
            receiver = chain.standby.receiver()
            chain.primary.kill()
            os.kill(receiver, signal.SIGCONT)
            time.sleep(0.5)  # the shop goes on without a hub
        finally:
            over.set()
        for job in jobs:
            job.result()
    check_says("the hub", chain.hub_log.read_text(), "status=gone")
    acked = {till.name: till.status()["journal"]["acked"] for till in tills}
    for till in tills:
        till.kill()
    chain.standby.promote()
    # What was acknowledged is there before any till can send it again.
    wait_for("the hub at the promoted standby", lambda: rows(chain), 30, chain.hub_process, chain.hub_log)
    for row in rows(chain):
        if row["acked_seq"] < acked[row["till"]]:
            raise Failure(f"{row['till']} was told {acked[row['till']]}, and the hub has {row['acked_seq']}")
    for till in tills:
        till.start()
    all_there_once(chain, *tills)
    wait_for("health that knows of no standby", lambda: "no-standby" in health(chain), log=chain.hub_log)
    for till, receipts in zip(tills, sold):
        here = sorted(row["sale"][2] for row in chain.sales() if row["till"] == till.name)
        check(f"receipts of {till.name}", here, sorted(receipts))


def health(chain):
    return [row["code"] for row in json.loads(chain.hub("health", "--json"))["sentences"]]


def rows(chain):
    """The fleet, or nothing while no database answers."""
    done = subprocess.run([chain.bin / "verno-hub", "fleet", "--dir", chain.hub_dir, "--json"], capture_output=True, text=True, timeout=60,
                          check=False)
    return json.loads(done.stdout)["tills"] if done.returncode == 0 else []


def primary_dies_while_commits_wait(chain):
    primary_dies(chain, cancel=False)


def primary_dies_after_waits_were_cancelled(chain):
    primary_dies(chain, cancel=True)


def main():
    names, failed = sys.argv[3:], 0
    for case in (primary_dies_while_commits_wait, primary_dies_after_waits_were_cancelled):
        if names and case.__name__ not in names:
            continue
        with Cluster(durable=True, wal_level="replica", max_wal_senders="4", hot_standby="on") as primary, Standby(primary) as standby:
            primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            primary.sql("SELECT pg_reload_conf()")
            StandbyChain.primary, StandbyChain.standby = primary, standby
            try:
                run_cases(case, kind=StandbyChain)
            except SystemExit as end:
                failed += 1 if end.code else 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
