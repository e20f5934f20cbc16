#!/usr/bin/python3
"""A PostgreSQL server of the tests' own: in a temporary folder, by an unprivileged user, on a unix socket alone.

    postgres.py start FILE   starts one for the tests of one ctest run and writes its address into FILE
    postgres.py stop FILE    ends it

The server of `start` belongs to a watcher, which ends it when it is told to and also when ctest is gone, however that ended.
Tests that kill the server or need it durable have a Cluster of their own.
"""
import contextlib
import glob
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FAST = {"fsync": "off", "full_page_writes": "off"}
QUIET = {"listen_addresses": "''", "shared_buffers": "32MB", "max_connections": "60", "wal_level": "minimal", "max_wal_senders": "0",
         "autovacuum_naptime": "10min", "log_line_prefix": "'%m '", "unix_socket_permissions": "0700"}


def programs():
    """The folder of the newest server's programs; Debian keeps them out of the search path."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not found:
        raise SystemExit("PostgreSQL is not installed: toolchain/setup check installs it")
    newest = max(found, key=lambda path: int(re.search(r"/(\d+)/bin", path).group(1)))
    return pathlib.Path(newest).parent


def only_root():
    """In a user namespace of one user, who is root there and somebody else outside."""
    return pathlib.Path("/proc/self/uid_map").read_text(encoding="ascii").split()[2] == "1"


class Cluster:
    """One server. `durable`: what it confirms is on the disk."""

    def __init__(self, durable=False, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="verno-pg."))
        self.data, self.bin, self.process = self.folder / "data", programs(), None
        self.settings = {**QUIET, **({} if durable else FAST), "unix_socket_directories": f"'{self.folder}'", **settings}
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.namespace = []
        if os.getuid() == 0:  # the server refuses to run as root
            self.user = "nobody"
            if only_root():
                self.namespace = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
            else:
                shutil.chown(self.folder, "nobody")

    def _command(self, program, *words):
        as_user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 and not self.namespace else []
        return [*self.namespace, "setpriv", *as_user, "--pdeathsig", "SIGQUIT", str(self.bin / program), *map(str, words)]

    def make(self):
        subprocess.run(self._command("initdb", "--pgdata", self.data, "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
                                     "--no-sync", "--username", "postgres"), check=True, capture_output=True, cwd=self.folder, timeout=120)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in self.settings.items())
        return self

    def start(self):
        """The parts of a server that was killed may take a moment to notice; so long it does not start."""
        until = time.monotonic() + 30
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder], check=False).returncode != 0:
            if time.monotonic() > until:
                raise SystemExit("PostgreSQL does not start:\n" + (self.folder / "log").read_text(errors="replace"))
            if self.process is None or self.process.poll() is not None:
                with open(self.folder / "log", "ab") as log:
                    self.process = subprocess.Popen(self._command("postgres", "-D", self.data), stdout=log, stderr=log, cwd=self.folder)
            time.sleep(0.02)
        return self

    def uri(self, database="postgres"):
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def sql(self, text, database="postgres"):
        done = subprocess.run([self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.uri(database), "-c", text],
                              check=True, capture_output=True, text=True, timeout=60)
        return done.stdout.strip()

    def kill(self):
        """As a power cut would: the whole server, without a word. Its parts notice that the first process is gone."""
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.make().start()
        except BaseException:
            self.end()
            raise

    def __exit__(self, *_):
        self.end()


def watch(owner, file, ready):
    """Has the server until the owner ends or the pipe in FILE is opened for writing."""
    os.setsid()
    with Cluster() as cluster, contextlib.ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        order = file.with_suffix(".order")
        order.unlink(missing_ok=True)
        os.mkfifo(order)
        stack.callback(order.unlink)
        stack.callback(file.unlink)
        file.write_text(cluster.uri() + "\n", encoding="utf-8")
        pipe = os.open(order, os.O_RDONLY | os.O_NONBLOCK)
        os.close(ready)
        select.select([owner, pipe], [], [])


def start(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    stop(file)
    owner = os.pidfd_open(os.getppid())
    told, ready = os.pipe()
    if os.fork() == 0:
        os.close(told)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        try:
            watch(owner, file, ready)
        finally:
            os._exit(0)
    os.close(ready)
    os.read(told, 1)  # ends when the watcher is ready, or gone
    if not file.exists():
        raise SystemExit("PostgreSQL does not start")


def stop(file):
    order = file.with_suffix(".order")
    until = time.monotonic() + 30
    while order.exists() and time.monotonic() < until:
        try:
            os.close(os.open(order, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody reads it: what a machine left that was switched off
            order.unlink(missing_ok=True)
            file.unlink(missing_ok=True)
        time.sleep(0.02)


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](pathlib.Path(sys.argv[2]))
