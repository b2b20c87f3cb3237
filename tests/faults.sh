#!/usr/bin/env bash
# usage: faults.sh [OUT]
#
# Joins what the tests have counted in this build folder (tests/faults/*: a fault, how often
# it was tried, how often a promise did not hold) to one table, with the commit it was made
# from.  `make check check-scenario check-simulation` makes the rows, `make deep` the same ones
# with higher numbers and some more, `make faults-table` the tests/faults.md of the source
# tree.  Ends with 1 when a promise was broken, or when one of the tests was not run; those
# that only `make deep` runs may be missing.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
out=${1:-$SLUICE_BUILD/tests/faults.md}

# file | what it is | whether only `make deep` runs it
parts='
store_crash_test|The store alone, on a disk that cuts or fails (`gateway/store_crash_test.c`)
simulation|The whole gateway on virtual time (`simulation/`)
kill9|The real program, killed (`scenario/kill9.py`)
million|The real program, killed with a million alive (`scenario/million.py`)|deep
crash_points|The real program, dying or failing at a chosen call (`scenario/crash_points.py`)
durable|A slow disk (`scenario/durable.py`)
tamper|A store that somebody changed (`scenario/tamper.py`)
flips|Bits that flip, files that are shortened (`scenario/flips.py`)
descriptors|No descriptors (`scenario/descriptors.py`)
clocks|Clocks that are set, an operator that is stopped (`scenario/clocks.py`)
partitions|Cables that are cut (`scenario/partitions.py`)
chaos|Somebody between client, gateway and operator (`scenario/chaos.py`)
lab_refusals|Operators that refuse, lie or say nothing (`scenario/lab_refusals.py`)
bad_input|Wrong files and octets, a full disk, a stop under load (`scenario/bad_input.py`)
sessions|Sessions that are silent, wrong or stopped (`scenario/sessions.py`)
http_attacks|HTTP from outside and from a provider (`scenario/http_attacks.py`)
storms|Crowds (`scenario/storms.py`)
inbound|What subscribers write, over kills (`scenario/inbound.py`)
fuzz|Inputs that a machine made up, under sanitizers (`fuzz.sh`)|deep
'

commit=$(git -C "$SLUICE_SOURCE" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
changes=$(git -C "$SLUICE_SOURCE" status --porcelain -- . ':!tests/faults.md' 2>/dev/null || :)
[ -z "$changes" ] || commit="$commit with changes"

table=$(mktemp)
trap 'rm -f "$table"' EXIT
missing=0
while IFS='|' read -r file title when; do
    [ -n "$file" ] || continue
    rows=$SLUICE_BUILD/tests/faults/$file
    [ -s "$rows" ] || [ "$when" != deep ] || continue
    printf '\n## %s\n\n' "$title"
    if [ ! -s "$rows" ]; then
        echo "It was not run."
        missing=1
        continue
    fi
    printf '| Fault | Tried | Violations |\n|---|---:|---:|\n'
    awk -F '\t' '{ printf "| %s | %d | %d |\n", $1, $2, $3 }' "$rows"
done <<<"$parts" >"$table"

{
    echo "# Faults that were tried"
    echo
    echo "Made by the tests themselves and joined by \`make faults-table\`; not written by hand."
    echo "A violation is a promise that did not hold after the fault."
    echo
    awk -F '|' -v commit="$commit" -v date="$(date -u +%F)" '
        /^\|.*[0-9] \|$/ { faults++; tried += $3; violations += $4 }
        END {
            printf "Commit %s, %s: %d kinds of faults, tried %d times, %d violations.\n",
                commit, date, faults, tried, violations
        }' "$table"
    cat "$table"
} >"$out"
sed -n '/^Commit/p' "$out"
! grep -q '^Commit.*, [1-9][0-9]* violations' "$out" && [ $missing -eq 0 ]
