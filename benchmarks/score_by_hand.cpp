// SPDX-License-Identifier: BSL-1.0
//
// What score(fd) says, by hand and for this one purpose: the kernel's structure as it lies in
// memory, each formula with its constants in it, nothing shared and nothing to choose. bytes.sh
// compiles it to see how few bytes that takes; the numbers below are those of aroma::Status,
// Band and Basis.

#include <cstdint>

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

struct Kernel {
    unsigned char state, ca_state, retransmits, probes, backoff, options, window_scales, flags;
    u32 rto, ato, snd_mss, rcv_mss, unacked, sacked, lost, retrans, fackets;
    u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
    u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering, rcv_rtt;
    u32 rcv_space, total_retrans;
    u64 pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
    u32 segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
    u64 rest[8];
};
static_assert(sizeof(Kernel) == 224);

struct Result {
    double score;
    unsigned char band, basis, status;
    u32 minimum, smoothed, variation, application;
};

constexpr u32 last = 0xFFFF'FFFE; // that is measured
u32 tick;

bool measured(u32 rtt)
{
    return rtt - 1 < last;
}

[[gnu::cold, gnu::noinline]] unsigned char of_errno(int error)
{
    return error == EBADF                                                 ? 25
         : error == ENOTSOCK                                              ? 26
         : error == EOPNOTSUPP || error == ENOPROTOOPT || error == EINVAL ? 27
         : error == ENOSYS                                                ? 28
                                                                          : 32;
}

[[gnu::cold, gnu::noinline]] unsigned char why_unread(int fd, int errno_before)
{
    unsigned char status = of_errno(errno);
    if (status == 27 || status == 28) {
        int type, protocol;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
            && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0)
            status = type == SOCK_STREAM && (protocol == 6 || protocol == 262) ? 28 : 27;
        else if ((status = of_errno(errno)) == 27)
            status = 32;
    }
    errno = errno_before;
    return status;
}

// Too short, no connection, or a first request.
[[gnu::cold, gnu::noinline]] void unusual(Result& r, Kernel& k, u32 size)
{
    r = {0, 0, 0, 1, k.min_rtt, k.rtt, k.rttvar, 0};
    if (size < 152) {
        r.status = 29;
        r.minimum = 0;
        if (size < 72)
            r.smoothed = 0;
        if (size < 76)
            r.variation = 0;
        return;
    }
    if (size < 160) {
        k.data_segs_out = 0;
        if (size < 156)
            k.data_segs_in = 0;
    }
    switch (k.state) {
    case 1:
    case 8: r.status = measured(k.min_rtt) && measured(k.rtt) ? 3 : 1; break;
    case 10: r.status = 22; break;
    case 2:
    case 3:
    case 12: r.status = 20; break;
    case 7: r.status = measured(k.min_rtt) ? 23 : 21; break;
    case 4:
    case 5:
    case 6:
    case 9:
    case 11: r.status = 23; break;
    default: break;
    }
    if (r.status != 3 || k.data_segs_out != 0 || k.data_segs_in - 1 > 9 || k.notsent_bytes != 0
        || k.unacked != 0 || (k.options & 128) != 0)
        return;
    if (k.data_segs_in != 1
        && (k.rcv_mss < k.snd_mss || k.bytes_received <= u64{k.data_segs_in - 1} * k.snd_mss))
        return;
    u32 gap = k.last_data_sent - k.last_data_recv;
    if (k.last_data_sent < k.last_data_recv || gap > 3000)
        return;
    if (tick == 0) {
        int const errno_before = errno;
        timespec t{};
        tick = clock_getres(CLOCK_MONOTONIC_COARSE, &t) == 0 && t.tv_sec == 0
                 ? (static_cast<u32>(t.tv_nsec) + 999) / 1000
                 : 10'000;
        errno = errno_before;
    }
    gap *= 1000;
    u32 reply = gap > tick ? gap - tick : 0;
    if ((k.options & 1) != 0 && k.rcv_rtt > 1000 && k.rcv_rtt - 1000 > k.min_rtt) {
        u32 const stopwatch = k.rcv_rtt - 1000 - k.min_rtt, slack = tick < 4000 ? tick : 4000;
        if (stopwatch >= reply)
            reply = stopwatch <= gap + slack ? stopwatch : reply + slack;
    }
    u32 const excess = k.min_rtt < last - reply ? reply : last - k.min_rtt;
    constexpr double reference = 50'000.0 / 9;
    if (reference / (reference + excess) < 0.1) {
        r.score = 0.1;
        r.band = 3;
        r.basis = 3;
        r.status = 0;
        r.application = k.min_rtt + excess;
        if (k.rttvar > last)
            r.variation = 0;
    }
}

Result score(int fd)
{
    Kernel k;
    k.state = 0;
    socklen_t size = sizeof k;
    int const errno_before = errno;
    if (getsockopt(fd, 6, 11, &k, &size) != 0) [[unlikely]]
        return {0, 0, 0, why_unread(fd, errno_before), 0, 0, 0, 0};
    if (size >= 152 && (k.state == 1 || k.state == 8) && measured(k.min_rtt) && measured(k.rtt)
        && (k.min_rtt != k.rtt || (k.bytes_acked > 1 && (k.rtt < 32 || k.rttvar != k.rtt / 2))))
        [[likely]] {
        double const score = static_cast<double>(k.min_rtt < k.rtt ? k.min_rtt : k.rtt) / k.rtt;
        int const band = score >= 0.7 ? 1 : score >= 0.3 ? 2 : score >= 0.1 ? 3 : 4;
        return {score, static_cast<unsigned char>(band), 1, 0, k.min_rtt, k.rtt, k.rttvar, 0};
    }
    Result r;
    unusual(r, k, size);
    return r;
}

} // namespace

int band(int fd);
int band(int fd)
{
    return score(fd).band;
}
