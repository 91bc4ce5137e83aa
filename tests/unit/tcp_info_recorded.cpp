// SPDX-License-Identifier: BSL-1.0
//
// Snapshots of tcp_info that others recorded of real connections: none is out of range, and a first
// snapshot clears nobody.

#include "../support/catch.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

using aroma::Status;

namespace {

struct Snapshot {
    std::string connection;
    aroma::TcpInfo info;
};

// The columns that are there, as the bytes the kernel would have answered with.
std::vector<Snapshot> read_snapshots(std::istream& file)
{
    std::vector<Snapshot> snapshots;
    std::string line, cell;
    std::getline(file, line);
    std::map<std::string, std::size_t> column;
    for (std::istringstream cells{line}; std::getline(cells, cell, ',');)
        column.emplace(cell, column.size());
    while (std::getline(file, line)) {
        std::vector<std::string> row;
        for (std::istringstream cells{line}; std::getline(cells, cell, ',');)
            row.push_back(cell);
        row.resize(column.size());
        unsigned char bytes[152]{};
        auto const number = [&](char const* name) {
            return std::stoull("0" + row.at(column.at(name)));
        };
        auto const put = [&](std::size_t offset, auto value) {
            std::memcpy(bytes + offset, &value, sizeof value);
        };
        put(0, static_cast<std::uint8_t>(number("state")));
        put(68, static_cast<std::uint32_t>(number("rtt_us")));
        put(72, static_cast<std::uint32_t>(number("rttvar_us")));
        put(100, static_cast<std::uint32_t>(number("total_retrans")));
        put(120, static_cast<std::uint64_t>(number("bytes_acked")));
        put(148, static_cast<std::uint32_t>(number("min_rtt_us")));
        snapshots.push_back({row.at(column.at("source")) + '/' + row.at(column.at("conn")),
                             aroma::decode(bytes, sizeof bytes)});
    }
    return snapshots;
}

} // namespace

TEST_CASE("decode: recorded tcp_info")
{
    std::ifstream file{AROMA_RECORDINGS "/tcp_info.csv"};
    if (!file)
        return skipped("no recorded connections in " AROMA_RECORDINGS);
    std::vector<Snapshot> const snapshots = read_snapshots(file);
    REQUIRE(snapshots.size() > 10'000);

    std::map<std::string, aroma::TcpInfo> first;
    std::map<Status, int> statuses;
    int above_one = 0, contradictions = 0;
    for (auto const& [connection, info] : snapshots) {
        aroma::Assessment const a = aroma::assess(info);
        first.emplace(connection, info);
        ++statuses[a.status];
        above_one += info.rtt.minimum > info.rtt.smoothed && a.status == Status::ok;
        if (a.score.known() != (a.status == Status::ok)
            || (a.score.known() && !(a.score.value() > 0 && a.score.value() <= 1)))
            FAIL(connection);
        // One sample by the variation, yet more than one byte acknowledged: would contradict the
        // rule for handshake_only.
        contradictions += a.status == Status::handshake_only && info.bytes_acked > 1;
    }
    CHECK(above_one == 33); // a raw ratio above 1 is legal: the minimum's window has moved on
    CHECK(contradictions == 0);
    CHECK(statuses[Status::handshaking] == 7);
    CHECK(statuses[Status::ok] > 9000);

    // Fourteen connections of this source were first seen when their client had already finished;
    // of the others, the first snapshot is the handshake's.
    int started = 0, cleared = 0;
    for (auto const& [connection, info] : first)
        if (connection.rfind("etl-tcpinfo-arn02", 0) == 0
            && info.state == aroma::TcpState::established) {
            ++started;
            cleared += info.status != Status::handshake_only;
        }
    CHECK(started > 300);
    CHECK(cleared == 0);
}
