"""Networks of a test's own: namespaces with lines between them that get slow, lossy, reset or cut, also in one direction.

A test that wants them calls enter() first. It goes on in a network, process and mount namespace of its own (and, when it is not root,
in a user namespace), in which it may do as it likes. Nothing has a name outside, and the kernel removes all of it, with
every process, when the test ends, however it ends.
"""
import contextlib
import ctypes
import os
import shutil
import subprocess
import sys

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
INSIDE = "VERNO_TEST_NAMESPACES"
LIBC = ctypes.CDLL(None, use_errno=True)


def enter():
    """Comes back inside; ends the program where that can't be."""
    if os.environ.get(INSIDE):
        return
    missing = [program for program in ("ip", "tc", "nft", "unshare") if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not installed: toolchain/setup check installs what is needed")
    own = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--net", "--pid", "--fork", "--kill-child"]
    # In a chroot there may be no mount namespace. Without its own /proc the leak checker finds no process.
    for kind, words, more in (("mounts", ["--mount-proc"], {}), ("plain", [], {"ASAN_OPTIONS": "detect_leaks=0"})):
        if subprocess.run([*own, *words, "true"], capture_output=True, check=False).returncode == 0:
            environment = {**os.environ, INSIDE: kind, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", **more}
            os.execvpe("unshare", [*own, *words, sys.executable, *sys.argv], environment)
    sys.exit("no namespaces: this test wants root, or user namespaces for everybody")


def mounts():
    """Whether the test may mount something."""
    return os.environ[INSIDE] == "mounts"


def call(name, *arguments):
    if getattr(LIBC, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


class Net:
    """Namespaces by name. What one thread does in one of them does not concern the others."""

    def __init__(self):
        self.home = self.own()
        self.spaces = {}

    @staticmethod
    def own():
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def add(self, name):
        call("unshare", CLONE_NEWNET)
        self.spaces[name] = self.own()
        self.run("ip link set lo up")
        call("setns", self.home, CLONE_NEWNET)

    @contextlib.contextmanager
    def at(self, name):
        """What this thread starts meanwhile has that network, for good."""
        call("setns", self.spaces[name], CLONE_NEWNET)
        try:
            yield
        finally:
            call("setns", self.home, CLONE_NEWNET)

    def run(self, *lines, stdin=None):
        for line in lines:
            done = subprocess.run(line.split(), input=stdin, text=True, capture_output=True, check=False, pass_fds=list(self.spaces.values()))
            if done.returncode != 0:
                raise OSError(f"{line}: {done.stderr.strip()}")

    def within(self, name, *lines, stdin=None):
        with self.at(name):
            self.run(*lines, stdin=stdin)

    def wire(self, name, device, other, other_device):
        self.within(name, f"ip link add {device} type veth peer name {other_device} netns /proc/self/fd/{self.spaces[other]}",
                    f"ip link set {device} up")
        self.within(other, f"ip link set {other_device} up")

    def forward(self, name):
        with self.at(name), open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as switch:
            switch.write("1")


class Chainwork:
    """A hub and stores of tills: each till on its store's bridge, each store on a line to the hub.

    What is wrong with the lines is a set of faults by name; heal() ends one. Both ends of a store's line are as fast as RATE unless
    they are slowed.
    """
    HUB, RATE = "10.83.0.1", "20mbit"

    def __init__(self, stores, tills):
        self.net, self.faults = Net(), {}
        self.net.add("hub")
        self.net.within("hub", f"ip addr add {self.HUB}/32 dev lo")
        self.stores = [f"s{number}" for number in range(1, stores + 1)]
        self.tills = {}
        for number, store in enumerate(self.stores, 1):
            self._store(number, store, tills)

    def _store(self, number, store, tills):
        lan = f"10.83.{100 + number}"
        self.net.add(store)
        self.net.wire("hub", f"to-{store}", store, "wan")
        self.net.within("hub", f"ip addr add 10.83.{number}.1/30 dev to-{store}", f"ip route add {lan}.0/24 via 10.83.{number}.2")
        self.net.within(store, f"ip addr add 10.83.{number}.2/30 dev wan", "ip link add lan type bridge", "ip link set lan up",
                        f"ip addr add {lan}.1/24 dev lan", f"ip route add default via 10.83.{number}.1")
        self.net.forward(store)
        for at in range(1, tills + 1):
            till = f"t{(number - 1) * tills + at}"
            self.tills[till] = (store, f"{lan}.{10 + at}")
            self.net.add(till)
            self.net.wire(store, f"to-{till}", till, "eth0")
            self.net.within(store, f"ip link set to-{till} master lan")
            self.net.within(till, f"ip addr add {self.tills[till][1]}/24 dev eth0", f"ip route add default via {lan}.1")
        self.speed(store, self.RATE)

    def speed(self, store, rate):
        shape = f"root tbf rate {rate} burst 16kb latency 400ms"
        self.net.within(store, f"tc qdisc replace dev wan {shape}")
        self.net.within("hub", f"tc qdisc replace dev to-{store} {shape}")

    # --- faults --------------------------------------------------------------------------------------------------------

    def break_line(self, fault, store, *rules):
        """Rules of nftables for what the store forwards: to the hub (`oifname "wan"`), and from it (`iifname "wan"`)."""
        self.faults[fault] = (store, rules, ())
        self._apply(store)

    def isolate(self, fault, till):
        """The till's own cable is pulled."""
        store, address = self.tills[till]
        rules = (f"ip saddr {address} drop", f"ip daddr {address} drop")
        self.faults[fault] = (store, rules, rules)
        self._apply(store)

    def divide(self, fault, store):
        """The store's tills don't see each other, and see the hub."""
        self.faults[fault] = (store, (), ("ip protocol tcp drop",))
        self._apply(store)

    def heal(self, fault):
        store = self.faults.pop(fault)[0]
        self._apply(store)

    def _apply(self, store):
        mine = [fault for fault in self.faults.values() if fault[0] == store]
        text = ""
        for family, at in (("inet", 1), ("bridge", 2)):
            rules = "\n".join(rule for fault in mine for rule in fault[at])
            text += (f"table {family} cut\ndelete table {family} cut\ntable {family} cut {{\nchain forward {{\n"
                     f"type filter hook forward priority 0; policy accept;\n{rules}\n}}\n}}\n")
        self.net.within(store, "nft -f -", stdin=text)
