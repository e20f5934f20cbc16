#!/usr/bin/env python3
"""The window on a real X server (Xvfb, no window manager): found, drawn, tapped, raised again, without the focus."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from fake_agent import MODEL, FakeAgent

BIN = pathlib.Path(sys.argv[2])
PROGRAM = BIN / "verno-screen"


class Display:
    def __init__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1024x600x24", "-nolisten", "tcp"],
                                       pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.env = {**os.environ, "DISPLAY": f":{number}"}
        self.env.pop("WAYLAND_DISPLAY", None)
        self.env.pop("SDL_VIDEODRIVER", None)

    def do(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.env, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout.strip()

    def end(self):
        self.server.terminate()
        self.server.wait(10)


def wait_until(what, test, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if got := test():
            return got
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def idle_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def under_pointer(display):
    return dict(line.split("=") for line in display.do("getmouselocation", "--shell").splitlines()).get("WINDOW")


def find(display, screen):
    assert screen.poll() is None, f"verno-screen ended with {screen.returncode}"
    return display.do("search", "--onlyvisible", "--name", "^Verno$")


def check_window(display, folder):
    # SDL asks D-Bus for the screen saver, and libdbus keeps what it has allocated for the whole process.
    (folder / "lsan").write_text("leak:libdbus\n", encoding="ascii")
    display.env["LSAN_OPTIONS"] = f"suppressions={folder}/lsan:print_suppressions=0"
    path = folder / "a.sock"
    agent = FakeAgent(path)
    focus = display.do("getwindowfocus")
    screen = subprocess.Popen([PROGRAM, "--socket", path], env=display.env)
    rival = None
    try:
        window = wait_until("a window", lambda: find(display, screen))
        place = dict(line.split("=") for line in display.do("getwindowgeometry", "--shell", window).splitlines())
        assert [place[k] for k in ("X", "Y", "WIDTH", "HEIGHT")] == ["112", "400", "800", "200"], place
        wait_until("the stream", lambda: agent.streams)
        time.sleep(0.5)
        display.do("mousemove", 112 + 150, 400 + 172, "click", 1)
        assert agent.taps.get(timeout=10) == {"action": "spend_all"}
        display.do("mousemove", 112 + 450, 400 + 172, "click", 1)
        assert agent.taps.get(timeout=10) == {"action": "forget_card"}
        assert display.do("getwindowfocus") == focus, "the window took the focus"

        # Another window of the same kind comes above it; the strip comes back.
        rival = subprocess.Popen([PROGRAM, "--socket", folder / "none.sock", "--size", "1024x600"], env=display.env)
        wait_until("the rival", lambda: len(display.do("search", "--onlyvisible", "--name", "^Verno$").split()) == 2)
        rival.send_signal(signal.SIGSTOP)  # it shall not raise itself again
        wait_until("the strip above", lambda: under_pointer(display) == window)
        rival.send_signal(signal.SIGCONT)
        rival.terminate()
        assert rival.wait(10) == 0
        rival = None

        time.sleep(0.5)
        before = idle_ticks(screen.pid)
        time.sleep(2)
        assert idle_ticks(screen.pid) - before <= 1, "it works while nothing happens"
        agent.send(json.dumps({**MODEL, "actions": []}))
        time.sleep(0.5)
        display.do("mousemove", 112 + 150, 400 + 172, "click", 1)
        time.sleep(0.3)
        assert agent.taps.empty(), "a choice that is gone was sent"
    finally:
        if rival is not None:
            rival.kill()
        screen.terminate()
    assert screen.wait(10) == 0
    agent.hang_up()


def test_window_is_seen_tapped_and_never_focused(folder):
    display = Display()
    try:
        check_window(display, folder)
    finally:
        display.end()


def test_without_display_it_names_the_text_screen(_folder):
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
    done = subprocess.run([PROGRAM], env=bare, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 3 and "verno-screen-text" in done.stderr, done


def test_usage(_folder):
    for words in (["--size", "10x10"], ["--locale", "de"], ["--size"], ["--edge", "left"], ["--picture", "x.png"], ["stray"]):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, timeout=20)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, (words, done)


def test_picture_needs_no_display(folder):
    (folder / "m.json").write_text(json.dumps(MODEL), encoding="utf-8")
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    subprocess.run([PROGRAM, "--picture", folder / "m.png", "--model", folder / "m.json"], env=bare, check=True, timeout=20)
    assert (folder / "m.png").read_bytes()[:4] == b"\x89PNG"
    (folder / "m.json").write_text("{}", encoding="utf-8")
    done = subprocess.run([PROGRAM, "--picture", folder / "n.png", "--model", folder / "m.json"], check=False,
                          capture_output=True, timeout=20)
    assert done.returncode == 1


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            with tempfile.TemporaryDirectory() as temporary:
                test(pathlib.Path(temporary))
            print("ok", name)
