"""Counts one ctest run: junit.py FILE.xml prints `passed failed`, and the output of what failed on stderr.

Passed is what ran and came back good. All else (failed, timed out, not run, skipped, disabled, no file) is failed.
"""
import sys
import xml.etree.ElementTree as ET

SHOWN_LINES = 60


def main(path):
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (OSError, ET.ParseError) as error:
        print(f"    no result of ctest: {error}", file=sys.stderr)
        cases = []
    bad = [c for c in cases if c.get("status") != "run" or c.find("failure") is not None
           or c.find("skipped") is not None]
    for case in bad:
        why = next((e.get("message", "") for e in case if e.tag in ("failure", "skipped")), "")
        print(f"    --- {case.get('name')}: {case.get('status')} {why}", file=sys.stderr)
        for line in (case.findtext("system-out") or "").splitlines()[-SHOWN_LINES:]:
            print(f"    {line}", file=sys.stderr)
    passed = len(cases) - len(bad)
    print(passed, len(bad) if cases else 1)


main(sys.argv[1])
