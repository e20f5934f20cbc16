"""The hub's part of toolchain/bench: a real verno-hub on a free port, and load from a process of its own (tests/bench/hub_*.c)."""
import contextlib
import json
import mmap
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "integration"))
import postgres  # noqa: E402
from practice_shop import Failure, die_with_parent, wait_for  # noqa: E402

CONNECTIONS, BATCH, RECEIPTS, RUNS = 50, 20, 50000, 3
LOADS = {"plain": ("plain",), "granted ahead": ("plain", "ahead"), "baskets": ("baskets",)}  # words for bench_hub_load
KINDS = tuple(LOADS)
SALES, IDLE_S, OUTAGE_S = 100, 130, 60
PROGRAMS = ("hub_fill", "hub_load", "hub_limits", "hub_fleet", "hub_postgres", "hub_snapshot", "hub_tls")
LIMITS_ONCE = 1000000  # members, above which what the machine does alone is measured in one run of each kind
SNAPSHOT, BARE, PAGES, FLEET_MEMBERS = 1000000, 1000, 2000, 200000
LEAVE_MB = 3072
ROWS, GROUP = 10000, 50  # of PostgreSQL; a batch of each connection is one commit
SERVER = {"shared_buffers": "512MB", "max_wal_size": "8GB"}


class Hub:
    """A chain in a folder, with so many members, and its running hub. Ends with the block."""

    def __init__(self, folder, bin_folder, database=None, members=0):
        self.folder, self.bin, self.log, self.members = folder, bin_folder, folder / "hub.log", members
        self.filled = None
        self.dir, self.port, self.process = folder / "hub", 0, None
        self.environment = {**os.environ, **({"VERNO_HUB_DATABASE": database} if database else {})}

    def __enter__(self):
        self.folder.mkdir(parents=True)
        self.verb("init", "--name", "Bench")
        if self.members:
            self.filled = program(self.bin, "hub_fill", self.dir, self.members, env=self.environment)
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


def program(bin_folder, name, *words, env=None):
    """What it prints; what it has to say meanwhile, or why it failed, is on standard error."""
    done = subprocess.run([str(bin_folder / f"bench_{name}"), *map(str, words)], stdout=subprocess.PIPE, text=True, check=False,
                          env=env, preexec_fn=die_with_parent)
    if done.returncode != 0:
        raise Failure(f"bench_{name} ended with {done.returncode}")
    return json.loads(done.stdout)


def limits(folder, bin_folder, members, receipts, kind):
    """What the machine does alone."""
    folder.mkdir()
    out = program(bin_folder, "hub_limits", folder, members, min(receipts, 20000), LOADS[kind][0])
    for file in folder.iterdir():
        file.unlink()
    return out


def send(hub, receipts, kind, first=False):
    return program(hub.bin, "hub_load", hub.dir, hub.port, hub.process.pid, hub.members, CONNECTIONS, receipts, BATCH, *LOADS[kind],
                   *(["fill"] if first else [])) | {"kind": kind}


def available_mb():
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) // 1024


@contextlib.contextmanager
def little_memory(leave_mb, say):
    """Holds the machine's memory but for so much, which is what hub, generator and the kernel's cache of the disk then share. False:
    the machine has no more than that, or swaps, and then what is held would not be held."""
    hold_mb = available_mb() - leave_mb
    if hold_mb <= 0 or len(pathlib.Path("/proc/swaps").read_text().splitlines()) > 1:
        yield False
        return
    say(f"holding {hold_mb:,} MB of memory, so that {leave_mb:,} are left")
    with mmap.mmap(-1, hold_mb << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE):
        yield True


