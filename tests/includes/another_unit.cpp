// SPDX-License-Identifier: BSL-1.0
//
// The second of two units that include the umbrella.

#include "every_type.hpp"

#include <aroma/aroma.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/linux/sock_diag.hpp>

aroma::Assessment score_in_another_unit(int fd);
aroma::Assessment score_in_another_unit(aroma::EndpointPair const& ends);
aroma::Response answer_in_another_unit(aroma::Assessment const& assessment);
aroma::Assessment score_in_another_unit(int fd)
{
    return aroma::score(fd);
}
aroma::Assessment score_in_another_unit(aroma::EndpointPair const& ends)
{
    return aroma::score(ends);
}
aroma::Response answer_in_another_unit(aroma::Assessment const& assessment)
{
    return aroma::Policy<>{}.decide(assessment, "", aroma::Key{1}).response;
}
unsigned long size_in_another_unit(EveryType const& every)
{
    return sizeof every;
}
