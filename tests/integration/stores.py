"""A hub and two stores of three tills as real processes, each machine in a network of its own (namespaces.py), and what goes wrong with
them under load: drawn from a seed, at moments that nobody chose.
"""
import json
import os
import shutil
import signal
import subprocess
import threading
import time

from chain import MEMBERS, Chain, Failure, Till, accepts, read_lines, wait_for
from namespaces import Chainwork, mounts

STORES, TILLS = 2, 3
PORT = 7443
DISK_MB = 48


class Keeper(threading.Thread):
    """What systemd does for a program: starts it again when it ends. It has a thread, because what a thread started ends with it."""

    def __init__(self, what, start, chain, pause_s):
        super().__init__(daemon=True)
        self.what, self.begin, self.chain, self.pause_s = what, start, chain, pause_s
        self.over, self.process = threading.Event(), None
        self.ends = []  # exit codes

    def run(self):
        while not self.over.is_set():
            self.process = self.begin()
            self.ends.append(self.process.wait())
            self.over.wait(self.pause_s)

    def signal(self, number):
        """To the program as it runs now; whether there was one."""
        process = self.process
        if process is None or process.poll() is not None:
            return False
        process.send_signal(number)
        return True

    def finish(self):
        self.over.set()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self.join(20)
        if self.is_alive():
            self.signal(signal.SIGKILL)
            self.join(20)

    def trouble(self):
        """Ends that no kill and no full disk explains."""
        return [code for code in self.ends[:-1] if code not in (-signal.SIGKILL, 1)]


