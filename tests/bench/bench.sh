#!/bin/sh
# What `make bench` runs: the daemon in the lab against a practice SMSC, saturated over
# SMPP, first with the disk as it is, then with every fsync made slower by 1 ms.  Prints
# what was measured, keeps the numbers as JSON in BUILD/bench, and ends with 0 only if
# every message got exactly one receipt and the ledger verifies.
#
# usage: bench.sh [BUILD]        the folder the programs were built in (.)
#
# SLUICE_BENCH_MESSAGES, SLUICE_BENCH_BINDS and SLUICE_BENCH_WINDOW change the load.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-.}" && pwd)
messages=${SLUICE_BENCH_MESSAGES:-200000}
binds=${SLUICE_BENCH_BINDS:-4}
window=${SLUICE_BENCH_WINDOW:-256}
warm_up=5000

results=$build/bench
mkdir -p "$results"
work=$(mktemp -d "$results/run.XXXXXX")
daemon=
sim=

clean_up() {
    for pid in $daemon $sim; do
        kill "$pid" 2>/dev/null || continue
        wait "$pid" || :
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

fail() {
    echo "bench: $1" >&2
    for log in "$work"/*.log; do
        [ ! -s "$log" ] || { echo "--- end of ${log##*/}"; tail -n 20 "$log"; } >&2
    done
    exit 1
}

command -v curl >/dev/null || fail "the command curl is missing (Debian package curl)"

# get PATH: the answer's body; fails unless it is 200
get() {
    curl -fsS --max-time 60 -H 'Authorization: Bearer lab-token' "http://127.0.0.1:8775$1"
}

# wait_for SECONDS WHAT PID COMMAND...
wait_for() {
    tries=$(($1 * 20)) what=$2 pid=$3
    shift 3
    until "$@" >/dev/null 2>&1; do
        kill -0 "$pid" 2>/dev/null || fail "$what has ended"
        [ $((tries -= 1)) -gt 0 ] || fail "$what did not get ready"
        sleep 0.05
    done
}

# number FILE NAME: the first number of that name in a JSON file
number() {
    sed -n "s/.*\"$2\": \\([0-9.e+-]*\\),*\$/\\1/p" "$1" | head -n 1
}

load() {
    "$build/sluice-bench" --account sms --password secret08 --port 2775 \
        --expect-stat DELIVRD "$@"
}

# measure NAME WINDOW FSYNC_DELAY_US
measure() {
    name=$1 json=$results/$1.json fsyncs=$work/$1.fsyncs
    echo
    echo "== $name: $messages messages, $binds binds, window $2, fsync + $3 us"
    LD_PRELOAD=$build/tests/bench/slow_fsync.so SLUICE_FSYNC_DELAY_US=$3 \
        SLUICE_FSYNC_COUNT=$fsyncs \
        "$build/sluiced" -c "$source/conf/lab.conf" --state-dir "$work/$name" \
        >"$work/$name.log" 2>&1 &
    daemon=$!
    wait_for 20 sluiced "$daemon" get /readyz
    load --quiet --binds "$binds" --window "$2" --messages "$warm_up" ||
        fail "the warm-up was not exact"
    load --binds "$binds" --window "$2" --messages "$messages" --wait 60 --pid "$daemon" \
        --metrics http://127.0.0.1:8775/metrics --metrics-token lab-token \
        --json "$json" || fail "the run was not exact"
    get /v1/ledger/verify >"$work/$name.verify" || fail "the ledger was not verified"
    grep -Eq '"ok": *true' "$work/$name.verify" ||
        fail "the ledger does not verify: $(cat "$work/$name.verify")"
    kill -TERM "$daemon"
    wait "$daemon" || fail "sluiced ended with status $?"
    daemon=
    awk -v messages="$((messages + warm_up))" '
        { count += $2 }
        END { printf "fsyncs                  %d, %.4f per submit, warm-up included\n",
                     count, count / messages }' "$fsyncs"
    echo "ledger                  verifies"
    rm -rf "${work:?}/$name"
}

for program in sluiced sluice-sim sluice-bench tests/bench/slow_fsync.so; do
    [ -e "$build/$program" ] || fail "$build/$program is not there; run make first"
done

echo "processors: $(nproc), file system of the store: $(stat -f -c %T "$work")"
"$build/sluice-sim" --smsc 'port=2785,system_id=sluice,password=sluice' \
    >"$work/sim.ready" 2>"$work/sim.log" &
sim=$!
wait_for 10 sluice-sim "$sim" grep -q ready "$work/sim.ready"

measure saturated "$window" 0
measure slow-disk 64 1000

echo
for name in saturated slow-disk; do
    json=$results/$name.json
    printf '%-10s %.0f messages/s, %.1f us of processor per message, response p50 %.1f ms, p99 %.1f ms\n' \
        "$name" "$(number "$json" completed_per_s)" \
        "$(number "$json" cpu_us_per_submit)" \
        "$(awk "BEGIN { print $(number "$json" p50_us) / 1000 }")" \
        "$(awk "BEGIN { print $(number "$json" p99_us) / 1000 }")"
done
echo "numbers: $results/saturated.json, $results/slow-disk.json"
