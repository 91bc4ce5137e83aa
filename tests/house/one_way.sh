#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# Who may know whom, by the folders of include/aroma and the includes of each header; and that no
# two headers know each other, each is in CMakeLists.txt's file sets, and each opens with its
# sentence in docs/HOUSE.md.
#
#     one_way.sh SOURCE
set -u
unset CDPATH
cd "$1" || exit 1
export LC_ALL=C

find include/aroma -type f | sort | awk '
function fail(why) { print why; failed = 1 }

# The core has no folder. The umbrella is no part of it: it is the core and a way in, and no header
# includes it.
function folder_of(header) {
    if (header == "aroma.hpp") return "umbrella"
    return header ~ /\// ? substr(header, 1, index(header, "/") - 1) : "core"
}

# A folder, or one header of it.
function may_know(folder, included,    inside) {
    inside = folder_of(included)
    return inside == folder || (folder, inside) in allowed || (folder, included) in allowed
}

# Whom a header knows through others; the way back to itself is a cycle.
function visit(header,    count, part, i) {
    if (state[header] == "done") return
    if (state[header] == "open") { fail("a cycle of includes goes through " header); return }
    state[header] = "open"
    count = split(includes[header], part, " ")
    for (i = 1; i <= count; ++i) visit(part[i])
    state[header] = "done"
}

BEGIN {
    rules = "core: detail; linux: core detail; umbrella: core linux; operate: core detail linux/atomic_file.hpp linux/errno_kept.hpp; " \
            "decide: core detail operate/segment_name.hpp operate/accused_share.hpp; integrations: core detail linux; detail:"
    folders = split(rules, rule, /; */)
    for (i = 1; i <= folders; ++i) {
        count = split(rule[i], word, /:? +|:$/)
        known[word[1]] = 1
        for (j = 2; j <= count; ++j) allowed[word[1], word[j]] = 1
    }
    while ((getline line <"CMakeLists.txt") > 0)
        if (line ~ /^ +include\/aroma\/[a-z_\/]+\.hpp$/) {
            sub(/^ +include\/aroma\//, "", line)
            installed[line] = 1
        }
    while ((getline line <"docs/HOUSE.md") > 0) {
        if (line !~ /^\| `[a-z_\/]+\.hpp` \|/) continue
        split(line, cell, " *\\| *")
        header = cell[2]
        gsub(/`/, "", header)
        if (header in sentence) fail("docs/HOUSE.md has " header " twice")
        sentence[header] = cell[3]
        ++rows
    }
    if (rows == 0) fail("docs/HOUSE.md has no table")
}

{
    header = substr($0, length("include/aroma/") + 1)
    there[header] = 1
    if (!(folder_of(header) in known)) fail(header " is in a folder of which no rule says whom it may know")
    if (!(header in sentence)) { fail("docs/HOUSE.md has no " header); next }
    if (!(header in installed)) fail("CMakeLists.txt has no include/aroma/" header " in its file sets")
    for (number = 1; (getline line <$0) > 0; ++number) {
        if (number == 3) opening = line
        else if (number > 3 && opening != "" && line ~ /^\/\/ [^ ]/)
            opening = opening substr(line, 3)
        else if (opening != "") {
            begins = index(opening, "// aroma/" header ": ") == 1
            sub(/^\/\/ aroma\/[a-z_\/]+\.hpp: /, "", opening)
            sub(/\. .*|\.$/, "", opening)
            if (!begins || opening != sentence[header])
                fail(header " opens with " opening ", and docs/HOUSE.md says " sentence[header])
            opening = ""
        }
        if (line !~ /^ *# *include *[<"](aroma\/)?[a-z_\/]+\.hpp[>"]/) continue
        split(line, part, /[<>"]/)
        included = part[2]
        sub(/^aroma\//, "", included)
        includes[header] = includes[header] " " included
        if (!(included in sentence)) fail(header " includes " included ", which is not in docs/HOUSE.md")
        else if (!may_know(folder_of(header), included))
            fail(header " is of " folder_of(header) " and includes " included)
    }
    close($0)
}

END {
    for (header in sentence) if (!(header in there)) fail("docs/HOUSE.md has " header ", which is not in include/aroma")
    for (header in there) visit(header)
    print rows + 0 " headers"
    exit failed
}'
