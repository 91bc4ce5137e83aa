// SPDX-License-Identifier: BSL-1.0
//
// A dynamic module for stock nginx that scores each client's connection when a request arrives.
//
//     load_module modules/ngx_http_aroma_module.so;
//
//     aroma on | off;                   in http, server, location: are the variables set?
//     aroma_thresholds FILE;            judges by it, and reads it again when it changes
//     aroma_probe redirect | off;       over plain HTTP/1.1 a redirect is the probe
//
//     $aroma_band $aroma_score $aroma_excess_ms $aroma_status $aroma_basis $aroma_probes
//
// A request is measured before any phase of nginx sees it (on_arrival); what was measured then is
// what its variables say until its line is logged, whatever redirects and subrequests it takes
// meanwhile. Over TLS the handshake is the probe, by observe() on nginx's own contexts. Over plain
// HTTP a GET is redirected to its own URI with a signed random argument (on_location), which is
// taken off the URI again when it arrives: location, cache keys and the origin see the first one.
// docs/nginx.md is for users.

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>
#include <aroma/operate/threshold_file.hpp>

#include "measured.hpp"
#include "probe_token.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <new>

extern "C" {
#include <ngx_config.h> // before nginx's others

#include <ngx_core.h>
#include <ngx_http.h>

extern ngx_module_t ngx_http_aroma_module;
}

namespace {

using namespace nginx_module;

// Of one connection over plain HTTP. Of the probes that are sent, so many may be void: the library
// asks for a challenge after two in a row, and one more is for a packet that was lost.
constexpr unsigned most_probes = 6, most_void = 3;
constexpr std::size_t longest_uri = 2000; // with the token still a URI that all servers take

struct MainConf {
    ThresholdsOnDisk* files; // each once, however many locations name it
};

struct ServerConf {
    bool used; // `aroma on` somewhere in it
};

struct LocationConf {
    ngx_flag_t on;
    ngx_uint_t probe;
    ThresholdsOnDisk* thresholds;
};

enum Probe : ngx_uint_t { probe_off, probe_redirect };

LocationConf const& location(ngx_http_request_t* r) noexcept
{
    return *static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_aroma_module));
}

ngx_int_t on_arrival(ngx_http_request_t* r)
{
    if (!static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_aroma_module))->used)
        return NGX_DECLINED;
    std::uint64_t const token = take_token(r);
    Request* const request = in_pool_or_new<Request>(r->pool);
    if (!request)
        return NGX_DECLINED; // the variables are empty
    // an HTTP/2 stream has a connection of its own, which is a copy
    ngx_connection_t* const c = r->stream ? r->stream->connection->connection : r->connection;
    request->peer = r->connection->sockaddr;
    request->balancer = r->http_connection->addr_conf->proxy_protocol;
    bool const answered = !request->balancer && measure(c, token, *request);
    // What has a token and is no answer is served, so that no client is redirected for ever: it
    // came by another connection, or again.
    request->decided = token != 0 && !answered;
    return NGX_DECLINED;
}

// ---- Probing ----

bool is_due(aroma::Assessment const& a, Request const& request) noexcept
{
    aroma::ConnectionHistory const& seen = request.seen;
    // of the socket, and no probe can help
    if (request.why != aroma::Status::ok && request.why != seen.last_void())
        return false;
    auto const counted = static_cast<unsigned>(seen.counted());
    unsigned const sent = request.connection->sent;
    return sent < most_probes && sent - (counted < sent ? counted : sent) < most_void
        && (a.status != aroma::Status::ok || (accuses(a.band) && counted < 2));
}

// Does it leave caches, uploads, upgrades and the client's URI alone?
bool can_be_redirected(ngx_http_request_t* r) noexcept
{
    ngx_str_t const& uri = r->unparsed_uri;
    return r->method == NGX_HTTP_GET && r->http_version == NGX_HTTP_VERSION_11 && !r->stream
        && r->keepalive && !ngx_exiting && !ngx_terminate && r->headers_in.content_length_n <= 0
        && !r->headers_in.chunked && !r->headers_in.upgrade && !r->headers_in.expect && uri.len > 0
        && uri.len <= longest_uri
        && uri.data[0] == '/'
        // "//host" and "/\host" would be another site's
        && (uri.len == 1 || (uri.data[1] != '/' && uri.data[1] != '\\'))
        // what is behind it no client sends
        && !ngx_strlchr(uri.data, uri.data + uri.len, '#');
}

