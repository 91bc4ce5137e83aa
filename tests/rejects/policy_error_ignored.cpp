// SPDX-License-Identifier: BSL-1.0
//
// A rule that was refused is not passed over in silence.

#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
void configure(aroma::Policy<>& policy, aroma::Rule const& rule)
{
    policy.set("de", rule);
}
#else
bool configure(aroma::Policy<>& policy, aroma::Rule const& rule)
{
    return policy.set("de", rule) == aroma::PolicyError::none;
}
#endif
