#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# falco, a linter for Fastly's VCL, has nothing to say of what aroma-vcl writes, for every set of
# options, in the main VCL of the examples; and refuses what is wrong in it.
#
#     falco.test.sh AROMA_VCL WORK
#
# It comes from npm: the package falco-js has falco's own program in it (MIT; 19 MB). In this
# version it lints and does not run VCL; the unit tests do.
set -u
. "$(dirname "$0")/../support/test.sh"
aroma_vcl=$1 work=$2 here=$(cd "$(dirname "$0")" && pwd)
version=0.23.2
integrity=sha512-m1NjV4bTXyfRDxdwyg4dBcdG0J7jpcw22mWQT7DLGOTT7EQw0IAGNHZufa35wOF
integrity+=ZJBMZsFn5owbMYl44Irlq/w==

case $(uname -s)-$(uname -m) in
Linux-x86_64) ;;
*) skip "falco-js $version has no falco for $(uname -s) on $(uname -m)" ;;
esac
mkdir -p "$work/npm" && cd "$work" || exit 1
falco=$work/npm/node_modules/falco-js/bin/falco-linux-amd64
if [ ! -x "$falco" ]; then
    command -v npm >/dev/null || skip "no npm"
    printf '{"name": "aroma-falco", "version": "0.0.0", "private": true,
"dependencies": {"falco-js": "%s"}}\n' $version \
        >npm/package.json
    printf '{"name": "aroma-falco", "version": "0.0.0", "lockfileVersion": 3,
"packages": {"": {"name": "aroma-falco", "version": "0.0.0", "dependencies": {"falco-js": "%s"}},
"node_modules/falco-js": {"version": "%s", "integrity": "%s"}}}\n' $version $version $integrity \
        >npm/package-lock.json
    (cd npm && timeout 240 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
        >npm.log 2>&1 || {
        cat npm.log
        grep -q EINTEGRITY npm.log &&
            { echo "FAILED: falco-js $version is not the package that it was"; exit 1; }
        skip "falco-js $version could not be installed"
    }
fi

lint() { "$falco" -vv -I . main.vcl >linted 2>&1; }
clean() { lint && grep -q '0 errors.* 0 warnings.* 0 recommendations' linted; }

cp "$here/../../examples/edge/main.vcl" main.vcl
sets=0
for thresholds in "" "--unstable-below 1 --suspicious-below 1 --proxy-below 1" "--unstable-below 0.714286 --suspicious-below 0.333333 --proxy-below 0" "--unstable-below 0.9 --proxy-below 0.000001"; do
    for respond in "" "--respond proxy=observe" "--respond proxy=block" \
        "--respond suspicious=challenge --respond unstable=challenge --respond proxy=block"; do
        for rest in "" "--header X-Edge-2" "--challenge-status 600 --block-status 699"; do
            # shellcheck disable=SC2086
            "$aroma_vcl" $thresholds $respond $rest >aroma.vcl ||
                fail "aroma-vcl $thresholds $respond $rest"
            clean || { fail "falco on: $thresholds $respond $rest"; cat linted; }
            sets=$((sets + 1))
        done
    done
done
echo "$sets sets of options: falco has nothing to say"

# Each of these must be found.
refused() { # SED-EXPRESSION WHAT
    "$aroma_vcl" | sed "$1" >aroma.vcl
    cmp -s aroma.vcl right && fail "the control changes nothing: $2"
    clean && fail "falco did not find $2"
}
"$aroma_vcl" >right
refused 's/client.socket.tcpi_min_rtt/client.socket.tcpi_minimum_rtt/' \
    "a variable that does not exist"
refused 's/set var.half >>= 1;/set var.half >>= 1/' "a missing semicolon"
refused '/declare local var.rest/d' "a variable that is not declared"
refused 's/set var.rest = var.thousandths/set var.rest = "three"/' "a STRING in an INTEGER"
refused 's/^sub aroma_respond_recv/sub aroma_answer_recv/' "a subroutine that is not there"
refused 's/obj.response == "aroma"/beresp.response == "aroma"/' \
    "a variable that vcl_error does not have"
exit $failed
