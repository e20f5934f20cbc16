#!/usr/bin/python3
"""The compiled schemas give the verdict that the published ones mean: python3-jsonschema is asked about the same documents.

A corpus of valid documents has every key that the schemas know. Some thousands of mutations of it, made from a seed,
are judged by both; a difference is printed with the document. test_schemas.py ROOT BIN [SEED [MUTATIONS]]
"""
import copy
import json
import pathlib
import random
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is missing: toolchain/setup check")

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261122
MUTATIONS = int(sys.argv[4]) if len(sys.argv) > 4 else 6000
NAMES = ["basket", "choices", "coupon", "item", "member", "price-row", "promotion", "ruleset-header"]
SCHEMAS = {n: json.loads((ROOT / f"agent/loyalty/schema/{n}.schema.json").read_text()) for n in NAMES + ["common"]}

COUPON = {"account": "c1", "promotion": "p", "label": "1234", "single_use": True, "spent": False, "valid_from_ms": 1,
          "valid_until_ms": 2, "member": "m1",
          "terms": {"off_bp": 1000, "least_minor": 5, "codes": ["1"]}}
LOT = {"id": 1, "amount": 5, "earned_ms": 1, "matures_ms": 2, "expires_ms": 3}
DOCUMENTS = [
    ("member", {"id": "m1", "account": "w1", "known": True, "blocked": False, "first_name": "Ana", "tier": "gold",
                "household": "h1", "operator": "7", "staff": False, "referred": True, "balance": -5, "lifetime_spend_minor": 7,
                "birth_month": 2, "birth_day": 29, "as_of_ms": 1, "joined_ms": 2, "last_visit_ms": 3, "visits": 4,
                "qualifying": -5, "earned_today": 12, "debt": 6, "segments": ["a", "b"], "clubs": ["baby"], "lots": [LOT],
                "counters": [{"account": "s1", "value": 3}],
                "wallets": [{"id": "partner", "account": "w2", "balance": 4, "lots": [LOT]}]}),
    ("member", {}),
    ("basket", {"sale": {"pos": "1", "date": "2026-11-22", "receipt": "7"}, "operator": "ana", "lane": "self",
                "card_entry": "late", "started_ms": 5, "proof": "sms", "tenders": [{"kind": "card", "amount_minor": 5}],
                "lines": [{"id": 3, "parent": 1, "code": "a", "name": "Ž", "qty_milli": 734, "amount_minor": 100,
                           "unit_price_minor": 136, "list_amount_minor": 150, "pos_discounts_minor": 20, "tax": "A",
                           "kind": "weighed"}]}),
    ("basket", {"sale": {"pos": "1", "date": "d", "receipt": "7"}, "lines": []}),
    ("coupon", COUPON),
    ("coupon", {"terms": {"off_minor": 5}}),
    ("choices", {"spend_points": 100, "spends": [{"wallet": "partner", "points": 5}], "coupons": [COUPON, {"promotion": "p"}]}),
    ("choices", {}),
    ("item", {"known": True, "code": "1", "name": "n", "category": "a/b", "brand": "c", "legal_class": "tobacco",
              "tax": "A", "price_minor": 5, "min_price_minor": 6, "tags": ["t"]}),
]


def corpus():
    out = list(DOCUMENTS)
    for number, line in enumerate((ROOT / "fixtures/rulesets/every-key.ndjson").read_text().splitlines()):
        document = json.loads(line)
        name = "ruleset-header" if number == 0 else "price-row" if "table" in document else "promotion"
        out.append((name, document))
    return out


def validators():
    store = {s["$id"]: s for s in SCHEMAS.values()}
    made = {}
    for name in NAMES:
        jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
        resolver = jsonschema.RefResolver(SCHEMAS[name]["$id"], SCHEMAS[name], store=store)
        made[name] = jsonschema.Draft202012Validator(SCHEMAS[name], resolver=resolver)
    return made


def ask(lines):
    text = "".join(f"{name} {json.dumps(document, ensure_ascii=False)}\n" for name, document in lines)
    done = subprocess.run([BIN / "schema_lines"], input=text, capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} documents"
    return answers


