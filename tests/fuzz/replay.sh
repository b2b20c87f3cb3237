#!/usr/bin/env bash
# Every fuzz target over the inputs kept for it: what was found once stays found.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"

for corpus in "$SLUICE_SOURCE"/tests/fuzz/corpus/*/; do
    name=$(basename "$corpus")
    "$SLUICE_BUILD/tests/fuzz/${name}_replay" "$corpus"*
done
