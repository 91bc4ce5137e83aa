// SPDX-License-Identifier: BSL-1.0
//
// The numbers of linux/sock_diag.hpp against the kernel's own headers, which no public header
// includes.

#include <aroma/linux/sock_diag.hpp>

#include <cstddef>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>

namespace {

using namespace aroma::detail;

static_assert(netlink_sock_diag == NETLINK_SOCK_DIAG && netlink_noop == NLMSG_NOOP
              && netlink_error == NLMSG_ERROR && netlink_done == NLMSG_DONE);
static_assert(netlink_overrun == NLMSG_OVERRUN && diag_of_all_families == TCPDIAG_GETSOCK
              && diag_by_family == SOCK_DIAG_BY_FAMILY);
static_assert(netlink_request == NLM_F_REQUEST && netlink_dump == NLM_F_DUMP
              && netlink_dump_interrupted == NLM_F_DUMP_INTR);
static_assert(diag_info == INET_DIAG_INFO
              && attribute_kinds == static_cast<std::uint16_t>(NLA_TYPE_MASK));

static_assert(sizeof(nlmsghdr) == size_of_message_header && offsetof(nlmsghdr, nlmsg_len) == 0
              && offsetof(nlmsghdr, nlmsg_type) == 4);
static_assert(offsetof(nlmsghdr, nlmsg_flags) == 6 && offsetof(nlmsghdr, nlmsg_seq) == 8
              && NLMSG_ALIGNTO == 4 && RTA_ALIGNTO == 4);
static_assert(sizeof(rtattr) == size_of_attribute_header && offsetof(rtattr, rta_len) == 0
              && offsetof(rtattr, rta_type) == 2);
static_assert(offsetof(nlmsgerr, error) == 0 && sizeof(nlmsgerr::error) == 4);
static_assert(sizeof(sockaddr_nl) == size_of_netlink_address
              && offsetof(sockaddr_nl, nl_pid) == offset_of_netlink_port);

static_assert(sizeof(inet_diag_msg) == size_of_diag && offsetof(inet_diag_msg, idiag_family) == 0
              && offsetof(inet_diag_msg, idiag_state) == 1);
static_assert(offsetof(inet_diag_msg, id) == offset_of_diag_id
              && offsetof(inet_diag_msg, idiag_uid) == offset_of_diag_uid);
static_assert(offsetof(inet_diag_msg, idiag_inode) == offset_of_diag_inode);
static_assert(sizeof(inet_diag_sockid) == size_of_diag_id
              && offsetof(inet_diag_sockid, idiag_sport) == 0
              && offsetof(inet_diag_sockid, idiag_dport) == 2);
static_assert(offsetof(inet_diag_sockid, idiag_src) == offset_of_id_source
              && offsetof(inet_diag_sockid, idiag_dst) == offset_of_id_destination);
static_assert(offsetof(inet_diag_sockid, idiag_if) == offset_of_id_device
              && offsetof(inet_diag_sockid, idiag_cookie) == offset_of_id_cookie);
static_assert(INET_DIAG_NOCOOKIE == ~0u);
static_assert(sizeof(inet_diag_req) == size_of_request && offsetof(inet_diag_req, idiag_ext) == 3
              && offsetof(inet_diag_req, id) == offset_of_request_id);
static_assert(offsetof(inet_diag_req, idiag_states) == offset_of_request_states);
static_assert(sizeof(inet_diag_req_v2) == size_of_request_v2
              && offsetof(inet_diag_req_v2, sdiag_family) == 0
              && offsetof(inet_diag_req_v2, sdiag_protocol) == 1);
static_assert(offsetof(inet_diag_req_v2, idiag_ext) == 2
              && offsetof(inet_diag_req_v2, idiag_states) == offset_of_request_v2_states);
static_assert(offsetof(inet_diag_req_v2, id) == offset_of_request_v2_id);

static_assert(offsetof(ifreq, ifr_ifindex) == offset_of_device_index && sizeof(ifreq) <= 64
              && IFNAMSIZ == 16);

} // namespace
