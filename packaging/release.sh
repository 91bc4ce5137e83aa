#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The steps of a release, in their order; the first that fails says what to do. It checks, and makes
# what is released in build/release. It commits, tags and pushes nothing: its last lines are the
# commands that do.
#
#     ./packaging/release.sh [STEP...]          all, or some of: tree version changelog tests source
#                                               packages tag
#     ./packaging/release.sh --section [DATE]   makes the unreleased lines of CHANGELOG.md those of
#                                               this version and date (today): commit that first
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
usage() { sed -n '4,/^set/s/^# \{0,1\}//p' packaging/release.sh; exit "$1"; }
fail() { printf 'aroma: %s: %s\n' "${step:-release}" "$*" >&2; exit 1; }
steps=(tree version changelog tests source packages tag)
out=$PWD/build/release

numbers=$(sed -nE 's/.*version\[3\] = \{([0-9]+), ([0-9]+), ([0-9]+)\};/\1 \2 \3/p' \
    include/aroma/version.hpp)
read -r major minor patch <<<"$numbers"
[ "${patch:-}" ] || fail "include/aroma/version.hpp does not define version[3]"
version=$major.$minor.$patch
name=aroma-$version

tree() {
    git rev-parse --git-dir >/dev/null 2>&1 || fail "not a git checkout: releases are made of one"
    [ -z "$(git status --porcelain)" ] ||
        fail "files are changed or not known to git: commit or remove them:" "$(git status --short)"
    echo "clean, at $(git log -1 --format='%h, %s')"
}

# The version is in version.hpp; what cannot read it from there has the same.
version() {
    has() { # FILE PATTERN WANTED: each place of the file has it, and there is one
        local found
        found=$(grep -oE "$2" "$1" | sort -u)
        [ "$found" = "$3" ] || fail "$1 has '${found//$'\n'/, }': write '$3', as version.hpp has it"
    }
    has packaging/vcpkg/vcpkg.json '"version": "[^"]*"' "\"version\": \"$version\""
    has include/aroma/integrations/openssl.hpp 'namespace v[0-9_]+' \
        "namespace v${major}_${minor}_$patch"
    for page in README.md docs/install.md CHANGELOG.md; do
        has $page 'find_package\(aroma [0-9.]+' "find_package(aroma $major.$minor"
    done
    echo "$version everywhere"
}

