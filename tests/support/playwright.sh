# SPDX-License-Identifier: BSL-1.0
#
# Sourced behind test.sh or lab.sh: a real browser for the demo.
#
#     playwright_ready      sets `browser`, and demo_browser=(COMMAND...): demo_browser.mjs with its
#                           first two arguments;
#                           says why and returns 1 if Chromium, Node.js or npm is missing

playwright_version=1.65.1
unset CDPATH
playwright_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
playwright_folder=$(cd "$playwright_tests/../.." && pwd)/build/browser

playwright_ready() {
    find_chromium || { echo "Chromium is needed (package chromium)"; return 1; }
    demo_browser=(timeout -k 5 300 node "$playwright_tests/demo_browser.mjs" \
        "$playwright_folder" "$browser")
    command -v node >/dev/null || { echo "Node.js is needed (package nodejs)"; return 1; }
    mkdir -p "$playwright_folder" && (
        flock 9
        installed=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' \
            "$playwright_folder/node_modules/playwright-core/package.json" 2>/dev/null)
        [ "$installed" = $playwright_version ] && exit
        command -v npm >/dev/null ||
            { echo "npm is needed for playwright-core (package npm)"; exit 1; }
        npm install --prefix "$playwright_folder" --no-audit --no-fund --no-save \
            --silent "playwright-core@$playwright_version" >"$playwright_folder/npm.log" 2>&1 ||
            {
                echo "npm cannot fetch playwright-core: $(tail -n 1 "$playwright_folder/npm.log")"
                exit 1
            }
    ) 9>"$playwright_folder/lock"
}

# The curl arguments that lead through a proxy (tests/support/proxies.sh), as Chromium's: sets
# `chromium_via`.
via_of_chromium() {
    case ${1:-} in
    '') chromium_via=() ;;
    --socks5) chromium_via=("--proxy-server=socks5://$2") ;;
    --proxy) chromium_via=("--proxy-server=$2") ;;
    --connect-to) chromium_via=("--host-resolver-rules=MAP * ${2#::}") ;;
    *) return 1 ;;
    esac
}
