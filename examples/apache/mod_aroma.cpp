// SPDX-License-Identifier: BSL-1.0
//
// mod_aroma: whether a TCP proxy stands between Apache httpd 2.4 and its client, for each request,
// in variables for LogFormat, mod_rewrite and mod_headers. docs/apache.md has it all.
//
//     LoadModule aroma_module mod_aroma.so
//     AcceptFilter http none
//     AcceptFilter https none
//     Aroma on                                 measures, in this server or virtual host
//     AromaThresholds aroma/thresholds         a file that is read again while the server runs
//     AromaProbe redirect                      off unless set: probes for plain HTTP/1.1
//
// Each TLS handshake is a probe, by observe() on mod_ssl's own contexts. A client without a probe
// can be accused by its opening, and is never called normal.

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// C++20 has them, and then a directive's function is checked
#define AP_HAVE_DESIGNATED_INITIALIZER
#include <ap_listen.h>
#include <ap_mpm.h>
#include <apr_optional_hooks.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <httpd.h>
#include <mpm_common.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <sys/mman.h>

extern "C" {
extern module AP_MODULE_DECLARE_DATA aroma_module;
}
APLOG_USE_MODULE(aroma);

namespace {

// In memory that all processes share: the parent reads the file again, and its children see it.
struct SharedThresholds {
    explicit SharedThresholds(char const* of) : path{of}, file{of} {}

    char const* path;
    aroma::ThresholdFile<> file;
    SharedThresholds* next = nullptr;
};

SharedThresholds* every_file = nullptr; // of this configuration
bool measures = false;                  // some server does

struct Settings {       // of a server or virtual host
    int on = -1;        // not said
    int redirects = -1; // the same
    SharedThresholds* thresholds = nullptr;
};

// One TCP connection, in its pool. HTTP/2 has several threads look at it at once.
struct Connection {
    explicit Connection(apr_socket_t* of) : socket{of} {}

    aroma::ConnectionHistory* history()
    {
        aroma::ConnectionHistory* const seen = ssl ? aroma::openssl::history(ssl) : nullptr;
        return seen ? seen : &without_tls;
    }

    int fd() const
    {
        int fd = -1;
        return apr_os_sock_get(&fd, socket) == APR_SUCCESS ? fd : -1;
    }

    apr_socket_t* socket;
    SSL* ssl = nullptr; // a reference of our own, since mod_ssl may free its own first
    aroma::ConnectionHistory without_tls{};
    // what was said last, by whose thresholds, and when
    aroma::Assessment last{};
    Settings const* by = nullptr;
    apr_time_t asked = 0;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
};

// ---- the redirect's token: "aroma_probe=" and, in hexadecimal digits, how many redirects may
// follow, a random number, when it was made, and a signature of these and the page.

constexpr char parameter[] = "aroma_probe=";
constexpr std::size_t mac_size = 32, token_size = 1 + 16 + 8 + mac_size;
constexpr int most_redirects = 3;         // in one visit: one is enough, and two may be void
constexpr std::size_t longest_uri = 2000; // with the token still one that all clients take
constexpr apr_time_t good_for = 60;       // seconds: a machine follows at once, and clocks are set

unsigned char key[32];
bool key_made = false; // once: a restart that keeps the module keeps the key

char const* token_for(apr_pool_t* pool, int further, char const* random_and_time, char const* page)
{
    char const* const head = apr_psprintf(pool, "%d%s", further, random_and_time);
    char const* const text = apr_pstrcat(pool, head, page, nullptr);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key, sizeof key, reinterpret_cast<unsigned char const*>(text),
              std::strlen(text), mac, &size))
        return nullptr;
    char hex[mac_size + 1];
    for (std::size_t i = 0; i < mac_size / 2; ++i)
        apr_snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    return apr_pstrcat(pool, head, hex, nullptr);
}

