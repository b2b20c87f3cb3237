#!/usr/bin/env bash
# usage: planted.sh [NAME...]
#
# Whether the simulator would find anything: each patch in planted/ (or those named) puts
# one fault into a copy of the product, and some seed must fail.  A patch that no longer
# fits is a failure, too: make it anew.  The first line of a patch says which promise it
# breaks.  SLUICE_TABLE: a file that the table of all is written to (planted/README.md).
set -u

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
seeds=1000

[ -x "$SLUICE_SOURCE/configure" ] || {
    echo "there is no configure in $SLUICE_SOURCE: ./autogen.sh makes it"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/source" "$work/build"
tar -C "$SLUICE_SOURCE" --exclude='./build*' --exclude=./.git --exclude=./config.status \
    -cf - . | tar -C "$work/source" -xf - || exit 1
cp -a "$SLUICE_SOURCE/build-aux" "$work/source/" || exit 1

build()
{
    make -C "$work/build" -j2 tests/simulation/simulation >"$work/log" 2>&1 && return
    tail -n 20 "$work/log"
    return 1
}

# The number of the seed that failed, from 1: so many were needed.
found_after()
{
    grep -a -m 1 -o -E '^(seed|again with:.*--seed) [0-9]+' "$1" | grep -o '[0-9]*$'
}

write_table()
{
    commit=$(git -C "$SLUICE_SOURCE" rev-parse --short=12 HEAD 2>/dev/null)
    cat <<END
# tests/simulation/planted: faults that must be found

Each patch breaks one promise of the product in one place; \`planted.sh\` applies it to a
copy, builds, and runs the simulator from seed 1 on until a seed fails, 1,000 at most. The
first line of a patch says what it breaks. Made by \`planted.sh\` from commit
${commit:-unknown}.

| Patch | What it breaks | Found after seeds |
|---|---|---|
END
    sort "$work/rows"
}

(cd "$work/build" && ../source/configure) >"$work/log" 2>&1 || {
    tail -n 20 "$work/log"
    exit 1
}
failed=0
: >"$work/rows"
cd "$work/source/tests/simulation/planted" || exit 1
[ $# -gt 0 ] || set -- *.patch
for name in "$@"; do
    name=${name%.patch}
    patch=$work/source/tests/simulation/planted/$name.patch
    what=$(head -n 1 "$patch")
    if ! patch -d "$work/source" -p1 -F0 -s --dry-run <"$patch"; then
        echo "$name: it does not fit any more"
        failed=1
        continue
    fi
    patch -d "$work/source" -p1 -F0 -s <"$patch"
    if ! build; then
        echo "$name: it does not compile any more"
        exit 1
    fi
    # An assertion of the product counts as found; so does what never ends.
    if SLUICE_SOURCE=$work/source TMPDIR=$work timeout 300 \
        "$work/build/tests/simulation/simulation" --seeds "1..$seeds" --stop >"$work/log" 2>&1; then
        echo "$name: NOT FOUND in $seeds seeds"
        after="**not in $seeds**"
        failed=1
    else
        after=$(found_after "$work/log")
        echo "$name: found after ${after:=never ending} seeds: $(grep -a -m 1 '^seed ' "$work/log" | cut -c 1-150)"
    fi
    echo "| $name | $what | $after |" >>"$work/rows"
    patch -d "$work/source" -p1 -s -R <"$patch" || exit 1
done
[ -z "${SLUICE_TABLE:-}" ] || write_table >"$SLUICE_TABLE"
exit $failed
