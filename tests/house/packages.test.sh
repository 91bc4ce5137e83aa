#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# packages.sh: every package has its reason, which is said before it is installed; --no-install
# installs nothing; no service is started, and nothing of the system is changed for that, also if
# the script is killed and if two run at once. With an apt-get that only notes what it is asked for.
#
#     packages.test.sh SOURCE
set -u
. "$(dirname "$0")/../support/test.sh"
# Without an own policy-rc.d, which would hide that one is made: in mounts of this test's own.
if [ -z "${AROMA_OWN_SBIN:-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
    # shellcheck disable=SC2016
    AROMA_OWN_SBIN=yes exec unshare --mount sh -c 'mount -t tmpfs none /usr/sbin && exec "$@"' - \
        "$0" "$@"
fi
source=$(cd "$1" && pwd)
work=$(mktemp -d) || exit 1
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
fake=$work/fake
mkdir "$fake"
script() { { echo '#!/bin/sh'; cat; } >"$fake/$1" && chmod 755 "$fake/$1"; }
script dpkg-query <<'SH'
grep -qx -- "$3" "$INSTALLED" 2>/dev/null && echo "install ok installed"
SH
script apt-cache <<'SH'
echo "$2 | 1 | a mirror"
SH
script sudo <<'SH'
exit 1
SH
# Logs its arguments, starts services as packages do, and waits until $HOLD is removed.
script apt-get <<'SH'
[ "$1" = install ] || exit 0
for option; do case $option in DPkg::Path=*) PATH=${option#*=}:$PATH ;; esac; done
echo "begins $*" >>"$LOG"
for service in invoke-rc.d deb-systemd-invoke; do
    echo "$service: $(command -v $service)" >>"$LOG"
    $service --quiet aroma-none start || echo "$service fails" >>"$LOG"
done
while [ -e "$HOLD" ]; do sleep 0.05; done
echo ends >>"$LOG"
SH
export PATH=$fake:$PATH INSTALLED=$work/installed LOG=$work/log HOLD=$work/hold
system() {
    ls -la /usr/sbin/policy-rc.d /usr/sbin/invoke-rc.d /usr/bin/deb-systemd-invoke 2>&1
    ls -l /usr/sbin | wc -l
}
before=$(system)
unchanged() { [ "$(system)" = "$before" ] || fail "$1 changes the system: $(system)"; }
try() { # ARGUMENT...: what a script does behind packages.sh, with its arguments
    cd "$source" && exec bash -c \
        'set -u; . tests/support/packages.sh; need jq curl && echo "has all"; echo "has $*"' - "$@"
}

for folder in tests examples benchmarks docs tests/fuzz tests/mutate tests/packaging; do
    mkdir -p "$work/elsewhere/$folder"
done
# Every script says what it would install, and what for.
for script in tests/run.sh "examples/run.sh lab" examples/run.sh benchmarks/run.sh \
    benchmarks/lab.sh benchmarks/growth.sh \
    benchmarks/many_connections.sh tests/fuzz/run.sh tests/variants.sh tests/mutate/run.sh \
    docs/run.sh \
    tests/packaging/chroot.sh; do
    # whatever comes first; and CDPATH leads to no other folder
    # shellcheck disable=SC2086
    (cd "$source" && CDPATH=$work/elsewhere bash $script --packages --no-install >"$work/packages" \
        2>"$work/why") || fail "$script: $(cat "$work/why")"
    grep -qE '^  [a-z0-9+.-]+ +[A-Za-z]' "$work/packages" &&
        ! grep -vqE '^  [a-z0-9+.-]+ +[A-Za-z0-9].*$' "$work/packages" ||
        fail "$script: packages without a reason: $(cat "$work/packages")"
done
# Arguments that are not understood, and --help, come before any installation.
for script in benchmarks/run.sh benchmarks/lab.sh benchmarks/growth.sh \
    benchmarks/many_connections.sh tests/fuzz/run.sh \
    "tests/fuzz/run.sh 1" tests/variants.sh \
    tests/mutate/run.sh docs/run.sh tests/packaging/chroot.sh examples/run.sh; do
    # shellcheck disable=SC2086
    (cd "$source" && bash $script --nonsense >"$work/out" 2>&1) &&
        fail "$script: takes --nonsense: $(cat "$work/out")"
    grep -q 'missing packages' "$work/out" && fail "$script: installs first"
    case $script in *' '*) continue ;; esac
    (cd "$source" && bash $script --help >"$work/out" 2>&1) &&
        ! grep -q 'not understood' "$work/out" || fail "$script: --help: $(cat "$work/out")"
