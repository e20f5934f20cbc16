"""The manual pages against the programs: test_man.py SOURCE BIN.

Each page renders without a warning, names the verbs and long options that --help names, and no other; `cmake --install`
puts programs and pages where a system looks for them.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1])
BIN = pathlib.Path(sys.argv[2])
MAN = SOURCE / "docs" / "man"
PAGES = {"verno": "1", "verno-agent": "8", "verno-hub": "8", "verno-screen": "1", "verno-screen-text": "1"}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


def page_of(program):
    return MAN / f"{program}.{PAGES[program]}"


def help_of(program, *words):
    done = subprocess.run([BIN / program, *words, "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == "", (program, words, done.stderr)
    return done.stdout


def shown(program):
    done = subprocess.run(["mandoc", "-Tascii", "-Owidth=200", page_of(program)], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", done.stdout)


def verbs_in_help(program):
    """verno: a verb begins its line; verno-hub: one or two words before the first option or argument."""
    lines = help_of(program).splitlines()
    if program == "verno":
        return {m[1] for m in (re.match(r"  ([a-z][a-z-]*) {2,}", line) for line in lines) if m}
    found = set()
    for line in lines:
        match = re.match(r"  ([a-z]+(?: [a-z][a-z-]*)?)(?= |$)", line)
        if match and not line.startswith("   "):
            found.add(match[1])
    return found


def verbs_in_page(program):
    lines = re.findall(r"^\.It Ic (.*)$", page_of(program).read_text(encoding="utf-8"), re.MULTILINE)
    return {line.split(" Ar ")[0].strip() for line in lines}


def options_in_help(program):
    text = help_of(program)
    for verb in verbs_in_help(program) if program == "verno" else ():
        text += help_of(program, verb)
    return set(OPTION.findall(text))


def test_pages_render_without_a_warning():
    pages = sorted(MAN.iterdir())
    assert {p.name for p in pages} == {page_of(p).name for p in PAGES}, pages
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout + done.stderr == "", done.stdout + done.stderr


def test_pages_have_the_sections_that_teach():
    for program in PAGES:
        heads = re.findall(r"^([A-Z][A-Z ]+)$", shown(program), re.MULTILINE)
        assert [h for h in heads if h in SECTIONS] == SECTIONS, (program, heads)


def test_the_table_of_the_hubs_page_has_all_verbs():
    page = (SOURCE / "docs" / "hub.md").read_text(encoding="utf-8")
    table = set(re.findall(r"`([a-z -]+)`", page.partition("## All verbs")[2].partition("\n## ")[0]))
    assert table == verbs_in_help("verno-hub"), table ^ verbs_in_help("verno-hub")


def test_options_are_those_of_help():
    for program in PAGES:
        own = "\n".join(line for line in shown(program).splitlines() if "curl " not in line)
        told, page = options_in_help(program), set(OPTION.findall(own))
        assert told and told | {"--help"} == page | {"--help"}, (program, "only help", told - page, "only page", page - told)


def test_verbs_are_those_of_help():
    for program in ("verno", "verno-hub"):
        told, page = verbs_in_help(program), verbs_in_page(program)
        assert len(told) > 3 and told == page, (program, "only help", told - page, "only page", page - told)


def classes_in(text):
    return re.split(", | or ", re.search(r"CLASS(?: is|:) ([a-z, -]+ or [a-z]+)", " ".join(text.split()))[1])


def test_classes_of_quarantine_are_those_of_help_and_of_the_program():
    told = classes_in(help_of("verno-hub"))
    done = subprocess.run([BIN / "verno-hub", "quarantine", "list", "--dir", "/nonexistent", "--class", "x"], capture_output=True,
                          text=True, check=False, timeout=30)
    said = re.search(r"a class is ([a-z, -]+ or [a-z]+)", done.stderr)
    assert said and done.returncode == 2, done
    table = (SOURCE / "docs" / "hub.md").read_text(encoding="utf-8")
    assert len(told) > 5 and told == classes_in(shown("verno-hub")) == re.split(", | or ", said[1]), told
    assert all(f"| `{name}` |" in table for name in told), told


def test_verbs_of_the_hub_are_named_as_they_are_typed():
    """Pages and help send people to `verno-hub VERB`."""
    verbs = verbs_in_help("verno-hub")
    texts = {page.name: page.read_text(encoding="utf-8") for page in [*MAN.iterdir(), *(SOURCE / "docs").glob("*.md")]}
    texts |= {verb: help_of("verno", verb) for verb in verbs_in_help("verno")}
    named = {(name, found) for name, text in texts.items() for found in re.findall(r"verno-hub +([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)", text)}
    wrong = {(name, found) for name, found in named if found not in verbs and found.split()[0] not in verbs}
    assert len(named) > 10 and not wrong, wrong


def test_each_name_of_agent_conf_is_documented():
    table = help_of("verno-agent").split("Options in the file")[1]
    told = set(re.findall(r"^  ([a-z_]+[0-9]?) {2,}", table, re.MULTILINE))
    lines = re.findall(r"^\.It Cm (.*)$", page_of("verno-agent").read_text(encoding="utf-8"), re.MULTILINE)
    page = {name for line in lines for name in line.split(" , ")}
    assert len(told) > 5 and told == page, (told - page, page - told)


def test_verbs_that_do_not_exist_get_one_sentence():
    for program in PAGES:
        done = subprocess.run([BIN / program, "no-such-thing"], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=30)
        assert done.returncode == 2 and done.stdout == "" and done.stderr != "", (program, done)


def test_the_smallest_window_of_help_is_the_smallest_accepted():
    width, height = map(int, re.search(r"--size WxH .*?(\d+)x(\d+) to", help_of("verno-screen")).groups())
    for size in f"{width - 1}x{height}", f"{width}x{height - 1}":
        done = subprocess.run([BIN / "verno-screen", "--socket", "/nonexistent", "--size", size], capture_output=True, text=True,
                              check=False, timeout=30)
        assert done.returncode == 2 and size in done.stderr, done


def test_installs_programs_and_pages():
    with tempfile.TemporaryDirectory() as root:
        done = subprocess.run(["cmake", "--install", BIN.parent, "--prefix", "/usr"], env={**os.environ, "DESTDIR": root},
                              capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        found = {str(p.relative_to(root)): p for p in pathlib.Path(root).rglob("*") if p.is_file()}
        expected = {f"usr/share/man/man{section}/{program}.{section}" for program, section in PAGES.items()}
        expected |= {f"usr/{'bin' if section == '1' else 'sbin'}/{program}" for program, section in PAGES.items()}
        assert set(found) == expected, set(found) ^ expected
        for program, section in PAGES.items():
            installed = found[f"usr/{'bin' if section == '1' else 'sbin'}/{program}"]
            assert subprocess.run([installed, "--version"], capture_output=True, check=False).returncode == 0, installed


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name)