bool add_header(ngx_http_request_t* r, ngx_str_t name, ngx_str_t value) noexcept
{
    auto* const header = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
    if (!header)
        return false;
    *header = {};
    header->hash = 1;
    header->key = name;
    header->value = value;
    return true;
}

ngx_int_t redirect(ngx_http_request_t* r, Connection& connection) noexcept
{
    ngx_str_t const& uri = r->unparsed_uri;
    ngx_str_t target{uri.len + 1 + tail_size, nullptr};
    target.data = static_cast<u_char*>(ngx_pnalloc(r->pool, target.len));
    if (!target.data)
        return NGX_DECLINED;
    u_char* end = ngx_cpymem(target.data, uri.data, uri.len);
    *end++ = ngx_strlchr(uri.data, uri.data + uri.len, '?') ? '&' : '?';
    end = ngx_cpymem(end, argument, argument_size);
    if (!make_token(end))
        return NGX_DECLINED;
    // Not headers_out.location, which nginx may make absolute: with another name or port than the
    // client's, and then it would answer on another connection. The token is as late as can be.
    if (!add_header(r, ngx_string("Cache-Control"), ngx_string("no-store"))
        || !add_header(r, ngx_string("Location"), target))
        return NGX_ERROR;
    r->headers_out.status = NGX_HTTP_MOVED_TEMPORARILY;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;
    ++connection.sent;
    connection.sent_at = ngx_current_msec;
    (void)aroma::score(r->connection->fd, connection.history); // where it stands before the write
    ngx_int_t const result = ngx_http_send_header(r);
    if (result == NGX_OK && !r->connection->buffered) // it left whole
        aroma::probe_sent(r->connection->fd, connection.history, aroma::token_of(end, token_size));
    ngx_http_finalize_request(r, result);
    return NGX_DONE;
}

// The location is known, and none of its own rules has run.
ngx_int_t on_location(ngx_http_request_t* r)
{
    LocationConf const& conf = location(r);
    if (!conf.on || conf.probe != probe_redirect || r != r->main || r->internal)
        return NGX_DECLINED;
    Request* const request = in_pool<Request>(r->pool);
    if (!request || !request->connection || request->decided || is_behind_balancer(r, *request))
        return NGX_DECLINED;
    request->decided = true;
    if (!can_be_redirected(r)
        || !is_due(assess(*request, conf.thresholds, r->connection->log), *request))
        return NGX_DECLINED;
    return redirect(r, *request->connection);
}

// ---- Variables ----

enum Variable : std::uintptr_t { band, score, excess_ms, status, basis, probes };
ngx_str_t variable_names[] = {ngx_string("aroma_band"),      ngx_string("aroma_score"),
                              ngx_string("aroma_excess_ms"), ngx_string("aroma_status"),
                              ngx_string("aroma_basis"),     ngx_string("aroma_probes")};

ngx_int_t set(ngx_http_variable_value_t* v, char const* text) noexcept
{
    v->len = static_cast<unsigned>(std::strlen(text)) & 0x0fffffff;
    v->data = reinterpret_cast<u_char*>(const_cast<char*>(text)); // nginx writes to none
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    return NGX_OK;
}

ngx_int_t set(ngx_http_request_t* r, ngx_http_variable_value_t* v, char const* format,
              ngx_uint_t whole, ngx_uint_t thousandths) noexcept
{
    auto* const text = static_cast<u_char*>(ngx_pnalloc(r->pool, 2 * NGX_INT_T_LEN + 2));
    if (!text)
        return NGX_ERROR;
    *ngx_sprintf(text, format, whole, thousandths) = '\0';
    return set(v, reinterpret_cast<char const*>(text));
}

ngx_int_t set_none(ngx_http_variable_value_t* v) noexcept
{
    v->not_found = 1; // "-" in a log, "" elsewhere
    return NGX_OK;
}

