#!/usr/bin/env python3
"""Holds toolchain/schema2c: what can't be compiled ends the build and leaves no table, and what is compiled compiles."""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
TEXT = {"type": "string", "maxLength": 5}


def compile_schema(folder, schema, common=None):
    arguments = [ROOT / "toolchain/schema2c", "--out", folder / "out.c", "--prefix", "vn_schema_", "--include",
                 "agent/loyalty/rules/schema.h"]
    for name, document in (("a-b", schema), ("common", common)):
        if document is not None:
            path = folder / f"{name}.schema.json"
            document = {"$id": f"https://verno.example/schema/{path.name}", **document}
            path.write_text(json.dumps(document), encoding="utf-8")
            arguments += ["--common", path] if name == "common" else [path]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def nested(schema):
    return {"type": "object", "properties": {"x": schema}}


def tagged(*choices):
    return nested({"oneOf": [{"type": "object", "required": r, "properties": p} for r, p in choices]})


FAULTS = {
    "['format'] can't be compiled": nested({"type": "string", "format": "date"}),
    "['uniqueItems'] can't be compiled": nested({"type": "array", "items": TEXT, "uniqueItems": True}),
    "type number can't be compiled": nested({"type": "number"}),
    "type ['string', 'integer'] can't be compiled": nested({"type": ["string", "integer"]}),
    "an enum is of texts": nested({"type": "string", "enum": ["a", 5]}),
    "a boolean's const": nested({"type": "boolean", "const": False}),
    "is no 64-bit integer": nested({"type": "integer", "maximum": 1.5}),
    "beside a $ref": nested({"$ref": "#/$defs/t", "maxLength": 5}) | {"$defs": {"t": TEXT}},
    "which is not there": nested({"$ref": "#/$defs/t"}),
    "which is not given": nested({"$ref": "other.schema.json#/$defs/t"}),
    "refers to itself": nested({"$ref": "#/$defs/t"}) | {"$defs": {"t": nested({"$ref": "#/$defs/t"})}},
    "required but not among": {"type": "object", "required": ["y"], "properties": {"x": TEXT}},
    "can't be told apart": nested({"oneOf": [TEXT, {"type": "integer"}]}),
    "no key that tells them apart": tagged((["k"], {"k": {"const": "a"}}), (["k"], {"k": {"const": "a"}})),
    "have no key": tagged((["k"], {"k": {"const": "a"}}), ([], {"k": {"const": "b"}})),
    "for required keys alone": {"type": "object", "properties": {"x": TEXT}, "not": {"type": "object"}},
    "any required key: oneOf": {"type": ["object", "null"], "properties": {"x": TEXT}, "oneOf": [{"required": ["x"]}]},
    "any required key: not": {"type": ["object", "null"], "properties": {"x": TEXT}, "not": {"required": ["x"]}},
    "has ^ and $": nested({"type": "string", "pattern": "[a-z]+"}),
    "can't be compiled from '(": nested({"type": "string", "pattern": "^(a|b)$"}),
    "not of ASCII": nested({"type": "string", "pattern": "^[a-\u017d]+$"}),
    "can't be counted": nested({"type": "string", "pattern": "^[^a]{3}$"}),
    "where one piece": nested({"type": "string", "pattern": "^[a-z]+[x-z]$"}),
    "its $id must end": {"$id": "https://verno.example/schema/other.schema.json"},
}


def test_what_cannot_be_compiled_ends_the_build(folder):
    for expected, schema in FAULTS.items():
        done = compile_schema(folder, schema)
        assert done.returncode == 1 and expected in done.stderr, f"{expected}: {done.returncode} {done.stderr}"
        assert not (folder / "out.c").exists(), f"{expected}: wrote a table"


def test_a_file_that_is_not_json_is_named(folder):
    (folder / "a.schema.json").write_text("{", encoding="utf-8")
    done = subprocess.run([ROOT / "toolchain/schema2c", "--out", folder / "out.c", "--prefix", "x", "--include", "y",
                           folder / "a.schema.json"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "a.schema.json" in done.stderr, done.stderr


def test_what_is_compiled_is_c_without_warnings(folder):
    common = {"$defs": {"t": {"type": ["string", "null"], "minLength": 1, "pattern": "^[^\\u0000-\\u001f]*$"}}}
    schema = {"type": "object", "title": "A \"title\" ??/", "required": ["t", "é"], "additionalProperties": False,
              "oneOf": [{"required": ["t"]}, {"required": ["n"]}], "properties": {
                  "t": {"$ref": "common.schema.json#/$defs/t"}, "é": {"$ref": "common.schema.json#/$defs/t"},
                  "n": {"type": "integer", "minimum": -2**63}, "any": {},
                  "d": {"type": "string", "title": "a day ??/ \"x\"", "pattern": "^[0-9]{4}-[A-F0-9]{1,2}$"}}}
    done = compile_schema(folder, schema, common)
    assert done.returncode == 0, done.stderr
    text = (folder / "out.c").read_text(encoding="utf-8")
    assert text.count(".nullable = true") == 1, "a schema that is referred to twice is made once"
    assert "const struct vn_schema vn_schema_a_b = " in text
    subprocess.run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Wconversion", "-Wtrigraphs", "-Werror", f"-I{ROOT}", "-c",
                    "-o", folder / "out.o", folder / "out.c"], check=True)


for test in (test_what_cannot_be_compiled_ends_the_build, test_a_file_that_is_not_json_is_named,
             test_what_is_compiled_is_c_without_warnings):
    with tempfile.TemporaryDirectory() as name:
        test(pathlib.Path(name))
    print(f"ok {test.__name__}")
