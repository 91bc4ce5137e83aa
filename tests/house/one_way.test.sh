#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The rule holds, and each breach of it is found in a copy that has it.
#
#     one_way.test.sh SOURCE
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$1
"$here/one_way.sh" "$source" || exit 1

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
failed=0
finds() { # MESSAGE, after a breach in $work/copy
    local said
    said=$("$here/one_way.sh" "$work/copy") && { echo "not found: $1"; failed=1; }
    grep -qF -- "$1" <<<"$said" || { printf 'not said: %s\nbut:\n%s\n' "$1" "$said"; failed=1; }
}
copy() {
    rm -rf "$work/copy" && mkdir -p "$work/copy/docs" && cp -r "$source/include" "$source/CMakeLists.txt" "$work/copy" && cp "$source/docs/HOUSE.md" "$work/copy/docs"
}

copy && echo '#include <aroma/policy.hpp>' >>"$work/copy/include/aroma/evidence.hpp"
finds "evidence.hpp includes policy.hpp, which is not above it"
copy && echo '#include "score.hpp"' >>"$work/copy/include/aroma/duration.hpp"
finds "duration.hpp includes score.hpp, which is not above it"
copy && echo '#include <aroma/linux/tcp_info.hpp>' >>"$work/copy/include/aroma/policy.hpp"
finds "policy.hpp is of the core and includes linux/tcp_info.hpp"
copy && cp "$work/copy/include/aroma/score.hpp" "$work/copy/include/aroma/unknown.hpp"
finds "docs/HOUSE.md has no unknown.hpp"
copy && rm "$work/copy/include/aroma/vcl.hpp"
finds "docs/HOUSE.md has vcl.hpp, which is not in include/aroma"
copy && sed -i '/include\/aroma\/vcl.hpp/d' "$work/copy/CMakeLists.txt"
finds "CMakeLists.txt has no include/aroma/vcl.hpp in its file sets"
copy && sed -i '3s/a number/some number/' "$work/copy/include/aroma/score.hpp"
finds "score.hpp opens with some number in"
exit $failed
