# Sourced by toolchain/check and toolchain/determinism (bash): what they start ends with them, and they are alone in a folder.

job=

# run COMMAND...: in the background, because bash looks at signals only between commands, and in a process group of its own,
# so that a signal ends all of it; keeps its exit code. What it leaves running must hold neither the lock nor our stdout.
run() {
    local code=0
    set -m
    "$@" </dev/null 3>&- 9>&- &
    job=$!
    set +m
    wait "$job" || code=$?
    job=
    return "$code"
}

# stop_job: ends what runs. Whoever can clean up has some seconds to do it, as after Ctrl-C.
stop_job() {
    local signal
    for signal in INT TERM KILL; do
        if [ -z "$job" ] || ! kill -s "$signal" -- "-$job" 2>/dev/null; then return 0; fi
        for _ in {1..60}; do
            if ! kill -0 -- "-$job" 2>/dev/null; then return 0; fi
            sleep 0.1
        done
    done
}

# alone NAME: fails when another NAME is at work in build/NAME. The lock is descriptor 9 of whoever calls this.
alone() {
    exec 9>"build/$1/lock"
    if ! flock -n 9; then
        echo "$1: another toolchain/$1 is at work in $PWD" >&2
        return 1
    fi
}
