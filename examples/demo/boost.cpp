// SPDX-License-Identifier: BSL-1.0
//
// The parts of Boost that are not templates, compiled once.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
