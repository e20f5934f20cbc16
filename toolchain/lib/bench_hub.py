"""The hub's part of toolchain/bench: a real verno-hub on a free port, and load from a process of its own (tests/bench/hub_*.c)."""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "integration"))
import postgres  # noqa: E402
from practice_shop import Failure, die_with_parent, wait_for  # noqa: E402

CONNECTIONS, BATCH, RECEIPTS, RUNS = 50, 20, 50000, 3
KINDS = ("plain", "baskets")
SALES, IDLE_S, OUTAGE_S = 100, 130, 60
PROGRAMS = ("hub_load", "hub_limits", "hub_fleet", "hub_postgres")
ROWS, GROUP = 10000, 50  # of PostgreSQL; a batch of each connection is one commit
SERVER = {"shared_buffers": "512MB", "max_wal_size": "8GB"}


class Hub:
    """A chain in a folder and its running hub. Ends with the block."""

    def __init__(self, folder, bin_folder, database=None):
        self.folder, self.bin, self.log = folder, bin_folder, folder / "hub.log"
        self.dir, self.port, self.process = folder / "hub", 0, None
        self.environment = {**os.environ, **({"VERNO_HUB_DATABASE": database} if database else {})}

    def __enter__(self):
        self.folder.mkdir(parents=True)
        self.verb("init", "--name", "Bench")
        self.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def start(self):
        """On the port that it had, if it ran before."""
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(self.bin / "verno-hub"), "run", "--dir", str(self.dir), "--listen",
                                             f"127.0.0.1:{self.port}", "--port-file", str(port_file)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment, preexec_fn=die_with_parent)
        self.port = int(wait_for("the hub", lambda: port_file.exists() and port_file.read_text().strip(), process=self.process,
                                 log=self.log))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def verb(self, *words):
        done = subprocess.run([str(self.bin / "verno-hub"), *words, "--dir", str(self.dir)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, env=self.environment, preexec_fn=die_with_parent)
        if done.returncode != 0:
            raise Failure(f"verno-hub {words[0]}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def database_bytes(self):
        return sum(path.stat().st_size for path in self.dir.glob("hub.db*"))


def program(bin_folder, name, *words):
    done = subprocess.run([str(bin_folder / f"bench_{name}"), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, preexec_fn=die_with_parent)
    if done.returncode != 0:
        raise Failure(f"bench_{name} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def load(folder, bin_folder, members, receipts, runs, say, database=None):
    """Loads of both kinds into one hub, `runs` times in turn; each run's figures, and what the machine does alone in between."""
    out = {"members": members, "runs": []}
    with Hub(folder, bin_folder, database) as hub:
        for number in range(runs):
            for kind in KINDS:
                say(f"run {number + 1} of {runs}: {receipts:,} receipts, {kind}")
                first = ["fill"] if not out["runs"] else []
                before = hub.database_bytes()
                figures = program(bin_folder, "hub_load", hub.dir, hub.port, hub.process.pid, members, CONNECTIONS, receipts, BATCH,
                                  kind, *first)
                figures |= {"kind": kind, "database_bytes": hub.database_bytes() - (0 if first else before)}
                out.setdefault("fill_ns", figures.get("fill_ns"))
                room = folder / f"limits-{number}-{kind}"
                room.mkdir()
                figures["limits"] = program(bin_folder, "hub_limits", room, members, min(receipts, 20000), kind)
                for file in room.iterdir():
                    file.unlink()
                out["runs"].append(figures)
        say("auditing what was posted")
        out["audit"] = hub.verb("audit").strip()
    return out


@contextlib.contextmanager
def server():
    """A PostgreSQL of the bench's own, whose commits are on the disk; None when it is not installed."""
    try:
        postgres.programs()
    except SystemExit:
        yield None
        return
    with postgres.Cluster(durable=True, **SERVER) as cluster:
        yield cluster


def over_postgres(folder, bin_folder, members, receipts, runs, say):
    """Journal rows beside COPY, and the same load as over SQLite; None without PostgreSQL."""
    with server() as cluster:
        if cluster is None:
            say("PostgreSQL is not installed, and is left out: toolchain/setup check installs it")
            return None
        for name in ("rows", "chain"):
            cluster.sql(f"CREATE DATABASE {name}")
        say("journal rows into PostgreSQL")
        rows = program(bin_folder, "hub_postgres", cluster.uri("rows"), ROWS, GROUP)
        say("the same load over PostgreSQL")
        return {"rows": rows, "load": load(folder, bin_folder, members, receipts, runs, say, cluster.uri("chain"))}


def fleet(folder, bin_folder, tills, sales, idle_s, outage_s):
    """Tills that come up, hear of a ruleset, lose their hub and come back to it with sales."""
    with Hub(folder, bin_folder) as hub:
        words = [bin_folder / "bench_hub_fleet", hub.dir, hub.port, hub.process.pid, tills, sales, idle_s, "fill"]
        with subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              preexec_fn=die_with_parent) as process:

            def hear(what):
                line = process.stdout.readline()
                if not line:
                    raise Failure(f"bench_hub_fleet ended with {process.wait()} before it said {what}")
                return line

            def tell(line):
                process.stdin.write(f"{line}\n")
                process.stdin.flush()

            out = json.loads(hear("its figures"))
            hear("outage")
            hub.kill()
            since = time.monotonic()
            tell("gone")
            while hear("sold").strip() != "sold":
                pass
            time.sleep(max(0, outage_s - (time.monotonic() - since)))
            hub.start()
            tell(hub.process.pid)
            out["outage"] = json.loads(hear("its figures"))
        out["audit"] = hub.verb("audit").strip()
    return out


# --- the table -----------------------------------------------------------------------------------------------------------


def per_second(count, ns):
    return count * 1e9 / ns


def middle(runs, figure):
    """Median of a figure over the runs, and its spread."""
    values = sorted(figure(run) for run in runs)
    return statistics.median(values), values[0], values[-1]


def spread(runs, figure, digits=0):
    median, least, most = middle(runs, figure)
    return f"{median:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def cpu_ms(figures):
    return sum(thread["cpu_ms"] for thread in figures["threads"])


def threads_text(runs):
    """CPU of each thread of the hub, in percent of a core while the receipts came in and were posted; of the middle run."""
    run = sorted(runs, key=lambda one: one["posted_ns"])[len(runs) // 2]
    return ", ".join(f"{thread['name']} {thread['cpu_ms'] * 1e8 / run['posted_ns']:.0f} %" for thread in run["threads"])


def load_rows(out):
    yield "receipts into the hub", "median (least to most)", "beside it"
    for kind in KINDS:
        runs = [run for run in out["runs"] if run["kind"] == kind]
        limits = [run["limits"] for run in runs]
        yield (f"{kind}: acknowledged a second", spread(runs, lambda run: per_second(run["receipts"], run["acked_ns"])),
               f"parsed and written by a bare loop {spread(limits, lambda one: per_second(one['receipts'], one['loop_ns']))}")
        yield (f"{kind}: posted a second", spread(runs, lambda run: per_second(run["receipts"], run["posted_ns"])),
               f"parsed alone {spread(limits, lambda one: per_second(one['receipts'], one['parse_ns']))}")
        for name in ("p50", "p99"):
            yield (f"{kind}: reply to a batch of {BATCH}, {name}, ms", spread(runs, lambda run, name=name: run["reply"][name] / 1e6, 1),
                   f"sync of 64 KiB {spread(limits, lambda one, name=name: one['sync_64k'][name] / 1e6, 2)}")
        yield (f"{kind}: bytes a receipt on the wire", spread(runs, lambda run: run["zipped"] / run["receipts"]),
               f"unzipped {spread(runs, lambda run: run['plain'] / run['receipts'])}")
        yield (f"{kind}: hub's CPU a receipt, us", spread(runs, lambda run: cpu_ms(run) * 1e3 / run["receipts"]),
               f"of a bare loop {spread(limits, lambda one: one['loop_ns'] / 1e3 / one['receipts'])} (time, syncs among it)")
        yield (f"{kind}: hub's CPU by thread", threads_text(runs),
               f"the generator's {spread(runs, lambda run: run['own_cpu_ms'] * 1e8 / run['acked_ns'])} %")
        yield (f"{kind}: hub's memory, MB", spread(runs, lambda run: run["rss_kib"] / 1024),
               f"at most {spread(runs, lambda run: run['peak_kib'] / 1024)}")
    limits = [run["limits"] for run in out["runs"] if run["kind"] == "baskets"]
    yield ("MB a second on one core", f"SHA-256 {spread(limits, lambda one: one['bytes'] * 1e3 / one['sha256_ns'])}",
           f"zip {spread(limits, lambda one: one['bytes'] * 1e3 / one['zip_ns'])}, "
           f"unzip {spread(limits, lambda one: one['bytes'] * 1e3 / one['unzip_ns'])}")
    yield ("a signature, ms", f"made {spread(limits, lambda one: one['sign']['p50'] / 1e6, 2)}",
           f"checked {spread(limits, lambda one: one['verify']['p50'] / 1e6, 2)}")


def postgres_rows(out):
    yield "rows into PostgreSQL", "by the storage, a second", "beside it"
    for name, what in (("batches", "a batch a row"), ("entries", "a receipt a row")):
        figures = out["rows"][name]
        count, rounds = figures["rows"], figures["rounds"]
        share = spread(rounds, lambda one: 100 * one["copy_ns"] / one["storage_ns"])
        yield (f"{what}, {figures['row_bytes']:,} bytes, {figures['group']} a commit",
               spread(rounds, lambda one, count=count: per_second(count, one["storage_ns"])),
               f"binary COPY {spread(rounds, lambda one, count=count: per_second(count, one['copy_ns']))}: {share} % of it")


def fleet_rows(out):
    tills, idle, publish, back = out["tills"], out["idle"], out["publish"], out["outage"]
    yield f"{tills:,} tills", "measured", "beside it"
    each = (idle["rss_kib"] - idle["before_kib"]) / tills
    yield ("hub's memory when all idle, MB", f"{idle['rss_kib'] / 1024:,.0f}, {each:.1f} KiB a till",
           f"before they came {idle['before_kib'] / 1024:,.0f}; open files {idle['files']:,}")
    yield ("coming up, s", f"{out['up_ns'] / 1e9:,.1f}", f"the generator's CPU {out['up_own_cpu_ms'] / 1e3:,.1f}")
    yield ("publish until a till has it, ms, p50 / p99 / last",
           " / ".join(f"{publish[name] / 1e6:,.0f}" for name in ("p50", "p99", "max")),
           f"{out['ruleset_bytes']:,} bytes; the generator's CPU {out['publish_own_cpu_ms'] / 1e3:,.1f} s")
    yield (f"back from an outage, {back['sales']:,} receipts acknowledged, s", f"{back['back_ns'] / 1e9:,.1f}",
           f"the generator's CPU {back['own_cpu_ms'] / 1e3:,.1f}, the hub's {cpu_ms(back) / 1e3:,.1f}")


def table(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return "\n".join(f"{row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}".rstrip() for row in rows)
