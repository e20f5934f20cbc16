#!/usr/bin/env python3
"""Holds a part of toolchain/lib/practice_shop.py: a library that is to be preloaded and is not built is said in one line."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
SCRIPT = "import sys; sys.path.insert(0, sys.argv[1]); from practice_shop import preload; print(preload(sys.argv[2])['LD_PRELOAD'])"


def asked_for(library):
    return subprocess.run([sys.executable, "-c", SCRIPT, ROOT / "toolchain" / "lib", library], capture_output=True, text=True,
                          timeout=60, check=False)


def main():
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "lib" / "libverno-trouble-shim.so"
        done = asked_for(library)
        assert done.returncode == 1 and done.stdout == "", done
        assert done.stderr == f"{library} is missing: build it with ninja -C {folder} verno-trouble-shim\n", done
        library.parent.mkdir()
        library.touch()
        done = asked_for(library)
        assert (done.returncode, done.stdout) == (0, library.name + "\n"), done


main()
