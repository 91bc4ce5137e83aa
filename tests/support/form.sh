#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The block of README.md below a line `<!-- form of FILE -->`, and what that program prints now: the same but for numbers and bands.
#
#     form.sh README FILE OUTPUT
set -u
form() { sed -E 's/ +/ /g; s/[0-9]+\.[0-9]+/N/g; s/N (normal|unstable|suspicious|proxy)\b/N BAND/g; s/^(normal|unstable|suspicious|proxy) score/BAND score/; /ask for more proof/d' "$@"; }
shown=$(awk -v marker="<!-- form of $2 -->" '$0 == marker { found = 1; next } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$1" | form)
printed=$(form "$3")
[ -n "$shown" ] || { echo "FAILED: $1 shows no output of $2"; exit 1; }
[ "$shown" = "$printed" ] || { echo "FAILED: $1 shows of $2"; echo "$shown"; echo "but it prints"; echo "$printed"; exit 1; }
