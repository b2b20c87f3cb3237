#!/usr/bin/env bash
# Whether the tests that attacks.md names are there: each file, and each name in brackets.
# A name that ends in _ stands for all that begin so.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
page=${1:-$tests/attacks.md}
missing=$(mktemp)
trap 'rm -f "$missing"' EXIT

grep -o -E '`[a-z0-9_/]+\.(c|py|sh)`' "$page" | tr -d '`' | sort -u | while read -r file; do
    [ -e "$tests/$file" ] || [ -e "$tests/fuzz/$file" ] || echo "$page: there is no $file"
done >"$missing"
grep -o -E '\([a-z0-9_, ]+\)' "$page" | grep -o -E '[a-z0-9]+(_[a-z0-9]+)+_?' | sort -u |
    while read -r name; do
        grep -r -q --include='*.c' --include='*.py' --include='*.def' -- "$name" "$tests" ||
            echo "$page: nothing is called $name"
    done >>"$missing"
cat "$missing"
[ ! -s "$missing" ]
