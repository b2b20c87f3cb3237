#!/usr/bin/env bash
# A Debian root with nothing in it, by mmdebstrap, from the package sources of this
# machine; in it `autogen.sh deps`, `build` and `demo`.  What deps forgets to install
# is on a developer's machine anyway, and only here it is missed.
#
# Needs root.  SLUICE_BARE_COMMANDS replaces the commands of autogen.sh that are run.
set -eu

: "${SLUICE_SOURCE:?top source folder}"
suite=${SLUICE_BARE_SUITE:-bookworm}
commands=${SLUICE_BARE_COMMANDS:-"deps build demo"}

for tool in mmdebstrap unshare apt-config; do
    command -v $tool >/dev/null || { echo "$tool is not there"; exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo "only root can make a root"; exit 77; }

work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

# The sources apt reads here, as they are.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ ! -s "$file" ] || sources+=("$file")
done
# How they are to be fetched: proxies, dates that are not looked at, and the like.
apt-config dump Acquire >"$work/acquire.conf"

begin=$SECONDS
mmdebstrap --quiet --mode=root --variant=minbase --aptopt="$work/acquire.conf" \
    "$suite" "$root" "${sources[@]}"
echo "root made in $((SECONDS - begin)) s"

# Names are resolved in it as here.
cp /etc/resolv.conf /etc/hosts "$root/etc/"

mkdir "$root/sluice"
cd "$SLUICE_SOURCE"
if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z -c -o --exclude-standard | tar -c --null -T - --ignore-failed-read -f -
else
    tar -c --exclude='./build*' -f - .
fi | tar -x -C "$root/sluice" -f -

# A mount and process namespace of their own: what is started there ends with it.
inside()
{
    unshare --mount --pid --fork --kill-child -- sh -euc '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
            /sluice/autogen.sh "$2"' sh "$root" "$1" </dev/null
}

for command in $commands; do
    begin=$SECONDS
    inside "$command"
    echo "$command: $((SECONDS - begin)) s"
done

begin=$SECONDS
inside deps 2>&1 | tee "$work/again"
[ ! -s "$work/again" ] || { echo "deps did something though nothing was missing"; exit 1; }
echo "deps again: nothing done, $((SECONDS - begin)) s"
