#!/usr/bin/python3
"""Two hubs over one PostgreSQL, and what may happen to it under load: its connections are cut, it is killed and started again, it
answers a commit with a warning. Every sale that was acknowledged is there once, and the ledger adds up.
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Chain, Failure, Lane, Till, check, check_says, commits, run_cases, wait_for  # noqa: E402
from postgres import Cluster  # noqa: E402
from test_quarantine import signed_up  # noqa: E402

SERVER = None  # of all cases but those that change its settings
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()"


class DatabaseChain(Chain):
    """A chain whose hubs keep everything in a database of its own."""
    numbers = iter(range(1000))

    def __init__(self, folder, bin_folder):
        super().__init__(folder, bin_folder)
        self.database = f"verno_{next(self.numbers)}"
        self.use(SERVER)

    def use(self, cluster):
        self.cluster = cluster
        cluster.sql(f"CREATE DATABASE {self.database} TEMPLATE template0")
        os.environ["VERNO_HUB_DATABASE"] = cluster.uri(self.database)

    def cut(self):
        return int(self.cluster.sql(CUT.format(self.database)))


class SecondHub(Chain):
    """Another hub of the same chain: a copy of its keys, at another port, over the same database."""

    def __init__(self, first):
        super().__init__(first.folder / "second", first.bin)
        self.chain, self.address, self.first = first.chain, first.address, first
        self.hub_dir.mkdir()
        for name in ("issuing.pem", "ca.pem", "server.key", "server.pem", "publishing.key", "card.key"):
            shutil.copy(first.hub_dir / name, self.hub_dir / name)
        self.start_hub()


@contextlib.contextmanager
def second_hub(chain):
    second = SecondHub(chain)
    try:
        yield second
        second.end()
    finally:
        second.stop()


def sell(till, times, members=(6, 7)):
    lane = Lane(till)
    for number in range(times):
        lane.sell(members[number % len(members)])
        time.sleep(0.02)


def sell_at_all(tills, times):
    with concurrent.futures.ThreadPoolExecutor(len(tills)) as pool:
        return [pool.submit(sell, till, times) for till in tills]


def all_there_once(chain, *tills):
    """What the tills' POS were told is at the hub, once, and the ledger adds up. A journal may have let go of its first entries where
    the database is on two machines; receipts are numbered from 1 and none was left out, so all before its first are due as well."""
    for till in tills:
        till.wait_drained()
    told = []
    for till in tills:
        kept = commits(till.journal())
        pruned = till.status()["journal"]["pruned"] > 0
        told += [(till.name, f"{number:04d}") for number in range(1, int(kept[0]))] if pruned and kept else []
        told += [(till.name, receipt) for receipt in kept]
    check("sales at the hub", sorted((row["till"], row["sale"][2]) for row in chain.sales()), sorted(told))
    check("audit", chain.audit(), [])
    check("quarantine", json.loads(chain.hub("quarantine list", "--json"))["quarantine"], [])

def both_hubs_serve_any_till(chain):
    with second_hub(chain) as second:
        one, two = chain.till("t1"), second.till("t2")
        for job in sell_at_all([one, two], 12):
            job.result()
        all_there_once(chain, one, two)
        check("what both hubs say of a member", second.ledger(6), chain.ledger(6))
        # The first till goes to the other hub, which has never heard of it.
        one.stop()
        one.configure(locale="en", hub_port=second.hub_port)
        one.start()
        Lane(one, receipt=12).sell(6)
        all_there_once(second, one, two)
        chain.hub("till revoke", "t2")
        Lane(two, receipt=12).sell(7)
        two.wait_status("the end of the enrolment, told by the other hub", lambda s: s["state"] == "revoked")


def revoked(hub):
    """Tills in the file of a hub's folder."""
    file = hub.hub_dir / "revoked"
    return [line.split()[1] for line in file.read_text().splitlines() if line] if file.exists() else []


def each_hub_knows_whom_the_others_revoked(chain):
    with second_hub(chain) as second:
        for name in ("t1", "t2", "t3"):
            chain.till(name, start=False)
        chain.hub("till revoke", "t1")
        check("the file of the hub that revoked", revoked(chain), ["t1"])
        wait_for("the line at the other hub", lambda: revoked(second) == ["t1"])
        chain.hub("till revoke", "t2")
        second.stop_hub()
        second.start_hub()
        check("the file after a start", revoked(second), ["t1", "t2"])
        # The database of before comes back, and the hub that revoked does not.
        chain.stop_hub()
        second.stop_hub()
        chain.cluster.sql("UPDATE enrolment SET state = 0", chain.database)
        second.start_hub()
        check("states", {row["till"]: row["state"] for row in second.fleet()["tills"]},
              {"t1": "revoked", "t2": "revoked", "t3": "active"})
        check_says("the log", second.hub_log.read_text(), "revoked_again .*enrolments=2")
        chain.start_hub()


