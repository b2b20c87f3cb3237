#!/usr/bin/env bash
# usage: run.sh KIND [TEST...]
#
# Runs tests one after the other and says of each its name, result and seconds.
# A test is a program, by its path in the source tree or in the build folder:
# status 0 = passed, 77 = cannot be run here, all else = failed; so is one that
# takes too long or leaves processes behind.  What a test prints goes to
# tests/logs/ in the build folder; the end of it is shown when it fails.
#
# Environment: SLUICE_BUILD and SLUICE_SOURCE must be set; SLUICE_TEST_TIMEOUT_S
# is the longest a test may take; SLUICE_NO_SKIP=1 makes "cannot be run" a failure.
# Of a test that takes long, the last line of its log is shown each SLUICE_SAY_EVERY_S
# (30 under `make deep`, never otherwise), and how long all took is said in the end.
#
# The last line is `KIND: N passed, N failed`, with `, N skipped` if there are any.
# To name no test is a failure: a list that lost its rows must not look green.
set -u

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
export SLUICE_BUILD SLUICE_SOURCE

kind=$1
shift
logs=$SLUICE_BUILD/tests/logs
if [ "${SLUICE_DEEP:-0}" = 1 ]; then
    longest_s=${SLUICE_TEST_TIMEOUT_S:-7200} say_every_s=${SLUICE_SAY_EVERY_S:-30}
else
    longest_s=${SLUICE_TEST_TIMEOUT_S:-600} say_every_s=${SLUICE_SAY_EVERY_S:-0}
fi
passed=0 failed=0 skipped=0
group= sayer=

if [ $# -eq 0 ]; then
    echo "$kind: no local.mk names a test of this kind"
    exit 1
fi

mkdir -p "$logs"
export PYTHONDONTWRITEBYTECODE=1
# Where `autogen.sh deps --test` puts what comes from npm.
export NODE_PATH=$SLUICE_SOURCE/build/npm/node_modules

# True if a process of the group of the last test lives; one that has ended and was
# not waited for does not.
group_lives()
{
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$group" '
        { sub(/^.*\) /, "") }
        $3 == group && $1 != "Z" { lives = 1 }
        END { exit !lives }'
}

# Ends what is left of that group; true if there was something that did not end by
# itself in two seconds.
left_behind()
{
    [ -n "$group" ] || return 1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        group_lives || return 1
        sleep 0.2
    done
    kill -KILL -- "-$group" 2>/dev/null
    return 0
}

# say_how_far TEST LOG, until it is killed: a pipe that nobody writes to is its clock.
say_how_far()
{
    local clock begin=$SECONDS
    exec {clock}<> <(:)
    while ! read -r -t "$say_every_s" -u "$clock" && kill -0 $$ 2>/dev/null; do
        printf '         %s, %d s: %s\n' "$1" $((SECONDS - begin)) \
            "$(tail -n 1 "$2" | sed 's/^ *//' | cut -c 1-100)"
    done
}

stop_saying()
{
    [ -z "$sayer" ] || kill "$sayer" 2>/dev/null
    sayer=
}

trap 'stop_saying; left_behind; exit 130' INT TERM

# `timeout` leads a process group of its own, which its test and all that the test
# starts belong to.
run_one()
{
    local status
    timeout -k 10 "$longest_s" "$1" </dev/null >"$2" 2>&1 &
    group=$!
    if [ "$say_every_s" -gt 0 ]; then
        say_how_far "$test" "$2" &
        sayer=$!
        disown "$sayer"
    fi
    wait "$group"
    status=$?
    stop_saying
    return $status
}

for test in "$@"; do
    program=$SLUICE_SOURCE/$test
    [ -x "$SLUICE_BUILD/$test" ] && program=$SLUICE_BUILD/$test
    log=$logs/${test//\//-}.log
    begin=$EPOCHREALTIME
    note=
    if [ -x "$program" ]; then
        run_one "$program" "$log"
        status=$?
        if left_behind; then
            note="left processes behind"
            [ $status -ne 0 ] || status=1
        fi
    else
        note="no such program"
        : >"$log"
        status=127
    fi
    tenths=$(((${EPOCHREALTIME/[.,]/} - ${begin/[.,]/}) / 100000))

    case $status in
    0) result=passed ;;
    77) result=skipped note=$(tail -n 1 "$log") ;;
    124 | 137) result=failed note="took longer than $longest_s s" ;;
    *) result=failed note=${note:-status $status} ;;
    esac
    [ "$result:${SLUICE_NO_SKIP:-0}" = skipped:1 ] && result=failed

    case $result in
    passed) passed=$((passed + 1)) ;;
    skipped) skipped=$((skipped + 1)) ;;
    failed) failed=$((failed + 1)) ;;
    esac
    printf '%-8s %-52s %4d.%d s%s\n' "$result" "$test" $((tenths / 10)) $((tenths % 10)) \
        "${note:+  ($note)}"
    if [ $result = failed ]; then
        tail -n 40 "$log" | sed 's/^/    | /'
        printf '    all of it: %s\n' "$log"
    fi
done

[ "${SLUICE_DEEP:-0}" != 1 ] || printf '%d min %02d s\n' $((SECONDS / 60)) $((SECONDS % 60))
printf '%s: %d passed, %d failed' "$kind" $passed $failed
[ $skipped -eq 0 ] || printf ', %d skipped' $skipped
printf '\n'
[ $failed -eq 0 ]