char const* new_token(request_rec* r, int further, char const* page)
{
    std::uint64_t const random = aroma::random_token();
    if (random == 0)
        return nullptr;
    return token_for(r->pool, further,
                     apr_psprintf(r->pool, "%016" APR_UINT64_T_HEX_FMT "%08x", random,
                                  static_cast<unsigned>(apr_time_sec(r->request_time))),
                     page);
}

// How many redirects may follow; -1 if it is not a token that this server has made for the page
// lately.
int redirects_behind(request_rec* r, char const* token, char const* page)
{
    if (std::strlen(token) != token_size || token[0] < '0' || token[0] >= '0' + most_redirects)
        return -1;
    char const* const middle = apr_pstrndup(r->pool, token + 1, 16 + 8);
    apr_time_t const made = apr_strtoi64(middle + 16, nullptr, 16);
    apr_time_t const age = apr_time_sec(r->request_time) - made;
    char const* const right = token_for(r->pool, token[0] - '0', middle, page);
    return right && CRYPTO_memcmp(right, token, token_size) == 0 && age >= 0 && age <= good_for
             ? token[0] - '0'
             : -1;
}

// Takes the token out of the request, so that nothing behind this module sees it; "" if there is
// none.
char const* take_token(request_rec* r)
{
    char* const args = r->args;
    for (char* at = args; at && (at = std::strstr(at, parameter)); ++at) {
        if (at != args && at[-1] != '&')
            continue;
        char* const value = at + sizeof parameter - 1;
        char const* const token = apr_pstrndup(r->pool, value, std::strcspn(value, "&"));
        char* const rest = value + std::strlen(token);
        char* const from = *rest == '&' ? rest + 1 : rest;
        if (*from == '\0' && at != args)
            --at; // the & before it
        std::memmove(at, from, std::strlen(from) + 1);
        std::size_t const path = std::strcspn(r->unparsed_uri, "?");
        if (*args == '\0')
            r->args = nullptr;
        r->parsed_uri.query = r->args;
        r->unparsed_uri = apr_pstrcat(r->pool, apr_pstrndup(r->pool, r->unparsed_uri, path),
                                      r->args ? "?" : "", r->args ? r->args : "", nullptr);
        return token;
    }
    return "";
}

Settings& settings_of(server_rec const* server)
{
    return *static_cast<Settings*>(ap_get_module_config(server->module_config, &aroma_module));
}

// Of a stream of HTTP/2, the connection that carries it; nullptr if it is not measured.
Connection* connection_of(conn_rec const* c)
{
    conn_rec const* const carrier = c->master ? c->master : c;
    return static_cast<Connection*>(ap_get_module_config(carrier->conn_config, &aroma_module));
}

