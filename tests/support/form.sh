#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The block of a page below a line `<!-- form of FILE -->`, and what that program prints now: the
# same but for numbers and bands. OUTPUT is a file, or a pipe that is read once.
#
#     form.sh PROJECT FILE OUTPUT
set -u
unset CDPATH
band='normal|unstable|suspicious|proxy'
form() {
    sed -E 's/ +/ /g; s/[0-9]+\.[0-9]+/N/g; '"s/N ($band)\\b/N BAND/g; s/^($band) score/BAND score/
        /ask for more proof/d" "$@"
}
printed=$(form "$3")
cd "$1" || exit 1
mapfile -t pages < <(grep -lxF -- "<!-- form of $2 -->" *.md */*.md)
[ ${#pages[@]} -gt 0 ] || { echo "FAILED: no page shows the output of $2"; exit 1; }
failed=0
for page in "${pages[@]}"; do
    shown=$(awk -v marker="<!-- form of $2 -->" '$0 == marker { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$page" | form)
    [ "$shown" = "$printed" ] ||
        { echo "FAILED: $page shows of $2"; echo "$shown"; echo "but it prints"; echo "$printed"
          failed=1; }
done
exit $failed
