#!/usr/bin/env bash
# check_docs.sh can fail: what is left out of a manual is named.
set -eu

: "${SLUICE_SOURCE:?}"
check=$SLUICE_SOURCE/tests/check_docs.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A small tree whose manuals are whole.
clean_tree()
{
    mkdir -p "$work/gateway/cli" "$work/conf"
    printf 'KEY(global, drain, DURATION)\nKEY(link, id_form,\n    "x")\n' >"$work/gateway/config_keys.def"
    printf 'METRIC(sessions_open, GAUGE, "x")\n' >"$work/gateway/metrics.def"
    printf '# GLOBAL SETTINGS\n*drain*\n# LINK\n*id\\_form*\n' >"$work/gateway/sluice.conf.5.scd"
    printf '# drain = 8s\nlink "x" {\n id_form = hex\n}\n' >"$work/conf/sluice.conf"
    printf '*sluice_sessions_open*\n' >"$work/gateway/sluiced.8.scd"
    printf 'COMMAND("hash-it", hash_it, "x")\n' >"$work/gateway/cli/commands.def"
    printf '*hash-it* [_WORD_]\n\tWhat it does.\n' >"$work/gateway/cli/sluice.1.scd"
}

bad=0
# omission EXPECTED FILE SED-SCRIPT
omission()
{
    clean_tree
    sed -i "$3" "$work/$2"
    if output=$(SLUICE_SOURCE=$work "$check") || ! grep -q -F "$1" <<<"$output"; then
        printf 'FAILED: not found: %s\n%s\n' "$1" "$output"
        bad=1
    else
        printf 'found: %s\n' "$1"
    fi
}

clean_tree
SLUICE_SOURCE=$work "$check" || { echo "FAILED: whole manuals are called incomplete"; bad=1; }

omission 'sluice.conf.5.scd: nothing about drain' gateway/sluice.conf.5.scd /drain/d
omission 'nothing about id_form under a heading with the word link' gateway/sluice.conf.5.scd /LINK/d
omission 'conf/sluice.conf: nothing about id_form' conf/sluice.conf s/id_form/id/
omission 'sluiced.8.scd: nothing about sessions_open' gateway/sluiced.8.scd s/open/opened/
omission 'sluice.1.scd: nothing about hash-it' gateway/cli/sluice.1.scd s/hash-it/hash/
omission 'gateway/metrics.def has no row' gateway/metrics.def d
rm "$work/gateway/metrics.def"
SLUICE_SOURCE=$work "$check" | grep -q 'gateway/metrics.def is not there' || bad=1
exit $bad
