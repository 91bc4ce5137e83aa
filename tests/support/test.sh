# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests that are shell scripts. A test ends with `exit $failed`.
#
#     skip WHY                          ends the test, which CTest shows as skipped
#     needs TOOL...                     skips where one is not installed; TOOL:PACKAGE names its
#                                       package
#     fail WHAT                         says so, and goes on
#     holds CONDITION [WHAT]            fails unless awk finds the condition true
#     one_of WORD WORDS WHAT            fails unless the word is one of these
#     within SECONDS COMMAND...         tries it until it succeeds, twenty times a second
#     not COMMAND...                    succeeds if it fails
#     ends STATUS TEXT COMMAND...       fails unless the command ends so within ten seconds and says
#                                       so
#     certificate CERT KEY [NAME]       files that it makes, for two days and localhost or NAME
#     listening_port LOG                the port that a server with this log listens on
#     python_with_websockets            sets python, or returns 1
#     find_chromium                     sets browser, or returns 1
#
# Python finds the modules of this folder.
failed=0
export PYTHONPATH
unset CDPATH
PYTHONPATH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

skip() { echo "aroma: skipped: $*"; exit 77; }

needs() {
    local tool
    for tool in "$@"; do
        command -v "${tool%%:*}" >/dev/null || skip "${tool%%:*} is needed (package ${tool##*:})"
    done
}

fail() { echo "FAILED: $*"; failed=1; }

holds() { awk "BEGIN { exit !($1) }" || fail "expected $1${2:+: $2}"; }

one_of() { [[ -n $1 && " $2 " == *" $1 "* ]] || fail "$3 is ${1:-none}, and not one of: $2"; }

within() {
    local tries=$(($1 * 20))
    shift
    until "$@"; do
        [ $((tries--)) -gt 0 ] || return 1
        sleep 0.05
    done
}

not() { ! "$@"; }

ends() {
    local status=$1 text=$2 said
    shift 2
    said=$(timeout 10 "$@" 2>&1)
    [ $? -eq "$status" ] && [[ $said = *"$text"* ]] ||
        fail "expected status $status and '$text' of: ${1##*/} ${*:2}; it says: $said"
}

certificate() {
    local said
    said=$(openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=${3:-localhost}" \
        -out "$1" -keyout "$2" 2>&1) || { echo "$said"; return 1; }
}

listening_port() {
    within 10 grep -qs ': listening on port [0-9]' "$1" ||
        { echo "the server does not listen: $(cat "$1")" >&2; return 1; }
    sed -n 's/.*: listening on port \([0-9]*\).*/\1/p' "$1"
}

python_with_websockets() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import asyncio, websockets; asyncio.run' 2>/dev/null && return
    done
    return 1
}

find_chromium() {
    for browser in chromium chromium-browser google-chrome; do
        browser=$(command -v $browser) && return
    done
    return 1
}
