"""What a POS vendor would write in an afternoon: a scanner's line, the local API over its unix socket, and its streams."""
import http.client
import json
import os
import pathlib
import socket
import threading
import time
import tty


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, body, ms):
        self.status, self.body, self.ms = status, body, ms
        self.json = json.loads(body) if body else None


class Api:
    """One connection, one request after the other."""

    def __init__(self, path):
        self.connection = UnixConnection(path, 10)

    def call(self, method, path, body=None):
        started = time.monotonic()
        text = json.dumps(body).encode() if body is not None else None
        self.connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
        response = self.connection.getresponse()
        got = response.read()
        return Answer(response.status, got, (time.monotonic() - started) * 1000)

    def post(self, path, body):
        return self.call("POST", path, body)


class Stream:
    """Follows a path that sends a JSON document a line; keeps them all."""

    def __init__(self, path, resource):
        self.lines = []
        self.changed = threading.Condition()
        self.connection = UnixConnection(path, None)
        self.connection.request("GET", resource)
        self.response = self.connection.getresponse()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while line := self.response.readline():
                with self.changed:
                    self.lines.append(json.loads(line))
                    self.changed.notify_all()
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # the agent is gone

    def mark(self):
        with self.changed:
            return len(self.lines)

    def wait(self, fits, since=0, seconds=5):
        """The first line from `since` on that fits; None when none comes in time."""
        end = time.monotonic() + seconds
        with self.changed:
            at = since
            while True:
                while at < len(self.lines):
                    if fits(self.lines[at]):
                        return self.lines[at]
                    at += 1
                if not self.changed.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return None

    def last(self):
        with self.changed:
            return self.lines[-1] if self.lines else {}


class Scanner:
    """A pseudo-terminal; the agent opens its slave through a link, as its serial scanner."""

    def __init__(self, link):
        self.link = pathlib.Path(link)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self.slave))

    def scan(self, code):
        os.write(self.master, f"{code['aim']}{code['data']}\r".encode())

    def close(self):
        self.link.unlink(missing_ok=True)
        os.close(self.slave)
        os.close(self.master)


class Pos:
    """A POS with one open sale: what it scans comes back as an event and becomes a line."""

    def __init__(self, shop, date):
        self.api = Api(shop.till_dir / "pos.sock")
        self.events = Stream(shop.till_dir / "pos.sock", "/v1/events")
        self.screen = Stream(shop.till_dir / "pos.sock", "/v1/screen?locale=en")
        self.goods = {item["code"]: item for item in read_lines(shop.chain / "catalogue.ndjson")}
        self.codes = read_lines(shop.chain / "practice.json")[0]
        self.scanner, self.date, self.receipt = None, date, 0
        self.basket = None
        self.start()

    def start(self):
        self.receipt += 1
        self.basket = {"sale": self.key(self.receipt), "operator": "7", "lines": []}
        return self.basket["sale"]

    def key(self, receipt):
        return {"pos": "1", "date": self.date, "receipt": f"{receipt:04d}"}

    @property
    def sale(self):
        return self.basket["sale"]

    def scan_code(self, name):
        code = self.codes["cards"].get(name) or self.codes["coupons"].get(name)
        self.scanner.scan(code)

    def scan_item(self, name):
        """Scans, waits for the event, adds a line, quotes; the quote's answer."""
        since = self.events.mark()
        self.scanner.scan({"aim": "]E0", "data": self.codes["goods"][name]})
        event = self.events.wait(lambda e: e["event"] == "scan", since)
        if event is None:
            raise TimeoutError(f"no scan event for {name}")
        self.add(self.goods[event["code"]])
        return self.quote()

    def add(self, item):
        lines = self.basket["lines"]
        self.basket.setdefault("started_ms", int(time.time() * 1000))
        lines.append({"id": len(lines) + 1, "code": item["code"], "name": item["name"], "qty_milli": 1000,
                      "amount_minor": item["price_minor"], "unit_price_minor": item["price_minor"], "tax": item["tax"],
                      "kind": "deposit" if item["category"] == "deposit" else "goods"})

    def quote(self):
        return self.api.post("/v1/quote", {"basket": self.basket})

    def hold(self, step=0):
        return self.api.post("/v1/hold", {"basket": self.basket, "step": step})

    def commit(self):
        return self.api.post("/v1/commit", self.commit_request())

    def commit_request(self):
        return {"sale": self.sale, "fiscal": f"F-{self.sale['receipt']}"}


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
