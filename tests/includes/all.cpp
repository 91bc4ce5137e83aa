// SPDX-License-Identifier: BSL-1.0
//
// Links the units whose static facts have held, and calls what two of them define twice if anything
// is not inline.

#include "every_type.hpp"

#include <aroma/aroma.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_file.hpp>
#include <aroma/operate/baseline_text.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/threshold_file.hpp>
#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

aroma::Assessment score_in_another_unit(int fd);
aroma::Assessment score_in_another_unit(aroma::EndpointPair const& ends);
aroma::Response answer_in_another_unit(aroma::Assessment const& assessment);

int main()
{
    aroma::Assessment const none = aroma::score(-1);
    bool const same =
        none == score_in_another_unit(-1)
        && aroma::score(aroma::EndpointPair{}) == score_in_another_unit(aroma::EndpointPair{})
        && aroma::Policy<>{}.decide(none, "", aroma::Key{1}).response
               == answer_in_another_unit(none)
        && size_in_another_unit(EveryType{}) == sizeof(EveryType);
    return same ? 0 : 1;
}
