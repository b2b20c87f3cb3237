#!/bin/sh
# From a bare checkout to a tested gateway; see usage() below.  May be run from
# any folder and as often as you like: what is there already is left alone.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

usage()
{
    cat <<'TEXT'
usage: ./autogen.sh [COMMAND]

  (none)        make ./configure
  deps          install what building and running need and is not there yet
  deps --test   the same, and what the tests need
  build         deps, configure, compile: the programs are then in ./build
  demo          build, then a mailing through sluiced on this machine
  check         deps --test, then every test: half an hour at most
TEXT
}

say()
{
    printf '%s\n' "$*" >&2
}

die()
{
    say "autogen.sh: $*"
    exit 1
}

# ---- deps -------------------------------------------------------------------

# Rows: what to look for | Debian package.  Looked for is the thing itself and not
# the package, so that one that came another way counts:
#   command NAME           a program in PATH
#   module NAME VERSION    a library known to pkg-config, at least that new
#   header NAME            a header the compiler finds
#   file NAME
#   perl NAME              a Perl module
#   runtime NAME           a runtime of clang (asan, fuzzer)
build_tools='
command gcc|gcc
header stdlib.h|libc6-dev
command make|make
command autoconf|autoconf
command automake|automake
command pkg-config|pkg-config
command scdoc|scdoc
'
build_libraries='
module libevent_openssl 2.1.12|libevent-dev
module libcurl 7.88|libcurl4-openssl-dev
module openssl 3.0|libssl-dev
module sqlite3 3.40|libsqlite3-dev
module libsmpp34 1.0|libsmpp34-dev
module jansson 2.14|libjansson-dev
module libconfuse 3.3|libconfuse-dev
module libsodium 1.0.18|libsodium-dev
module icu-i18n 70|libicu-dev
header uthash.h|uthash-dev
file /etc/ssl/certs/ca-certificates.crt|ca-certificates
'
# npm is asked for only where no node is: a node that is there brings its own.
test_tools='
command clang|clang
command llvm-cov|llvm
runtime asan|libclang-rt-dev
runtime tsan|libclang-rt-dev
runtime fuzzer|libclang-rt-dev
module cmocka 1.1.5|libcmocka-dev
command objdump|binutils
command xz|xz-utils
command python3|python3
command curl|curl
command testssl|testssl.sh
command jq|jq
command sqlite3|sqlite3
command openssl|openssl
command node|npm
command tshark|tshark
command bearerbox|kannel
perl Net::SMPP|libnet-smpp-perl
command strace|strace
command faketime|faketime
command fiu-run|fiu-utils
command valgrind|valgrind
command mmdebstrap|mmdebstrap
command unshare|util-linux
command ip|iproute2
'

# True if `$1 $2 $3`, the left side of a row, is there.
is_there()
{
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) pkg-config --atleast-version="$3" "$2" 2>/dev/null ;;
    header) echo "#include <$2>" | gcc -E - >/dev/null 2>&1 ;;
    file) test -e "$2" ;;
    perl) perl "-M$2" -e 1 >/dev/null 2>&1 ;;
    runtime)
        command -v clang >/dev/null 2>&1 &&
            ls "$(clang -print-runtime-dir)/libclang_rt.$2"*.a >/dev/null 2>&1
        ;;
    esac
}

# The packages of the rows whose thing is not there, each once, on one line.
missing_packages()
{
    printf '%s\n' "$1" | while IFS='|' read -r thing package; do
        # The words of the left side are the arguments.
        # shellcheck disable=SC2086
        if [ -n "$thing" ] && ! is_there $thing; then
            printf '%s\n' "$package"
        fi
    done | sort -u | tr '\n' ' '
}

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Acquire::Retries=2 -o Dpkg::Use-Pty=0 "$@"
}

updated=no

# Installs what is missing of the rows in $1.
install_missing()
{
    packages=$(missing_packages "$1")
    [ -n "$packages" ] || return 0
    say "installing: $packages"
    command -v apt-get >/dev/null 2>&1 ||
        die "no apt-get here; install these yourself, or what brings the same: $packages"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        die "neither root nor sudo; have these installed: $packages"

    # A source that is out of reach may be one that nothing is needed from.
    if [ "$updated" = no ]; then
        apt update >/dev/null || say "autogen.sh: not every package source could be read"
        updated=yes
    fi
    # shellcheck disable=SC2086
    if ! apt install --no-install-recommends $packages >/dev/null; then
        die "could not be installed (its package source is out of reach, or lacks it):" \
            "$(missing_packages "$1")"
    fi
    packages=$(missing_packages "$1")
    [ -z "$packages" ] || die "installed, but what is needed of it is not there, or too old: $packages"
}

# The npm packages of tests/interop, exactly as its lock file names them.
install_npm_packages()
{
    lock=$top/tests/interop/package-lock.json
    kept=$top/build/npm/package-lock.json
    if [ -d "$top/build/npm/node_modules" ] && cmp -s "$lock" "$kept"; then
        return 0
    fi
    command -v npm >/dev/null 2>&1 || die "this node has no npm: $(command -v node)"
    say "installing from npm: $(sed -n 's|^ *"node_modules/\(.*\)": {|\1|p' "$lock" | tr '\n' ' ')"
    mkdir -p "$top/build/npm"
    cp "$top/tests/interop/package.json" "$top/build/npm/"
    cp "$lock" "$kept"
    if ! npm ci --prefix "$top/build/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >&2; then
        rm -f "$kept"
        die "npm could not install the packages of tests/interop/package.json"
    fi
}

deps()
{
    # The tools first: the libraries are looked for by means of them.
    install_missing "$build_tools"
    install_missing "$build_libraries"
    if [ "${1:-}" = --test ]; then
        install_missing "$test_tools"
        install_npm_packages
    fi
}

# ---- configure, build, demo, check --------------------------------------------

make_configure()
{
    for tool in autoconf automake pkg-config; do
        command -v "$tool" >/dev/null 2>&1 || die "$tool is missing; ./autogen.sh deps installs it"
    done
    log=$(mktemp)
    if ! (cd "$top" && autoreconf -fi) >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "configure could not be made"
    fi
    grep -i warning "$log" >&2 || :
    rm -f "$log"
}

build()
{
    deps
    [ -e "$top/configure" ] || make_configure
    mkdir -p "$top/build"
    cd "$top/build"
    [ -e config.status ] || "$top/configure" --quiet
    make --no-print-directory -j"$(nproc)" all
}

case $#:${1:-} in
0:)
    make_configure
    say "configure is made; next: ./configure && make, or ./autogen.sh build"
    ;;
1:deps) deps ;;
2:deps) [ "$2" = --test ] || { usage >&2; exit 2; }; deps --test ;;
1:build) build ;;
1:demo)
    build
    cd "$top"
    exec build/sluice demo --conf conf/demo.conf
    ;;
1:check)
    deps --test
    [ -e "$top/configure" ] || make_configure
    exec "$top/tests/check.sh"
    ;;
1:help | 1:--help | 1:-h) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac
