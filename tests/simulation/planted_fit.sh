#!/usr/bin/env bash
# Each patch in planted/ fits the code as it is, without guessing: what planted.sh plants
# in hours is not found to be out of date then.
set -eu

: "${SLUICE_SOURCE:?top source folder}"
misfits=0
for patch in "$SLUICE_SOURCE"/tests/simulation/planted/*.patch; do
    # Nothing is written, also where the sources may not be.
    patch -d "$SLUICE_SOURCE" -p1 -F0 -s --dry-run -r - <"$patch" || {
        echo "$(basename "$patch") does not fit"
        misfits=$((misfits + 1))
    }
done
[ $misfits -eq 0 ]
