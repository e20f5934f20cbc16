"""One hub, one till and a cable between them, as real processes in a folder of their own.

Used by toolchain/demo (run as a program: it stays until it is told to end), by play.py and by tests. Everything that is started
here is ended here, by its process id; a process that outlives its parent by accident is ended by the kernel.
"""
import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
READY_S = 20


class Failure(Exception):
    pass


ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end_once(codes):
    """Ends the program by each of these signals, with its code. Once: a second one, Ctrl-C from the terminal and a demo's own behind it,
    would break off the clearing up."""
    heard = []

    def end(number, _):
        if not heard:
            heard.append(number)
            sys.exit(codes[number])

    for number in codes:
        signal.signal(number, end)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def preload(library):
    """Environment that preloads a library. By its name, since the linker splits LD_PRELOAD at blanks, also those of a folder.
    Ends the program when it is not built: a loader that does not find it only warns, and what fails then is something else."""
    library = pathlib.Path(library)
    if not library.exists():
        sys.exit(f"{library} is missing: build it with ninja -C {library.parent.parent} {library.stem.removeprefix('lib')}")
    folders = ":".join(filter(None, (str(library.parent), os.environ.get("LD_LIBRARY_PATH"))))
    return {"LD_PRELOAD": library.name, "LD_LIBRARY_PATH": folders}


def wait_for(what, ready, seconds=READY_S, process=None, log=None):
    """Polls until ready() is true; says what was waited for when it never is. Returns its value."""
    end = time.monotonic() + seconds
    while not (value := ready()):
        if process and process.poll() is not None:
            raise Failure(f"{what}: the process ended with {process.returncode}{tail(log)}")
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s{tail(log)}")
        time.sleep(0.01)
    return value


def tail(log):
    if not log or not log.exists():
        return ""
    return "; the end of its log:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])