extern "C" {

// ---- the configuration

void* create_settings(apr_pool_t* pool, server_rec*) noexcept
{
    return new (apr_palloc(pool, sizeof(Settings))) Settings;
}

void* merge_settings(apr_pool_t* pool, void* base, void* added) noexcept
{
    auto* const merged =
        new (apr_palloc(pool, sizeof(Settings))) Settings{*static_cast<Settings*>(base)};
    auto const& own = *static_cast<Settings*>(added);
    if (own.on >= 0)
        merged->on = own.on;
    if (own.redirects >= 0)
        merged->redirects = own.redirects;
    if (own.thresholds)
        merged->thresholds = own.thresholds;
    return merged;
}

char const* set_on(cmd_parms* command, void*, int on) noexcept
{
    settings_of(command->server).on = on;
    return nullptr;
}

char const* set_probe(cmd_parms* command, void*, char const* argument) noexcept
{
    bool const redirect = std::strcmp(argument, "redirect") == 0;
    if (!redirect && std::strcmp(argument, "off") != 0)
        return "AromaProbe is redirect or off";
    settings_of(command->server).redirects = redirect;
    return nullptr;
}

apr_status_t forget_thresholds(void* memory) noexcept
{
    munmap(memory, sizeof(SharedThresholds));
    return APR_SUCCESS;
}

char const* report(apr_pool_t* pool, char const* path, aroma::Reloaded const& read) noexcept
{
    if (read.status == aroma::ReloadStatus::refused)
        return apr_psprintf(pool, "%s, line %u: %s", path, read.parsed.line, message(read));
    return apr_psprintf(pool, "%s: %s", path, message(read));
}

char const* set_thresholds(cmd_parms* command, void*, char const* argument) noexcept
{
    char const* const path = ap_server_root_relative(command->pool, argument);
    if (!path)
        return apr_pstrcat(command->pool, "AromaThresholds: not a path: ", argument, nullptr);
    void* const memory = mmap(nullptr, sizeof(SharedThresholds), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return "AromaThresholds: no memory";
    apr_pool_cleanup_register(command->pool, memory, forget_thresholds, apr_pool_cleanup_null);
    auto* const shared = new (memory) SharedThresholds{path};
    if (shared->file.last().status != aroma::ReloadStatus::loaded)
        return report(command->pool, path, shared->file.last());
    shared->next = every_file;
    every_file = shared;
    settings_of(command->server).thresholds = shared;
    return nullptr;
}

int begin_configuration(apr_pool_t*, apr_pool_t*, apr_pool_t*) noexcept
{
    every_file = nullptr; // the one before is gone, and its memory with it
    return OK;
}

// What holds of the listening sockets themselves, whatever was configured.
void warn_of_deferred_accept(server_rec* server) noexcept
{
    for (ap_listen_rec const* listener = ap_listeners; listener; listener = listener->next) {
        int fd = -1, deferred = 0;
        socklen_t size = sizeof deferred;
        if (listener->sd && apr_os_sock_get(&fd, listener->sd) == APR_SUCCESS
            && getsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &deferred, &size) == 0
            && deferred != 0) {
            char const* const protocol = listener->protocol ? listener->protocol : "http";
            ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                         "port %d defers accept, which hides when a client's first bytes "
                         "came: direct clients will score low. Set AcceptFilter %s none",
                         listener->bind_addr ? listener->bind_addr->port : 0, protocol);
        }
    }
}

int check_configuration(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* main_server) noexcept
{
    measures = false;
    for (server_rec const* server = main_server; server; server = server->next)
        measures = measures || settings_of(server).on == 1;
    if (!key_made && RAND_bytes(key, sizeof key) != 1) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, main_server, "no random key for AromaProbe");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    key_made = true;
    if (measures && ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG)
        warn_of_deferred_accept(main_server);
    return OK;
}

// In the parent, every ten seconds or so.
int reload_thresholds(apr_pool_t* pool, server_rec* server) noexcept
{
    for (SharedThresholds* shared = every_file; shared; shared = shared->next) {
        aroma::Reloaded const now = shared->file.reload();
        int const level = now.status == aroma::ReloadStatus::loaded ? APLOG_NOTICE : APLOG_ERR;
        if (now.news)
            ap_log_error(APLOG_MARK, level, 0, server, "%s", report(pool, shared->path, now));
    }
    return OK;
}

// ---- TLS, by two hooks of mod_ssl. Every server's context is measured, since a client's first
// bytes come before the name of its server.

int observe_context(server_rec* server, apr_pool_t*, int is_proxy, SSL_CTX* context) noexcept
{
    if (measures && !is_proxy && !aroma::openssl::observe(context))
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "no memory: TLS handshakes are not measured");
    return OK;
}

apr_status_t release_tls(void* ssl) noexcept
{
    SSL_free(static_cast<SSL*>(ssl));
    return APR_SUCCESS;
}

int before_handshake(conn_rec* c, SSL* ssl, int is_proxy) noexcept
{
    Connection* const connection = connection_of(c);
    if (is_proxy || !connection || connection->ssl || !aroma::openssl::set_fd(ssl, connection->fd())
        || SSL_up_ref(ssl) != 1)
        return OK;
    connection->ssl = ssl;
    apr_pool_cleanup_register(c->pool, ssl, release_tls, apr_pool_cleanup_null);
    return OK;
}

// ---- connections and requests