changelog() {
    local sections this lines date
    mapfile -t sections < <(grep '^## ' CHANGELOG.md)
    [ "${sections[0]:-}" = "## [Unreleased]" ] ||
        fail "CHANGELOG.md does not begin with '## [Unreleased]': add it"
    [[ ${sections[1]:-} =~ ^'## ['"$version"'] - '([0-9]{4}-[0-9]{2}-[0-9]{2})$ ]] ||
        fail "CHANGELOG.md has no '## [$version] - date' next: run $0 --section, look, and commit"
    date=${BASH_REMATCH[1]}
    [ "$(date -d "$date" +%F 2>/dev/null)" = "$date" ] && [[ ! $date > $(date +%F) ]] ||
        fail "CHANGELOG.md: $date is no day until today"
    lines=$(awk '/^## / { on = /Unreleased/ } on && /^- /' CHANGELOG.md)
    [ -z "$lines" ] ||
        fail "CHANGELOG.md has lines above [$version]: move them into it, or wait:"$'\n'"$lines"
    this=$(awk -v this="## [$version]" \
        '/^## / { on = index($0, this) == 1 } on && /^- /' CHANGELOG.md)
    [ "$this" ] || fail "CHANGELOG.md says nothing about $version: add what users see"
    for section in "${sections[@]:1}"; do
        [[ $section =~ ^'## ['[0-9]+\.[0-9]+\.[0-9]+'] - '[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] ||
            fail "CHANGELOG.md: '$section' is not of the form '## [1.2.3] - 2026-01-31'"
    done
    printf '%s\n' "${sections[@]:1}" | sed -E 's/.*\[(.*)\].*/\1/' | sort -rV -u |
        cmp -s - <(printf '%s\n' "${sections[@]:1}" | sed -E 's/.*\[(.*)\].*/\1/') ||
        fail "CHANGELOG.md: the versions do not descend"
    echo "$version of $date, $(wc -l <<<"$this") lines"
}

# All of them, once for a commit.
tests() {
    local commit
    commit=$(git rev-parse HEAD)
    if [ "$(cat "$out/tested" 2>/dev/null)" = "$commit" ]; then
        echo "passed before, for this commit"
        return
    fi
    ./tests/run.sh >"$out/tests.log" 2>&1 || {
        tail -n 20 "$out/tests.log"
        fail "a test fails: mend it, or what it tests ($out/tests.log)"
    }
    echo "$commit" >"$out/tested"
    grep -c 'aroma: skipped' "$out/tests.log" | sed 's/$/ skipped lines in tests.log: read them/'
}

# The same bytes from this checkout and from a clone, wherever and whenever it is made.
source_archive() {
    local clone=$out/clone archive=$out/$name.tar.gz
    pack() { git archive --format=tar --prefix="$name/" HEAD | gzip -9n; }
    rm -rf "$clone" "$out/unpacked" && mkdir -p "$out/unpacked" || exit 1
    pack >"$archive" || fail "git archive"
    git clone -q --no-local . "$clone" &&
        (cd "$clone" && umask 077 && TZ=Asia/Tokyo LC_ALL=C pack) \
        >"$out/again.tar.gz" || fail "git clone"
    cmp -s "$archive" "$out/again.tar.gz" ||
        fail "a clone makes another archive: does .gitattributes have export-subst? See" \
            "$archive and $out/again.tar.gz"
    rm -rf "$clone" "$out/again.tar.gz"
    tar -xzf "$archive" -C "$out/unpacked" || fail "tar"
    cmp -s <(git ls-files | LC_ALL=C sort) \
        <(cd "$out/unpacked/$name" && find . ! -type d | cut -c3- | LC_ALL=C sort) ||
        fail "the archive has not every file: does .gitattributes have export-ignore?"
    (cd "$out" && sha256sum "$name.tar.gz")
}

# Of the archive alone, and the date of the commit.
packages() {
    local from=$out/unpacked/$name build=$out/build
    [ -d "$from" ] || fail "there is no source: run the step before"
    rm -rf "$build" "$out"/*.deb "$out/aroma.hpp"
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
    {
        cmake -S "$from" -B "$build" -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF \
            -DAROMA_BUILD_BENCHMARKS=OFF &&
            cmake --build "$build" --parallel "$(nproc)" --target aroma-single-header aroma-top \
                aroma-calibrate aroma-vcl &&
            (cd "$build" && cpack -G DEB)
    } >"$out/packages.log" 2>&1 || {
        tail -n 20 "$out/packages.log"
        fail "they cannot be built ($out/packages.log): do the tools lack a library?" \
            "./tests/run.sh --packages lists what there is to install"
    }
    cp "$build"/*.deb "$build/single_header/aroma.hpp" "$out/" || exit 1
    for package in libaroma-dev aroma-tools; do
        [ "$(dpkg-deb --field "$out/$package"_*.deb Version 2>/dev/null)" = "$version" ] ||
            fail "there is no $package of version $version"
    done
    tests/packaging/lintian.test.sh "$out" >"$out/lintian.log" 2>&1 ||
        { cat "$out/lintian.log"; fail "lintian finds something"; }
    rm -rf "$out/unpacked" "$build"
    (cd "$out" && sha256sum ./*.deb aroma.hpp "$name.tar.gz" | sed 's|\./||' | tee SHA256SUMS)
}

tag() {
    local at
    at=$(git rev-parse -q --verify "refs/tags/v$version^{commit}")
    [ -z "$at" ] || [ "$at" = "$(git rev-parse HEAD)" ] ||
        fail "v$version is another commit's: raise the version in include/aroma/version.hpp"
    git tag --list 'v*' | grep -vxE 'v[0-9]+\.[0-9]+\.[0-9]+' &&
        fail "these tags are no v1.2.3: remove them"
    echo "v$version"
}

section() { # DATE
    grep -q "^## \[$version\]" CHANGELOG.md && fail "CHANGELOG.md has a section of $version"
    grep -qx '## \[Unreleased\]' CHANGELOG.md || fail "CHANGELOG.md has no '## [Unreleased]'"
    sed -i "s/^## \[Unreleased\]\$/&\n\n## [$version] - $1/" CHANGELOG.md
    echo "CHANGELOG.md: look at it, and commit it"
}

if [ "${1:-}" = --section ]; then
    [ $# -le 2 ] || usage 2
    section "${2:-$(date +%F)}"
    exit
fi
[ "${1:-}" != --help ] || usage 0
for step; do [[ " ${steps[*]} " = *" $step "* ]] || usage 2; done
[ $# -eq 0 ] || steps=("$@")
mkdir -p "$out" || exit 1
for step in "${steps[@]}"; do
    function=$step
    [ "$step" != source ] || function=source_archive
    said=$($function) || { [ -z "$said" ] || echo "$said"; exit 1; }
    printf '%-10s %s\n' "$step" "${said//$'\n'/$'\n'           }"
done
[ $# -eq 0 ] || exit 0
cat <<END

build/release has what is released. What remains is yours:
    git tag -a v$version -m "aroma $version"
    git push origin v$version
END
