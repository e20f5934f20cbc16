"""The agent's local API as far as a screen sees it: GET /v1/screen streams models, POST /v1/tap is noted."""
import json
import queue
import socket
import threading

MODEL = {
    "locale": "en", "tone": "good", "main": "Go on - 12 points so far for Milica.",
    "secondary": ["1.20 short of: Free delivery"],
    "actions": [{"action": "spend_all", "label": "Use 1,000 points"}, {"action": "forget_card", "label": "Another card"}],
    "who": "Милица · Gold", "points": "1,240 points", "payable": "1,234.50 RSD", "saved": "saved 120.00",
    "online": True, "network": "online"}


class FakeAgent:
    def __init__(self, path):
        self.taps = queue.Queue()
        self.streams = []
        self.lock = threading.Lock()
        self.lines = [json.dumps(MODEL)]
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                piece = peer.recv(4096)
                if not piece:
                    return
                data += piece
            head, data = data.split(b"\r\n\r\n", 1)
            length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
            while len(data) < length:
                data += peer.recv(4096)
            body, data = data[:length], data[length:]
            if head.startswith(b"GET /v1/screen "):
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
                with self.lock:
                    self.streams.append(peer)
                    for line in self.lines:
                        self.chunk(peer, line + "\n")
                return
            self.taps.put(json.loads(body) if head.startswith(b"POST /v1/tap ") else head)
            peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    @staticmethod
    def chunk(peer, text):
        raw = text.encode()
        for part in (raw[:len(raw) // 2], raw[len(raw) // 2:]):  # a line in two pieces
            peer.sendall(b"%x\r\n%s\r\n" % (len(part), part))

    def send(self, line):
        with self.lock:
            for peer in self.streams:
                self.chunk(peer, line + "\n")

    def hang_up(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends accept(), which would serve one more
        self.listener.close()
        for peer in self.streams:
            peer.shutdown(socket.SHUT_RDWR)
            peer.close()
