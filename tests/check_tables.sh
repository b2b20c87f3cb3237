#!/usr/bin/env bash
# Whether the tests that attacks.md and field.md name are there: each file, and in it each
# name and each "row" that stands in brackets behind it.  A name that ends in _ stands for all
# that begin so.  A row of the tables that neither is shown nor waits for anything is wrong.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$tests/attacks.md" "$tests/field.md"
missing=$(mktemp)
trap 'rm -f "$missing"' EXIT

# Where a file of the tables is; those of fuzz/ may stand without their folder.
place() {
    if [ -e "$tests/$1" ]; then echo "$tests/$1"; else echo "$tests/fuzz/$1"; fi
}

check_page() {
    grep -o -E '`[a-z0-9_/]+(\.(c|py|sh|def)|/)`' "$1" | tr -d '`' | sort -u |
        while read -r file; do
            [ -e "$(place "$file")" ] || echo "$1: there is no $file"
        done
    grep -o -E '`[a-z0-9_/]+(\.(c|py|sh|def)|/)` \([^)]*\)' "$1" | while read -r said; do
        file=${said#\`} file=${file%%\`*}
        grep -o -E '"[^"]+"|[a-z0-9]+(_[a-z0-9]+)+_?' <<<"${said#* }" | while read -r name; do
            case $name in
            \"*) how=-F name=${name//\"/} ;;
            *_) how=-F ;;
            *) how=-Fw ;;
            esac
            grep -rqs "$how" --include='*.c' --include='*.py' --include='*.def' \
                --include='*.sh' -- "$name" "$(place "$file")" ||
                echo "$1: nothing in $file is called $name"
        done
    done
    grep -E '^\| [A-Z]+[0-9]+ .*\| *\| *\|$' "$1" | while read -r _ id _; do
        echo "$1: $id is not shown and waits for nothing"
    done
}

for page in "$@"; do
    if [ -s "$page" ]; then check_page "$page"; else echo "$page: it is not there"; fi
done >"$missing"
cat "$missing"
[ ! -s "$missing" ]
