// SPDX-License-Identifier: BSL-1.0
//
// A plugin for Apache Traffic Server 9.2: each request to the origin has the client's band in the
// header Aroma-Band, and nothing that the client sent under that name. docs/edge.md has the rest.

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include <new>
#include <string_view>

#include <ts/ts.h>

namespace {

constexpr std::string_view header_name = "Aroma-Band";
constexpr int name_size = int{header_name.size()};
int history_index = -1; // of a session's memory

aroma::ConnectionHistory* history_of(TSHttpSsn session) noexcept
{
    TSVConn const connection = TSHttpSsnClientVConnGet(session);
    if (connection && TSVConnIsSsl(connection))
        if (auto* const ssl = reinterpret_cast<SSL*>(TSVConnSslConnectionGet(connection)))
            if (aroma::ConnectionHistory* const seen = aroma::openssl::history(ssl))
                return seen;
    return static_cast<aroma::ConnectionHistory*>(TSUserArgGet(session, history_index));
}

void set_header(TSHttpTxn transaction, char const* band) noexcept
{
    TSMBuffer request;
    TSMLoc header, field;
    if (TSHttpTxnClientReqGet(transaction, &request, &header) != TS_SUCCESS)
        return;
    while ((field = TSMimeHdrFieldFind(request, header, header_name.data(), name_size))
           != TS_NULL_MLOC) {
        TSMimeHdrFieldDestroy(request, header, field);
        TSHandleMLocRelease(request, header, field);
    }
    if (TSMimeHdrFieldCreateNamed(request, header, header_name.data(), name_size, &field)
        == TS_SUCCESS) {
        TSMimeHdrFieldValueStringSet(request, header, field, -1, band, -1);
        TSMimeHdrFieldAppend(request, header, field);
        TSHandleMLocRelease(request, header, field);
    }
    TSHandleMLocRelease(request, TS_NULL_MLOC, header);
}

int on_event(TSCont, TSEvent event, void* data) noexcept
{
    if (event == TS_EVENT_VCONN_START) { // before a TLS handshake
        auto const connection = static_cast<TSVConn>(data);
        auto* const ssl = reinterpret_cast<SSL*>(TSVConnSslConnectionGet(connection));
        if (ssl
            && !(aroma::openssl::observe(SSL_get_SSL_CTX(ssl))
                 && aroma::openssl::set_fd(ssl, TSVConnFdGet(connection))))
            TSError("[aroma] no memory: a TLS handshake is not measured");
        TSVConnReenable(connection);
        return 0;
    }
    if (event == TS_EVENT_HTTP_SSN_START || event == TS_EVENT_HTTP_SSN_CLOSE) {
        auto const session = static_cast<TSHttpSsn>(data);
        delete static_cast<aroma::ConnectionHistory*>(TSUserArgGet(session, history_index));
        bool const starts = event == TS_EVENT_HTTP_SSN_START;
        TSUserArgSet(session, history_index,
                     starts ? new (std::nothrow) aroma::ConnectionHistory : nullptr);
        TSHttpSsnReenable(session, TS_EVENT_HTTP_CONTINUE);
        return 0;
    }
    // A request has arrived, and nothing of its answer is written.
    auto const transaction = static_cast<TSHttpTxn>(data);
    aroma::ConnectionHistory* const history = history_of(TSHttpTxnSsnGet(transaction));
    int fd = -1;
    aroma::Assessment a;
    if (history && TSHttpTxnClientFdGet(transaction, &fd) == TS_SUCCESS)
        a = aroma::score(fd, *history);
    set_header(transaction, name(a.band));
    TSHttpTxnReenable(transaction, TS_EVENT_HTTP_CONTINUE);
    return 0;
}

} // namespace

void TSPluginInit(int, char const**)
{
    TSPluginRegistrationInfo info{"aroma", "aroma", ""};
    if (TSPluginRegister(&info) != TS_SUCCESS
        || TSUserArgIndexReserve(TS_USER_ARGS_SSN, "aroma", "a connection's history",
                                 &history_index)
               != TS_SUCCESS) {
        TSError("[aroma] cannot be registered: is Traffic Server 9.2 or later?");
        return;
    }
    TSCont const handler = TSContCreate(on_event, nullptr);
    for (TSHttpHookID const hook : {TS_VCONN_START_HOOK, TS_HTTP_SSN_START_HOOK,
                                    TS_HTTP_SSN_CLOSE_HOOK, TS_HTTP_READ_REQUEST_HDR_HOOK})
        TSHttpHookAdd(hook, handler);
}
