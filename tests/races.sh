#!/usr/bin/env bash
# Last of `make check-threads`: shows what the thread sanitizer has written into tests/races
# of the build folder, and fails if that is anything.  A test may not have minded: nobody sees
# the status of a program that was killed.
set -eu

cd "${SLUICE_BUILD:?folder of the built programs}/tests/races"
reports=$(find . -type f | sort)
[ -n "$reports" ] || exit 0
for report in $reports; do
    printf '==== %s\n' "$PWD/$report"
    head -n 60 "$report"
done | tail -n 200
exit 1