int begin_connection(conn_rec* c, void* socket) noexcept
{
    if (measures && !c->master && !c->outgoing)
        ap_set_module_config(c->conn_config, &aroma_module,
                             new (apr_palloc(c->pool, sizeof(Connection)))
                                 Connection{static_cast<apr_socket_t*>(socket)});
    return OK;
}

// A note for LogFormat, and the environment for mod_rewrite, mod_headers and programs.
void publish(request_rec* r, char const* note, char const* variable, char const* value) noexcept
{
    // to add, since neither has them yet, is a fifth of the cost of to set
    apr_table_addn(r->notes, note, value);
    apr_table_addn(r->subprocess_env, variable, value);
}

// By whole numbers: APR takes its time over floating point. Rounded down, so that a score is not
// read as a better band's.
char const* score_text(apr_pool_t* pool, aroma::Score score) noexcept
{
    if (!score.known())
        return "-";
    int const thousandths = static_cast<int>(score.value() * 1000);
    return apr_psprintf(pool, "%d.%03d", thousandths / 1000, thousandths % 1000);
}

char const* excess_text(apr_pool_t* pool, aroma::RttSample<aroma::Microseconds> const& rtt) noexcept
{
    if (!measured(rtt.application) || !measured(rtt.minimum))
        return "-";
    unsigned const longer = rtt.application.count(), shorter = rtt.minimum.count();
    unsigned const excess = longer > shorter ? longer - shorter : 0;
    return apr_psprintf(pool, "%u.%03u", excess / 1000, excess % 1000);
}

// GET alone, on a connection that stays.
bool may_be_redirected(request_rec* r) noexcept
{
    return r->method_number == M_GET && !r->header_only && r->proto_num >= HTTP_VERSION(1, 1)
        && r->unparsed_uri[1] != '/' && r->unparsed_uri[1] != '\\' // "//host" leads elsewhere
        && !apr_table_get(r->headers_in, "Content-Length")
        && !apr_table_get(r->headers_in, "Transfer-Encoding")
        && !apr_table_get(r->headers_in, "Upgrade") && !apr_table_get(r->headers_in, "Expect")
        && std::strlen(r->unparsed_uri) <= longest_uri
        && !std::strchr(r->unparsed_uri, '#') // no client sends what is behind it
        && !ap_find_token(r->pool, apr_table_get(r->headers_in, "Connection"), "close");
}

// The request has arrived, and nothing of its answer is written.
int measure(request_rec* r) noexcept
{
    Connection* const connection = connection_of(r->connection);
    Settings const& settings = settings_of(r->server);
    if (!connection || settings.on != 1)
        return DECLINED;

    bool const redirects = settings.redirects == 1 && !connection->ssl && !r->connection->master
                        && !r->prev && r->unparsed_uri[0] == '/';
    char const* const token = redirects ? take_token(r) : "";
    aroma::Assessment a;
    int counted = 0, tried = 0;
    // mod_remoteip has found another client than the one that is connected: a balancer is.
    bool const balanced = r->useragent_addr != r->connection->client_addr;
    if (!balanced) {
        pthread_mutex_lock(&connection->lock);
        aroma::ConnectionHistory& history = *connection->history();
        // Many requests in a row show nothing new, but a redirect has to be sent behind a look.
        if (redirects || connection->by != &settings
            || r->request_time - connection->asked >= apr_time_from_sec(1)) {
            aroma::Options<> options;
            if (settings.thresholds)
                options.classifier = settings.thresholds->file.classifier("");
            int const fd = connection->fd();
            connection->last =
                history.probing() // is it the answer to the redirect?
                    ? aroma::probe_answered(fd, history, aroma::token_of(token), options)
                    : aroma::score(fd, history, options);
            connection->by = &settings;
            connection->asked = r->request_time;
        }
        a = connection->last;
        counted = history.counted();
        tried = counted + history.voided();
        pthread_mutex_unlock(&connection->lock);
    }

    publish(r, "aroma_band", "AROMA_BAND", name(a.band));
    publish(r, "aroma_score", "AROMA_SCORE", score_text(r->pool, a.score));
    publish(r, "aroma_excess_ms", "AROMA_EXCESS_MS", excess_text(r->pool, a.sample));
    publish(r, "aroma_status", "AROMA_STATUS", balanced ? "behind_balancer" : name(a.status));
    publish(r, "aroma_basis", "AROMA_BASIS", name(a.basis));
    publish(r, "aroma_probes", "AROMA_PROBES", apr_itoa(r->pool, counted));
    if (redirects && !balanced && (counted == 0 || accuses(a.band)) && tried < most_redirects
        && may_be_redirected(r)) {
        int const followed = redirects_behind(r, token, r->unparsed_uri);
        char const* const next =
            followed == 0
                ? nullptr
                : new_token(r, followed > 0 ? followed - 1 : most_redirects - 1, r->unparsed_uri);
        ap_set_module_config(r->request_config, &aroma_module, const_cast<char*>(next));
    }
    return OK;
}

