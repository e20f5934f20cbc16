#!/usr/bin/env python3
"""Holds toolchain/po2c: plural rules in C, the table's content, and each fault of a translation ends the build."""
import pathlib
import runpy
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
NUMBERS = [0, 1, 2, 5, 11, 12, 21, 22, 25, 101, 111]
SLAVIC = ("nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);")
POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
ENGLISH = "nplurals=2; plural=(n != 1);"
LOCALES = {  # rule, the plain text, the plural forms, the form of each of NUMBERS
    "en": (ENGLISH, "Card unknown. Go on?", ["{points} point", "{points} points"], "10111111111"),
    "sr": (SLAVIC, "Непозната картица?", ["{points} поен", "{points} поена", "{points} поена"], "20122201202"),
    "sr@latin": (SLAVIC, "Nepoznata kartica?", ["{points} poen", "{points} poena", "{points} poena"], "20122201202"),
    "pl": (POLISH, "Nieznana karta?", ["{points} punkt", "{points} punkty", "{points} punktów"], "20122221222"),
    "ru": (SLAVIC, "Карта неизвестна?", ["{points} балл", "{points} балла", "{points} баллов"], "20122201202"),
}
MAIN = """#include "texts_table.h"
#include <stdio.h>
int main(void) {
    static const uint64_t numbers[] = {%s};
    for (size_t i = 0; i < vn_locale_count; i++) {
        const struct vn_locale *l = &vn_locales[i];
        printf("%%s %%u ", l->name, l->plural_forms);
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            printf("%%u", l->plural(numbers[k]));
        printf(" %%s %%d", l->texts[VN_TEXT_UNKNOWN_CARD].forms[0], l->texts[VN_TEXT_UNKNOWN_CARD].forms[1] == NULL);
        for (unsigned f = 0; f < l->plural_forms; f++)
            printf("|%%s", l->texts[VN_TEXT_BALANCE].forms[f]);
        printf("\\n");
    }
    return VN_TEXT_COUNT != 2;
}
"""


def po(rule, plain, forms, extra=""):
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {rule}\\n"\n\n'
    body = f'msgctxt "unknown_card"\nmsgid "Card unknown. Go on?"\nmsgstr "{plain}"\n\n'
    body += '#. max: 20\nmsgctxt "balance"\nmsgid "{points} point"\nmsgid_plural "{points} points"\n'
    return head + body + "".join(f'msgstr[{i}] "{form}"\n' for i, form in enumerate(forms)) + extra


def compile_texts(folder, files):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    names = [str(folder / n) for n in sorted(files, key=lambda n: not n.endswith(".pot"))]
    return subprocess.run([ROOT / "toolchain/po2c", "--out", folder / "out", *names], capture_output=True, text=True,
                          check=False)


def test_tables_hold_texts_and_plural_rules(folder):
    files = {"verno.pot": po(ENGLISH, "", ["", ""])}
    files |= {f"{name}.po": po(rule, plain, forms) for name, (rule, plain, forms, _) in LOCALES.items()}
    done = compile_texts(folder, files)
    assert done.returncode == 0, done.stderr
    (folder / "main.c").write_text(MAIN % ",".join(map(str, NUMBERS)), encoding="utf-8")
    subprocess.run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror",
                    f"-I{folder}/out", "-o", folder / "main", folder / "main.c", folder / "out/texts_table.c"], check=True)
    seen = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = [f"{name} {len(forms)} {picks} {plain} 1|{'|'.join(forms)}"
              for name, (_, plain, forms, picks) in LOCALES.items()]
    assert sorted(seen) == sorted(wanted), "\n".join(seen)


def test_faults_end_the_build(folder):
    good = LOCALES["pl"][:3]
    extra = '\nmsgctxt "stale"\nmsgid "Stale"\nmsgstr "Stary"\n'
    faults = {
        "fuzzy": po(*good).replace('msgctxt "unknown', '#, fuzzy\nmsgctxt "unknown'),
        "not translated": po(POLISH, "", good[2]),
        "is missing": po(*good).replace("unknown_card", "other_card"),
        "not in the template": po(*good, extra=extra),
        "the template has": po(POLISH, good[1], ["{punkty} punkt", *good[2][1:]]),
        "no placeholder": po(POLISH, "Nieznana {karta", good[2]),
        "61 characters, 60 fit": po(POLISH, "ż" * 61, good[2]),
        "21 characters, 20 fit": po(POLISH, good[1], ["{points} " + "p" * 12, *good[2][1:]]),
        "plural expression": po("nplurals=1; plural=n+x;", good[1], good[2][:1]),
        "divisor": po("nplurals=1; plural=0*(n%(n+1));", good[1], good[2][:1]),
        "but nplurals is 3": po("nplurals=3; plural=n!=1;", *good[1:]),
        "plural forms": po(POLISH, good[1], good[2][:2]),
        "UTF-8": po(*good).replace("UTF-8", "ISO-8859-2").encode("ascii", "ignore").decode(),
        "end-of-line": po(*good).replace('"Nieznana karta?"', '"Nieznana karta?'),
    }
    pot = po(ENGLISH, "", ["", ""])
    for expected, text in faults.items():
        done = compile_texts(folder, {"verno.pot": pot, "pl.po": text})
        assert done.returncode == 1 and expected in done.stderr, f"{expected}: {done.returncode} {done.stderr}"
        assert not (folder / "out").exists(), f"{expected}: wrote a table"


def test_plural_rules_take_arithmetic_alone(_folder):
    po2c = runpy.run_path(str(ROOT / "toolchain/po2c"))
    for rule in ("n+x", "system(1)", "n%0", "n/n", "n n", "(n", "", "n=1", "n;1", "n ? 1"):
        try:
            po2c["Plural"](rule)
        except po2c["PoError"]:
            continue
        raise AssertionError(f"took '{rule}'")


for test in (test_tables_hold_texts_and_plural_rules, test_faults_end_the_build,
             test_plural_rules_take_arithmetic_alone):
    with tempfile.TemporaryDirectory() as name:
        test(pathlib.Path(name))
    print(f"ok {test.__name__}")
