#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# packaging/release.sh in a copy of this project: a release passes every step and leaves the
# checkout and its remote as they were, and each step can fail and says what to do. In the copy the
# tests are a script that passes or not, and the tools are small.
#
#     release.test.sh SOURCE WORK
set -u
. "$(dirname "$0")/../support/test.sh"
needs git:git cmake:cmake dpkg-deb:dpkg gzip:gzip
source=$(cd "$1" && pwd) work=$2
rm -rf "$work" && mkdir -p "$work/tree" || exit 1
work=$(cd "$work" && pwd)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a \
    GIT_COMMITTER_NAME=a \
    GIT_AUTHOR_EMAIL=a@aroma.invalid GIT_COMMITTER_EMAIL=a@aroma.invalid

"$source/packaging/release.sh" version || fail "the version is not everywhere the same"

cd "$work/tree" &&
    cp -r "$source"/{CMakeLists.txt,CHANGELOG.md,LICENSE,README.md,docs,include,packaging} . &&
    mkdir -p tests/lab tests/packaging examples &&
    cp "$source/tests/packaging/lintian.test.sh" tests/packaging &&
    echo build/ >.gitignore || exit 1
version=$(sed -nE 's/.*\{([0-9]+), ([0-9]+), ([0-9]+)\};/\1.\2.\3/p' include/aroma/version.hpp)
date=2026-01-31
: >tests/lab/CMakeLists.txt
cat >tests/run.sh <<'SH'
#!/bin/sh
echo run >>build/runs
echo "aroma: skipped: nothing is tested here"
[ ! -e build/fails ] || { echo "the test that fails"; exit 1; }
SH
cat >examples/tool.cpp <<'CPP'
#include <cstdio>
int main() { std::puts("does nothing\n\nusage: tool [--help]"); }
CPP
cat >examples/CMakeLists.txt <<'CMAKE'
foreach(tool IN ITEMS aroma-top aroma-calibrate aroma-vcl)
    add_executable(${tool} tool.cpp)
    install(TARGETS ${tool} COMPONENT aroma-tools OPTIONAL)
endforeach()
CMAKE
chmod +x tests/run.sh
git init -q -b main . && git add -A && git commit -qm "Begin" &&
    git init -q --bare "$work/remote" &&
    git remote add origin "$work/remote" || exit 1
release() { TZ=UTC packaging/release.sh "$@"; }
refuses() { # TEXT STEP...: fails, and says so
    local said text=$1
    shift
    said=$(release "$@" 2>&1) && fail "passes: $text"
    [[ $said = *"$text"* ]] || fail "not '$text': $said"
}
restore() { git reset -q --hard "${1:-HEAD}" && git clean -qfd; }

# Before the section is made, and while lines wait above it.
refuses "CHANGELOG.md has no '## [$version] - date' next" changelog
refuses "[STEP...]" no-step
release --section $date >/dev/null || fail "no section"
grep -qx "## \[$version\] - $date" CHANGELOG.md && grep -qx '## \[Unreleased\]' CHANGELOG.md ||
    fail "the section is not there"
refuses "has a section of $version" --section
refuses "commit or remove them" tree
git commit -qam "Release $version" || exit 1

# All of it, which leaves all as it was.
state() { git rev-parse HEAD; git status --porcelain; git tag; git ls-remote origin; }
before=$(state)
said=$(release 2>&1) || fail "does not pass: $said"
echo "$said"
[ "$(state)" = "$before" ] || fail "the checkout or its remote is another one: $(state)"
[[ $said = *"git tag -a v$version"* ]] || fail "does not say what remains: $said"
for made in "aroma-$version.tar.gz" aroma.hpp SHA256SUMS "libaroma-dev_${version}_all.deb"; do
    [ -s "build/release/$made" ] || fail "no $made"
done
(cd build/release && sha256sum --quiet -c SHA256SUMS) || fail "SHA256SUMS"
first=$(cat build/release/SHA256SUMS)
release >/dev/null 2>&1 && [ "$(cat build/release/SHA256SUMS)" = "$first" ] ||
    fail "made again, it is not the same: $first $(cat build/release/SHA256SUMS)"
[ "$(wc -l <build/runs)" -eq 1 ] || fail "tests are run again for the same commit"
commit=$(git rev-parse HEAD)

# Each step can fail.
echo >>LICENSE && refuses "commit or remove them" && restore
: >new && refuses "commit or remove them" tree && restore
for place in packaging/vcpkg/vcpkg.json include/aroma/version.hpp README.md docs/install.md \
    CHANGELOG.md \
    include/aroma/integrations/openssl.hpp; do
    sed -i -E 's/("version": "|version\[3\] = \{|find_package\(aroma |namespace v)[0-9]+/\19/' \
        $place
    refuses "as version.hpp has it" version
    restore
done
edit() { sed -i "$1" CHANGELOG.md && refuses "$2" changelog; restore; }
edit '/Unreleased/d' "does not begin with '## [Unreleased]'"
edit "s/ - $date//" "has no '## [$version] - date' next"
edit "s/ - $date/ - 2026-02-30/" "2026-02-30 is no day until today"
edit "s/ - $date/ - 9999-01-01/" "9999-01-01 is no day until today"
edit 's/^## \[Unreleased\]/&\n\n- What waits./' "- What waits."
edit '/^- /d' "says nothing about $version"
edit '$a ## 0.0.1' "'## 0.0.1' is not of the form"
edit '$a ## [99.0.0] - 2025-01-01' "the versions do not descend"

: >build/fails && git commit -q --allow-empty -m "Another"
refuses "a test fails" tests
refuses "the test that fails" tests
rm build/fails
echo 'made $Format:%d$' >made && echo 'made export-subst' >.gitattributes && git add -A &&
    git commit -qm "Names"
refuses "export-subst" source
echo 'LICENSE export-ignore' >.gitattributes && git commit -qam "Less"
refuses "the archive has not every file" source
restore "$commit"
sed -i 's/ aroma-vcl//' examples/CMakeLists.txt && git commit -qam "No tool"
release source >/dev/null || fail "no source"
refuses "do the tools lack a library?" packages
rm -rf build/release/unpacked
refuses "run the step before" packages
git tag "v$version"
release tag >/dev/null || fail "a tag of this commit is refused"
restore "$commit"
refuses "v$version is another commit's" tag
git tag -d "v$version" >/dev/null && git tag vNext
refuses "these tags are no v1.2.3" tag
git tag -d vNext >/dev/null
(cd "$work" && cp -r tree plain && rm -rf plain/.git && cd plain &&
    GIT_CEILING_DIRECTORIES=$work TZ=UTC packaging/release.sh tree) >"$work/said" 2>&1 &&
    fail "a folder that is no checkout passes"
grep -q "not a git checkout" "$work/said" || fail "not said: $(cat "$work/said")"
exit $failed