char const* redirect_of(request_rec const* r) noexcept
{
    return static_cast<char const*>(ap_get_module_config(r->request_config, &aroma_module));
}

// Before anything else looks at the request: a redirect without a body is the whole answer.
int redirect(request_rec* r, int lookup) noexcept
{
    char const* const token = redirect_of(r);
    if (!token || lookup || r->main)
        return DECLINED;
    r->status = HTTP_MOVED_TEMPORARILY;
    apr_table_setn(
        r->headers_out, "Location",
        apr_pstrcat(r->pool, r->unparsed_uri, r->args ? "&" : "?", parameter, token, nullptr));
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, 0);
    return OK;
}

// Apache calls this when the end of an answer has just been written.
int written(request_rec* r) noexcept
{
    if (char const* const token = redirect_of(r)) {
        Connection* const connection = connection_of(r->connection);
        pthread_mutex_lock(&connection->lock);
        aroma::probe_sent(connection->fd(), *connection->history(), aroma::token_of(token));
        pthread_mutex_unlock(&connection->lock);
    }
    return OK;
}

void register_hooks(apr_pool_t*) noexcept
{
    static char const* const mod_ssl[] = {"mod_ssl.c", nullptr};
    static char const* const mod_remoteip[] = {"mod_remoteip.c", nullptr};
    static char const* const users[] = {"mod_headers.c", "mod_setenvif.c", nullptr};
    ap_hook_pre_config(begin_configuration, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_post_config(check_configuration, nullptr, mod_ssl, APR_HOOK_FIRST);
    ap_hook_monitor(reload_thresholds, nullptr, nullptr, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(begin_connection, nullptr, mod_ssl, APR_HOOK_FIRST);
    ap_hook_quick_handler(redirect, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(written, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(measure, mod_remoteip, users, APR_HOOK_FIRST);
    // of mod_ssl_openssl.h, which Debian has in no package; not called if there is no mod_ssl
    apr_optional_hook_add("init_server", reinterpret_cast<void (*)()>(observe_context), nullptr,
                          nullptr, APR_HOOK_MIDDLE);
    apr_optional_hook_add("pre_handshake", reinterpret_cast<void (*)()>(before_handshake), nullptr,
                          nullptr, APR_HOOK_MIDDLE);
}

} // extern "C"

command_rec const commands[] = {
    AP_INIT_FLAG("Aroma", set_on, nullptr, RSRC_CONF,
                 "on or off: whether connections are measured"),
    AP_INIT_TAKE1("AromaThresholds", set_thresholds, nullptr, RSRC_CONF,
                  "a file of thresholds, which is read again if it changes"),
    AP_INIT_TAKE1("AromaProbe", set_probe, nullptr, RSRC_CONF,
                  "redirect or off: whether plain HTTP/1.1 is probed by redirects"),
    {nullptr, {nullptr}, nullptr, 0, RAW_ARGS, nullptr},
};

} // namespace

extern "C" {
module AP_MODULE_DECLARE_DATA aroma_module = {
    STANDARD20_MODULE_STUFF, nullptr,  nullptr,        create_settings,
    merge_settings,          commands, register_hooks, 0};
}