class Shop:
    """Paths, processes and commands of the practice shop."""

    def __init__(self, folder, bin_folder, chain=None, locale="en"):
        self.folder, self.bin, self.locale = pathlib.Path(folder), pathlib.Path(bin_folder), locale
        self.chain = pathlib.Path(chain) if chain else self.folder / "chain"
        self.hub_dir, self.till_dir, self.logs = self.folder / "hub", self.folder / "till", self.folder / "logs"
        self.cable, self.scanner = self.folder / "cable-pulled", self.folder / "scanner"
        self.processes = []
        self.hub_port = self.till_port = 0

    # --- processes ---------------------------------------------------------------------------------------------------

    def spawn(self, name, command, **options):
        """Starts a process that stop() ends. A signal that ends the shop waits until it is known: what nobody waits for would
        still write into a folder that is being removed."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)

        def prepare():
            die_with_parent()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

        try:
            process = subprocess.Popen([str(word) for word in command], preexec_fn=prepare, **options)
            self.processes.append((name, process))
            return process
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def start(self, name, *command, **environment):
        log = self.logs / f"{name}.log"
        with open(log, "ab") as out:
            process = self.spawn(name, command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **environment})
        return process, log

    def stop(self):
        """Asks each process to end, the last one first; one that doesn't is killed. Returns name -> exit code."""
        codes = {}
        while self.processes:
            name, process = self.processes.pop()
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            codes[name] = process.returncode
        return codes

    def complete(self, name, command, stdin=None):
        """A command that ends by itself; its standard output as text."""
        process = self.spawn(name, command, text=True, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, errors = process.communicate(stdin, timeout=120)
        self.processes.remove((name, process))
        if process.returncode != 0:
            raise Failure(f"{name} {' '.join(map(str, command[1:3]))}: exit code {process.returncode}: {(errors or out).strip()}")
        return out

    def run(self, program, *words, stdin=None):
        return self.complete(program, [self.bin / program, *words], stdin)

    def hub(self, *words):
        return self.run("verno-hub", *words, "--dir", self.hub_dir)

    def verno(self, verb, *words, stdin=None):
        return self.run("verno", verb, "--dir", self.till_dir, *words, stdin=stdin)

    def status(self):
        return json.loads(self.verno("status", "--json"))

    # --- the way up --------------------------------------------------------------------------------------------------

    def make_chain(self):
        for program in ("verno-hub", "verno-agent", "verno"):
            if not os.access(self.bin / program, os.X_OK):
                raise Failure(f"there is no {program} in {self.bin}; build it first")
        self.logs.mkdir(parents=True, exist_ok=True)
        if not (self.chain / "ruleset.ndjson").exists():
            self.complete("practice-chain", [sys.executable, HERE.parent / "practice-chain", self.chain])

    def start_hub(self):
        self.hub("init", "--name", "Practice")
        port_file = self.folder / "hub-port"
        process, log = self.start("hub", self.bin / "verno-hub", "run", "--dir", self.hub_dir, "--listen", "127.0.0.1:0",
                                  "--port-file", port_file)
        self.hub_port = int(wait_for("the hub", lambda: port_file.exists() and port_file.read_text().strip(), process=process, log=log))

    def fill_hub(self):
        for store, name in (("s1", "Vračar"), ("s2", "Zemun")):
            self.hub("store", "add", store, "--name", name)
        for kind in ("catalogue", "members", "coupons", "history"):
            self.hub(kind, "import", self.chain / f"{kind}.ndjson")
        self.publish(self.chain / "ruleset.ndjson")

    def publish(self, file):
        self.hub("publish", file)

    def start_cable(self):
        port_file = self.folder / "cable-port"
        process, log = self.start("cable", sys.executable, HERE / "cable.py", port_file, self.cable, "127.0.0.1", self.hub_port)
        self.till_port = int(wait_for("the cable", lambda: port_file.exists() and port_file.read_text(), process=process, log=log))

    def enrol_till(self):
        self.till_dir.mkdir(exist_ok=True)
        code = self.hub("till", "code", "s1", "t1").strip()
        self.verno("enrol", "--hub", f"127.0.0.1:{self.till_port}", "--ca", self.hub_dir / "ca.pem", stdin=code + "\n")
        (self.till_dir / "agent.conf").write_text(
            f"locale = {self.locale}\nscanner = serial:{self.scanner}@9600\n")

    def start_agent(self):
        shim = self.bin.parent / "lib" / "libverno-pty-shim.so"
        process, log = self.start("agent", self.bin / "verno-agent", "--dir", self.till_dir, **preload(shim))
        wait_for("the agent", (self.till_dir / "pos.sock").exists, process=process, log=log)

    def wait_live(self):
        wait_for("the till's first contact with the hub",
                 lambda: (s := self.status())["state"] == "live" and s["ruleset"] > 0 and s["members"] > 0)

    def up(self, say=lambda what: None):
        """Everything but the scanner, whose other end is a POS's: it must be there before the till."""
        self.run_steps(say, ("practice chain", self.make_chain), ("hub", self.start_hub), ("import", self.fill_hub),
                       ("cable", self.start_cable), ("enrolment", self.enrol_till))

    def till_up(self, say=lambda what: None):
        self.run_steps(say, ("agent", self.start_agent), ("first contact", self.wait_live))

    @staticmethod
    def run_steps(say, *steps):
        for what, step in steps:
            started = time.monotonic()
            step()
            say(f"{what} ({(time.monotonic() - started) * 1000:.0f} ms)")


def main():
    parser = argparse.ArgumentParser(description="Keeps a practice shop up until it is told to end.")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--locale", default="en")
    args = parser.parse_args()
    shop = Shop(args.folder, args.bin, locale=args.locale)
    end_once(dict.fromkeys(ENDINGS, 0))
    code = 0
    try:
        say = lambda what: print(f"demo: {what}", flush=True)  # noqa: E731
        shop.up(say)
        (shop.folder / "enrolled").touch()
        wait_for("the practice POS's scanner", shop.scanner.is_symlink)
        shop.till_up(say)
        (shop.folder / "ready").touch()
        names = ", ".join(name for name, _ in shop.processes)
        while all(process.poll() is None for _, process in shop.processes):
            time.sleep(0.5)
        raise Failure(f"one of {names} ended by itself; see {shop.logs}")
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr, flush=True)
        code = 1
    finally:
        shop.stop()
    sys.exit(code)


@contextlib.contextmanager
def temporary(prefix, keep=False):
    import tempfile
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
