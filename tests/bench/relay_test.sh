#!/bin/sh
# The relay passes everything on, with either codec: a run through it is exact, whether its
# messages are of one part or of three, delivered or not, and it ends with 0 when it is told
# to.
set -eu

build=${SLUICE_BUILD:-.}
work=$(mktemp -d)
simulator=
relay=

clean_up() {
    for pid in $simulator $relay; do
        kill "$pid" 2>/dev/null || :
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# port_of NAME: the port in the line "ready NAME=PORT", which has to come
port_of() {
    tries=200
    until grep -qs ready "$work/$1"; do
        [ $((tries -= 1)) -gt 0 ] || { cat "$work/$1.log" >&2; exit 1; }
        sleep 0.05
    done
    sed -n "s/.*$1=\\([0-9]*\\).*/\\1/p" "$work/$1"
}

"$build/sluice-sim" --smsc 'port=0,rule=79001*:undelivered+err:044,default=delivered' \
    >"$work/smsc" 2>"$work/smsc.log" &
simulator=$!
operator=$(port_of smsc)
for codec in library wire; do
    rm -f "$work/relay"
    "$build/tests/bench/relay" 0 "$operator" $codec >"$work/relay" 2>"$work/relay.log" &
    relay=$!
    port=$(port_of relay)
    "$build/sluice-bench" --quiet --port "$port" --binds 4 --messages 20000 \
        --expect-stat DELIVRD --linger 0.2
    "$build/sluice-bench" --quiet --port "$port" --binds 2 --messages 400 --parts 3 \
        --alphabet ucs2 --destinations '79001####:1=UNDELIV,79002####:3=DELIVRD' \
        --linger 0.2
    kill "$relay"
    wait "$relay"
    relay=
    [ ! -s "$work/relay.log" ] || { cat "$work/relay.log"; exit 1; }
done
echo "ok: 21200 submits through the relay with each codec, each with its receipt"
