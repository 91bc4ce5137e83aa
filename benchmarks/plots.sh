#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The judge's plots, from what `aroma-judge --data DIR` wrote, as SVG.
#
#     plots.sh DIR [INTO]        INTO: benchmarks/results
set -u
here=$(dirname "$0")
data=${1:-} into=${2:-$here/results}
[ -d "$data" ] || { sed -n '4,/^set/s/^# \{0,1\}//p' "$0"; [ "$data" = --help ]; exit $((2 * $?)); }
command -v gnuplot >/dev/null ||
    { echo "aroma: no plots: apt-get install gnuplot-nox" >&2; exit 1; }
mkdir -p "$into" && work=$(mktemp -d -p "$into") || exit 1
trap 'rm -rf "$work"' EXIT
unset CDPATH
# gnuplot reads the folders' names as its own text, and as a shell's: it gets names that are none of
# the caller's.
script=$(realpath "$here/judge/plots.gnuplot") && ln -s "$(realpath "$data")" "$work/data" &&
    (cd "$work" && gnuplot -e "data = 'data'; out = '.'" "$script") || exit 1

# gnuplot names itself; a reader who cannot see the plot hears what it shows.
# shellcheck disable=SC2162
while IFS='|' read name title what; do # a line goes on behind a backslash
    sed -i -e "s|<title>.*</title>|<title>$title</title>|" \
        -e "s|<desc>.*</desc>|<desc>$what</desc>|" -e "s|^<svg *\$|<svg role=\"img\"|" \
        "$work/$name.svg" &&
        mv "$work/$name.svg" "$into/" || exit 1
done <<'TITLES'
roc|ROC of every rule|The share of proxied connections that a rule sees, against the share \
of direct ones that it accuses, on a logarithmic axis.
score_by_leg|Score by client leg|The score of each method against the round trip between client \
and proxy, for proxies near the server. TCP's own ratio falls until 40 ms and then jumps \
back to normal.
distributions|Lowest excess, direct and proxied|The distribution of a connection's \
lowest excess for direct connections and for proxied ones by client leg, with the edges of \
the bands.
TITLES
