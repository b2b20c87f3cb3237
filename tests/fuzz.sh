#!/usr/bin/env bash
# Every libFuzzer program for SLUICE_FUZZ_S seconds (720: two hours of all ten), one per
# processor at a time, in SLUICE_FUZZ_BUILD, or a build of its own, by clang with
# sanitizers.  It starts from the inputs in the source tree; what it finds stays in the
# build folder: a new input in corpus/, a failing one in findings/.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
seconds=${SLUICE_FUZZ_S:-720}
build=${SLUICE_FUZZ_BUILD:-$SLUICE_BUILD/fuzzing}

command -v clang >/dev/null || { echo "clang is not there"; exit 77; }
mkdir -p "$build"
cd "$build"
[ -e config.status ] || "$SLUICE_SOURCE/configure" --quiet CC=clang CFLAGS='-O1 -g' \
    --enable-fuzzing --enable-sanitizers
# What configures a folder anew says so, and is no fuzzer.
make --no-print-directory -s Makefile >&2
fuzzers=$(make --no-print-directory -s list-fuzzers)
[ -n "$fuzzers" ] || { echo "no local.mk names a fuzzer"; exit 1; }
# shellcheck disable=SC2086 # the names are words
make --no-print-directory -s -j"$(nproc)" $fuzzers
mkdir -p logs "$SLUICE_BUILD/tests/faults"
table=$SLUICE_BUILD/tests/faults/fuzz
rm -f "$table"

# fuzz FUZZER NAME: what it says goes to logs/, its end to standard output.
fuzz()
{
    local seeds=$SLUICE_SOURCE/tests/fuzz/corpus/$2 status=0 inputs
    mkdir -p "corpus/$2" "findings/$2"
    [ -d "$seeds" ] || seeds=
    # New inputs go to the first folder, the source tree is only read.
    "./$1" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="findings/$2/" "corpus/$2" ${seeds:+"$seeds"} \
        >"logs/$2.log" 2>&1 || status=$?
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "logs/$2.log")
    printf '==== %s, %s s: status %d, %s inputs\n' "$1" "$seconds" $status "$inputs"
    printf 'an input of %s\t%d\t%d\n' "$2" "${inputs:-0}" $((status != 0)) >>"$table"
    [ $status -eq 0 ] || tail -n 60 "logs/$2.log"
    return $status
}

printf '%d targets, %d s each, %d at a time\n' "$(wc -w <<<"$fuzzers")" "$seconds" "$(nproc)"
trap 'kill $(jobs -p) 2>/dev/null || :' EXIT
passed=0 failed=0 running=0
count_one()
{
    wait -n && passed=$((passed + 1)) || failed=$((failed + 1))
    running=$((running - 1))
}
for fuzzer in $fuzzers; do
    [ $running -lt "$(nproc)" ] || count_one
    fuzz "$fuzzer" "$(basename "$fuzzer" _fuzz)" &
    running=$((running + 1))
done
while [ $running -gt 0 ]; do
    count_one
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