def page_reads(path):
    """Pages of the database, drawn, as the kernel gives them now: nanoseconds, p50 and p99."""
    times = []
    with open(path, "rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        pages = path.stat().st_size // 4096
        for _ in range(PAGES):
            at = random.randrange(pages) * 4096
            start = time.monotonic_ns()
            os.pread(file.fileno(), 4096, at)
            times.append(time.monotonic_ns() - start)
    times.sort()
    return {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}


def load(folder, bin_folder, members, receipts, runs, say, database=None, leave_mb=0):
    """Loads of all kinds into one hub, `runs` times in turn; each run's figures, and what the machine does alone in between. With
    leave_mb once more with so little memory."""
    out = {"members": members, "receipts": receipts, "runs": []}
    say(f"{members:,} members")
    with Hub(folder, bin_folder, database, members) as hub:
        out |= {"filled": hub.filled, "database_bytes": hub.database_bytes()}
        known = {}
        for number in range(runs):
            for kind in KINDS:
                say(f"run {number + 1} of {runs}: {receipts:,} receipts, {kind}")
                figures = send(hub, receipts, kind, not out["runs"])
                if kind not in known or members <= LIMITS_ONCE:
                    known[kind] = limits(folder / f"limits-{number}-{kind}", bin_folder, members, receipts, kind)
                out["runs"].append(figures | {"limits": known[kind]})
        if leave_mb:
            with little_memory(leave_mb, say) as held:
                if held:
                    out["little"] = {"left_mb": leave_mb, "page": page_reads(hub.dir / "hub.db"), "runs": []}
                    for number in range(runs):
                        say(f"run {number + 1} of {runs}, little memory: {receipts:,} receipts")
                        out["little"]["runs"].append(send(hub, receipts, KINDS[-1]))
        say("auditing what was posted")
        out["audit"] = hub.verb("audit").strip()
    return out


def snapshot(folder, bin_folder, members):
    folder.mkdir()
    return program(bin_folder, "hub_snapshot", folder, members)


def bare_tls(bin_folder):
    return program(bin_folder, "hub_tls", BARE)


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


def fleet(folder, bin_folder, tills, sales, idle_s, outage_s, say):
    """Tills that come up, hear of a ruleset, lose their hub and come back to it with sales."""
    with Hub(folder, bin_folder, members=FLEET_MEMBERS) as hub:
        words = [bin_folder / "bench_hub_fleet", hub.dir, hub.port, hub.process.pid, tills, sales, idle_s, FLEET_MEMBERS]
        with subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              preexec_fn=die_with_parent) as process:

            def hear(what):
                say(f"fleet: waiting for {what}")
                line = process.stdout.readline()
                if not line:
                    raise Failure(f"bench_hub_fleet ended with {process.wait()} before it said {what}")
                return line

            def tell(line):
                process.stdin.write(f"{line}\n")
                process.stdin.flush()

            out = json.loads(hear("the tills' coming up, idling and hearing of a ruleset"))
            hear("the outage")
            hub.kill()
            since = time.monotonic()
            tell("gone")
            while hear("the sales meanwhile").strip() != "sold":
                pass
            time.sleep(max(0, outage_s - (time.monotonic() - since)))
            hub.start()
            tell(hub.process.pid)
            out["outage"] = json.loads(hear("the last receipt's acknowledgement"))
        out["audit"] = hub.verb("audit").strip()
        out["bare"] = bare_tls(bin_folder)
        out["limits"] = limits(folder / "limits", bin_folder, 1000, 1000, KINDS[-1])
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
    """A row is what, measured, target, and what stands beside it."""
    yield f"receipts into a hub of {out['members']:,} members", "median (least to most)", "target", "beside it"
    yield ("made", f"{out['filled']['fill_ns'] / 1e9:,.0f} s", "", f"the database then {out['database_bytes'] / 1e9:,.1f} GB")
    for kind in KINDS:
        runs = [run for run in out["runs"] if run["kind"] == kind]
        alone = [run["limits"] for run in runs]
        yield (f"{kind}: acknowledged a second", spread(runs, lambda run: per_second(run["receipts"], run["acked_ns"])), ">= 10,000",
               f"parsed and written by a bare loop {spread(alone, lambda one: per_second(one['receipts'], one['loop_ns']))}")
        yield (f"{kind}: posted a second", spread(runs, lambda run: per_second(run["receipts"], run["posted_ns"])), ">= 3,000",
               f"parsed alone {spread(alone, lambda one: per_second(one['receipts'], one['parse_ns']))}")
        for name in ("p50", "p99"):
            yield (f"{kind}: reply to a batch of {BATCH}, {name}, ms", spread(runs, lambda run, name=name: run["reply"][name] / 1e6, 1), "",
                   f"sync of 64 KiB {spread(alone, lambda one, name=name: one['sync_64k'][name] / 1e6, 2)}")
        yield (f"{kind}: bytes a receipt, batches of {alone[0]['wire']['receipts']}",
               spread(alone, lambda one: one["wire"]["zipped"] / one["wire"]["receipts"]), "<= 60" if LOADS[kind][0] == "plain" else "<= 220",
               f"of {BATCH} {spread(runs, lambda run: run['zipped'] / run['receipts'])}, "
               f"unzipped {spread(alone, lambda one: one['wire']['plain'] / one['wire']['receipts'])}")
        yield (f"{kind}: hub's CPU a receipt, us", spread(runs, lambda run: cpu_ms(run) * 1e3 / run["receipts"]), "",
               f"of a bare loop {spread(alone, lambda one: one['loop_ns'] / 1e3 / one['receipts'])} (time, syncs among it)")
        yield (f"{kind}: hub's CPU by thread", threads_text(runs), "",
               f"the generator's {spread(runs, lambda run: run['own_cpu_ms'] * 1e8 / run['acked_ns'])} %")
        yield (f"{kind}: hub's memory, MB", spread(runs, lambda run: run["rss_kib"] / 1024), "",
               f"at most {spread(runs, lambda run: run['peak_kib'] / 1024)}")
    if "little" in out:
        runs, page = out["little"]["runs"], out["little"]["page"]
        yield (f"with {out['little']['left_mb']:,} MB of memory left: posted a second",
               spread(runs, lambda run: per_second(run["receipts"], run["posted_ns"])), "",
               f"a drawn page of the database, us, p50 / p99: {page['p50'] / 1e3:,.0f} / {page['p99'] / 1e3:,.0f}")
        yield ("the same: acknowledged a second", spread(runs, lambda run: per_second(run["receipts"], run["acked_ns"])), "", "")
    alone = [run["limits"] for run in out["runs"] if run["kind"] == KINDS[-1]]
    yield ("MB a second on one core", f"SHA-256 {spread(alone, lambda one: one['bytes'] * 1e3 / one['sha256_ns'])}", "",
           f"zip {spread(alone, lambda one: one['bytes'] * 1e3 / one['zip_ns'])}, "
           f"unzip {spread(alone, lambda one: one['bytes'] * 1e3 / one['unzip_ns'])}")


