#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The site can be made; no link of it is dead, nothing comes from another host, every page is in
# its menu, and each fault of that kind would be found.
#
#     site.test.sh SOURCE WORK
set -u
. "$(dirname "$0")/../support/test.sh"
needs doxygen:doxygen python3:python3 mkdocs:mkdocs
[ -d /usr/share/mkdocs/themes/material ] || skip "mkdocs-material is needed"
source=$(cd "$1" && pwd) work=$2 links=$(cd "$(dirname "$0")" && pwd)/links.py
rm -rf "$work" && mkdir -p "$work" || exit 1

"$source/docs/site.sh" "$source" "$work/made" || exit 1
site=$work/made/html
python3 "$links" "$site" || fail "links"
for page in index docs/usage docs/HOUSE CONTRIBUTING examples/index reference/index; do
    [ -s "$site/$page.html" ] || fail "no $page.html"
done
cmp -s <(cd "$source" && ls ./*.md docs/*.md {examples,benchmarks,tests}/README.md |
    sed 's|^\./||' | sort) <(grep -oE '[A-Za-z/_-]+\.md$' "$source/docs/site/mkdocs.yml" | sort) ||
    fail "docs/site/mkdocs.yml has not every page in its menu, or one that is not there"
grep -q 'Which call is mine' "$site/index.html" || fail "the start page is not for users"
grep -q '"location": "examples/servers/tls_server.cpp' "$site/search/search_index.json" &&
    fail "the search finds programs"

# The checks can fail.
cd "$work" || exit 1
faulty() { # WHAT PAGE-OR-STYLE [STYLE]
    rm -rf faulty && mkdir faulty
    printf '<p id="here">%s</p><a href="#here"></a><img src="a.png">\n' "$2" >faulty/index.html
    printf '%s\n' "${3:-}" >faulty/a.css
    : >faulty/a.png
    if [ "$1" ]; then
        said=$(python3 "$links" faulty) && fail "found nothing: $1"
        [[ $said = *"$1"* ]] || fail "not '$1': $said"
    else
        python3 "$links" faulty >/dev/null || fail "finds a fault where none is"
    fi
}
faulty "" '<a href="https://example.org/">elsewhere</a>' 'a { background: url(a.png) }'
faulty "links to b.html, which is not there" '<a href="b.html">b</a>'
faulty "links to #there, which has no such place" '<a href="#there">b</a>'
faulty "links to ../, which is not there" '<a href="../">b</a>'
faulty "loads what is not there: b.png" '<img src="b.png">'
for load in '<img src="https://example.org/a.png">' '<script src="//example.org/a.js"></script>' \
    '<link rel="preconnect" href="https://example.org">' '<p style="background: url(//example.org)">' \
    '<style>@import "https://example.org/a.css";</style>' '<iframe src="http://example.org/">'; do
    faulty "index.html loads from elsewhere" "$load"
done
faulty "a.css loads from elsewhere" '' '@font-face { src: url("https://example.org/a.woff") }'

tree=$work/tree
rm -rf "$tree" && mkdir "$tree" &&
    cp -r "$source"/{*.md,LICENSE,CMakePresets.json,docs,include} "$tree" &&
    cp -r "$source"/{examples,benchmarks,tests,packaging} "$tree" || exit 1
echo '[gone](docs/gone.md)' >>"$tree/README.md"
said=$("$tree/docs/site.sh" "$tree" "$work/again" 2>&1) &&
    fail "a page may link to what is not there"
[[ $said = *"README.md links to docs/gone.md, which is not there"* ]] || fail "not said: $said"
exit $failed
