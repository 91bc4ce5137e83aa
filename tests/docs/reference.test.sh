#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The reference has no gaps, and says what the headers say; a header with gaps fails.
#
#     reference.test.sh SOURCE WORK
set -u
source=$1 work=$2
command -v doxygen >/dev/null || { echo "aroma: skipped: no doxygen"; exit 0; }
rm -rf "$work" && mkdir -p "$work" || exit 1
"$source/docs/reference.sh" "$source" "$work/docs" || exit 1
failed=0
says() { # PAGE TEXT
    grep -rqF -- "$2" "$work/docs/html/$1" || { echo "$1 does not say: $2"; failed=1; }
}
says classaroma_1_1Score.html "in (0, 1]; NaN if unknown"                # of the synopsis
says classaroma_1_1Score.html "part / whole for two finite amounts"          # of a comment before it
says structaroma_1_1TcpInfo.html "segments sent and not acknowledged"       # of a comment behind it
says score_8hpp.html "above 1 is 1; zero, less and NaN are unknown"           # the synopsis itself
says index.html "folder says whom it may know"

mkdir -p "$work/control/docs" && cp -r "$source/include" "$work/control" && cp "$source/docs/"* "$work/control/docs" || exit 1
cat >"$work/control/include/aroma/score.hpp" <<'END'
// SPDX-License-Identifier: BSL-1.0
//
// aroma/score.hpp: a number in (0, 1], or that there is none.
#ifndef AROMA_SCORE_HPP
#define AROMA_SCORE_HPP
namespace aroma {
class Score {
public:
    constexpr bool known() const noexcept { return true; }
};
[[nodiscard]] constexpr int undocumented() noexcept { return 1; }
enum class Undocumented { a, b };
} // namespace aroma
#endif // AROMA_SCORE_HPP
END
find "$work/control/include" -name '*.hpp' ! -name score.hpp ! -name version.hpp -delete
said=$("$source/docs/reference.sh" "$work/control" "$work/control/docs_made") && { echo "a header with gaps passes"; failed=1; }
for gap in "Compound aroma::Score is not documented" "Member known() const noexcept (function)" "Member undocumented() noexcept (function)" \
    "Member Undocumented (enumeration)"; do
    grep -qF -- "$gap" <<<"$said" || { echo "not found: $gap"; failed=1; }
done
exit $failed
