// SPDX-License-Identifier: BSL-1.0
//
// A buffer that might cut the explanation is not taken by its name alone.

#include <aroma/decide/explain.hpp>
#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
char line[80];
auto how(aroma::Decision const& d)
{
    return explain(d, line);
}
#else
char line[aroma::explanation_size];
auto how(aroma::Decision const& d)
{
    return explain(d, line);
}
#endif
