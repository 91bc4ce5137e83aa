// SPDX-License-Identifier: BSL-1.0
//
// A number becomes a key only if the code says so.

#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Decision decide(aroma::Policy<> const& policy, aroma::Assessment const& a)
{
    return policy.decide(a, "de", 42);
}
#else
aroma::Decision decide(aroma::Policy<> const& policy, aroma::Assessment const& a)
{
    return policy.decide(a, "de", aroma::Key{42});
}
#endif
