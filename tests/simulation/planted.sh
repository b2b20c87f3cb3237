#!/usr/bin/env bash
# usage: planted.sh [NAME...]
#
# Whether the simulator would find anything: each patch in planted/ (or those named) puts
# one fault into a copy of the product, and some seed must fail.  A patch that no longer
# fits is a failure, too: make it anew.  The first line of a patch says which promise it
# breaks.  As many copies as there are processors share them out.
#
# SLUICE_TABLE: a file that the table of all is written to (planted/README.md).
set -u

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
seeds=1000

[ -x "$SLUICE_SOURCE/configure" ] || {
    echo "there is no configure in $SLUICE_SOURCE: ./autogen.sh makes it"
    exit 77
}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
mkdir -p "$work/1/source" "$work/1/build"
tar -C "$SLUICE_SOURCE" --exclude='./build*' --exclude=./.git --exclude=./config.status \
    -cf - . | tar -C "$work/1/source" -xf - || exit 1
cp -a "$SLUICE_SOURCE/build-aux" "$work/1/source/" || exit 1

# build COPY JOBS
build()
{
    make -C "$1/build" -j"$2" tests/simulation/simulation >"$1/log" 2>&1 && return
    tail -n 20 "$1/log"
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
    sort "$work"/*/rows
}

# plant COPY NAME: false when it is not found, or cannot be planted.
plant()
{
    local copy=$1 name=${2%.patch} patch what after status=0
    patch=$copy/source/tests/simulation/planted/$name.patch
    what=$(head -n 1 "$patch")
    if ! patch -d "$copy/source" -p1 -F0 -s --dry-run <"$patch"; then
        echo "$name: it does not fit any more"
        return 1
    fi
    patch -d "$copy/source" -p1 -F0 -s <"$patch"
    if ! build "$copy" 1; then
        echo "$name: it does not compile any more"
        status=1
    # An assertion of the product counts as found; so does what never ends.
    elif SLUICE_SOURCE=$copy/source TMPDIR=$copy timeout 300 \
        "$copy/build/tests/simulation/simulation" --seeds "1..$seeds" --stop >"$copy/log" 2>&1; then
        echo "$name: NOT FOUND in $seeds seeds"
        after="**not in $seeds**"
        status=1
    else
        after=$(found_after "$copy/log")
        echo "$name: found after ${after:=never ending} seeds: $(grep -a -m 1 '^seed ' "$copy/log" | cut -c 1-150)"
    fi
    echo "| $name | $what | ${after:-} |" >>"$copy/rows"
    patch -d "$copy/source" -p1 -s -R <"$patch" || exit 1
    return $status
}

# plant_some COPY NAME...
plant_some()
{
    local copy=$1 name status=0
    shift
    for name in "$@"; do
        plant "$copy" "$name" || status=1
    done
    return $status
}

(cd "$work/1/build" && ../source/configure) >"$work/1/log" 2>&1 || {
    tail -n 20 "$work/1/log"
    exit 1
}
build "$work/1" "$(nproc)" || exit 1
cd "$work/1/source/tests/simulation/planted" || exit 1
[ $# -gt 0 ] || set -- *.patch
copies=$(($(nproc) < $# ? $(nproc) : $#))
for copy in $(seq 2 $copies); do
    cp -a "$work/1" "$work/$copy" || exit 1
done
pids=()
for copy in $(seq 1 $copies); do
    names=()
    for ((i = copy; i <= $#; i += copies)); do
        names+=("${!i}")
    done
    plant_some "$work/$copy" "${names[@]}" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
[ -z "${SLUICE_TABLE:-}" ] || write_table >"$SLUICE_TABLE"
exit $failed
