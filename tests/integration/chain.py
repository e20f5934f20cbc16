"""A small chain for the end-to-end tests: one hub and its tills as real processes in a temporary folder.

What differs from the practice shop (toolchain/lib/practice_shop.py), whose parts it uses: every process can be killed and
started again at the same place. The hub listens on an address of 127.0.0.0/8 that is this test's own, so that no other test
takes its port while it is down. A process is ended by the kernel when the thread that started it ends.
"""
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))
from practice_shop import Failure, Shop, preload, temporary, wait_for  # noqa: E402,F401
from practice_till import Answer, Api, Scanner, Stream, UnixConnection, read_lines  # noqa: E402,F401

DATE = "2026-11-22"
MEMBERS, PRODUCTS = 40, 60
SIZES = ("--members", MEMBERS, "--products", PRODUCTS, "--receipts", 50)


def own_address():
    """An address of the loopback net that nobody else is likely to have. With any other last digit it is one, too: a till's of its store."""
    draw = random.SystemRandom()
    return f"127.{draw.randrange(1, 255)}.{draw.randrange(1, 255)}.{draw.randrange(1, 250)}"


def accepts(path):
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(str(path))
        return True
    except OSError:
        return False


class Till:
    """A till's folder and the agent that runs on it.

    One that is to lend says where: by itself it listens at all of this machine's addresses, at one port, which the tills of one of all the
    tests that run at a time would have, and another one's could then not listen at its own address either."""

    peer_port = 0

    def __init__(self, chain, name, folder=None):
        self.chain, self.name = chain, name
        self.folder = pathlib.Path(folder) if folder else chain.folder / name
        self.socket = self.folder / "pos.sock"
        self.process = self.log = None

    def enrol(self, store="s1", code=None, hub=None, ca=None, ok=True, environment=None, replaces=None):
        """Runs `verno enrol`; a new code unless one is given. `replaces`: the folder of the till that it was."""
        code = code if code is not None else self.chain.hub("till code", store, self.name).strip()
        done = subprocess.run([self.chain.bin / "verno", "enrol", "--dir", self.folder, "--hub", hub or self.chain.hub_address,
                               "--ca", ca or self.chain.hub_dir / "ca.pem", *(["--replaces", replaces] if replaces else [])], input=code + "\n", text=True, capture_output=True,
                              timeout=60, check=False, env={**os.environ, **(environment or {})})
        if ok and done.returncode != 0:
            raise Failure(f"enrol: {done.stderr.strip()}")
        return done

    def configure(self, **options):
        options = {"peer_port": self.peer_port, **options}
        (self.folder / "agent.conf").write_text("".join(f"{name} = {value}\n" for name, value in options.items()))

    def start(self, wait=True, **environment):
        if not (self.folder / "agent.conf").exists():
            self.configure()
        self.process, self.log = self.chain.start(f"agent-{self.name}", self.chain.bin / "verno-agent", "--dir",
                                                  self.folder, **environment)
        if wait:
            wait_for("the agent", lambda: accepts(self.socket), process=self.process, log=self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks the agent to end; its exit code."""
        self.process.terminate()
        return self.process.wait(10)

    def api(self):
        return Api(self.socket)

    def status(self):
        return json.loads(self.chain.run("verno", "status", "--dir", self.folder, "--json"))

    def words(self):
        return self.chain.run("verno", "status", "--dir", self.folder)

    def journal(self):
        return [json.loads(line) for line in self.chain.run("verno", "journal", "--dir", self.folder, "--from", "1").splitlines()]

    def verify(self):
        return self.chain.run("verno", "journal", "--dir", self.folder, "--verify")

    def wait_status(self, what, fits, seconds=20):
        return wait_for(what, lambda: (s := self.status()) and fits(s) and s, seconds, self.process, self.log)

    def wait_live(self):
        return self.wait_status("the first contact with the hub",
                                lambda s: s["state"] == "live" and s["ruleset"] > 0 and s["members"] > 0)

    def wait_drained(self, seconds=60):
        return self.wait_status("the journal at the hub", lambda s: s["online"] and s["journal"]["acked"] == s["journal"]["seq"],
                                seconds)

    def at_rest(self):
        """What the hub grants ahead after a sale is journaled, too: the number of the last entry, and the hub has it."""
        def still():
            self.wait_drained()
            head = self.status()["journal"]["seq"]
            time.sleep(0.5)
            return head == self.status()["journal"]["acked"] == self.status()["journal"]["seq"]
        wait_for("a till at rest", still)
        return self.status()["journal"]["acked"]


class Chain(Shop):
    def __init__(self, folder, bin_folder):
        super().__init__(folder, pathlib.Path(bin_folder).resolve())
        self.address, self.hub_port = own_address(), 0
        self.hub_process = self.hub_log = None
        self.logs.mkdir(parents=True, exist_ok=True)

    def preload(self, name):
        """Environment of a program that preloads a library of ours, before a sanitizer's, which is told that this is meant."""
        return {**preload(self.bin.parent / "lib" / f"libverno-{name}-shim.so"), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def wrong_clock(self, shift_s):
        """Environment of a program whose wall clock is wrong by so much."""
        return {**self.preload("trouble"), "VERNO_CLOCK_SHIFT_S": str(shift_s)}

    def bad_disk(self, trouble=None):
        """Environment of a program whose disk gets bad: full, broken, sync or readonly, from now on or when disk() says so."""
        self.disk(trouble)
        return {**self.preload("trouble"), "VERNO_DISK": str(self.folder / "disk")}

    def disk(self, trouble=None):
        (self.folder / "disk").unlink(missing_ok=True)
        if trouble:
            (self.folder / "disk.new").write_text(trouble)
            (self.folder / "disk.new").rename(self.folder / "disk")

    def end(self):
        """Ends all processes; what a sanitizer has found in them is a failure."""
        self.stop()
        for log in self.logs.glob("*.log"):
            text = log.read_text(errors="replace")
            if "Sanitizer" in text or "runtime error:" in text:
                raise Failure(f"{log.name}: {text[:4000]}")

    @property
    def hub_address(self):
        return f"{self.address}:{self.hub_port}"

    def hub(self, verb, *words, stdin=None):
        first, *rest = verb.split()
        return self.run("verno-hub", first, *rest, "--dir", self.hub_dir, *words, stdin=stdin)

    def run_with(self, environment, program, *words):
        subprocess.run([self.bin / program, *words], check=True, capture_output=True, timeout=60, env={**os.environ, **environment})

    def make(self):
        """Files of the practice chain, hub and imports."""
        subprocess.run([sys.executable, ROOT / "toolchain" / "practice-chain", self.chain, *map(str, SIZES)], check=True)
        self.hub("init", "--name", "Test", "--host", self.address)
        self.start_hub()
        self.fill()
        return self

    def fill(self):
        for store in ("s1", "s2"):
            self.hub("store add", store)
        for kind in ("catalogue", "members", "coupons"):
            self.hub(f"{kind} import", self.chain / f"{kind}.ndjson")
        self.hub("publish", self.chain / "ruleset.ndjson")

    def start_hub(self, folder=None, wait=True, **environment):
        """At the port that it had before."""
        port_file = self.folder / "hub-port"
        port_file.unlink(missing_ok=True)
        self.hub_process, self.hub_log = self.start(
            "hub", self.bin / "verno-hub", "run", "--dir", folder or self.hub_dir, "--listen", self.hub_address,
            "--port-file", port_file, **environment)
        if not wait:
            return
        self.hub_port = int(wait_for("the hub", lambda: port_file.exists() and port_file.read_text(),
                                     process=self.hub_process, log=self.hub_log))

    def kill_hub(self):
        self.hub_process.kill()
        self.hub_process.wait()

    def stop_hub(self):
        self.hub_process.terminate()
        return self.hub_process.wait(10)

    def till(self, name="t1", start=True, **options):
        """An enrolled till, running and in touch with the hub."""
        till = Till(self, name)
        till.enrol()
        till.configure(locale="en", **options)
        if start:
            till.start()
            till.wait_live()
        return till

    def settle(self):
        """Until the hub has posted all that it acknowledged."""
        until = time.monotonic() + 30
        while any(till.get("posted_seq") != till.get("acked_seq") for till in self.fleet()["tills"]):
            if time.monotonic() > until:
                raise AssertionError(f"the hub does not post: {self.fleet()}")
            time.sleep(0.02)

    def sales(self):
        self.settle()
        return json.loads(self.hub("sales", "--json"))["sales"]

    def ledger(self, member):
        self.settle()
        return json.loads(self.hub("ledger", "--json", "--member", member))

    def balance(self, member):
        return self.ledger(member)["balance"]

    def fleet(self):
        return json.loads(self.hub("fleet", "--json"))

    def audit(self):
        self.settle()
        return json.loads(self.hub("audit", "--json"))["contradictions"]

    def members(self):
        return {row["id"]: row for row in read_lines(self.chain / "members.ndjson")}

    def goods(self):
        return read_lines(self.chain / "catalogue.ndjson")


class Lane:
    """A POS at a till: one connection, receipts numbered from 1."""

    def __init__(self, till, pos="1", receipt=0):
        self.till, self.pos, self.receipt = till, pos, receipt
        self.api = till.api()
        self.goods = [item for item in till.chain.goods() if item["category"] != "deposit"]
        self.cards = {number: row["cards"][0] for number, row in till.chain.members().items()}
        self.basket = None

    def open(self, *numbers):
        """A new receipt with these goods."""
        self.receipt += 1
        lines = [{"id": at, "code": self.goods[number]["code"], "name": self.goods[number]["name"],
                  "amount_minor": self.goods[number]["price_minor"]} for at, number in enumerate(numbers or (1, 2, 3), 1)]
        self.basket = {"sale": {"pos": self.pos, "date": DATE, "receipt": f"{self.receipt:04d}"}, "lines": lines}
        return self.sale

    @property
    def sale(self):
        return self.basket["sale"]

    def ask(self, path, body, status=200):
        answer = self.api.post(path, body)
        check(f"{path} answers {answer.body[:200]!r} with", answer.status, status)
        return answer.json

    def scan(self, data, aim="]E0"):
        return self.ask("/v1/scan", {"aim": aim, "data": data})["kind"]

    def card(self, member):
        check("the card's kind", self.scan(self.cards[member]), "card")

    def quote(self):
        return self.ask("/v1/quote", {"basket": self.basket})

    def hold(self):
        return self.ask("/v1/hold", {"basket": self.basket, "step": 0})

    def commit_request(self):
        return {"sale": self.sale, "fiscal": f"F-{self.sale['receipt']}"}

    def commit(self):
        return self.ask("/v1/commit", self.commit_request())

    def sell(self, member=None, times=1):
        """A whole sale, at so many times the prices; what the commit says."""
        self.open()
        for line in self.basket["lines"]:
            line["amount_minor"] *= times
        self.quote()
        if member:
            self.card(member)
            self.quote()
        self.hold()
        return self.commit()


def check(what, got, wanted):
    if got != wanted:
        raise Failure(f"{what} {got!r}, expected {wanted!r}")


def check_says(what, text, pattern):
    if not re.search(pattern, text):
        raise Failure(f"{what} says {text!r}, expected something like '{pattern}'")


def commits(journal):
    return [line["entry"]["sale"][2] for line in journal if line["entry"]["kind"] == "commit"]


def run_cases(*cases, kind=Chain):
    """Each case gets a chain of its own. Arguments: the source folder, the programs' folder, names of cases (all)."""
    _, _, programs, *names = sys.argv
    failed = 0
    for case in cases:
        if names and case.__name__ not in names:
            continue
        started = time.monotonic()
        with temporary("verno-test.") as folder:
            chain = kind(folder, programs)
            try:
                chain.make()
                case(chain)
                chain.end()
                verdict = "ok    "
            except Exception:  # whatever a case stumbles over is its failure, and the next ones run
                traceback.print_exc(file=sys.stdout)
                verdict, failed = "FAILED", failed + 1
            finally:
                chain.stop()
        print(f"{verdict} {case.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
