#!/bin/sh
# sluice-bench sees what it is there to see: each practice SMSC below does one thing
# wrong (or nothing), and the verdict has to name exactly that.
set -eu

bench=${SLUICE_BENCH:-./sluice-bench}
sim=${SLUICE_SIM:-./sluice-sim}
work=$(mktemp -d)
simulator=
failed=0

clean_up() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || :
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# start SMSC: a practice SMSC on a free port, which is left in $port
start() {
    rm -f "$work/ready"
    "$sim" --smsc "port=0,$1" >"$work/ready" 2>"$work/sim.log" &
    simulator=$!
    tries=200
    until grep -qs ready "$work/ready"; do
        [ $((tries -= 1)) -gt 0 ] || { cat "$work/sim.log"; exit 1; }
        sleep 0.05
    done
    port=$(sed -n 's/.*smsc=\([0-9]*\).*/\1/p' "$work/ready")
}

# expect STATUS WORDS SMSC OPTIONS...: the WORDS have to be in what is said or in the JSON;
# without any, nothing may be said
expect() {
    status=$1 words=$2 smsc=$3
    shift 3
    start "$smsc"
    actual=0
    "$bench" --port "$port" --quiet --wait 1 --linger 0.3 --json "$work/json" "$@" \
        2>"$work/said" || actual=$?
    kill "$simulator"
    wait "$simulator" 2>/dev/null || :
    simulator=
    if [ "$actual" = "$status" ] && { [ -n "$words" ] || [ ! -s "$work/said" ]; } &&
        grep -qF -e "$words" "$work/said" "$work/json"; then
        echo "ok: $smsc $*"
    else
        echo "FAILED: $smsc $*: status $actual, not $status; expected: $words"
        cat "$work/said"
        failed=1
    fi
}

expect 0 '' 'default=delivered' --messages 20000 --binds 4
expect 0 '' 'report_delay=5' --messages 3000 --binds 2 --window 8
expect 0 '' 'default=delivered' --messages 200 --parts 3 --alphabet ucs2
expect 0 '' 'default=never' --messages 100 --registered-delivery 0
expect 0 '' 'rule=79001*:undelivered,default=delivered' --messages 400 \
    --destinations '79001####:1=UNDELIV,79002####:3=DELIVRD'
expect 1 'receipts that never came: 25' 'rule=79001*:never,default=delivered' \
    --messages 100 --destinations '79001####:1,79002####:3'
expect 1 'receipts that came twice: 30' 'default=delivered+twice,gap=50' --messages 30
expect 1 'before their submit_sm_resp: 30' 'default=delivered+early,early=50' --messages 30
expect 1 'before their submit_sm_resp: 30' \
    'default=delivered+early,early=50,report_on=any' --messages 30 --binds 3
expect 1 'name different ids: 30' 'ids=hex-decimal' --messages 30
expect 1 'receipts for ids never given: 30' 'ids=decimal-hex' --messages 30
expect 1 'another word than expected: 30' 'default=undelivered' --messages 30 \
    --expect-stat DELIVRD
expect 1 'receipts with UNDELIV: 100, expected 200' \
    'rule=79001*:undelivered,default=delivered' --messages 400 \
    --destinations '79001####:1,79002####:3' --expect-stat DELIVRD:1,UNDELIV:1
expect 1 'refused with 0x00000058: 10' 'every=10:throttled' --messages 100
expect 0 '' 'every=10:throttled' --messages 100 --allow-status 0x58
expect 0 '' 'every=10:throttled' --messages 100 --retry
expect 1 'submits never answered: 5' 'every=20:swallow' --messages 100
expect 1 'connections lost: 1 ' 'every=50:drop' --messages 99
expect 0 '' 'every=500:drop' --messages 3000 --binds 4 --window 16 --reconnect --resend
expect 0 '"redelivered": 30,' 'report_retry=200,report_tries=2' --messages 30 --no-ack \
    --linger 1.5
expect 1 'given up before all' 'default=lose' --messages 100 --window 10
expect 1 'given up before all' 'default=throttled' --messages 10 --retry
expect 1 'bind refused with 0x0000000F' 'system_id=somebody' --messages 1

exit $failed
