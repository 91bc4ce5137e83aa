#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Makes the reference of the headers in SOURCE, INTO/html/reference. Fails if Doxygen has anything
# to say, or if something has no text of its own (sentences.py).
#
#     reference.sh SOURCE INTO
set -u
command -v doxygen >/dev/null || { echo "aroma: skipped: no doxygen"; exit 0; }
unset CDPATH
source=$(cd "$1" && pwd) || exit 1
rm -rf "$2/xml" "$2/html/reference" && mkdir -p "$2/html" && into=$(cd "$2" && pwd) || exit 1
version=$(sed -nE 's/.*version\[3\] = \{([0-9]+), ([0-9]+), ([0-9]+)\};/\1.\2.\3/p' \
    "$source/include/aroma/version.hpp")
cd "$source" || exit 1

# The look: doxygen-awesome-css, if it is there, and the pages' choice of light or dark.
look=/usr/share/doxygen-awesome-css style=''
for sheet in doxygen-awesome.css doxygen-awesome-sidebar-only.css; do
    [ ! -e $look/$sheet ] || style+=" $look/$sheet"
done
doxygen -w html "$into/header.html" "$into/footer.html" "$into/style.css" >"$into/said" 2>&1 ||
    { cat "$into/said"; exit 1; }
head='<link rel="icon" href="data:,"/>\n<script src="$relpath^scheme.js"></script>\n</head>'
sed -i -e "s|</head>|$head|" -e \
    's|$projectname<|<a href="$relpath^../index.html">$projectname</a><|' "$into/header.html"

{
    cat docs/Doxyfile
    echo "PROJECT_NUMBER = $version"
    echo "OUTPUT_DIRECTORY = \"$into\""
    echo "HTML_HEADER = \"$into/header.html\""
    echo "HTML_EXTRA_STYLESHEET =$style docs/site/reference.css"
    echo "HTML_EXTRA_FILES = docs/site/scheme.js"
} | doxygen - >"$into/said" 2>&1
said=$?
if [ $said -ne 0 ] || [ -s "$into/said" ]; then
    cat "$into/said"
    echo "put a // comment before or behind each of these, or a line into its header's synopsis"
    exit 1
fi
if command -v python3 >/dev/null; then
    docs/sentences.py "$into/xml" . >"$into/said" || {
        cat "$into/said"
        echo "put a // comment that is its own before or behind each of these"
        exit 1
    }
fi
echo "$into/html/reference/index.html"