def one_code_of_eight_clients(chain):
    with second_hub(chain) as second:
        for _ in range(3):
            before = len(enrolments(chain))
            code = chain.hub("till code", "s1", "t1").strip()
            tills = [Till(hub, f"t{number}", hub.folder / f"try-{before}-{number}")
                     for number, hub in enumerate([chain, second] * 4)]
            with concurrent.futures.ThreadPoolExecutor(len(tills)) as pool:
                done = list(pool.map(lambda till, code=code: till.enrol(code=code, ok=False), tills))
            check("exit codes", sorted(d.returncode for d in done), [0] + [1] * 7)
            for answer in done:
                if answer.returncode != 0:
                    check_says("verno enrol", answer.stderr, "unknown, used or expired")
            check("enrolments", len(enrolments(chain)), before + 1)


ENROLS_MAX = 256


def enrolling_while_the_database_stands_still(chain):
    """Who asks to enrol waits ten seconds at most, and a code that was not used in time stays good; and no more may ask than so many."""
    codes = {name: chain.hub("till code", "s1", name).strip() for name in ("t8", "t9")}
    outside = ssl.create_default_context(cafile=str(chain.hub_dir / "ca.pem"))
    outside.maximum_version = ssl.TLSVersion.TLSv1_2
    body = (pathlib.Path(sys.argv[1]) / "fixtures/wire/v1/enrol-request.json").read_bytes()

    def ask():
        link = http.client.HTTPSConnection(*chain.hub_address.split(":"), context=outside, timeout=30)
        link.request("POST", "/v1/enrol", body)
        return link

    pids = [int(pid) for pid in chain.cluster.sql(
        f"SELECT pid FROM pg_stat_activity WHERE datname = '{chain.database}' AND pid <> pg_backend_pid()").split()]
    links = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            tills = [pool.submit(Till(chain, name).enrol, code=code, ok=False) for name, code in codes.items()]
            stopped = time.monotonic()
            time.sleep(1)
            links = [ask() for _ in range(ENROLS_MAX)]
            check("one more", links[-1].getresponse().status, 429)
            time.sleep(max(0, stopped + 11.5 - time.monotonic()))
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        done = dict(zip(codes, (till.result() for till in tills)))
    check("those who asked for nothing", {link.getresponse().status for link in links[:-2]} <= {403, 429}, True)
    late = [name for name, enrol in done.items() if enrol.returncode != 0]
    check("some waited for too long", len(late) >= 1, True)
    for name in late:
        check_says("verno enrol", done[name].stderr, "the code stays good")
        Till(chain, name).enrol(code=codes[name])


def enrolments(chain):
    return [row for row in chain.fleet()["tills"] if row["enrolment"]]


def connections_are_cut_under_load(chain):
    with second_hub(chain) as second:
        tills = [chain.till("t1"), second.till("t2")]
        over, cuts = threading.Event(), []

        def cut():
            while not over.wait(0.05):
                cuts.append(chain.cut())

        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            for job in sell_at_all(tills, 40):
                job.result()
        finally:
            over.set()
            cutter.join()
        if sum(cuts) < 10:
            raise Failure(f"only {sum(cuts)} connections were there to be cut")
        all_there_once(chain, *tills)


def server_is_killed_under_load(chain):
    with second_hub(chain) as second:
        tills = [chain.till("t1"), second.till("t2")]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(sell, till, 40) for till in tills]
            time.sleep(0.4)
            chain.cluster.kill()
            tills[0].wait_status("the till to notice", lambda s: s["journal"]["acked"] < s["journal"]["seq"])
            for hub in (chain, second):
                wait_for("the log", lambda hub=hub: "database_away since=" in hub.hub_log.read_text(), process=hub.hub_process)
                check_says("verno-hub health", health(hub)[1], r"does not answer since \d{4}-\d\d-\d\d \d\d:\d\d UTC")
                done = subprocess.run([chain.bin / "verno-hub", "till", "code", "s1", "t1", "--dir", hub.hub_dir], capture_output=True, text=True,
                                      timeout=60, check=False)
                check_says("verno-hub till code", done.stderr, "^verno-hub: the hub's database is away")
            chain.cluster.start()
            for job in jobs:
                job.result()
        all_there_once(chain, *tills)
        for hub in (chain, second):
            wait_for("that it is back", lambda hub=hub: "database_back away_ms=" in hub.hub_log.read_text(), process=hub.hub_process)
            check("the hub that lived through it ends with", hub.stop_hub(), 0)


