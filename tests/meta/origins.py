#!/usr/bin/python3
"""Each folder of fixtures says where its bytes come from: a README.md or ORIGIN in it has a line with "origin:", or each
scan in it says so in its own first line."""
import rules


def rule(tree):
    folders = {f.rsplit("/", 1)[0] for f in tree.files if f.startswith("fixtures/") and f.count("/") > 1}
    for folder in sorted(folders):
        notes = [f"{folder}/{name}" for name in ("README.md", "ORIGIN") if f"{folder}/{name}" in tree.files]
        scans = [f for f in tree.files if f.rsplit("/", 1)[0] == folder and f.endswith(".scan")]
        own = scans and all(tree.text(f).lower().startswith("# origin:") for f in scans)
        if not own and not any("origin:" in tree.text(note).lower() for note in notes):
            yield f"{folder}: nothing says where it comes from (a README.md or ORIGIN with \"origin:\")"


PLANTS = [
    ("fixtures/planted/case.scan", "]C1123\n", "nothing says where"),
    ("fixtures/scans/generic-serial/planted.scan", "]C1123\n", "nothing says where"),
    ("fixtures/planted/README.md", "Some bytes.\n", "nothing says where"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