class StoreTill(Till):
    """In its own network. `disk`: a small one of its own, that can be filled."""
    ballast = None
    peer_port = 7445

    def enrol(self, *words, **named):
        with self.chain.lines.net.at(self.name):
            return super().enrol(*words, **named)

    def small_disk(self):
        self.folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "none", self.folder], check=True)
        self.ballast = self.folder / "ballast"

    def fill_disk(self):
        with open(self.ballast, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(bytes(4096))
            except OSError:
                pass

    def free_disk(self):
        self.ballast.unlink(missing_ok=True)


class StoreChain(Chain):
    """Chain whose hub and tills are in lines' networks, and are started again whenever they end."""

    def __init__(self, folder, bin_folder, stores=STORES, tills=TILLS):
        super().__init__(folder, bin_folder)
        (self.folder / "backups").mkdir()
        self.lines = Chainwork(stores, tills)
        self.address, self.hub_port = self.lines.HUB, PORT
        self.keepers, self.tills = {}, {}

    def start(self, name, *command, **environment):
        with self.lines.net.at(name.removeprefix("agent-")):
            return super().start(name, *command, **environment)

    def fill(self):
        """Customers earn a tenth of what they pay, so that there is always something to redeem."""
        rules = read_lines(self.chain / "ruleset.ndjson")
        rules[0]["earning"]["per_minor"] = 1000
        (self.chain / "ruleset.ndjson").write_text("".join(json.dumps(rule) + "\n" for rule in rules))
        super().fill()

    def keep(self, name, begin, pause_s=0.05):
        def start():
            begin()
            return self.hub_process if name == "hub" else self.tills[name].process

        self.keepers[name] = Keeper(name, start, self, pause_s)
        self.keepers[name].start()

    def open(self):
        """All tills enrolled, live, and kept; the hub too."""
        self.hub_process.terminate()
        self.hub_process.wait(60)
        self.keep("hub", lambda: self.start_hub(wait=False))
        wait_for("the hub", lambda: accepts(self.hub_dir / "admin.sock"))
        for name, (store, _) in self.lines.tills.items():
            till = self.tills[name] = StoreTill(self, name)
            if name == "t3" and mounts():
                till.small_disk()
            till.enrol(store)
            till.configure(locale="en")
            self.keep(name, lambda till=till: till.start(wait=False), 0.1)
        for till in self.tills.values():
            wait_for("the agent", lambda till=till: accepts(till.socket))
            till.wait_live()
        self.meet()

    def meet(self):
        """Each till hears of the others that it can borrow from as they come."""
        for name, till in self.tills.items():
            others = sum(store == self.lines.tills[name][0] for store, _ in self.lines.tills.values()) - 1
            till.wait_status("its neighbours", lambda s, others=others: len(s["lending"]["neighbours"]) == others, 10)

    def close(self):
        for keeper in self.keepers.values():
            keeper.finish()
        for till in self.tills.values():
            if till.ballast:  # its disk goes with this test; its files stay with the others
                shutil.copytree(till.folder, self.folder / f"{till.name}-disk", ignore=shutil.ignore_patterns("ballast", "*.sock"))
                subprocess.run(["umount", "--lazy", till.folder], check=False)
                till.ballast = None

    def back_up(self):
        """Off the machine, so that tills let go of what is in it. Nobody waits for it, and the hub may well be away."""
        self.spawn("backup", [self.bin / "verno-hub", "backup", "--to", self.folder / "backups", "--off-machine", "--dir", self.hub_dir],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def members_openings(self):
        return {member: self.balance(member) for member in range(1, MEMBERS + 1)}


class Database:
    """PostgreSQL below the hub: killed, or ended at once, and started again."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        cluster.sql(f"CREATE DATABASE {name} TEMPLATE template0")
        os.environ["VERNO_HUB_DATABASE"] = cluster.uri(name)

    def kill(self, number):
        self.cluster.process.send_signal(number)
        self.cluster.process.wait(20)


# --- what goes wrong -----------------------------------------------------------------------------------------------------

# kind: how many a second, and how long at least and at most
KINDS = {
    "agent killed": (1.2, 0, 0), "agent killed while starting": (0.3, 0, 0), "hub killed": (0.35, 0, 0), "hub silent": (0.1, 0.5, 3),
    "store cut off": (0.15, 1, 6), "no way up": (0.1, 1, 5), "no way down": (0.1, 1, 5), "connections reset": (0.15, 0.1, 0.4), "hub's side reset": (0.1, 0.3, 1),
    "line loses packets": (0.1, 2, 6), "slow line": (0.1, 2, 6), "till cut off": (0.15, 1, 6), "tills divided": (0.1, 1, 5),
    "disk full": (0.07, 1, 3), "backup": (0.2, 0, 0),
}
DATABASE_KINDS = {"database killed": (0.12, 0.1, 1.5), "database ended": (0.06, 0.1, 1.5)}
RULES = {"store cut off": ('oifname "wan" drop', 'iifname "wan" drop'), "no way up": ('oifname "wan" drop',),
         "no way down": ('iifname "wan" drop',), "connections reset": ("meta l4proto tcp reject with tcp reset",),
         # the till is not told that its connection has ended: it waits for news at one that the hub has forgotten
         "hub's side reset": ('iifname "wan" meta l4proto tcp reject with tcp reset',),
         "line loses packets": ("numgen random mod 100 < 8 drop",)}
PARTITIONS = ("store cut off", "no way up", "no way down", "till cut off", "tills divided")


class Chaos:
    """Faults of one round, in the order of their beginnings and ends."""

    def __init__(self, chain, draw, database=None):
        self.chain, self.draw, self.database, self.counts, self.slowed = chain, draw, database, {}, {}
        self.events = []

    def everything(self, seconds):
        kinds = {**KINDS, **(DATABASE_KINDS if self.database else {})}
        for kind in ("disk full",) * (not mounts()) + ("backup",) * (self.database is not None):
            del kinds[kind]
        for kind, (rate, least_s, most_s) in kinds.items():
            for _ in range(max(1, round(rate * seconds))):
                begin = self.draw.random() * seconds
                self.plan(kind, begin, min(begin + self.draw.uniform(least_s, most_s), seconds))
        self.plan("hub's side reset", seconds - 1, seconds)
        return self

    def cut_off(self, seconds, store):
        """The store has no line to the hub from beginning to end. Its tills see each other, and their agents die now and then."""
        self.plan("store cut off", 0, seconds, store)
        tills = [name for name, (at, _) in self.chain.lines.tills.items() if at == store]
        for _ in range(round(seconds / 3)):
            at = self.draw.random() * seconds
            self.plan("agent killed", at, at, store, self.draw.choice(tills))
        return self

    def plan(self, kind, begin, end, store=None, till=None):
        store = store or self.draw.choice(self.chain.lines.stores)
        till = till or self.draw.choice(list(self.chain.lines.tills))
        fault = (kind, len(self.events))
        self.events.append((begin, self.begin, fault, store, till))
        self.events.append((end, self.end, fault, store, till))
        self.events.sort(key=lambda event: event[0])

    def run(self):
        started = time.monotonic()
        for at, act, fault, store, till in self.events:
            time.sleep(max(0, started + at - time.monotonic()))
            act(fault, store, till)

    def note(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def begin(self, fault, store, till):
        kind, lines, keepers = fault[0], self.chain.lines, self.chain.keepers
        happened = True
        if kind in RULES:
            lines.break_line(fault, store, *RULES[kind])
        elif kind == "till cut off":
            lines.isolate(fault, till)
        elif kind == "tills divided":
            lines.divide(fault, store)
        elif kind == "slow line":
            self.slowed[fault] = store
            lines.speed(store, self.draw.choice(["48kbit", "256kbit", "1mbit"]))
        elif kind.startswith("agent"):
            happened = self.kill_agent(till, kind)
        elif kind == "hub killed":
            happened = keepers["hub"].signal(signal.SIGKILL)
        elif kind == "hub silent":
            happened = keepers["hub"].signal(signal.SIGSTOP)
        elif kind == "disk full":
            self.chain.tills["t3"].fill_disk()
            if self.draw.random() < 0.5:  # and starts anew on the full disk
                keepers["t3"].signal(signal.SIGKILL)
        elif kind == "backup":
            self.chain.back_up()
        else:
            self.database.kill(signal.SIGKILL if kind == "database killed" else signal.SIGQUIT)
        if happened:
            self.note(kind)

    def kill_agent(self, till, kind):
        keeper = self.chain.keepers[till]
        happened = keeper.signal(signal.SIGKILL)
        if kind == "agent killed while starting":
            time.sleep(0.1 + self.draw.random() * 0.05)
            happened = keeper.signal(signal.SIGKILL)
        return happened

    def end(self, fault, store, _):
        kind, lines = fault[0], self.chain.lines
        if fault in lines.faults:
            lines.heal(fault)
        elif fault in self.slowed:
            del self.slowed[fault]
            if store not in self.slowed.values():
                lines.speed(store, lines.RATE)
        elif kind == "hub silent":
            self.chain.keepers["hub"].signal(signal.SIGCONT)
        elif kind == "disk full":
            self.chain.tills["t3"].free_disk()
        elif kind.startswith("database"):
            self.database.cluster.start()


def wait_all(what, missing, seconds):
    """Until missing() has nothing more to say; how long that took. Says every five seconds what is still missing, if that changed."""
    started = shown = time.monotonic()
    said = None
    while left := missing():
        now = time.monotonic()
        if now - started > seconds:
            raise Failure(f"{what}: not within {seconds:.0f} s: {left}")
        if now - shown > 5 and left != said:
            shown, said = now, left
            print(f"  {what}, for {now - started:.0f} s: {left}", flush=True)
        time.sleep(0.1)
    return time.monotonic() - started


def borrowed_from(till, after):
    """The entries behind that one by which it borrowed from a neighbour."""
    return [line for line in till.journal() if line["seq"] > after and line["entry"]["kind"] == "take"]


def journal_of(till):
    """The receipts that a till's journal confirms, how many entries it has let go of, and how often it borrowed from a neighbour."""
    entries = [line["entry"] for line in till.journal()]
    return {"confirmed": [entry["sale"][2] for entry in entries if entry["kind"] == "commit"],
            "borrowed": len(borrowed_from(till, 0)), "pruned": till.status()["journal"]["pruned"]}


def quarantine(chain):
    return json.loads(chain.hub("quarantine list", "--json"))["quarantine"]


