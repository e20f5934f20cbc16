"""The two style steps of toolchain/check: `tidy.py format` and `tidy.py tidy BUILD [deep]` over all tracked C files.

Nine tenths of the time are the analyzer's, which follows paths until a function has used up its nodes: a third of clang's own
budget unless `deep` is said (--long), which took 10 of the 20 minutes of a check on 2 cores.

clang-tidy takes seconds a file, so a file that was clean is not looked at again until something that it depends on
changes: itself, the headers of ours that it includes (followed all the way), its compile command, .clang-tidy, or
clang-tidy itself. The keys of clean files are empty files under build/tidy-cache/.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

FORMAT, TIDY = "clang-format-19", "clang-tidy-19"
NODES, NODES_DEEP = 75_000, 225_000  # the second is what clang takes when nothing is said
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def tracked(*patterns):
    out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--", *patterns], check=True,
                         capture_output=True, text=True).stdout
    return [p for p in map(pathlib.Path, filter(None, out.split("\0"))) if p.exists()]


def run_format():
    files = tracked("*.c", "*.h")
    done = subprocess.run([FORMAT, "--dry-run", "-Werror", *files], check=False)
    print(f"note: {len(files)} files")
    return done.returncode


def closure(path, roots, seen):
    """Adds path and each header of ours that it reaches to `seen`."""
    if path in seen:
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_text(encoding="utf-8", errors="replace")):
        for root in (*roots, path.parent):
            if (root / name).is_file():
                closure(root / name, roots, seen)
                break


def key_of(path, command, roots, common):
    seen = set()
    closure(path, roots, seen)
    digest = hashlib.sha256(common + command.encode())
    for file in sorted(seen):
        digest.update(str(file).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def run_tidy(build, nodes):
    cache = pathlib.Path("build/tidy-cache")
    cache.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path.cwd()
    if not (build / "compile_commands.json").exists():
        print(f"{build} is not configured: nothing says how the files are compiled")
        return 1
    commands = {e["file"]: e["command"] for e in json.loads((build / "compile_commands.json").read_text())}
    roots = (pathlib.Path("."), build / "generated")
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    options = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={nodes}")]
    common = version + pathlib.Path(".clang-tidy").read_bytes() + str(nodes).encode()
    files = [p for p in tracked("*.c") if str(here / p) in commands]
    keys = {p: key_of(p, commands[str(here / p)], roots, common) for p in files}
    todo = [p for p in files if not (cache / keys[p]).exists()]

    def look(path):
        return path, subprocess.run([TIDY, "--quiet", "-p", str(build), *options, str(path)], capture_output=True,
                                    text=True, check=False)

    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, done in pool.map(look, todo):
            if done.returncode == 0:
                (cache / keys[path]).touch()
                continue
            failed.append(str(path))
            print(f"{path}:\n{done.stdout}{done.stderr}", flush=True)
    if failed:
        print("not clean:", *failed)
    print(f"note: {len(files)} files, {len(files) - len(todo)} known to be clean")
    return 1 if failed or not files else 0


if sys.argv[1] == "format":
    sys.exit(run_format())
sys.exit(run_tidy(pathlib.Path(sys.argv[2]), NODES_DEEP if sys.argv[3:] == ["deep"] else NODES))
