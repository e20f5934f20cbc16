"""A verno-hub, and a till that says to it exactly what a test wants: Python's own TLS with a key and request from fixtures/tls
(made with `openssl ecparam -name prime256v1 -genkey` and `openssl req`; stranger.pem is the same key, signed by itself)."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import signal
import sqlite3
import ssl
import subprocess
import sys
import time

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
HUB = str(BIN / "verno-hub")
TLS = ROOT / "fixtures" / "tls"


def expect(what, found, wanted):
    if found != wanted:
        raise SystemExit(f"{what}: {found!r}, not {wanted!r}")


class Hub:
    def __init__(self, folder):
        self.folder, self.chain = folder, folder / "chain"
        self.log = folder / "log"
        self.process = None

    def verb(self, *words, code=0):
        done = subprocess.run([HUB, *words, "--dir", str(self.chain)], capture_output=True, text=True, timeout=60)
        expect(f"exit code of {' '.join(words)} ({done.stderr.strip()})", done.returncode, code)
        return done.stdout if code == 0 or "--json" in words else done.stderr

    def json(self, *words):
        return json.loads(self.verb(*words, "--json"))

    def start(self, env=None):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([HUB, "run", "--dir", str(self.chain), "--listen", "127.0.0.1:0",
                                             "--port-file", str(port_file)], stderr=log,
                                            env=None if env is None else {**os.environ, **env})
        until = time.monotonic() + 20
        while not port_file.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit("the hub does not start:\n" + self.log.read_text())
            time.sleep(0.01)
        self.port = int(port_file.read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def lag(self, enrolment):
        return next(till["acked_seq"] - till["posted_seq"] for till in self.json("fleet")["tills"]
                    if till["enrolment"] == enrolment)

    def settle(self, enrolment):
        until = time.monotonic() + 20
        while self.lag(enrolment) > 0:
            expect("posting goes on", time.monotonic() < until, True)
            time.sleep(0.01)

    def file(self, name, *rows):
        path = self.folder / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")
        return str(path)


class Till:
    def __init__(self, hub):
        self.hub, self.cert, self.head, self.boot = hub, None, 0, "11" * 16
        self.grant = 0

    def link(self):
        context = ssl.create_default_context(cafile=str(self.hub.chain / "ca.pem"))
        if self.cert:
            context.load_cert_chain(self.cert, str(TLS / "till.key"))
        link = http.client.HTTPSConnection("localhost", self.hub.port, context=context, timeout=30)
        link.connect()
        return link

    def stamp(self, head=None):
        head = self.head if head is None else head
        return {"Verno-Till": f"enrolment={self.id};seq={head};hash={self.hashes[head].hex()};boot={self.boot};"
                              f"acked=0;cursor=0.0;grant={self.grant}"}

    def call(self, method, path, body=None, stamp=True, head=None):
        link = self.link()
        try:
            link.request(method, path, body=body, headers=self.stamp(head) if stamp else {})
            response = link.getresponse()
            return response.status, response.read().decode()
        finally:
            link.close()

    def enrol(self, code):
        status, text = self.call("POST", "/v1/enrol", stamp=False,
                                 body=json.dumps({"schema": 1, "code": code, "csr": (TLS / "till.csr").read_text()}))
        if status != 200:
            return status
        reply = json.loads(text)
        self.id = reply["enrolment"]
        self.key = bytes.fromhex(reply["card_key"])
        self.cert = str(self.hub.folder / f"{self.id}.pem")
        pathlib.Path(self.cert).write_text(reply["certificate"])
        self.hashes = [hashlib.sha256(b"verno-journal-1" + bytes.fromhex(self.id)).digest()]
        self.bodies = [None]
        return status

    def append(self, **entry):
        body = json.dumps({"v": 1, "t": int(time.time() * 1000), "mono": 1, **entry}, separators=(",", ":")).encode()
        self.head += 1
        self.bodies.append(body)
        self.hashes.append(hashlib.sha256(self.hashes[-1] + self.head.to_bytes(8, "big") + body).digest())

    def sale(self, receipt, earned, **more):
        self.append(kind="commit", sale=["1", "2026-11-22", receipt], account="w1", points=earned,
                    body={"fiscal": f"F{receipt}", "outcome": {"total_minor": 100000, "payable_minor": 100000,
                                                               "points_earned": earned}}, **more)

    def batch(self, first):
        head = {"schema": 1, "enrolment": self.id, "from_seq": first, "prev_hash": self.hashes[first - 1].hex(),
                "count": self.head - first + 1, "head": self.hashes[self.head].hex()}
        return b"\n".join([json.dumps(head).encode(), *self.bodies[first:], b""])

    def send(self, first=1):
        """And waits until it is posted, if it was taken."""
        status, text = self.call("POST", "/v1/journal", self.batch(first))
        if status == 200:
            self.hub.settle(self.id)
        return status, json.loads(text)

    def feed(self, path):
        status, text = self.call("GET", path)
        expect(path, status, 200)
        lines = [json.loads(line) for line in text.splitlines()]
        return lines[0]["cursor"], lines[1:]


def wait_quiet(process):
    """Until the loop has read all that came, and sleeps."""
    deadline, seen = time.monotonic() + 20, 0
    while seen < 5:
        state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        seen = seen + 1 if state == "S" else 0
        if time.monotonic() > deadline:
            raise AssertionError(f"the hub does not sleep: {state}")
        time.sleep(0.01)


@contextlib.contextmanager
def writer_held(hub):
    """Nothing is written to the hub's database meanwhile; its writer waits."""
    store = sqlite3.connect(hub.chain / "hub.db", timeout=10, isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        store.execute("ROLLBACK")
        store.close()
