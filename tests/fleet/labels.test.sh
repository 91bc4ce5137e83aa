#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Labels and prefixes that validate() takes: promtool's parser takes them, and so does that of a
# Prometheus which scrapes them.
#
#     labels.test.sh FLEET_PAGES
set -u
. "$(dirname "$0")/../support/test.sh"
needs promtool:prometheus prometheus curl jq python3
pages=$(realpath "$1")
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir page
counts=$("$pages" page 25) || fail "no pages"
read -r samples labelled <<<"$counts"

# 1: it cannot be parsed. 3: names that promtool would choose otherwise.
parses() { promtool check metrics <"$1" >said 2>&1; [ $? -ne 1 ]; }
for page in page/*.txt; do
    parses "$page" || fail "$page: $(tail -n 3 said)"
    heads=$(grep -c '^# TYPE ' "$page")
    [ "$heads" -eq 4 ] && [ "$(grep '^# TYPE ' "$page" | sort -u | wc -l)" -eq 4 ] ||
        fail "$page: $heads families"
done
# Controls: what is refused here, promtool refuses.
for labels in 'a="x",a="x"' 'a="\t"' '0a="x"' 'a="x' 'segment="x"'; do
    sed "s|{.*segment=|{${labels//\\/\\\\},segment=|" page/0.txt >control
    parses control && fail "promtool takes $labels"
done

# And as Prometheus scrapes it: every sample, and no target down.
cat >serve.py <<'PYTHON'
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = open("page/0.txt", "rb").read()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 serve.py >port & started+=($!)
within 10 test -s port || { fail "no page is served"; exit $failed; }
free=$(python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
cat >prometheus.yml <<YAML
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: aroma
    honor_labels: true
    static_configs: [{targets: ["127.0.0.1:$(cat port)"]}]
YAML
prometheus --config.file prometheus.yml --storage.tsdb.path data \
    --web.listen-address "127.0.0.1:$free" 2>log & started+=($!)
ask() { curl -s --data-urlencode "query=$1" "http://127.0.0.1:$free/api/v1/query" |
    jq -r '.data.result[0].value[1] // 0'; }
scraped() { [[ $(ask 'max(scrape_samples_scraped)') =~ ^[1-9] ]]; }
within 30 scraped || fail "nothing was scraped: $(tail -n 3 log)"
[ "$(ask 'max(scrape_samples_scraped)')" = "$samples" ] ||
    fail "$(ask 'max(scrape_samples_scraped)') samples of $samples:" "$(
        curl -s "http://127.0.0.1:$free/api/v1/targets" | jq -r '.data.activeTargets[].lastError'
    )"
[ "$(ask 'count(aroma_score_count)')" = $((2 * labelled)) ] ||
    fail "$(ask 'count(aroma_score_count)') series of $((2 * labelled))"
[ "$(ask 'count(aroma_unknown_total{status="no_sample"} == 1)')" = "$labelled" ] ||
    fail "the counters are others"
exit $failed
