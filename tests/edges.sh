#!/usr/bin/env bash
# usage: edges.sh [LEAST]
#
# How much of the codec the inputs of the fuzz targets reach: it is built by clang with
# counters, the targets run over their corpora, and of each file is told how many of its
# edges were taken.  An edge is the entry of a function, or one way out of a condition (each
# operand of && and || is one, each case of a switch).  Fewer than LEAST % (95) in all is a
# failure, and so is a file with fewer than 90 %.
#
# It is built without its asserts: of these no input may take the other way.  Nothing else is
# left out, not even what can only happen when libsmpp34 refuses what it knows (library.c).
# Which edges were never taken is in tests/edges/never in the build folder.
set -eu

: "${SLUICE_BUILD:?folder of the built programs}" "${SLUICE_SOURCE:?top source folder}"
least=${1:-95} file_least=90
folder=$SLUICE_BUILD/tests/edges

targets='header pdu receipt session text time'
codec='characters command destination field frame gsm library operation parts pdu receipt text timestamp tlv'
beside='pulse session session_bind session_receive session_send session_time window'

for tool in clang llvm-cov llvm-profdata jq; do
    command -v $tool >/dev/null || { echo "$tool is not there"; exit 77; }
done
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

flags="-std=gnu11 -O1 -D_GNU_SOURCE -I$SLUICE_SOURCE $(pkg-config --cflags libsmpp34)"
for file in $codec $beside; do
    echo "clang $flags -DNDEBUG -fprofile-instr-generate -fcoverage-mapping -c" \
        "$SLUICE_SOURCE/smpp/$file.c"
done >commands
for file in replay $(printf '%s_fuzz ' $targets); do
    echo "clang $flags -c $SLUICE_SOURCE/tests/fuzz/$file.c"
done >>commands
xargs -P 2 -I '{}' sh -c '{}' <commands

for target in $targets; do
    clang -fprofile-instr-generate -o "$target" "${target}_fuzz.o" replay.o \
        $(printf '%s.o ' $codec $beside) $(pkg-config --libs libsmpp34)
    LLVM_PROFILE_FILE=$target.profraw "./$target" "$SLUICE_SOURCE/tests/fuzz/corpus/$target"/* \
        >"$target.log"
done
llvm-profdata merge -o counters *.profraw
llvm-cov export -instr-profile=counters $(printf -- '-object %s ' $targets) >found.json

# Only the codec's own files, and the header they share.
rows='.data[0].files[] | (.filename | sub(".*/"; "")) as $name
    | select(($codec | split(" ") | index($name | rtrimstr(".c"))) or $name == "wire.h")'
jq -r --arg codec "$codec" "$rows"' | .branches[] | "\($name):\(.[0]):\(.[1])" +
    (if .[4] == 0 then " true" else "" end) + (if .[5] == 0 then " false" else "" end)' \
    found.json | grep ' ' | sort -t : -k 1,1 -k 2n -k 3n >never || :
jq -r --arg codec "$codec" "$rows"' | .summary
    | [$name, .functions.covered + .branches.covered, .functions.count + .branches.count]
    | @tsv' found.json | sort | awk -v least="$least" -v file_least=$file_least '
    function row(name, taken, all, percent) {
        short = taken * 100 < percent * all
        few += short
        printf "%-16s %5d of %5d edges  %5.1f %%%s\n", name, taken, all, taken * 100 / all,
            short ? "  too few" : ""
    }
    { row($1, $2, $3, file_least); taken += $2; all += $3 }
    END {
        if (NR == 0) { print "nothing was counted"; exit 1 }
        row("all", taken, all, least)
        exit few > 0
    }'
