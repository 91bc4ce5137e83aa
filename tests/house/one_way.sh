#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# The one-way rule: the headers are those of docs/HOUSE.md's table and of CMakeLists.txt's file sets, each opens with its sentence there,
# includes only those above it, and what is not of linux/ includes nothing of linux/.
#
#     one_way.sh SOURCE
set -u
cd "$1" || exit 1
export LC_ALL=C

find include/aroma -type f | sort | awk '
function fail(why) { print why; failed = 1 }

BEGIN {
    while ((getline line <"CMakeLists.txt") > 0)
        if (line ~ /^ +include\/aroma\/[a-z_\/]+\.hpp$/) { sub(/^ +include\/aroma\//, "", line); installed[line] = 1 }
    while ((getline line <"docs/HOUSE.md") > 0) {
        if (line !~ /^\| `[a-z_\/]+\.hpp` \|/) continue
        split(line, cell, " *\\| *")
        header = cell[2]
        gsub(/`/, "", header)
        if (header in row) fail("docs/HOUSE.md has " header " twice")
        row[header] = ++rows
        sentence[header] = cell[3]
    }
    if (rows == 0) fail("docs/HOUSE.md has no table")
}

{
    header = substr($0, length("include/aroma/") + 1)
    there[header] = 1
    if (!(header in row)) { fail("docs/HOUSE.md has no " header); next }
    if (!(header in installed)) fail("CMakeLists.txt has no include/aroma/" header " in its file sets")
    for (number = 1; (getline line <$0) > 0; ++number) {
        if (number == 3) {
            opening = line
            sub(/^\/\/ aroma\/[a-z_\/]+\.hpp: /, "", opening)
            sub(/\. .*|\.$/, "", opening)
            if (index(line, "// aroma/" header ": ") != 1 || opening != sentence[header])
                fail(header " opens with " opening ", and docs/HOUSE.md says " sentence[header])
        }
        if (line !~ /^ *# *include *[<"](aroma\/)?[a-z_\/]+\.hpp[>"]/) continue
        split(line, part, /[<>"]/)
        included = part[2]
        sub(/^aroma\//, "", included)
        if (!(included in row)) fail(header " includes " included ", which is not in docs/HOUSE.md")
        else if (row[included] >= row[header]) fail(header " includes " included ", which is not above it")
        if (included ~ /^linux\// && header !~ /^linux\/|^aroma\.hpp$|^openssl\.hpp$/) fail(header " is of the core and includes " included)
    }
    close($0)
}

END {
    for (header in row) if (!(header in there)) fail("docs/HOUSE.md has " header ", which is not in include/aroma")
    print rows + 0 " headers"
    exit failed
}'
