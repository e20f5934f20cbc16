#!/usr/bin/python3
"""The practice chain is the same bytes for the same seed and day, and what it holds is what it says: sizes, check digits, ranges."""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile


def make(root, folder, *words):
    subprocess.run([sys.executable, f"{root}/toolchain/practice-chain", folder, "--date", "2026-11-22", *words], check=True)
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in pathlib.Path(folder).iterdir()}


def lines(folder, name):
    return [json.loads(line) for line in open(f"{folder}/{name}.ndjson", encoding="utf-8")]


def ean13(code):
    return len(code) == 13 and sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(code)) % 10 == 0


def main(root):
    with tempfile.TemporaryDirectory() as folder:
        first, again = make(root, f"{folder}/a"), make(root, f"{folder}/b")
        other = make(root, f"{folder}/c", "--seed", "2")
        assert first == again, "the same seed must give the same bytes"
        assert other["members.ndjson"] != first["members.ndjson"], "another seed must give another chain"
        goods, members = lines(f"{folder}/a", "catalogue"), lines(f"{folder}/a", "members")
        coupons, history = lines(f"{folder}/a", "coupons"), lines(f"{folder}/a", "history")
        rules, more = lines(f"{folder}/a", "ruleset"), lines(f"{folder}/a", "promotion-new")
    assert len(goods) == 500 and len(members) == 10_000 and len(history) == 30_000, (len(goods), len(members), len(history))
    assert len({item["code"] for item in goods}) == 500 and all(ean13(item["code"]) for item in goods)
    assert {"tobacco", "alcohol", "infant-formula", "general"} == {item["legal_class"] for item in goods}
    assert any(item["category"] == "deposit" for item in goods)
    cards = [card for member in members for card in member["cards"]]
    assert len(set(cards)) == len(cards) and all(ean13(c) and c.startswith("2990") for c in cards)
    assert {len(member["cards"]) for member in members} == {1, 2}
    assert all(ean13(c["number"]) and c["number"].startswith("2991") and c["single_use"] for c in coupons)
    assert all(1 <= row["member"] <= 10_000 for row in history)
    kinds = {p["then"]["kind"] for p in rules[1:]}
    assert len(rules) == 24 and kinds == {"percent_off", "amount_off", "nth_free", "buy_get", "bundle", "points_multiplier",
                                          "points_bonus"}, kinds
    assert more[1:-1] == rules[1:] and more[-1]["id"] == "coffee-week"
    assert all(set(p["name"]) == {"en", "sr", "sr@latin", "pl", "ru"} for p in more[1:])
    assert {c["promotion"] for c in coupons} <= {p["id"] for p in rules[1:]}
    print("the practice chain is what it says")


if __name__ == "__main__":
    main(sys.argv[1])