def postgres_rows(out):
    yield "rows into PostgreSQL", "by the storage, a second", "target", "beside it"
    for name, what in (("batches", "a batch a row"), ("entries", "a receipt a row")):
        figures = out["rows"][name]
        count, rounds = figures["rows"], figures["rounds"]
        share = spread(rounds, lambda one: 100 * one["copy_ns"] / one["storage_ns"])
        yield (f"{what}, {figures['row_bytes']:,} bytes, {figures['group']} a commit",
               spread(rounds, lambda one, count=count: per_second(count, one["storage_ns"])), ">= 60 % of COPY",
               f"binary COPY {spread(rounds, lambda one, count=count: per_second(count, one['copy_ns']))}: {share} % of it")


def snapshot_rows(out):
    yield f"a snapshot of {out['members']:,} members at a till", "measured", "target", "beside it"
    yield ("built into its cache, s", f"{out['alone_ns'] / 1e9:,.1f}: {out['alone_ns'] / out['sorted_ns']:.2f} times", "<= 2 times",
           f"unzipped and loaded sorted {out['sorted_ns'] / 1e9:,.1f}; {out['bytes'] / 1e6:,.0f} MB")
    yield ("scans meanwhile, ms, p50 / p99 / worst", " / ".join(f"{out['scan'][name] / 1e6:,.2f}" for name in ("p50", "p99", "max")),
           "p99 <= 10", f"{out['scan']['count']:,} scans; it took {out['beside_ns'] / 1e9:,.1f} s beside them")


def fleet_rows(out):
    tills, idle, publish, back, fresh = out["tills"], out["idle"], out["publish"], out["outage"], out["load"]
    bare = out["bare"]["server_bytes"] / out["bare"]["connections"]
    yield f"{tills:,} tills", "measured", "target", "beside it"
    each = (idle["rss_kib"] - idle["before_kib"]) / tills
    yield ("hub's memory when all idle, MB", f"{idle['rss_kib'] / 1024:,.0f}, {each:.1f} KiB a till", f"<= {0.06 * tills:,.0f}",
           f"as many bare TLS connections {bare * tills / (1 << 20):,.0f}; before they came {idle['before_kib'] / 1024:,.0f}; "
           f"open files {idle['files']:,}")
    yield ("coming up, s", f"{out['up_ns'] / 1e9:,.1f}", "", f"the generator's CPU {out['up_own_cpu_ms'] / 1e3:,.1f}")
    yield (f"{fresh['count']:,} of them from nothing: snapshot loaded, s, p50 / p99 / last",
           " / ".join(f"{fresh[name] / 1e9:,.1f}" for name in ("p50", "p99", "max")), "",
           f"{out['load_bytes'] / fresh['count'] / 1e6:,.1f} MB each, in ranges")
    yield ("publish until a till has it, ms, p50 / p99 / last",
           " / ".join(f"{publish[name] / 1e6:,.0f}" for name in ("p50", "p99", "max")), "p99 <= 5,000",
           f"{out['ruleset_bytes']:,} bytes; the generator's CPU {out['publish_own_cpu_ms'] / 1e3:,.1f} s")
    yield (f"back from an outage, {back['sales']:,} receipts acknowledged, s", f"{back['back_ns'] / 1e9:,.1f}", "<= 300, none refused",
           f"the generator's CPU {back['own_cpu_ms'] / 1e3:,.1f}, the hub's {cpu_ms(back) / 1e3:,.1f}; open files {back['files']:,}")
    yield ("a signature, ms", f"made {out['limits']['sign']['p50'] / 1e6:.2f}", "", f"checked {out['limits']['verify']['p50'] / 1e6:.2f}")


def table(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]]).rstrip() for row in rows) + "\n"
