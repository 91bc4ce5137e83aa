// SPDX-License-Identifier: BSL-1.0
//
// Everything that check.sh must find, so that a check that finds nothing anywhere is found out.
#ifndef AROMA_CONTROL_HPP
#define AROMA_CONTROL_HPP

#include <chrono>
#include <netinet/tcp.h>

#define CONTROL 1
#undef UNDEFINED

#ifdef NDEBUG
#endif

#endif // AROMA_CONTROL_HPP
