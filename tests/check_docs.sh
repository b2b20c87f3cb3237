#!/usr/bin/env bash
# Every setting, metric and command is in the manual, and every setting in the sample.
#
#   KEY(section, name, ...)  of gateway/config_keys.def: `name` stands under a heading
#       of gateway/sluice.conf.5.scd that has the word `section` in it, and anywhere in
#       conf/sluice.conf
#   METRIC(name, ...)        of gateway/metrics.def: in gateway/sluiced.8.scd, with or
#       without sluice_ before it
#   COMMAND("name", ...)     of gateway/cli/commands.def: begins an entry of
#       gateway/cli/sluice.1.scd
#
# Each omission is one line; none is status 0.
set -u

: "${SLUICE_SOURCE:?top source folder}"
cd "$SLUICE_SOURCE" || exit 1
export LC_ALL=C

omissions=$(mktemp)
trap 'rm -f "$omissions"' EXIT

# True if all the files are there.
have()
{
    local file status=0
    for file in "$@"; do
        [ -e "$file" ] || { echo "$file is not there" >>"$omissions" && status=1; }
    done
    return $status
}

# rows MACRO FILE: `first second` argument of each row.
rows()
{
    sed -n -E "s/^$1\(([A-Za-z0-9_]+),[[:space:]]*([A-Za-z0-9_]*).*/\1 \2/p" "$2"
}

# scdoc wants some underscores escaped.
manual()
{
    sed 's/\\//g' "$1"
}

# The lines of manual $1 under every heading with the word $2 in it.
under_heading()
{
    manual "$1" | awk -v word="$2" '
        /^#/ { inside = (" " tolower($0) " ") ~ ("[^a-z_]" word "[^a-z_]") }
        inside'
}

check_settings()
{
    local keys=gateway/config_keys.def manual=gateway/sluice.conf.5.scd sample=conf/sluice.conf
    have "$keys" "$manual" "$sample" || return
    [ -n "$(rows KEY "$keys")" ] || echo "$keys has no row" >>"$omissions"
    rows KEY "$keys" | while read -r section name; do
        under_heading "$manual" "$section" | grep -q -w -F "$name" ||
            echo "$manual: nothing about $name under a heading with the word $section"
        grep -q -w -F "$name" "$sample" || echo "$sample: nothing about $name of $section"
    done >>"$omissions"
}

check_metrics()
{
    local metrics=gateway/metrics.def manual=gateway/sluiced.8.scd
    have "$metrics" "$manual" || return
    [ -n "$(rows METRIC "$metrics")" ] || echo "$metrics has no row" >>"$omissions"
    rows METRIC "$metrics" | while read -r name _; do
        manual "$manual" | grep -q -w -E "(sluice_)?$name" || echo "$manual: nothing about $name"
    done >>"$omissions"
}

check_commands()
{
    local commands=gateway/cli/commands.def manual=gateway/cli/sluice.1.scd
    have "$commands" "$manual" || return
    grep -q '^COMMAND(' "$commands" || echo "$commands has no row" >>"$omissions"
    sed -n -E 's/^COMMAND\("([a-z-]+)".*/\1/p' "$commands" | while read -r name; do
        manual "$manual" | grep -q -E "^\*${name}[* ]" || echo "$manual: nothing about $name"
    done >>"$omissions"
}

check_settings
check_metrics
check_commands

if [ -s "$omissions" ]; then
    cat "$omissions"
    exit 1
fi
