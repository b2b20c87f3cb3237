#!/usr/bin/env bash
# Whether the simulator would find anything: each patch in planted/ puts one fault into a
# copy of the product, and some seed must fail.  A patch that no longer fits is a failure,
# too: make it anew.
set -u

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
seeds=1..1000

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

(cd "$work/build" && ../source/configure) >"$work/log" 2>&1 || {
    tail -n 20 "$work/log"
    exit 1
}
failed=0
for patch in "$work"/source/tests/simulation/planted/*.patch; do
    name=$(basename "$patch" .patch)
    if ! patch -d "$work/source" -p1 -s <"$patch" || ! build; then
        echo "$name: it does not fit any more"
        exit 1
    fi
    # An assertion of the product counts as found; so does what never ends.
    if SLUICE_SOURCE=$work/source TMPDIR=$work timeout 600 \
        "$work/build/tests/simulation/simulation" --seeds "$seeds" --stop >"$work/log" 2>&1; then
        echo "$name: NOT FOUND in the seeds $seeds"
        failed=1
    else
        echo "$name: found, $(grep -a -m 1 '^seed ' "$work/log")"
    fi
    patch -d "$work/source" -p1 -s -R <"$patch" || exit 1
done
exit $failed
