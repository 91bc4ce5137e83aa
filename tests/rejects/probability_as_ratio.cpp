// SPDX-License-Identifier: BSL-1.0
//
// One probability is no likelihood ratio: how probable is the same without a proxy?

#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>

#ifdef AROMA_EXPECT_FAIL
void see(aroma::Evidence& evidence)
{
    evidence.add(aroma::Signal::ip_intelligence, 0.9);
}
#else
void see(aroma::Evidence& evidence)
{
    evidence.add(aroma::Signal::ip_intelligence,
                 aroma::LikelihoodRatio::with({.if_proxy = 0.9, .if_direct = 0.1}));
}
#endif
