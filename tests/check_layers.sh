#!/usr/bin/env bash
# The layers and the habits that a machine can see, read from the sources in
# $SLUICE_SOURCE and from the objects in $SLUICE_BUILD.  Each violation is one line;
# none is status 0.
#
#   smpp/     knows neither routing/ nor gateway/; libevent and OpenSSL only in
#             conn, listener, client and transport
#   routing/  libc only, and no clock, file, socket, output or randomness of it
#   gateway/  may know both
#   tests/peers, tests/bench   share nothing with the product
#
# A library other than libevent and OpenSSL is named in one file of the product; SQLite,
# in the files of the store.
# Nothing that changes is global, but in gateway/main.c and gateway/log.c.
set -u

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
cd "$SLUICE_SOURCE" || exit 1
export LC_ALL=C

violations=$(mktemp)
trap 'rm -f "$violations"' EXIT

violation()
{
    printf '%s\n' "$*" >>"$violations"
}

# ---- Includes ------------------------------------------------------------------

sources()
{
    find "$@" -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) 2>/dev/null | sort
}

# Lines `FILE HEADER`, for every #include in the folders given.
includes()
{
    sources "$@" | while read -r file; do
        sed -n -E 's|^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*|'"$file"' \1|p' \
            "$file"
    done
}

# forbid FOLDERS EXEMPT HEADER WHY: no file of the folders, but those whose name is
# EXEMPT, includes HEADER; both are extended regular expressions of a whole name.
forbid()
{
    local file included
    # shellcheck disable=SC2086
    while read -r file included; do
        [[ $included =~ ^($3)$ && ! $file =~ ^($2)$ ]] &&
            violation "$file includes $included: $4"
    done < <(includes $1)
}

check_includes()
{
    local loop='smpp/(conn(_[a-z]+)?|listener|client|transport)\.[ch]' file included
    forbid smpp - '(.*/)?routing/.*' 'smpp/ knows nothing of routing/'
    forbid smpp - '(.*/)?gateway/.*' 'smpp/ knows nothing of gateway/'
    forbid smpp "$loop" 'event2?/.*' 'only conn, listener, client and transport use libevent'
    forbid smpp "$loop" 'openssl/.*' 'only conn, listener, client and transport use OpenSSL'
    forbid 'smpp gateway' 'smpp/library\.c' '(.*/)?smpp34.*' 'only smpp/library.c uses libsmpp34'
    forbid smpp - '(jansson|confuse|sodium|sqlite3)\.h|(curl|unicode)/.*' 'smpp/ has no need of it'
    forbid 'tests/peers tests/bench' - '(.*/)?(smpp|routing|gateway)/.*' \
        'peers and bench share nothing with the product'

    local may='routing/.*|(assert|ctype|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef'
    may+='|stdint|stdio|stdlib|stdnoreturn|string|strings)\.h'
    while read -r file included; do
        [[ $included =~ ^($may)$ ]] ||
            violation "$file includes $included: routing/ needs libc alone, and little of it"
    done < <(includes routing)
}

# Rows: library | its headers | its files, where they are more than one.
library_rows=(
    'jansson|jansson.*\.h|'
    'libconfuse|confuse\.h|'
    'libsodium|sodium.*|'
    'SQLite|sqlite3.*\.h|gateway/store_[a-z]+\.[ch]'
    'libcurl|curl/.*|'
    'libsmpp34|(.*/)?smpp34.*|'
    'ICU|unicode/.*|'
)

check_libraries()
{
    local row library headers home users file included
    for row in "${library_rows[@]}"; do
        IFS='|' read -r library headers home <<<"$row"
        users=$(includes smpp routing gateway | while read -r file included; do
            [[ $included =~ ^($headers)$ && ! ( -n $home && $file =~ ^($home)$ ) ]] &&
                echo "$file"
        done | sort -u)
        if [ -n "$home" ]; then
            [ -z "$users" ] || violation "$library is named outside $home:" $users
        elif [ "$(printf '%s' "$users" | grep -c '')" -gt 1 ]; then
            violation "$library is named in more than one file:" $users
        fi
    done
}

# ---- Calls -----------------------------------------------------------------------

