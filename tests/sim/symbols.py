#!/usr/bin/python3
"""The simulator replaces what is below the programs, and no part of them.

What its own objects define is its own (sim_, disk...), a function of libuv, or one that sync/net/client.h or server.h declares;
nothing else that one of the boxes defines, too. And libuv isn't linked.
"""
import pathlib
import re
import subprocess
import sys

SOURCE, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
BUILD = BIN.parent
HEADERS = ("sync/net/client.h", "sync/net/server.h")


def defined(*files):
    """Names of what these objects or archives define for others."""
    listed = subprocess.run(["nm", "--defined-only", "--extern-only", *map(str, files)], check=True, capture_output=True, text=True)
    return {line.split()[-1] for line in listed.stdout.splitlines() if len(line.split()) == 3}


def declared(header):
    return set(re.findall(r"\b(vn_\w+)\(", (SOURCE / header).read_text()))


objects = sorted((BUILD / "tests/CMakeFiles/sim.dir").rglob("*.o"))
archives = sorted(a for a in BUILD.rglob("libvn_*.a") if "tests" not in a.relative_to(BUILD).parts)
needed = subprocess.run(["readelf", "-d", BIN / "sim"], check=True, capture_output=True, text=True).stdout
ours, boxes, allowed = defined(*objects), defined(*archives), set().union(*map(declared, HEADERS))
wrong = [f"{name} is a box's, and the simulator defines it, too" for name in sorted((ours & boxes) - allowed)]
wrong += [f"{name} is neither the simulator's nor libuv's" for name in sorted(ours - boxes)
          if not re.match(r"(sim_|uv_|__wrap_|main$|__asan_|__odr_asan)", name)]
wrong += ["the simulator is linked with libuv"] if re.search(r"NEEDED.*libuv", needed) else []
wrong += [f"only {len(objects)} objects and {len(archives)} archives were found"] if len(objects) < 10 or len(archives) < 10 else []
wrong += ["the simulator defines nothing of the network"] if not ours & allowed else []
print("\n".join(wrong) or f"{len(ours)} symbols of the simulator, {len(ours & boxes)} of them of {' and '.join(HEADERS)}")
sys.exit(1 if wrong else 0)