def server_ends_at_once_under_an_idle_hub(chain):
    """Its last words wait in each connection: whoever asks next is told of a database that is away, and of nothing else."""
    till = chain.till()
    sell(till, 2)
    till.wait_drained()
    chain.settle()
    chain.cluster.process.send_signal(signal.SIGQUIT)
    chain.cluster.process.wait(20)
    done = subprocess.run([chain.bin / "verno-hub", "till", "code", "s1", "t2", "--dir", chain.hub_dir], capture_output=True, text=True,
                          timeout=60, check=False)
    check_says("verno-hub till code", done.stderr, "^verno-hub: the hub's database is away")
    Lane(till, receipt=2).sell(6)
    check_says("verno-hub health", health(chain)[1], "the database does not answer since")
    chain.cluster.start()
    all_there_once(chain, till)
    for line in chain.hub_log.read_text().splitlines():
        if "status=" in line and "status=gone" not in line:
            raise Failure(line)


def tills_hear_of_a_backup_by_the_database_s_own_tools(chain):
    till = chain.till()
    sell(till, 2)
    wait_for("health that asks for a backup", lambda: "no synchronous standby" in health(chain)[1])
    acked = till.at_rest()
    chain.hub("backup", "--begin", chain.folder / "begun")
    chain.hub("backup", "--told", chain.folder / "begun")
    check("durable at the hub", chain.fleet()["tills"][0]["durable_seq"], acked)
    wait_for("health that knows of it", lambda: "no synchronous standby" not in health(chain)[1])


def nobody_posts(chain):
    """Somebody who does not work has the lease, and keeps it."""
    chain.cluster.sql("INSERT INTO lease VALUES('posting', 'somebody', 9e15::bigint) ON CONFLICT(name) DO UPDATE"
                      " SET holder = excluded.holder, until_ms = excluded.until_ms", chain.database)


def dies_in(chain, seconds):
    """As if he had renewed it a moment ago, and died."""
    chain.cluster.sql(f"UPDATE lease SET until_ms = (extract(epoch FROM clock_timestamp()) + {seconds}) * 1000", chain.database)


def left_to_post(chain):
    return sum(till["acked_seq"] - till["posted_seq"] for till in enrolments(chain))


def what_one_took_in_the_other_posts_when_it_dies(chain):
    with second_hub(chain) as second:
        tills = [chain.till("t1"), second.till("t2")]
        nobody_posts(chain)
        for job in sell_at_all(tills, 12):
            job.result()
        for till in tills:
            till.wait_drained()
        taken = left_to_post(chain)
        check("that nobody posts", taken >= 2 * 12, True)
        dies_in(chain, 1.5)
        time.sleep(0.5)
        check("what is left while the dead one has the lease", left_to_post(chain), taken)
        second.hub_process.kill()
        second.hub_process.wait()
        started = time.monotonic()
        wait_for("the other hub to post", lambda: left_to_post(chain) == 0, 20)
        check("that it took over within seconds", time.monotonic() - started < 10, True)
        second.start_hub()
        # And under load, whoever of the two has it.
        jobs = sell_at_all(tills, 30)
        time.sleep(0.3)
        second.hub_process.kill()
        second.hub_process.wait()
        second.start_hub()
        for job in jobs:
            job.result()
        all_there_once(chain, *tills)


def an_idle_hub_posts_what_a_dead_one_took_in(chain):
    with second_hub(chain) as second:
        till = second.till("t2")
        sell(till, 1)
        till.wait_drained()
        wait_for("all to be posted", lambda: left_to_post(chain) == 0)
        nobody_posts(chain)
        for _ in range(5):  # a till that asks for rights has its own entries posted first, by whom it asks
            sell(till, 3)
            till.wait_drained()
            time.sleep(0.3)
            if left_to_post(chain) > 0:
                break
        second.hub_process.kill()
        second.hub_process.wait()
        check("that it was not posted", left_to_post(chain) > 0, True)
        dies_in(chain, 0.5)
        wait_for("the hub that took nothing in to post", lambda: left_to_post(chain) == 0, 30)
        second.start_hub()
        all_there_once(chain, till)


def a_setting_of_one_hub_is_the_others_too(chain):
    with second_hub(chain) as second:
        lane = Lane(second.till("t2"))
        chain.hub("setting set", "receipt-points-max", "3")
        check("the hub that was told ends with", chain.stop_hub(), 0)

        def is_capped():
            lane.sell(6)
            lane.till.wait_drained()
            return max(second.sales(), key=lambda sale: sale["sale"][2])["points_earned"] == 3

        wait_for("the other hub to read it", is_capped, 20)


