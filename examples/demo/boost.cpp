// SPDX-License-Identifier: BSL-1.0
//
// What of Boost is no template, compiled once and beside the rest.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
