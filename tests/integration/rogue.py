"""Both ends of sync, played by a liar: a till with a true certificate that sends what no till sends, and a hub with the true hub's
certificate that answers what no hub answers. Beside the true ones, which must not mind.
"""
import gzip
import hashlib
import http.client
import http.server
import json
import socket
import ssl
import threading
import time

from chain import Till

BOMB_MIB = 256


def bomb():
    """A few hundred KiB that become 256 MiB."""
    return gzip.compress(bytes(BOMB_MIB << 20), 9)


def deep(levels):
    return b"[" * levels + b"]" * levels


class Connection(http.client.HTTPSConnection):
    """The library would send a header line by line; nothing here waits longer than its time-out."""

    def __init__(self, rogue):
        super().__init__(rogue.chain.address, rogue.chain.hub_port, context=rogue.context, timeout=30)


class Rogue:
    """A till that was enrolled as all are; its requests are made by hand. Its journal grows by append()."""

    def __init__(self, chain, name="rogue"):
        self.chain, self.name = chain, name
        self.till = till = Till(chain, name)
        till.enrol()
        self.enrolment = json.loads((till.folder / "enrolment.json").read_text())["enrolment"]
        self.context = ssl.create_default_context(cafile=str(till.folder / "hub-ca.crt"))
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(str(till.folder / "till.crt"), str(till.folder / "till.key"))
        self.hashes = [hashlib.sha256(b"verno-journal-1" + bytes.fromhex(self.enrolment)).digest()]
        self.bodies, self.boot = [None], "ab" * 16
        self.append(kind="boot", body={"boot": self.boot, "version": "1", "engine": 2})

    # --- its journal ---------------------------------------------------------------------------------------------------

    @property
    def head(self):
        return len(self.hashes) - 1

    def append(self, raw=None, **entry):
        """An entry of these fields, or these very bytes."""
        fields = {"v": 1, "t": int(time.time() * 1000), "mono": 1, **entry}
        body = raw if raw is not None else json.dumps(fields, separators=(",", ":")).encode()
        self.hashes.append(hashlib.sha256(self.hashes[-1] + (self.head + 1).to_bytes(8, "big") + body).digest())
        self.bodies.append(body)

    def batch(self, first=1, last=None, **other):
        """Entries first to last as lines; `other` fields of the first line."""
        last = self.head if last is None else last
        head = {"schema": 1, "enrolment": self.enrolment, "from_seq": first, "prev_hash": self.hashes[first - 1].hex(),
                "count": last - first + 1, "head": self.hashes[last].hex(), **other}
        return b"\n".join([json.dumps(head, separators=(",", ":")).encode(), *self.bodies[first:last + 1], b""])

    def stamp(self, **other):
        fields = {"enrolment": self.enrolment, "seq": self.head, "hash": self.hashes[-1].hex(), "boot": self.boot, "acked": 0,
                  "cursor": "0.0", "grant": 0, **other}
        return ";".join(f"{name}={value}" for name, value in fields.items())

    # --- its requests --------------------------------------------------------------------------------------------------

    def call(self, method, path, body=None, stamp=None, **headers):
        """Status, and the document or bytes that came."""
        connection = Connection(self)
        try:
            fields = {"Verno-Till": self.stamp() if stamp is None else stamp, **{k.replace("_", "-"): v for k, v in headers.items()}}
            connection.request(method, path, body=body, headers={k: v for k, v in fields.items() if v})
            response = connection.getresponse()
            said = response.read()
            is_json = "json" in response.headers.get("Content-Type", "") and said[:1] == b"{"
            return response.status, json.loads(said) if is_json else said
        finally:
            connection.close()

    def journal(self, body, **headers):
        return self.call("POST", "/v1/journal", body, **headers)

    def dial(self):
        """A bare connection: no TLS yet."""
        return socket.create_connection((self.chain.address, self.chain.hub_port), timeout=30)

    def secure(self):
        return self.context.wrap_socket(self.dial(), server_hostname=self.chain.address)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        lie = self.server.lies.get(self.path.partition("?")[0])
        self.server.asked.append(self.path)
        try:
            if lie is None:
                self.send_reply(503, b"", {"Retry-After": "600"})
            else:
                lie(self, body)
        except OSError:  # the till had enough
            self.close_connection = True

    do_GET = do_POST = answer

    def send_reply(self, status, body, headers=None):
        self.send_response(status)
        fields = {"Content-Length": str(len(body)), "Content-Type": "application/json", **(headers or {})}
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_raw(self, data):
        self.wfile.write(data)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Liar:
    """Serves at `address` (host, port) with somebody's certificate. lies: path -> what to do with the request; any other gets a 503 and
    ten minutes."""

    def __init__(self, address, certificate, key, lies):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(str(certificate), str(key))
        self.server = http.server.ThreadingHTTPServer(address, Handler, bind_and_activate=False)
        self.server.daemon_threads, self.server.allow_reuse_address = True, True
        self.server.lies = lies
        self.server.asked = []
        self.server.handle_error = lambda *_: None  # a till that hangs up
        self.server.server_bind()
        self.server.server_activate()
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def tell(self, lies):
        self.server.lies = lies

    def was_asked(self, path):
        return any(asked.startswith(path) for asked in self.server.asked)


class LyingHub(Liar):
    """Stands where the hub stood, with its certificate; its lies by what follows /v1/."""

    def __init__(self, chain, **lies):
        super().__init__((chain.address, chain.hub_port), chain.hub_dir / "server.pem", chain.hub_dir / "server.key",
                         {f"/v1/{name}": lie for name, lie in lies.items()})
