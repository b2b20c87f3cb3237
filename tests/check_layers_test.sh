#!/usr/bin/env bash
# check_layers.sh can fail: one violation at a time is planted in a copy of the
# sources and objects, and the check must name it, and must say nothing without it.
set -eu

: "${SLUICE_BUILD:?}" "${SLUICE_SOURCE:?}"
check=$SLUICE_SOURCE/tests/check_layers.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A small tree that is as it should be.
clean_tree()
{
    rm -rf "$work/source" "$work/build"
    mkdir -p "$work"/{source,build}/{smpp,routing,gateway,tests/peers,tests/bench}
    plant smpp/frame.c 'int frame_size(void); int frame_size(void) { return 16; }'
    plant smpp/conn.c '#include <stdint.h>
int conn_size(void); int conn_size(void) { return 1; }'
    plant routing/plan.c 'const char *plan_name(int i);
static const char *const names[] = {"one", "two"};
const char *plan_name(int i) { return names[i]; }'
    plant gateway/main.c 'static int stopping; int main(void) { return stopping++; }'
    plant gateway/json.c '#include <stddef.h>
/* It must not call strcpy(). */
int json_size(void); int json_size(void) { return 1; }'
    echo '#include <stdio.h>' >"$work/source/tests/peers/smsc.c"
}

# plant FILE TEXT: the file, and its object, which need not link.
plant()
{
    printf '%s\n' "$2" >"$work/source/$1"
    case $1 in
    smpp/* | routing/* | gateway/*)
        # Its headers need not exist.
        grep -v '^ *# *include' "$work/source/$1" |
            ${CC:-gcc} -w -fPIE -O1 -c -o "$work/build/${1%.c}.o" -x c -
        ;;
    esac
}

run_check()
{
    SLUICE_SOURCE=$work/source SLUICE_BUILD=$work/build "$check"
}

clean_tree
if ! run_check; then
    echo "FAILED: a clean tree is called unclean"
    exit 1
fi

bad=0
# violation EXPECTED FILE TEXT
violation()
{
    clean_tree
    plant "$2" "$3"
    if output=$(run_check) || ! grep -q -F -e "$1" <<<"$output"; then
        printf 'FAILED: not found: %s (in %s)\n%s\n' "$1" "$2" "$output"
        bad=1
    else
        printf 'found: %s\n' "$1"
    fi
}

violation 'smpp/a.c includes routing/plan.h' smpp/a.c '#include "routing/plan.h"'
violation 'smpp/a.c includes ../gateway/queue.h' smpp/a.c '#include "../gateway/queue.h"'
violation 'smpp/a.c includes event2/event.h' smpp/a.c '#include <event2/event.h>'
violation 'smpp/a.c includes smpp34.h' smpp/a.c '#include <smpp34.h>'
violation 'routing/a.c includes smpp/pdu.h' routing/a.c '#include "smpp/pdu.h"'
violation 'routing/a.c includes time.h' routing/a.c '  #  include <time.h>'
violation 'tests/bench/a.c includes smpp/pdu.h' tests/bench/a.c '#include "smpp/pdu.h"'
violation 'gateway/a.c calls what has no place here' gateway/a.c \
    'char *strcpy(char *, const char *); void f(char *a, char *b) { strcpy(a, b); }'
violation 'gateway/signature.c compares in a time that tells' gateway/signature.c \
    'int memcmp(const void *, const void *, unsigned long); int f(char *a, char *b) {
    return memcmp(a, b, 32) == 0; }'
violation 'smpp/a.o: count can be changed' smpp/a.c 'static int count; int f(void) { return count++; }'
violation 'gateway/a.o: ' gateway/a.c \
    'int f(void) { static int calls; return calls++; }'
violation 'gateway/a.o: limit can be changed' gateway/a.c 'int limit = 5;'
violation 'smpp/ uses plan_name' smpp/a.c 'char *plan_name(int); char *f(void) { return plan_name(0); }'
violation 'routing/ uses frame_size' routing/a.c 'int frame_size(void); int f(void) { return frame_size(); }'
violation 'routing/ calls clock_gettime' routing/a.c \
    'int clock_gettime(int, void *); int f(void *t) { return clock_gettime(0, t); }'

# Two files at once.
clean_tree
echo '#include <jansson.h>' >"$work/source/gateway/a.c"
echo '#include <jansson.h>' >"$work/source/gateway/json.h"
if output=$(run_check) || ! grep -q 'jansson is named in more than one file: gateway/a.c gateway/json.h' <<<"$output"; then
    echo "FAILED: a library in two files is not found"
    bad=1
fi

# The store's files may all name SQLite, and nobody else.
clean_tree
echo '#include <sqlite3.h>' >"$work/source/gateway/store_rows.h"
echo '#include <sqlite3.h>' >"$work/source/gateway/store_walk.c"
run_check || { echo "FAILED: the store may not name SQLite"; bad=1; }
echo '#include <sqlite3.h>' >"$work/source/gateway/api.c"
if output=$(run_check) || ! grep -q 'SQLite is named outside .*: gateway/api.c$' <<<"$output"; then
    echo "FAILED: SQLite outside the store is not found"
    bad=1
fi
exit $bad
