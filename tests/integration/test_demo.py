#!/usr/bin/python3
"""toolchain/demo on a terminal: it comes up, ends, and leaves nothing, wherever it is interrupted and whatever the folder is called.

Arguments: the source folder, the programs' folder, names of cases (all).
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time

CTRL_C = b"\x03"


class Failure(Exception):
    pass


class Terminal:
    """The demo as somebody sees it: a terminal of 40 rows, its keys and what it has shown."""

    def __init__(self, source, programs, folder, *words):
        self.shown = b""
        self.folder = folder
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir("/")
            os.environ.update(TMPDIR=str(folder), TMUX_TMPDIR=str(folder), TERM="xterm-256color", SHELL="/bin/false")
            os.environ.pop("DISPLAY", None)
            os.execv(f"{source}/toolchain/demo", ["demo", "--bin", str(programs), *words])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, seconds):
        """False when the demo has closed its terminal."""
        try:
            if select.select([self.fd], [], [], seconds)[0]:
                self.shown += os.read(self.fd, 65536)
        except OSError:
            return False
        return True

    def wait(self, pattern, seconds=40):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.shown):
            if time.monotonic() > end or not self.read(0.1):
                raise Failure(f"never showed {pattern}; the end of what it showed: {self.shown[-2000:]!r}")

    def idle(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self.read(left):
            pass

    def keys(self, keys):
        os.write(self.fd, keys)

    def stop(self):
        """After a failure, while its folder is still there: the demo clears up after itself."""
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            self.idle(10)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.fd)

    def end(self, wanted):
        """Reads to the end; checks the exit code, and that neither a file nor a process is left."""
        end = time.monotonic() + 20
        while self.read(0.2):
            if time.monotonic() > end:
                os.killpg(self.pid, signal.SIGKILL)
                raise Failure(f"did not end; the end of what it showed: {self.shown[-2000:]!r}")
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        os.close(self.fd)
        if code != wanted:
            raise Failure(f"exit code {code}, expected {wanted}: {self.shown[-2000:]!r}")
        left = list(self.folder.iterdir())
        if left:
            raise Failure(f"left {left}")
        end = time.monotonic() + 3
        while processes := [p for p in pathlib.Path("/proc").glob("[0-9]*/cmdline") if str(self.folder).encode() in read(p)]:
            if time.monotonic() > end:
                raise Failure(f"left running: {[read(p) for p in processes]}")
            time.sleep(0.05)


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def a_sale_by_keys(start):
    demo = start()
    demo.wait(rb"Press Enter to begin")
    demo.keys(b"\r")
    demo.wait(rb"agent live")
    if b"No loyalty" in demo.shown:
        raise Failure("the practice POS says at first sight that the agent is away")
    demo.keys(b"g")
    demo.wait(rb"Milica")
    demo.keys(b"y")
    demo.wait(rb"Jogurt|yog")
    demo.keys(b"q")
    demo.end(0)


def agent_is_killed(start):
    """The demo gives the terminal back before it says so: the sentence doesn't stand across the screens."""
    demo = start()
    demo.wait(rb"Press Enter to begin")
    demo.keys(b"\r")
    demo.wait(rb"agent live")
    (agent,) = (p for p in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                if b"verno-agent" in read(p).split(b"\0")[0] and str(demo.folder).encode() in read(p))
    os.kill(int(agent.parent.name), signal.SIGKILL)
    demo.end(1)
    back, said = demo.shown.rfind(b"\x1b[?1049l"), demo.shown.find(b"ended by itself")
    if not 0 < back < said:
        raise Failure(f"the terminal was given back at {back}, the sentence stands at {said}")


def interrupted(start):
    """Ctrl-C while it comes up; SIGTERM also later, when the keys are the practice POS's."""
    for delay in (0.2, 0.5, 1.0, 1.5, 2.0, 3.5):
        demo = start()
        demo.idle(delay)
        demo.keys(CTRL_C)
        demo.end(130)
    for delay in (0.5, 2.5):
        demo = start()
        demo.idle(delay)
        os.kill(demo.pid, signal.SIGTERM)
        demo.end(143)
    demo = start()
    demo.wait(rb"Press Enter to begin")
    demo.keys(b"\r")
    demo.idle(1)
    os.kill(demo.pid, signal.SIGTERM)
    demo.end(143)


def main():
    _, source, programs, *names = sys.argv
    source = pathlib.Path(source).resolve()
    failed = 0
    for case in (a_sale_by_keys, agent_is_killed, interrupted):
        if names and case.__name__ not in names:
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="verno demo's ") as folder, tempfile.TemporaryDirectory(prefix="built here ") as built:
            (pathlib.Path(built) / "it").symlink_to(pathlib.Path(programs).resolve().parent)
            demos = []

            def start():
                demos.append(Terminal(source, pathlib.Path(built) / "it" / "bin", pathlib.Path(folder)))
                return demos[-1]

            try:
                case(start)
                verdict = "ok    "
            except Failure as failure:
                print(failure)
                verdict, failed = "FAILED", failed + 1
                for demo in demos:
                    demo.stop()
        print(f"{verdict} {case.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
