#!/usr/bin/env bash
# The runner tells good from bad, ends what a test leaves behind, and counts.
set -eu

: "${SLUICE_SOURCE:?}"
run=$SLUICE_SOURCE/tests/run.sh
count=$SLUICE_SOURCE/tests/count.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# program NAME SHELL-COMMANDS
program()
{
    printf '#!/bin/sh\n%s\n' "$2" >"$work/$1"
    chmod +x "$work/$1"
}

bad=0
# expect STATUS LINE RUNNER-ARGUMENTS: LINE is an extended regular expression.
expect()
{
    local status=0 output
    output=$(SLUICE_BUILD=$work SLUICE_SOURCE=$work SLUICE_NO_SKIP=${no_skip:-0} \
        SLUICE_TEST_TIMEOUT_S=${longest_s:-20} SLUICE_SAY_EVERY_S=${say_every_s:-0} \
        "$run" "${@:3}") || status=$?
    if [ $status -ne "$1" ] || ! grep -q -x -E -e "$2" <<<"$output"; then
        printf 'FAILED: expected status %s and the line %s; got status %s and\n%s\n' \
            "$1" "$2" $status "$output"
        bad=1
    fi
}

program good 'test -d "$SLUICE_BUILD" && test -d "$SLUICE_SOURCE"'
program bad 'echo what went wrong; exit 3'
program absent 'echo no such tool; exit 77'
program slow 'exec sleep 30'
program long 'echo begun; echo 3 of 5; sleep 1.6'
program litter "sleep 30 & echo \$! >$work/litter.pid"

expect 0 'kind: 2 passed, 0 failed' kind good good
expect 1 'kind: 1 passed, 1 failed' kind good bad
expect 1 '    \| what went wrong' kind bad
expect 0 'kind: 1 passed, 0 failed, 1 skipped' kind absent good
no_skip=1 expect 1 'kind: 0 passed, 1 failed' kind absent
expect 1 'kind: no local.mk names a test of this kind' kind
expect 1 'failed +missing .*\(no such program\)' kind missing
longest_s=1 expect 1 'failed +slow .*\(took longer than 1 s\)' kind slow
say_every_s=1 expect 0 ' +long, 1 s: 3 of 5' kind long
expect 1 'failed +litter .*\(left processes behind\)' kind litter
sleep 0.2
if [ -e "/proc/$(cat "$work/litter.pid")" ] &&
    ! grep -q '^State:.*zombie' "/proc/$(cat "$work/litter.pid")/status"; then
    echo "FAILED: what a test left behind lives on"
    bad=1
fi

# Logs as automake and cmocka leave them.
mkdir "$work/logs"
echo >"$work/logs/Makefile"
touch -d '1 minute ago' "$work/logs/Makefile"
# results NAME RESULT LOG
results()
{
    printf ':test-result: %s\n:global-test-result: %s\n' "$2" "$2" >"$work/logs/$1.trs"
    printf "$3" >"$work/logs/$1.log"
}
# counted LINE
counted()
{
    output=$("$count" "$work/logs" || :)
    if [ "$output" != "$1" ]; then
        printf 'FAILED: counted %s, expected %s\n' "$output" "$1"
        bad=1
    fi
}
results units PASS '[  PASSED  ] 7 test(s).\n'
results script PASS 'fine\n'
counted '8 passed, 0 failed'
results leak FAIL '[  PASSED  ] 2 test(s).\nleaked\n'
counted '10 passed, 1 failed'
results wrong FAIL '[  PASSED  ] 3 test(s).\n[  FAILED  ] 2 test(s), listed below:\n'
counted '13 passed, 3 failed'
results absent SKIP 'no such tool\n'
counted '13 passed, 4 failed'
exit $bad
