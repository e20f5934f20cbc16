#!/usr/bin/env python3
"""The text screen in a real pseudo-terminal: shows the main message, sends taps, follows a resize, says when the agent
is away, and ends cleanly."""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
from fake_agent import MODEL, FakeAgent

PROGRAM = pathlib.Path(sys.argv[2]) / "verno-screen-text"


class Terminal:
    def __init__(self, path, term="xterm-256color"):
        self.master, slave = pty.openpty()
        self.size(24, 80)
        self.seen = ""
        self.process = subprocess.Popen([PROGRAM, "--socket", path], stdin=slave, stdout=slave, stderr=slave, close_fds=True,
                                        env={**os.environ, "TERM": term, "LC_ALL": "C.UTF-8"}, start_new_session=True)
        os.close(slave)

    def size(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, text, seconds=10):
        """Reads until the text has been written since the last call; a blank may be a movement of the cursor."""
        pattern = re.compile(r"(?:\s|\x1b\[[0-9;]*[A-Za-z])+".join(map(re.escape, text.split())))
        end = time.monotonic() + seconds
        while not (m := pattern.search(self.seen)):
            ready = select.select([self.master], [], [], max(0, end - time.monotonic()))[0]
            assert ready, f"no '{text}' in {self.seen!r}"
            self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
        self.seen = self.seen[m.end():]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        os.close(self.master)
        assert code == 0, f"ended with {code}"


def test_shows_taps_and_resizes(folder):
    path = folder / "a.sock"
    agent = FakeAgent(path)
    screen = Terminal(path)
    screen.wait_for("Go on - 12 points so far for Milica.")
    screen.wait_for("[1] Use 1,000 points")
    os.write(screen.master, b"1")
    assert agent.taps.get(timeout=10) == {"action": "spend_all"}
    time.sleep(0.3)  # a tap while the one before is under way is not sent
    os.write(screen.master, b"\x1bOQ")  # F2
    assert agent.taps.get(timeout=10) == {"action": "forget_card"}
    os.write(screen.master, b"34x")
    time.sleep(0.2)
    assert agent.taps.empty(), "a choice that isn't there was sent"
    screen.seen = ""
    screen.size(10, 30)
    os.kill(screen.process.pid, signal.SIGWINCH)
    screen.wait_for("Go on - 12 points so far")
    agent.send("not a model")
    agent.send(json.dumps({**MODEL, "main": "Питајте за картицу.", "tone": "ask"}))
    screen.wait_for("Питајте за картицу.")
    agent.hang_up()
    screen.wait_for("Loyalty is not running")
    path.unlink()
    again = FakeAgent(path)
    screen.wait_for("Go on - 12 points so far")
    screen.end()
    again.hang_up()


def test_without_colour_the_sign_is_there(folder):
    path = folder / "b.sock"
    agent = FakeAgent(path)
    agent.lines = [json.dumps({**MODEL, "tone": "warn", "main": "Card blocked."})]
    screen = Terminal(path, "vt100")
    screen.wait_for("!")
    screen.wait_for("Card blocked.")
    screen.end()
    agent.hang_up()


def test_every_choice_is_seen_on_a_narrow_terminal(folder):
    path = folder / "c.sock"
    agent = FakeAgent(path)
    labels = ["Use 1,000 points", "Use 500 points", "Another card", "OK"]
    names = ["spend_all", "spend_half", "forget_card", "dismiss"]
    agent.lines = [json.dumps({**MODEL, "actions": [{"action": n, "label": l} for n, l in zip(names, labels)]})]
    screen = Terminal(path)
    screen.wait_for("[4] OK")
    screen.seen = ""
    screen.size(12, 40)
    os.kill(screen.process.pid, signal.SIGWINCH)
    for number, label in enumerate(labels, 1):
        screen.wait_for(f"[{number}] {label}")
    screen.end()
    agent.hang_up()


def test_what_can_be_used_here_is_whole_on_a_narrow_terminal(folder):
    path = folder / "d.sock"
    agent = FakeAgent(path)
    said = "Offline: offer up to 237 points, more when online."
    agent.lines = [json.dumps({**MODEL, "here": "237 usable here", "secondary": [said], "network": "offline since 14:05"})]
    screen = Terminal(path)
    screen.wait_for("1,240 points")
    screen.wait_for("237 usable here")
    screen.wait_for(said)
    screen.seen = ""
    screen.size(12, 40)
    os.kill(screen.process.pid, signal.SIGWINCH)
    screen.wait_for("237 usable here")
    screen.wait_for("Offline: offer up to 237 points, more")
    screen.wait_for("when online.")
    screen.end()
    agent.hang_up()


def test_wrong_usage_and_no_terminal(_folder):
    assert subprocess.run([PROGRAM, "--nonsense"], capture_output=True, check=False).returncode == 2
    assert subprocess.run([PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 3


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as temporary:
                test(pathlib.Path(temporary))
            print("ok", name)
