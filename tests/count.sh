#!/usr/bin/env bash
# usage: count.sh BUILD-FOLDER
#
# What the last `make check` in that folder ran, test by test: a cmocka program
# counts as many as it has tests, any other program as one.  Prints
# `N passed, N failed`; a test that could not be run here counts as failed.
set -eu

cd "$1"
passed=0 failed=0
while read -r results; do
    log=${results%.trs}.log
    result=$(sed -n 's/^:global-test-result: //p' "$results")
    good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    bad=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s), listed below:$/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    case $result in
    PASS) [ "$good" -gt 0 ] || good=1 ;;
    # It may also have failed after its last test: a leak, say.
    *) [ "$bad" -gt 0 ] || bad=1 ;;
    esac
    passed=$((passed + good)) failed=$((failed + bad))
done < <(find . -name '*.trs' -newer Makefile | sort)
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
