#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-vcl: what it writes for its options, files and templates, and that wrong input is named with
# its place and writes nothing.
#
#     aroma_vcl.test.sh AROMA_VCL
set -u
. "$(dirname "$0")/../support/test.sh"
aroma_vcl=$1
work=$(mktemp -d) || exit 1
source=$(cd "$(dirname "$0")/../.." && pwd)
version=$(sed -n 's/.*version\[3\] = {\(.*\), \(.*\), \(.*\)};/\1.\2.\3/p' \
    "$source/include/aroma/version.hpp")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

writes() { # LINE OPTION...
    "$aroma_vcl" "${@:2}" >out 2>err || fail "${*:2}: $(cat err)"
    grep -qxF -- "$1" out || fail "${*:2}: no line \"$1\""
}
refuses() { # MESSAGE OPTION...
    "$aroma_vcl" "${@:2}" >out 2>err
    [ $? -eq 2 ] || fail "${*:2}: was taken"
    [ ! -s out ] || fail "${*:2}: wrote something"
    grep -q '^aroma-vcl: ' err && grep -qF -- "$1" err ||
        fail "${*:2}: said \"$(cat err)\" and not \"$1\""
}

writes "# Made by aroma $version for the thresholds: unstable below 0.7, suspicious below 0.3, proxy below 0.1."
writes '      set var.proxy_below *= 83217;' --proxy-below 0.083217
writes '        set req.http.X-Edge-Response = "block";' --header X-Edge --respond proxy=block
writes '      error 640 "aroma";' --challenge-status 640
writes '  if (obj.status == 641 && obj.response == "aroma") {' --block-status 641

printf 'aroma-thresholds 1\n# measured in May\n* 0.8 0.4 0.12\r\n\ncdg\t0.7 0.3 0.08\nend\n' \
    >thresholds
writes '      set var.unstable_below *= 800000;' --thresholds thresholds
grep -q 'suspicious_below \*= 400000;' out && grep -q 'proxy_below \*= 120000;' out ||
    fail "not all of the thresholds were read"
writes '      set var.unstable_below *= 900000;' --thresholds thresholds --unstable-below 0.9
writes '      set var.unstable_below *= 900000;' --unstable-below 0.9 --thresholds=thresholds
grep -q 'suspicious_below \*= 400000;' out || fail "an option is instead of more than its threshold"
writes '      set var.proxy_below *= 80000;' --thresholds thresholds --segment cdg/mobile
writes '      set var.proxy_below *= 80000;' --segment cdg --thresholds thresholds
writes '      set var.proxy_below *= 120000;' --thresholds thresholds --segment fra
refuses "--segment $(printf 'x%.0s' $(seq 64)): the segment's name is longer" \
    --thresholds thresholds --segment "$(printf 'x%.0s' $(seq 64))"

wrong() { # TEXT MESSAGE
    printf "$1\n" >wrong
    refuses "$2" --thresholds wrong
}
wrong 'unstable_below 0.7\nsuspicious_below 0.3\nproxy_below 0.1' 'wrong:1: the first line is not'
wrong 'aroma-thresholds 1\n* 0,7 0.3 0.1\nend' 'wrong:2: a threshold is not a number'
wrong 'aroma-thresholds 1\n#\n* 0.3 0.7 0.1\nend' 'wrong:3: the thresholds are out of order'
wrong 'aroma-thresholds 1\n* 0.7 0.3 0.1' 'wrong:2: the last line is not'
refuses 'nowhere: No such file' --thresholds nowhere
: >empty
refuses 'empty: it is empty' --template empty

# A template: the printed one is the built-in one; one's own has its placeholders filled in, and a
# wrong one is named with its line and column.
"$aroma_vcl" --print-template >template && "$aroma_vcl" --template template >one &&
    "$aroma_vcl" >other && cmp one other || fail "the printed template is another"
cmp template "$source/examples/tools/aroma.vcl.in" || fail "the printed template is not the file"
printf 'table edges INTEGER {\n  "proxy": {{millionths.proxy_below}}, # {{thresholds.proxy_below}}\n}\n' >template
writes '  "proxy": 100000, # 0.1' --template template
printf 'one\ntwo {{millionths.proxy}}\n' >template
refuses 'template:2:5: {{millionths.proxy}} is not known: there are header, ' --template template
printf 'one\ntwo\nthree {{header\n}}' >template
refuses 'template:3:7: a {{ without its }}' --template template

refuses 'the threshold 0.7000001 has more than six decimals' --unstable-below 0.7000001
refuses 'a threshold is outside 0 to 1' --unstable-below 7
refuses 'the thresholds are out of order' --unstable-below 0.2
refuses '--respond normal=block: normal and unknown are never stopped' --respond normal=block
refuses '--respond unknown=challenge: normal and unknown' --respond unknown=challenge
refuses '--respond proxy=deny: there are' --respond proxy=deny
refuses '--respond proxy: there are' --respond proxy
refuses 'not understood: --respond' --respond
refuses 'x: No such file' --thresholds=x
refuses 'not understood: --verbose' --verbose
grep -q '^The following argument was not expected: --verbose$' err || fail "nothing says what to do"
refuses 'the header prefix is not' --header 'X Y'
refuses 'a status code of the edge' --block-status 618
refuses 'not understood: --block-status 619x' --block-status 619x
refuses 'not understood: --unstable-below 0,7' --unstable-below 0,7
refuses 'not understood: --unstable-below' --unstable-below ''
refuses '0x1p-1: give a decimal number' --proxy-below 0x1p-1
for number in 0x26a 01152 6_18 inf; do
    refuses "$number: give a decimal number" --challenge-status $number
done
refuses '--respond proxy=block: proxy has a response already' --respond proxy=observe \
    --respond proxy=block
refuses 'the name of the file is empty' --template ''
refuses 'the name of the file is empty' --thresholds ''
writes "aroma-vcl $version" --version
writes '  --print-template            Print the built-in template, for editing' --help
if [ -e /dev/full ]; then
    "$aroma_vcl" >/dev/full 2>err
    [ $? -eq 1 ] || fail "a full disk goes unnoticed"
    grep -q 'the output is not complete' err || fail "a full disk is not named"
fi
exit $failed