# What takes a value's place: wrong types, the ends of ranges and what is beyond them, texts of all lengths.
def other_value(rng, value):
    texts = ["", "x", "Ž" * 7, "Ž" * 31, "Ž" * 32, "y" * 47, "y" * 48, "z" * 95, "z" * 96, "q" * 244, "a\u0007b", "\x7f",
             "2026-11-22T08:00", "2026-11-22", "08:00", "8:00", "12345", "12a", "percent_off", "ladder", "unknown"]
    numbers = [-1, 0, 1, 2, 8, 9, 63, 64, 100, 101, 182, 183, 841, 10000, 10001, 36501, 10**9, 10**9 + 1, 10**12, 10**15,
               10**15 + 1, -10**15, -10**15 - 1, 253402300800000, 2**63 - 1]
    if isinstance(value, str) and rng.random() < 0.7:
        return rng.choice(texts)
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.7:
        return rng.choice(numbers + [value - 1, value + 1])
    return rng.choice([None, True, False, 1.5, rng.choice(texts), rng.choice(numbers), [], {}, [value], {"a": value}])


def places(value, found, up=None, key=None):
    """Every (container, key) of a document."""
    if up is not None:
        found.append((up, key))
    for inner in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()):
        places(value[inner], found, value, inner)
    return found


def mutate(rng, document, keys):
    document = copy.deepcopy(document)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        found = places(document, [])
        if not found:
            document[rng.choice(keys)] = other_value(rng, 1)
            continue
        up, key = rng.choice(found)
        value = up[key]
        action = rng.randrange(6)
        if action == 0:
            del up[key]
        elif action == 1 and isinstance(value, list):
            up[key] = (value or [0]) * rng.choice([0, 2, 3, 5, 13, 70])
        elif action == 2 and isinstance(value, dict):
            value[rng.choice(keys + ["unknown", "", "é"])] = other_value(rng, 1)
        elif action == 3 and isinstance(up, dict):
            up[rng.choice(keys)] = up.pop(key)
        else:
            up[key] = other_value(rng, value)
    return document


def compare(checks, lines):
    different = refused = 0
    for (name, document), answer in zip(lines, ask(lines)):
        fits = checks[name].is_valid(document)
        refused += not fits
        if fits != (answer == "ok"):
            different += 1
            why = "" if fits else "; ".join(e.message for e in checks[name].iter_errors(document))[:300]
            print(f"{name}: {answer}, jsonschema: {'ok' if fits else why}\n  {json.dumps(document)[:2000]}")
    return different, refused


def names_of(schema, found):
    """The property names of a schema, wherever they are."""
    if isinstance(schema, dict):
        found |= set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
        for inner in schema.values():
            names_of(inner, found)
    elif isinstance(schema, list):
        for inner in schema:
            names_of(inner, found)
    return found


def keys_of(value, found):
    if isinstance(value, dict):
        found |= set(value)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        keys_of(inner, found)
    return found


def main():
    checks, valid = validators(), corpus()
    keys = sorted(keys_of([document for _, document in valid], set()))
    missing = names_of(list(SCHEMAS.values()), set()) - set(keys)
    assert not missing, f"no document of the corpus has {sorted(missing)}"
    different, refused = compare(checks, valid)
    assert different == 0 and refused == 0, "a document of the corpus is not valid"
    print(f"ok test_valid_documents ({len(valid)})")

    rng = random.Random(SEED)
    lines = []
    for _ in range(MUTATIONS):
        name, document = rng.choice(valid)
        lines.append((name, mutate(rng, document, keys)))
    different, refused = compare(checks, lines)
    assert MUTATIONS / 4 < refused < MUTATIONS * 19 / 20, f"{refused} of {MUTATIONS} refused: the mutations say little"
    assert different == 0, f"{different} of {MUTATIONS} verdicts differ, seed {SEED}"
    print(f"ok test_mutations ({MUTATIONS}, {refused} refused)")


main()
