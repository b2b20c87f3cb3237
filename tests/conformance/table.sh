#!/usr/bin/env bash
# usage: table.sh [LOG...]
#
# Prints the table of conformance, paragraph by paragraph: requirement, held or not, with
# totals per chapter.  Its lines are those of the logs that the programs here have left in the
# build folder; a program without one is run.  Fails when one is not held, when a paragraph of
# paragraphs.md has no row and no reason or has both, and when a row names one that is not
# there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

[ $# -gt 0 ] || set -- tests/conformance/{pdu,field,session,service}_conformance.log
for log in "$@"; do
    if [ -e "$log" ]; then cat "$log"; else "./${log%.log}" 2>&1 || true; fi
done | grep '^| [BC0-9]' >"$lines"

# Sorted by the first paragraph of each row; those of 5.0 come last.
sed 's/^| 5\.0 /| Z5.0 /' "$lines" | sort -s -t'|' -k2,2V | sed 's/^| Z/| /' |
    awk -F' *[|] *' -v pages="$here/paragraphs.md" '
    function wrong(what) { print what; faults++ }

    # "5.0 4.7.6" is of chapter "5.0 4".
    function chapter_of(paragraph) {
        return substr(paragraph, 1, 4) == "5.0 " ? substr(paragraph, 1, 5) \
                                                 : substr(paragraph, 1, 1)
    }

    BEGIN {
        while ((getline line < pages) > 0)
            if (line ~ /^[|] [BC0-9]/) {
                split(line, cell, / *[|] */)
                sub(/^ /, "", cell[2])
                order[++pages_count] = cell[2]
                is_page[cell[2]] = 1
                reason[cell[2]] = cell[4]
            }
        printf "%-13s  %-24s  %s\n", "", "paragraph", "requirement"
    }

    {
        sub(/^ /, "", $2)
        printf "%-13s  %-24s  %s\n", $3, $2, $4
        chapter = chapter_of($2)
        if (!(chapter in total))
            chapters[++chapters_count] = chapter
        total[chapter]++
        of[chapter, $3]++
        all[$3]++
        if ($3 == "NOT HELD")
            faults++
        count = split($2, named, /, */)
        for (i = 1; i <= count; i++) {
            rows_of[named[i]]++
            if (!(named[i] in is_page))
                wrong("paragraphs.md has no " named[i] ", which this row names")
        }
    }

    END {
        print ""
        for (i = 1; i <= pages_count; i++) {
            page = order[i]
            if (rows_of[page] && reason[page] != "")
                wrong(page " has a row and a reason why it has none")
            if (!rows_of[page] && reason[page] == "")
                wrong(page " has no row, and no reason why not")
            if (!rows_of[page] && reason[page] != "")
                printf "no row for %s: %s\n", page, reason[page]
        }
        print ""
        for (i = 1; i <= chapters_count; i++) {
            chapter = chapters[i]
            printf "chapter %-6s %4d rows: %4d held, %3d not supported, %3d NOT HELD\n", \
                chapter, total[chapter], of[chapter, "held"], of[chapter, "not supported"], \
                of[chapter, "NOT HELD"]
        }
        printf "%-14s %4d rows: %4d held, %3d not supported, %3d NOT HELD\n", "all", NR, \
            all["held"], all["not supported"], all["NOT HELD"]
        exit faults > 0
    }'