ngx_int_t get_variable(ngx_http_request_t* r, ngx_http_variable_value_t* v, std::uintptr_t which)
{
    LocationConf const& conf = location(r);
    Request* const request = conf.on ? in_pool<Request>(r->main->pool) : nullptr;
    if (!request)
        return set_none(v);
    bool const balancer = is_behind_balancer(r, *request);
    aroma::Assessment a; // unknown
    if (!balancer)
        a = assess(*request, conf.thresholds, r->connection->log);
    switch (static_cast<Variable>(which)) {
    case band: return set(v, name(a.band));
    case status: return set(v, balancer ? "behind_balancer" : name(a.status));
    case basis: return a.status == aroma::Status::ok ? set(v, name(a.basis)) : set_none(v);
    case probes:
        return set(r, v, "%ui", static_cast<ngx_uint_t>(balancer ? 0 : request->seen.counted()), 0);
    case score: {
        if (!a.score.known())
            return set_none(v);
        auto const thousandths = static_cast<ngx_uint_t>(a.score.value() * 1000); // rounded down
        return set(r, v, "%ui.%03ui", thousandths / 1000, thousandths % 1000);
    }
    case excess_ms: {
        if (a.status != aroma::Status::ok || !measured(a.sample.application))
            return set_none(v);
        ngx_uint_t const us = a.sample.application > a.sample.minimum
                                ? a.sample.application.count() - a.sample.minimum.count()
                                : 0;
        return set(r, v, "%ui.%03ui", us / 1000, us % 1000);
    }
    default: return set_none(v);
    }
}

ngx_int_t add_variables(ngx_conf_t* cf)
{
    for (std::uintptr_t i = 0; i < std::size(variable_names); ++i) {
        ngx_http_variable_t* const variable =
            ngx_http_add_variable(cf, &variable_names[i], NGX_HTTP_VAR_NOCACHEABLE);
        if (!variable)
            return NGX_ERROR;
        variable->get_handler = get_variable;
        variable->data = i;
    }
    return NGX_OK;
}

// ---- Configuration ----

template <class Conf>
void* new_conf(ngx_conf_t* cf)
{
    return ngx_pcalloc(cf->pool, sizeof(Conf));
}

void* new_location_conf(ngx_conf_t* cf)
{
    auto* const conf = static_cast<LocationConf*>(ngx_pcalloc(cf->pool, sizeof(LocationConf)));
    if (conf) {
        conf->on = NGX_CONF_UNSET;
        conf->probe = NGX_CONF_UNSET_UINT;
    }
    return conf;
}

char* merge_server_conf(ngx_conf_t*, void* outer, void* inner)
{
    if (static_cast<ServerConf*>(outer)->used)
        static_cast<ServerConf*>(inner)->used = true;
    return NGX_CONF_OK;
}

char* merge_location_conf(ngx_conf_t*, void* outer, void* inner)
{
    auto const& before = *static_cast<LocationConf*>(outer);
    auto& conf = *static_cast<LocationConf*>(inner);
    ngx_conf_merge_value(conf.on, before.on, 0);
    ngx_conf_merge_uint_value(conf.probe, before.probe, probe_off);
    if (!conf.thresholds)
        conf.thresholds = before.thresholds;
    return NGX_CONF_OK;
}

char* failed(char const* why) noexcept
{
    return const_cast<char*>(why);
}

char* set_aroma(ngx_conf_t* cf, ngx_command_t* command, void* conf)
{
    char* const result = ngx_conf_set_flag_slot(cf, command, conf);
    if (result == NGX_CONF_OK && static_cast<LocationConf*>(conf)->on == 1)
        static_cast<ServerConf*>(ngx_http_conf_get_module_srv_conf(cf, ngx_http_aroma_module))
            ->used = true;
    return result;
}

char* set_thresholds(ngx_conf_t* cf, ngx_command_t*, void* conf)
{
    auto& here = *static_cast<LocationConf*>(conf);
    if (here.thresholds)
        return failed("is duplicate");
    ngx_str_t path = static_cast<ngx_str_t*>(cf->args->elts)[1];
    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
        return static_cast<char*>(NGX_CONF_ERROR);
    auto* const name = reinterpret_cast<char const*>(path.data); // with a zero behind it
    auto& files =
        static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_aroma_module))
            ->files;
    for (ThresholdsOnDisk* file = files; file; file = file->next)
        if (std::strcmp(file->path, name) == 0) {
            here.thresholds = file;
            return NGX_CONF_OK;
        }
    void* const memory = ngx_palloc(cf->pool, sizeof(ThresholdsOnDisk));
    if (!memory)
        return static_cast<char*>(NGX_CONF_ERROR);
    files = here.thresholds = new (memory) ThresholdsOnDisk{name, files};
    if (aroma::Reloaded const& read = files->file.last();
        read.status != aroma::ReloadStatus::loaded) {
        log_thresholds(cf->log, *files, read);
        return failed("has a file that cannot be used: the line above says why");
    }
    return NGX_CONF_OK;
}

