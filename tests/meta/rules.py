"""What the rules of this folder share: the list of tracked files, and a proof that a rule can fail.

A rule is a function from a Tree to complaints ("path:line: what is wrong"). Its PLANTS are faults: (path, text, words).
Each is written into a temporary copy of the tree, where the rule has to complain with those words; a rule that
can't fail is a defect. `rule.py ROOT` judges the tree, `rule.py --selftest ROOT` judges the rule.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


class Tree:
    def __init__(self, root, files):
        self.root = pathlib.Path(root)
        self.files = sorted(files)

    def of(self, *suffixes):
        return [f for f in self.files if f.endswith(suffixes)]

    def bytes(self, file):
        return (self.root / file).read_bytes()

    def text(self, file):
        return self.bytes(file).decode("utf-8", errors="replace")

    def lines(self, file):
        return enumerate(self.text(file).splitlines(), 1)


def tracked(root):
    out = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"], check=True,
                         capture_output=True, text=True).stdout
    return Tree(root, [f for f in out.split("\0") if f and (pathlib.Path(root) / f).is_file()])


def bare_c(text):
    """C without comments and without what is in quotes; lines stay where they are."""
    def blank(m):
        return re.sub(r"[^\n]", "", m.group(0)) or " " if m.group(0)[0] == "/" else '""'
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', blank, text, flags=re.S)


def shebang(tree, file):
    first = tree.bytes(file)[:80].split(b"\n")[0].decode("ascii", errors="replace")
    m = re.match(r"#!.*\b(sh|bash|python3)\b", first)
    return m.group(1) if m else ""


def selftest(rule, tree, plants):
    """One copy for all plants; each is taken out again before the next."""
    before = set(rule(tree))
    with tempfile.TemporaryDirectory() as folder:
        for file in tree.files:
            os.makedirs(os.path.dirname(f"{folder}/{file}"), exist_ok=True)
            shutil.copy(tree.root / file, f"{folder}/{file}")
        for path, text, words in plants:
            target = pathlib.Path(folder, path)
            grown = target.read_bytes() if target.is_file() else None
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            found = set(rule(Tree(folder, {*tree.files, path}))) - before
            if grown is None:
                target.unlink()
            else:
                target.write_bytes(grown)
            if not any(words in c for c in found):
                yield f"{path}: planted a fault, and nobody said '{words}': {sorted(found)}"


def run(rule, plants):
    wanted = [a for a in sys.argv[1:] if a != "--selftest"]
    tree = tracked(wanted[0] if wanted else ".")
    complaints = list(selftest(rule, tree, plants) if "--selftest" in sys.argv else rule(tree))
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints)} complaints, {len(tree.files)} files")
    sys.exit(1 if complaints or not plants or not tree.files else 0)