done
for script in $(cd "$source" && git ls-files '*.sh' 2>/dev/null); do
    awk '/^unset CDPATH/ || /^\. .*support\/(test|lab)\.sh/ { unset_before = 1 }
        /^[^#]*cd "\$(\(dirname|1)/ && !unset_before { exit 1 }' "$source/$script" ||
        fail "$script: CDPATH may lead it elsewhere: unset CDPATH before its cd"
done
grep -rlE '^\. .*support/packages\.sh' "$source" --include=*.sh --exclude-dir=build | wc -l |
    grep -qx 11 || fail "not each script is tried here"
(cd "$source" && bash -c '. tests/support/packages.sh; need aroma-none' >"$work/out" 2>&1)
[ $? -eq 2 ] && grep -q 'does not say what aroma-none is for' "$work/out" ||
    fail "no reason is needed: $(cat "$work/out")"
[ ! -e "$LOG" ] || fail "something is installed: $(cat "$LOG")"

# A build folder of another path is configured anew, and keeps what was found in it; of the same
# one, by a link, all of it.
mkdir -p "$work/tree/tests" "$work/tree/build/fuzz/CMakeFiles" "$work/tree/build/fuzz/findings"
ln -s "$source/tests/support" "$work/tree/tests/support" && ln -s tree "$work/link"
: >"$work/tree/build/fuzz/findings/crash"
folder() { (cd "$work/$1" && bash -c '. tests/support/packages.sh; build_folder fuzz'); }
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$work/tree" >"$work/tree/build/fuzz/CMakeCache.txt"
folder link && [ -e "$work/tree/build/fuzz/CMakeCache.txt" ] &&
    [ -e "$work/tree/build/fuzz/findings/crash" ] || fail "a link is another checkout"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$work/gone" >"$work/tree/build/fuzz/CMakeCache.txt"
folder tree && [ ! -e "$work/tree/build/fuzz/CMakeCache.txt" ] &&
    [ ! -e "$work/tree/build/fuzz/CMakeFiles" ] || fail "a moved checkout keeps its cache"
[ -e "$work/tree/build/fuzz/findings/crash" ] || fail "a moved checkout loses what was found"

# A signal to tests/run.sh alone ends the tests, and what is built beside them.
mkdir -p "$work/run/tests" && cp "$source/tests/run.sh" "$work/run/tests/" &&
    ln -s "$source/tests/support" "$work/run/tests/support"
mkdir "$work/compilers"
for compiler in g++ clang++; do ln -s "$(type -P true)" "$work/compilers/$compiler"; done
# with a child, as cmake has ninja; the first configuration and build are done at once
cat >"$work/compilers/cmake" <<'SH'
#!/bin/sh
case $* in *clang*) ;; *) exit 0 ;; esac
sleep 60 & echo $! >>"$PIDS"
wait
SH
sed 's/^case.*/case $* in *" -N"*) exit 0 ;; esac/' "$work/compilers/cmake" \
    >"$work/compilers/ctest"
chmod 755 "$work/compilers/"*
running() { [ "$(wc -l <"$work/sleeps")" -eq 2 ]; }
: >"$work/sleeps"
PIDS=$work/sleeps PATH=$work/compilers:$PATH bash "$work/run/tests/run.sh" --no-install \
    >"$work/out" 2>&1 &
runner=$!
pids+=($runner)
within 10 running || fail "no tests and no build beside them: $(cat "$work/sleeps" "$work/out")"
kill -TERM $runner
wait $runner
[ $? -eq 143 ] || fail "SIGTERM does not end it"
for sleep in $(cat "$work/sleeps"); do
    within 5 not kill -0 "$sleep" 2>/dev/null ||
        { fail "SIGTERM leaves something running"; kill "$sleep"; }
done
pids=()

# First what for, then the installation; what is there already is not named.
echo curl >"$INSTALLED"
(try -L live --no-install) >"$work/out" 2>&1
grep -qE '^  jq +reads JSON' "$work/out" && ! grep -q '^  curl' "$work/out" &&
    grep -qx 'has -L live' "$work/out" &&
    grep -q 'they stay so.*apt-get install .*jq$' "$work/out" && [ ! -e "$LOG" ] ||
    fail "--no-install: $(cat "$work/out")"
if [ "$(id -u)" -ne 0 ]; then
    (try) >"$work/out" 2>&1
    grep -q 'needs root: sudo apt-get install .*jq$' "$work/out" ||
        fail "no line to paste: $(cat "$work/out")"
    skip "the rest needs root"
fi
(try a "b c") >"$work/out" 2>&1
grep -B9 '^aroma: installing' "$work/out" | grep -q '^  jq ' && grep -qx 'has all' "$work/out" &&
    grep -qx 'has a b c' "$work/out" ||
    fail "not said first: $(cat "$work/out")"
grep -q '^begins install .*jq$' "$LOG" || fail "not installed: $(cat "$LOG")"
quiet() { # LOG: services were asked for, and not of the system
    [ "$(grep -cE "^(invoke-rc.d|deb-systemd-invoke): $source/tests/support/no_services/" "$1")" \
        -eq "$2" ] && ! grep -q fails "$1" ||
        fail "services are started: $(cat "$1")"
}
quiet "$LOG" 2
unchanged "an installation"

# Killed in the middle: nothing to put back.
: >"$LOG" && : >"$HOLD"
try >/dev/null 2>&1 &
pids+=($!)
within 5 grep -q begins "$LOG" || fail "it does not begin"
unchanged "the middle of an installation"
kill -KILL ${pids[0]} && wait ${pids[0]} 2>/dev/null
unchanged "SIGKILL"

# Two at once: the second waits for the first's apt-get, which goes on, and starts no service
# either.
: >"$work/second"
LOG=$work/second try >"$work/out" 2>&1 &
pids+=($!)
sleep 0.3
[ ! -s "$work/second" ] || fail "two at once: $(cat "$work/second")"
rm "$HOLD"
wait ${pids[1]}
grep -qx 'has all' "$work/out" || fail "the second does not install: $(cat "$work/out")"
quiet "$work/second" 2
unchanged "two at once"
exit $failed