check_calls()
{
    local file line
    while read -r file; do
        # Comments may name what the code may not call.
        line=$(awk '{
                gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "")
                if (inside) {
                    if (!sub(/^.*\*\//, "")) next
                    inside = 0
                }
                if (sub(/\/\*.*/, "")) inside = 1
                sub(/\/\/.*/, "")
                print
            }' "$file" |
            grep -E '(^|[^A-Za-z0-9_.>])(system|popen|gets|strcpy|strcat|v?sprintf)[[:space:]]*\(' |
            head -n 1)
        [ -z "$line" ] || violation "$file calls what has no place here: ${line#"${line%%[! ]*}"}"
    done < <(sources smpp routing gateway)
}

# How long it takes to find a signature wrong must not tell how much of it was right.
check_comparisons()
{
    local line
    line=$(grep -h -E '(^|[^A-Za-z0-9_])(memcmp|bcmp|strcmp|strcasecmp)[[:space:]]*\(' \
        gateway/signature.c 2>/dev/null | head -n 1)
    [ -z "$line" ] ||
        violation "gateway/signature.c compares in a time that tells: ${line#"${line%%[! ]*}"}"
}

# ---- Objects -----------------------------------------------------------------------

objects()
{
    find "$SLUICE_BUILD/$1" -name '*.o' 2>/dev/null | sort
}

defined_in()
{
    objects "$1" | xargs -r nm -g --defined-only 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u
}

called_from()
{
    objects "$1" | xargs -r nm -u 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u
}

# What of libc would give routing/ a clock, a file, a socket, output or chance.
impure='time|gettimeofday|clock(_gettime)?|localtime(_r)?|gmtime(_r)?|mktime|nanosleep|u?sleep'
impure+='|fopen(64)?|fread|fwrite|fputs?|fputc|f?printf|__f?printf_chk|puts|putchar|perror|std(in|out|err)'
impure+='|open(64)?|openat|read|write|close|socket|connect|accept|send|recv|getenv'
impure+='|s?rand(om)?(_r)?|[dlm]rand48|getrandom|getentropy|arc4random.*'

# `static` or not, an object in a section that can be written is state.  Tables of
# pointers that the loader relocates and then write-protects are not.
mutable_objects()
{
    objects "$1" | while read -r object; do
        case ${object#"$SLUICE_BUILD"/} in
        gateway/main.o | gateway/log.o | gateway/*-main.o | gateway/*-log.o)
            [ "$(dirname "$object")" != "$SLUICE_BUILD/gateway" ] || continue
            ;;
        esac
        objdump -t "$object" | awk -v object="${object#"$SLUICE_BUILD"/}" '
            # value, flags (seven columns), section, size, [visibility], name
            {
                flags = substr($0, 18, 7)
                rest = substr($0, 26)
                split(rest, field, /[ \t]+/)
                section = field[1]
                name = $NF
            }
            # Made by the sanitizers.
            name ~ /^_+(odr_asan|unnamed_|asan|sancov)/ { next }
            section == "*COM*" || (flags ~ /O/ && section ~ /^\.(data|bss|tdata|tbss)/ &&
                                   section !~ /^\.data\.rel\.ro/) {
                print object ": " name " can be changed and is global"
            }'
    done
}

check_objects()
{
    local folder symbol
    for folder in smpp routing gateway; do
        if [ -z "$(objects $folder)" ]; then
            violation "no object of $folder/ in the build folder: nothing could be checked"
        fi
        while read -r symbol; do
            violation "$symbol"
        done < <(mutable_objects $folder)
    done
    while read -r symbol; do
        violation "smpp/ uses $symbol, which routing/ or gateway/ defines"
    done < <(comm -12 <(called_from smpp) <({ defined_in routing; defined_in gateway; } | sort -u) |
        comm -23 - <(defined_in smpp))
    while read -r symbol; do
        violation "routing/ uses $symbol, which smpp/ or gateway/ defines"
    done < <(comm -12 <(called_from routing) <({ defined_in smpp; defined_in gateway; } | sort -u) |
        comm -23 - <(defined_in routing))
    while read -r symbol; do
        violation "routing/ calls $symbol: it is given its facts, and has no clock, file or socket"
    done < <(called_from routing | grep -x -E "$impure")
}

check_includes
check_libraries
check_calls
check_comparisons
check_objects

if [ -s "$violations" ]; then
    cat "$violations"
    exit 1
fi