ServerConf const& server_conf(ngx_http_core_srv_conf_t const* server) noexcept
{
    return *static_cast<ServerConf*>(server->ctx->srv_conf[ngx_http_aroma_module.ctx_index]);
}

// The kernel then measures the handshake together with the client's wait, and hides its first
// bytes.
void warn_of_deferred(ngx_conf_t* cf, ngx_array_t const* ports) noexcept
{
    auto* const port = static_cast<ngx_http_conf_port_t*>(ports->elts);
    for (ngx_uint_t p = 0; p < ports->nelts; ++p) {
        auto* const addresses = static_cast<ngx_http_conf_addr_t*>(port[p].addrs.elts);
        for (ngx_uint_t a = 0; a < port[p].addrs.nelts; ++a) {
            auto* const* const servers =
                static_cast<ngx_http_core_srv_conf_t**>(addresses[a].servers.elts);
            bool used = false;
            for (ngx_uint_t s = 0; s < addresses[a].servers.nelts; ++s)
                used = used || server_conf(servers[s]).used;
            if (used && addresses[a].opt.deferred_accept)
                ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                              "aroma: \"listen %V deferred\" makes direct clients look proxied: "
                              "take \"deferred\" off that line",
                              &addresses[a].opt.addr_text);
        }
    }
}

ngx_int_t begin(ngx_conf_t* cf)
{
    auto* const core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* const* const servers = static_cast<ngx_http_core_srv_conf_t**>(core->servers.elts);
    bool used = false;
    for (ngx_uint_t i = 0; i < core->servers.nelts; ++i)
        used = used || server_conf(servers[i]).used;
    if (!used)
        return NGX_OK;

    // Each, since the handshake is another server's before SNI has named one.
    for (ngx_uint_t i = 0; i < core->servers.nelts; ++i) {
        auto* const tls = static_cast<ngx_http_ssl_srv_conf_t*>(
            servers[i]->ctx->srv_conf[ngx_http_ssl_module.ctx_index]);
        if (tls && tls->ssl.ctx && !aroma::openssl::observe(tls->ssl.ctx)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "aroma: no memory to observe TLS handshakes");
            return NGX_ERROR;
        }
    }
    if (core->ports)
        warn_of_deferred(cf, core->ports);

    // nginx calls the last of a phase first: this module's are loaded behind its own.
    struct {
        ngx_http_phases phase;
        ngx_http_handler_pt handler;
    } const handlers[] = {{NGX_HTTP_POST_READ_PHASE, on_arrival},
                          {NGX_HTTP_REWRITE_PHASE, on_location}};
    for (auto const& [phase, handler] : handlers) {
        auto* const place =
            static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
        if (!place)
            return NGX_ERROR;
        *place = handler;
    }
    return NGX_OK;
}

// In the master, before it starts the workers of this configuration.
ngx_int_t begin_workers(ngx_cycle_t* cycle)
{
    if (!nginx_module::make_key())
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "aroma: no random numbers: nobody is redirected");
    return NGX_OK;
}

ngx_conf_enum_t probe_kinds[] = {
    {ngx_string("off"), probe_off}, {ngx_string("redirect"), probe_redirect}, {ngx_null_string, 0}};

constexpr ngx_uint_t anywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

ngx_command_t commands[] = {
    {ngx_string("aroma"), anywhere | NGX_CONF_FLAG, set_aroma, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConf, on), nullptr},
    {ngx_string("aroma_thresholds"), anywhere | NGX_CONF_TAKE1, set_thresholds,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("aroma_probe"), anywhere | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, probe), probe_kinds},
    ngx_null_command,
};

ngx_http_module_t context = {add_variables,        begin,
                             new_conf<MainConf>,   nullptr,
                             new_conf<ServerConf>, merge_server_conf,
                             new_location_conf,    merge_location_conf};

char module_name[] = "ngx_http_aroma_module";

} // namespace

// What nginx looks for in the file, as its own build would generate it.
extern "C" {
ngx_module_t ngx_http_aroma_module = {
    NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE, nullptr, begin_workers,
    nullptr,       nullptr,  nullptr,  nullptr,         nullptr, NGX_MODULE_V1_PADDING};
ngx_module_t* ngx_modules[] = {&ngx_http_aroma_module, nullptr};
char* ngx_module_names[] = {module_name, nullptr};
char* ngx_module_order[] = {nullptr};
}
