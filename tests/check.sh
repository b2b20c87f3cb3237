#!/usr/bin/env bash
# Every test there is time for on each change: `./autogen.sh check` ends here.
#
# Three builds, apart from the user's own ./build: an optimised one by gcc that runs
# everything, one by clang with sanitizers that runs the units, the conformance rows and
# one longer test of each kind, and one by clang with the thread sanitizer that runs the
# units and scenarios in which threads meet.  What failed stands once more at the end, then
# how long each part took; the last line sums up the tests of all parts.  All together may
# take half an hour; what is not done by then has failed.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
optimised=$top/build-check
sanitized=$top/build-sanitize
threaded=$top/build-threads
# It takes half an hour; a machine that is another's for half of the time takes an hour.
all_s=4800
export SLUICE_NO_SKIP=1
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# name | longest time in minutes | shell command.  When a part called `compile` fails,
# what comes after it cannot run.
parts=(
    "compile, gcc        | 12 | compile $optimised CC=gcc --enable-werror"
    "distribution        | 2  | $top/tests/check_dist.sh $optimised"
    "units, gcc          | 10 | units $optimised"
    "scenarios           | 25 | run $optimised check-scenario"
    "interoperation      | 8  | run $optimised check-interop"
    "simulation          | 10 | run $optimised check-simulation"
    "table of faults     | 1  | faults $optimised"
    "demo                | 3  | demo $optimised"
    "compile, sanitizers | 16 | compile $sanitized CC=clang 'CFLAGS=-O1 -g' --enable-werror --enable-sanitizers --enable-fuzzing"
    "units, sanitizers   | 14 | units $sanitized"
    "one of each kind    | 12 | run $sanitized check-sanitized"
    "fuzzing, 10 s each  | 8  | fuzz $sanitized"
    "threads             | 16 | threads $threaded CC=clang 'CFLAGS=-O1 -g' --enable-werror --enable-thread-sanitizer"
)

# TARGET FOLDER ARGUMENT-OF-CONFIGURE...
make_in()
{
    local target=$1 folder=$2
    shift 2
    mkdir -p "$folder" && cd "$folder" || return 1
    [ -e config.status ] || "$top/configure" --quiet "$@" || return 1
    make --no-print-directory -j"$(nproc)" "$target"
}

compile()
{
    make_in all "$@"
}

# Compiles no more than it runs.
threads()
{
    make_in check-threads "$@"
}

units()
{
    local status
    make --no-print-directory -C "$1" -j"$(nproc)" check VERBOSE=1
    status=$?
    "$top/tests/count.sh" "$1" && return $status
}

run()
{
    make --no-print-directory -C "$1" "$2"
}

fuzz()
{
    SLUICE_SOURCE=$top SLUICE_BUILD=$1 SLUICE_FUZZ_BUILD=$1 SLUICE_FUZZ_S=10 \
        "$top/tests/fuzz.sh"
}

faults()
{
    SLUICE_SOURCE=$top SLUICE_BUILD=$1 "$top/tests/faults.sh"
}

demo()
{
    (cd "$top" && "$1/sluice" demo --conf conf/demo.conf </dev/null)
}

# The parts run in a shell of their own, which a time limit can end.
if [ "${1:-}" = --part ]; then
    eval "$2"
    exit
fi

seconds_of()
{
    printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
}

# what_failed PART STATUS OUTPUT: the tests that failed and the end of what each said, to
# stand once more where a reader who has only the end of a log finds it.
what_failed()
{
    local said
    said=$(awk '
        /^failed   / { shown = 1 }
        shown || /^FAIL: |\[  FAILED  \]|\[  ERROR   \]|\[   LINE   \]/
        /^    all of it: / { shown = 0 }' "$3" | tail -n 60)
    printf '%s, status %d:\n%s\n' "$1" "$2" "${said:-$(tail -n 20 "$3")}"
}

passed=0 failed=0 summary= failures=
output=$(mktemp)
trap 'rm -f "$output"' EXIT

for row in "${parts[@]}"; do
    IFS='|' read -r name minutes command <<<"$row"
    read -r name <<<"$name"
    printf '\n==== %s\n' "$name"
    begin=$SECONDS
    limit_s=$((minutes * 60))
    [ $limit_s -le $((all_s - SECONDS)) ] || limit_s=$((all_s - SECONDS))
    [ $limit_s -gt 0 ] || limit_s=1
    timeout -k 10 $limit_s "$0" --part "$command" </dev/null 2>&1 | tee "$output"
    status=${PIPESTATUS[0]}

    # A part that counts nothing is one test itself.
    read -r part_passed part_failed < <(
        sed -n 's/^\(.*: \)\?\([0-9]*\) passed, \([0-9]*\) failed\(, [0-9]* skipped\)\?$/\2 \3/p' \
            "$output" | tail -n 1) || { part_passed=1 part_failed=0; }
    if [ "$status" -ne 0 ] && [ "$part_failed" -eq 0 ]; then
        part_failed=1
        [ "$part_passed" -ne 1 ] || part_passed=0
    fi
    [ "$status" -ne 124 ] || printf '%s: ended after %d s\n' "$name" $limit_s
    passed=$((passed + part_passed)) failed=$((failed + part_failed))
    summary+=$(printf '%-22s %6d passed %4d failed   %s' "$name" "$part_passed" "$part_failed" \
        "$(seconds_of $((SECONDS - begin)))")$'\n'
    [ "$part_failed" -eq 0 ] || failures+=$(what_failed "$name" "$status" "$output")$'\n'
    case $name:$part_failed in
    compile*:[1-9]*)
        summary+="the rest was not run"$'\n'
        break
        ;;
    esac
done

[ -z "$failures" ] || printf '\n==== what failed\n%s' "$failures"
printf '\n%s%-41s   %s\n' "$summary" 'all' "$(seconds_of $SECONDS)"
printf '%d passed, %d failed\n' $passed $failed
[ $failed -eq 0 ]
