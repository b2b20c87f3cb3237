#!/usr/bin/env bash
# Every libFuzzer program for SLUICE_FUZZ_S seconds (ten minutes), in SLUICE_FUZZ_BUILD, or a
# build of its own, by clang with sanitizers.  It starts from the inputs in the source tree; what it finds
# stays in the build folder: a new input in corpus/, a failing one in findings/.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
seconds=${SLUICE_FUZZ_S:-600}
build=${SLUICE_FUZZ_BUILD:-$SLUICE_BUILD/fuzzing}

command -v clang >/dev/null || { echo "clang is not there"; exit 77; }
mkdir -p "$build"
cd "$build"
[ -e config.status ] || "$SLUICE_SOURCE/configure" --quiet CC=clang CFLAGS='-O1 -g' \
    --enable-fuzzing --enable-sanitizers
make --no-print-directory -s -j"$(nproc)" all
fuzzers=$(make --no-print-directory -s list-fuzzers)
[ -n "$fuzzers" ] || { echo "no local.mk names a fuzzer"; exit 1; }

passed=0 failed=0
for fuzzer in $fuzzers; do
    name=$(basename "$fuzzer" _fuzz)
    echo "==== $fuzzer, $seconds s"
    mkdir -p "corpus/$name" "findings/$name"
    seeds=$SLUICE_SOURCE/tests/fuzz/corpus/$name
    [ -d "$seeds" ] || seeds=
    # New inputs go to the first folder, the source tree is only read.
    "./$fuzzer" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="findings/$name/" "corpus/$name" ${seeds:+"$seeds"} \
        && passed=$((passed + 1)) || failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
