#!/usr/bin/python3
"""The practice POS in a pseudo-terminal, pressed key by key, against real agent and hub: what it sells is in the ledger."""
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import fcntl
import termios


def read_all(master, seen):
    try:
        while piece := os.read(master, 65536):
            seen.append(piece)
    except OSError:
        pass


def spawn(shop):
    pid, master = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm", "LANG": "C.UTF-8"}
        os.execv(shop.bin / "verno", [
            "verno", "practice-pos", "--socket", str(shop.till_dir / "pos.sock"), "--scanner", str(shop.scanner),
            "--catalogue", str(shop.chain / "catalogue.ndjson"), "--codes", str(shop.chain / "practice.json"),
            "--cable", str(shop.cable), "--hub-admin", str(shop.hub_dir / "admin.sock"),
            "--promotion", str(shop.chain / "promotion-new.ndjson")])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = []
    threading.Thread(target=read_all, args=(master, seen), daemon=True).start()
    return pid, master, seen


def press(master, keys):
    """Scans need a moment to come back as events before the total is asked for."""
    for before, key in zip(" " + keys, keys):
        time.sleep(1 if key == "\r" and before != "\r" else 0.15)
        os.write(master, key.encode())


def sales(shop):
    return {row["sale"][2]: row for row in json.loads(shop.hub("sales", "--till", "t1", "--json"))["sales"]}


def play(shop, wait_for):
    shop.up()
    pid, master, seen = spawn(shop)
    try:
        wait_for("the scanner's link", shop.scanner.is_symlink)
        shop.till_up()
        press(master, "gyyyh\r\r")
        row = wait_for("the first sale", lambda: sales(shop).get("0001"))
        assert row["account"] == "w1" and row["payable_minor"] == 27245 and row["points_earned"] == 10, row
        press(master, "kcc\rx\r\r")  # the total is taken back once
        row = wait_for("the second sale", lambda: sales(shop).get("0002"))
        assert row["account"] == "w2" and row["payable_minor"] == 79800, row
        press(master, "v")
        wait_for("the void", lambda: sales(shop)["0002"]["kind"] == "voided")
        press(master, "n")
        wait_for("the plug to be out", lambda: shop.cable.exists() and shop.status()["state"] != "live")
        press(master, "nw")
        wait_for("the new ruleset", lambda: shop.status()["ruleset"] == 2)
        press(master, "c\r\r")
        row = wait_for("the cheaper coffee", lambda: sales(shop).get("0003"))
        assert row["payable_minor"] == 29925, row
        press(master, "q")
        _, status = os.waitpid(pid, 0)
        pid = 0
        assert os.waitstatus_to_exitcode(status) == 0, os.waitstatus_to_exitcode(status)
        assert not shop.scanner.is_symlink()
        text = b"".join(seen).decode(errors="replace")
        assert "PRACTICE POS" in text and "3 yoghurts for 2" in text and "PAID" in text
    finally:
        if pid:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        shop.stop()


def needs_a_terminal(shop):
    """Without keys to read it must say so and end, not turn in circles."""
    words = [shop.bin / "verno", "practice-pos", "--socket", "/nowhere", "--scanner", str(shop.scanner), "--catalogue",
             str(shop.chain / "catalogue.ndjson"), "--codes", str(shop.chain / "practice.json")]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and "needs a terminal" in done.stderr and not done.stdout, done


def ends_with_its_terminal(shop):
    """The window is closed, and nobody says SIGHUP: it must notice by itself."""
    master, slave = pty.openpty()
    words = [shop.bin / "verno", "practice-pos", "--socket", "/nowhere", "--scanner", str(shop.scanner), "--catalogue",
             str(shop.chain / "catalogue.ndjson"), "--codes", str(shop.chain / "practice.json")]
    running = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    try:
        os.read(master, 1)  # it draws
        time.sleep(0.3)
        assert running.poll() is None, running.poll()
        os.close(master)
        running.wait(10)
    finally:
        running.kill()
        running.wait()


def rests_without_an_agent(shop):
    """The agent can't start: the POS asks for it now and then, and leaves the machine to those who repair it."""
    pid, master, _ = spawn(shop)
    try:
        def used_s():
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
        time.sleep(0.5)  # it opens its screen
        before = used_s()
        time.sleep(2)
        assert used_s() - before < 0.2, f"{used_s() - before} s of 2 s"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(master)


def main(root, programs):
    sys.path.insert(0, f"{root}/toolchain/lib")
    sys.dont_write_bytecode = True
    from practice_shop import Shop, wait_for
    with tempfile.TemporaryDirectory(prefix="verno-pos.") as folder:
        shop = Shop(folder, programs)
        play(shop, wait_for)
        needs_a_terminal(shop)
        rests_without_an_agent(shop)
        ends_with_its_terminal(shop)
    print("the practice POS sells, voids, unplugs and publishes")


if __name__ == "__main__":
    main(*sys.argv[1:3])
