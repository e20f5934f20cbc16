"""What all verbs of `verno` have in common: test_options.py SOURCE BIN. The words behind a verb are read in one way, and what
is wrong with them gets one sentence that names the word, and exit status 2."""
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading

VERNO = pathlib.Path(sys.argv[2]) / "verno"
WIDTH = 80
OPTION = re.compile(r"^  --([a-z][a-z-]*)( [A-Z])?")
# the smallest command lines that are right as far as words go, and read nothing before they are looked at
ENOUGH = {"enrol": ["--dir", "/none", "--hub", "h:1", "--ca", "/none"], "status": ["--dir", "/none"], "journal": ["--dir", "/none"],
          "check-rules": ["/none"], "quote": ["--ruleset", "/none", "--basket", "/none"], "explain": ["/none", "--ruleset", "/none"],
          "template": ["show", "no-such"],
          "practice-pos": ["--socket", "/none", "--scanner", "/none", "--catalogue", "/none", "--codes", "/none"]}


def verno(*words):
    return subprocess.run([VERNO, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30)


def refused(verb, *words):
    done = verno(verb, *words)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, (verb, words, done)
    assert done.stderr.startswith(f"verno {verb}: ") and done.stderr.endswith(f"; verno {verb} --help tells more\n"), done
    return done.stderr


def help_of(verb):
    done = verno(verb, "--help")
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout


def options_of(verb):
    """By name: whether it takes a value."""
    return {m[1]: m[2] is not None for m in map(OPTION.match, help_of(verb).splitlines()) if m}


def test_the_verbs_here_are_those_of_help():
    whole = verno("--help").stdout
    assert set(ENOUGH) == {m[1] for m in map(re.compile(r"  ([a-z][a-z-]*) {2,}").match, whole.splitlines()) if m}


def test_help_fits_a_terminal_and_ends_with_the_exit_status():
    for text in (verno("--help").stdout, *map(help_of, ENOUGH)):
        assert text.startswith("Usage: verno ") and "\nExit status: 0 " in text and text.endswith(".\n"), text
        assert max(map(len, text.splitlines())) <= WIDTH, [line for line in text.splitlines() if len(line) > WIDTH]
    hub = subprocess.run([VERNO.parent / "verno-hub", "--help"], capture_output=True, text=True, check=True, timeout=30).stdout
    assert max(map(len, hub.splitlines())) <= WIDTH, hub
    for verb, words in ENOUGH.items():
        assert help_of(verb).startswith(f"Usage: verno {verb} "), verb
        assert verno(verb, *words, "--help").stdout == help_of(verb), verb


def test_words_that_are_right_fail_for_what_they_name():
    for verb, words in ENOUGH.items():
        done = verno(verb, *words)
        assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, (verb, done)
        assert done.stderr.startswith(f"verno {verb}: "), done


def test_an_option_that_is_not_there_is_named():
    for verb, words in ENOUGH.items():
        assert "no option '--no-such'" in refused(verb, *words, "--no-such")
        assert "no option '--no-such=5'" in refused(verb, *words, "--no-such=5")
        assert "no option '-h'" in refused(verb, *words, "-h")
        assert "no option '-x'" in refused(verb, "-xyz", *words)
        assert "no option is one letter;" in refused(verb, "-жxy", *words)
        assert "what is '--help'" in refused(verb, *words, "--", "--help")


def test_a_value_is_there_exactly_where_one_is_wanted():
    for verb, words in ENOUGH.items():
        for name, takes in options_of(verb).items():
            if takes:
                assert f"missing after '--{name}'" in refused(verb, "--" + name)
                assert f"missing after '--{name}'" in refused(verb, f"--{name}=", *words)
            else:
                assert f"no value goes with '--{name}=x'" in refused(verb, *words, f"--{name}=x")


def test_an_option_is_given_once():
    for verb in ENOUGH:
        for name, takes in options_of(verb).items():
            if name not in ("set", "help"):
                value = ["a"] if takes else []
                assert f"given twice: '--{name}'" in refused(verb, f"--{name}", *value, f"--{name}", *value)


def test_a_beginning_is_enough_if_it_is_of_one():
    assert "no agent answers at /none/pos.sock" in verno("status", "--di=/none").stderr
    assert "begins with '--b'" in refused("quote", "--b", "x")
    assert "begins with '--ca=x'" in refused("practice-pos", "--ca=x")


def test_options_and_words_come_in_any_order():
    sentence = verno("explain", "/none", "--ruleset", "/nowhere").stderr
    assert "/nowhere: there is no such file" in sentence
    assert verno("explain", "--ruleset=/nowhere", "--", "/none").stderr == sentence
    assert verno("check-rules", "--", "--help").stderr == "verno check-rules: --help: there is no such file\n"
    assert "what is 'extra'" in refused("check-rules", "/none", "extra")
    assert "missing" in refused("check-rules")


STATUS = {"version": "0.1.0", "store": "s1", "till": "t1", "enrolment": "11" * 16, "state": "live", "online": True, "reason": "",
          "offline_since_ms": 0, "journal": {"seq": 5, "acked": 5, "durable": 5, "quarantined": 0, "version": 2, "hub_reads": 0},
          "ruleset": 1, "promotions": 1, "members": 1, "items": 1, "coupons": 0, "devices": []}


def status_of_an_agent_that_says(**journal):
    """What verno status makes of one answer."""
    body = json.dumps({**STATUS, "journal": {**STATUS["journal"], **journal}}).encode()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/pos.sock")
        listener.listen()

        def answer():
            with listener.accept()[0] as peer:
                while b"\r\n\r\n" not in peer.recv(4096):
                    pass
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        done = verno("status", "--dir", folder)
        thread.join(10)
    assert done.returncode == 0, done
    return done.stdout


def test_status_says_that_the_hub_has_to_be_upgraded():
    sentence = "The hub reads entries up to version 1, and this till writes version 2: upgrade the hub\n"
    assert sentence in status_of_an_agent_that_says(hub_reads=1)
    for reads in 0, 2, 3:  # not heard yet, as new, newer
        assert "upgrade" not in status_of_an_agent_that_says(hub_reads=reads)


def test_languages_are_the_same_for_all():
    for verb, words in {"quote": [*ENOUGH["quote"], "--explain"], "explain": ENOUGH["explain"], "template": ["list"]}.items():
        for wrong in ("de", "enx", "EN", "russian", "@latin"):
            assert f"--locale wants en, sr, sr@latin, pl or ru, not '{wrong}'" in refused(verb, *words, "--locale", wrong)
        for right in ("en_GB.UTF-8", "sr_RS@latin", "pl-PL", "ru"):
            assert "--locale wants" not in verno(verb, *words, "--locale", right).stderr
    lists = [verno("template", "list", "--locale", name).stdout
             for names in (("sr", "sr_RS.UTF-8", "sr-Cyrl", "sr_Cyrl_RS"), ("sr@latin", "sr_RS@latin", "sr-Latn", "sr_Latn_RS"),
                           ("pl", "pl_PL.UTF-8"), ("ru", "ru-RU")) for name in names]
    assert len(set(lists)) == 4 and lists[:4] == lists[:1] * 4 and lists[4:8] == lists[4:5] * 4, lists


if __name__ == "__main__":
    for test_name, test in list(globals().items()):
        if test_name.startswith("test_"):
            test()
            print("ok", test_name)