def health(hub):
    """Exit code and words of verno-hub health."""
    done = subprocess.run([hub.bin / "verno-hub", "health", "--dir", hub.hub_dir], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def ask(chain, path):
    """Status and Retry-After of what the hub answers somebody without a certificate."""
    context = ssl.create_default_context(cafile=str(chain.hub_dir / "ca.pem"))
    link = http.client.HTTPSConnection(chain.address, chain.hub_port, context=context, timeout=20)
    link.request("POST", path, body=b"{}")
    answer = link.getresponse()
    link.close()
    return answer.status, answer.getheader("Retry-After")


def hub_starts_while_its_database_is_away(chain):
    till = chain.till()
    sell(till, 2)
    till.wait_drained()
    check("the hub ends with", chain.stop_hub(), 0)
    chain.cluster.kill()
    chain.start_hub()
    check("what is answered meanwhile", ask(chain, "/v1/enrol"), (503, "5"))
    code, words = health(chain)
    check("exit code of verno-hub health", code, 1)
    check_says("verno-hub health", words, r"does not answer since \d{4}-\d\d-\d\d \d\d:\d\d UTC, .*goes on by itself")
    done = subprocess.run([chain.bin / "verno-hub", "fleet", "--dir", chain.hub_dir], capture_output=True, text=True, timeout=60, check=False)
    check("exit code of verno-hub fleet", done.returncode, 1)
    check_says("verno-hub fleet", done.stderr, "the hub's database is away")
    Lane(till, receipt=2).sell(6)
    check("the hub that nothing became of ends with", chain.stop_hub(), 0)
    chain.start_hub()
    log = pathlib.Path(chain.hub_log)
    before = log.read_text().count("database_back")
    chain.cluster.start()
    all_there_once(chain, till)
    check("sales", len(chain.sales()), 3)
    check("what health says now", health(chain)[0], 0)
    check_says("verno-hub health", health(chain)[1], "name one in PostgreSQL's synchronous_standby_names")
    check("database_back in the log", log.read_text().count("database_back"), before + 1)
    check_says("the log", log.read_text(), "database_away since=")


def database_that_is_read_only(chain):
    """A standby, or the wrong one of two hosts: it is away, and the reason is said; not away and back four times a second."""
    till = chain.till()
    lane = Lane(till)
    lane.sell(6)
    till.wait_drained()
    chain.cluster.sql(f"ALTER DATABASE {chain.database} SET default_transaction_read_only = on")
    chain.cut()
    wait_for("health", lambda: "the database does not answer since" in health(chain)[1], log=chain.hub_log)
    lane.sell(6)
    time.sleep(1)
    check_says("the log", chain.hub_log.read_text(), "session is read-only")
    check("how often it was back", chain.hub_log.read_text().count("database_back"), 0)
    chain.cluster.sql(f"ALTER DATABASE {chain.database} RESET default_transaction_read_only")
    all_there_once(chain, till)


def commit_with_a_warning_is_no_commit(chain):
    """Nobody has what the first server committed alone while its wait for a standby was cancelled."""
    chain.stop()
    shutil.rmtree(chain.hub_dir)
    with Cluster(wal_level="replica", max_wal_senders="2") as cluster:
        chain.use(cluster)
        chain.hub("init", "--name", "Test", "--host", chain.address)
        chain.start_hub()
        chain.fill()
        till = chain.till("t1")
        sell(till, 3)
        before = till.at_rest()
        cluster.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        cluster.sql("SELECT pg_reload_conf()")
        sell_more = threading.Thread(target=lambda: Lane(till, receipt=3).sell(6))
        sell_more.start()
        cancelled = 0
        until = time.monotonic() + 20
        while cancelled < 15 and time.monotonic() < until:
            cancelled += int(cluster.sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
            time.sleep(0.05)
        sell_more.join()
        if cancelled < 15:
            raise Failure(f"only {cancelled} waits were cancelled: the hub does not try again")
        check("acknowledged without a standby", till.status()["journal"]["acked"], before)
        check_says("the hub", chain.hub_log.read_text(), "canceling.wait.for.synchronous.replication")
        cluster.sql("ALTER SYSTEM RESET synchronous_standby_names")
        cluster.sql("SELECT pg_reload_conf()")
        all_there_once(chain, till)
        chain.stop()


def main():
    global SERVER
    with Cluster() as SERVER:
        run_cases(both_hubs_serve_any_till, each_hub_knows_whom_the_others_revoked, one_code_of_eight_clients,
                  enrolling_while_the_database_stands_still,
                  connections_are_cut_under_load, server_is_killed_under_load, server_ends_at_once_under_an_idle_hub,
                  tills_hear_of_a_backup_by_the_database_s_own_tools, what_one_took_in_the_other_posts_when_it_dies,
                  an_idle_hub_posts_what_a_dead_one_took_in, signed_up, a_setting_of_one_hub_is_the_others_too,
                  hub_starts_while_its_database_is_away, database_that_is_read_only, commit_with_a_warning_is_no_commit, kind=DatabaseChain)


if __name__ == "__main__":
    main()
