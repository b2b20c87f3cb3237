#!/usr/bin/env bash
# usage: check_dist.sh BUILD-FOLDER
#
# Every file under version control is in the tarball of `make dist`, so that a
# row forgotten in a local.mk is found at once.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=$1
cd "$top"
if ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "not under version control: nothing to compare with"
    exit 0
fi

make --no-print-directory -s -C "$build" distdir
dist=$(ls -d "$build"/sluice-*/ | head -n 1)
missing=$(git ls-files | grep -v -E '^(\.ci/|\.gitignore$|\.clang-format$|\.clang-tidy$)' |
    while read -r file; do
        [ ! -e "$file" ] || [ -e "$dist$file" ] || echo "    $file"
    done)
chmod -R u+w "$dist"
rm -rf "$dist"
if [ -n "$missing" ]; then
    printf 'not in the distribution (name them in the local.mk of their folder):\n%s\n' "$missing"
    exit 1
fi
