#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
#
# Prints the library as one header, for those who add a file to their program and no folder. The
# same headers always give the same bytes.
#
#     single_header.sh SOURCE HEADER... >aroma.hpp       headers as they are included:
#                                                        aroma/score.hpp aroma/linux/tcp_info.hpp
#                                                        ...
#
# What they include of aroma/ comes along, each once and after what it needs; their standard headers
# are collected at the top, and what is of Linux stands behind __linux__. integrations/fmt.hpp and
# integrations/openssl.hpp do not belong here: a user of this one would need fmt and OpenSSL.
set -eu
source=$1
shift

exec awk -v source="$source" '
function fail(why) { print "single_header.sh: " why >"/dev/stderr"; failed = 1; exit 1 }

function is_linux(header) { return header ~ /^aroma\/linux\/|_file\.hpp$/ }

# Takes a header in, after those that it includes.
function visit(header,    path, line, text, name, got, before, refused) {
    if (header in seen) return
    seen[header] = 1
    path = source "/include/" header
    while ((got = (getline line <path)) > 0) {
        refused = line ~ /^#include / && before ~ /^#error /
        before = line
        if (line ~ /^#include / && !refused) {
            name = line
            sub(/^#include </, "", name); sub(/>.*/, "", name)
            if (name ~ /^aroma\//) visit(name)
            else if (name ~ /\// && name !~ /^(arpa|net|netinet|sys)\//)
                fail(path " includes " name ", of another library")
            else if (is_linux(header)) of_linux[name] = 1
            else portable[name] = 1
        } else if (line != "// SPDX-License-Identifier: BSL-1.0")
            text = text line "\n"
    }
    if (got < 0) fail("cannot read " path)
    close(path)
    sub(/^\/\/\n/, "", text)
    # the umbrella: what it includes there is here already
    sub(/#if defined\(__linux__\)\n#endif\n/, "", text)
    while (sub(/\n\n\n/, "\n\n", text)) {}
    order[++headers] = header
    body[header] = text
}

function includes(names,    name, sorted, count, i) {
    count = 0
    for (name in names) {
        for (i = count++; i > 0 && sorted[i] > name; --i) sorted[i + 1] = sorted[i]
        sorted[i + 1] = name
    }
    for (i = 1; i <= count; ++i) print "#include <" sorted[i] ">"
}

BEGIN {
    for (i = 1; i < ARGC; ++i) visit(ARGV[i])
    if (match(body["aroma/version.hpp"], /version\[3\] = \{[0-9, ]+\}/) == 0)
        fail("no version.hpp among the headers")
    version = substr(body["aroma/version.hpp"], RSTART + 14, RLENGTH - 15)
    gsub(/, /, ".", version)

    print "// SPDX-License-Identifier: BSL-1.0\n//"
    print "// aroma " version ", whole, in one header. It was made of the headers in include/ by packaging/single_header.sh: change those."
    print "//\n// In this order, each with a synopsis:\n//"
    for (i = 1; i <= headers; ++i) print "//     " order[i]
    print "//"
    while ((getline line <(source "/LICENSE")) > 0) {
        print line == "" ? "//" : "// " line
        ++licence
    }
    if (licence == 0) fail("cannot read " source "/LICENSE")
    print "#ifndef AROMA_SINGLE_HPP\n#define AROMA_SINGLE_HPP\n"
    print body["aroma/detail/language.hpp"] # before what an older library has not
    includes(portable)
    print "\n#if defined(__linux__)"
    for (name in portable) delete of_linux[name]
    includes(of_linux)
    print "#endif"
    for (i = 1; i <= headers; ++i) {
        if (order[i] == "aroma/detail/language.hpp") continue
        conditional = is_linux(order[i])
        print ""
        if (conditional) print "#if defined(__linux__)"
        printf "%s", body[order[i]]
        if (conditional) print "#endif // __linux__"
    }
    print "\n#endif // AROMA_SINGLE_HPP"
}' "$@"
