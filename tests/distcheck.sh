#!/usr/bin/env bash
# The tarball configures, builds, passes its tests, installs and uninstalls cleanly.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}"
exec make --no-print-directory -j"$(nproc)" -C "$SLUICE_BUILD" distcheck
