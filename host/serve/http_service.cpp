#include "serve/http_service.h"

#include "base/stack_trace.h"
#include "base/text.h"
#include "base/uuid.h"
#include <pulsewatch/service_url.h>

#include <Poco/Exception.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace pulsewatch {

namespace {

constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
constexpr std::size_t kMostPathLogged = 2000;

std::string_view pathOf(std::string_view target) { return target.substr(0, target.find('?')); }

std::string requestIdOf(const HttpRequest& request) { return isUuid(request.request_id) ? std::string(request.request_id) : randomUuid(); }

// Who was asked, without the port: that was plain HTTP's.
std::string authority(const HttpRequest& request) {
  return bracketed(request.has_host ? hostOf(request.host) : std::string(request.local_address));
}

std::string httpsPort(const HttpsConfig& https) { return https.on() && https.port != 443 ? ":" + std::to_string(https.port) : ""; }

bool isRead(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

bool asksForDetails(const HttpTarget& target) {
  return !target.query.empty() && (target.has("verbose") || target.has("explain") || target.has("history"));
}

HttpAnswer comeAgain(int status, const std::string& error, std::int64_t seconds) {
  HttpAnswer answer = errorAnswer(status, error);
  answer.headers.emplace_back("Retry-After", std::to_string(seconds));
  return answer;
}

}  // namespace

// In the order of View.
std::vector<std::string> HttpService::views() { return {"index", "health", "ready", "ready_check", "ready_group", "metrics", "unknown"}; }

HttpService::HttpService(const HostConfig& config, Routes routes, HttpMetrics& metrics, Log& log, const Clock& clock)
    : routes_(routes), metrics_(metrics), log_(log), clock_(clock), gatekeeper_(log, clock) {
  configure(config);
}

void HttpService::configure(const HostConfig& config) { rules_.set(std::make_shared<const Rules>(config)); }

std::string HttpService::Rules::client(const HttpRequest& request) const {
  return proxies.client(std::string(request.peer_address), std::string(request.forwarded_for));
}

bool HttpService::Rules::secure(const HttpRequest& request) const {
  return request.secure || (request.forwarded_proto == "https" && proxies.trusts(std::string(request.peer_address)));
}

HttpAnswer HttpService::serve(const HttpRequest& request, OwnCopies* copies, HttpMetrics::Shard* counts) noexcept {
  try {
    const SteadyTime begin = clock_.steady();
    const std::shared_ptr<const Rules> kept = newest(rules_, copies);
    const Rules& rules = *kept;
    View view = View::unknown;
    std::string request_id = requestIdOf(request);
    HttpAnswer answer;
    try {
      answer = this->answer(rules, request, view, copies);
    } catch (const Poco::Exception& e) {
      answer = failed(rules, e.displayText(), request_id);
    } catch (const std::exception& e) {
      answer = failed(rules, e.what(), request_id);
    } catch (...) {
      answer = failed(rules, "an exception that is no std::exception", request_id);
    }
    answer.request_id = std::move(request_id);
    finish(rules, request, answer, view, counts, begin);
    return answer;
  } catch (...) {  // no memory, at the worst
    HttpAnswer answer;
    answer.status = 500;
    return answer;
  }
}

// What it can't tell at a glance isn't quick.
bool HttpService::quick(const HttpRequest& request, OwnCopies* copies) const noexcept {
  try {
    if (!request.target.starts_with("/")) return request.target == "*";
    if (!isRead(request.method)) return true;
    const std::string_view path = pathOf(request.target);
    if (path.find('%') != std::string_view::npos) return false;
    const std::shared_ptr<const Rules> rules = newest(rules_, copies);
    const Found found = find(*rules, path);
    const bool stranger = request.authorization.empty();
    const bool closed = rules->probesOnly(request) || (stranger && rules->credentials.on());  // 404, or 401
    switch (found.view) {
      case View::metrics:
        return closed;
      case View::ready:
        if (path.size() < request.target.size()) return false;
        return (stranger || !rules->asksWho()) && found.route->prepared(copies);
      case View::readyCheck:
      case View::readyGroup:
        return false;
      default:
        return true;
    }
  } catch (...) {  // no memory
    return false;
  }
}

// What comes too late or finds no room comes by thousands: it is counted, but no line of the log each.
HttpAnswer HttpService::refuse(const HttpRequest& request, int status, std::string_view why, OwnCopies* copies,
                               HttpMetrics::Shard* counts) noexcept {
  try {
    const SteadyTime begin = clock_.steady();
    const std::shared_ptr<const Rules> rules = newest(rules_, copies);
    const char* const error = status == 503 ? "busy" : status >= 500 ? "internal error" : "bad request";
    HttpAnswer answer = errorAnswer(status, error, rules->config.debug || status == 503 ? std::string(why) : "");
    answer.request_id = requestIdOf(request);
    finish(*rules, request, answer, View::unknown, counts, begin, why);
    return answer;
  } catch (...) {  // no memory
    HttpAnswer answer;
    answer.status = status;
    return answer;
  }
}

// From within the catch block: the line has the stack of the throw.
HttpAnswer HttpService::failed(const Rules& rules, const std::string& what, const std::string& request_id) const {
  log_.write({LogLevel::error,
              "pulsewatch.core.http",
              "internal_error",
              "a request could not be answered",
              {{"request_id", request_id}, {"error", what}, {"stack_trace", currentExceptionTrace()}}});
  return errorAnswer(500, "internal error", rules.config.debug ? what : "");
}

HttpAnswer HttpService::answer(const Rules& rules, const HttpRequest& request, View& view, OwnCopies* copies) {
  const auto bad = [&rules](const auto& why) { return errorAnswer(400, "bad request", rules.config.debug ? std::string(why) : ""); };
  if (request.version != "HTTP/1.1" && request.version != "HTTP/1.0") return errorAnswer(505, "HTTP version not supported");
  if (!request.has_host && request.version == "HTTP/1.1") return bad("HTTP/1.1 needs a Host field");
  if (request.has_host && !rules.allowed_hosts.allows(request.host, request.local_address))
    return bad("Host " + cleanText(request.host, 300) + " is not allowed; add it to ALLOWED_HOSTS (http.allowed_hosts)");

  HttpTarget target;
  try {
    target = parseTarget(request.method == "OPTIONS" && request.target == "*" ? std::string_view("/") : request.target);
  } catch (const std::invalid_argument& e) {
    return bad(e.what());
  }
  target.copies = copies;
  target.accepts_gzip = request.accepts_gzip && request.method != "OPTIONS";
  const Found found = find(rules, target.path);
  view = found.view;
  if (redirects(rules, target.path, request)) {
    HttpAnswer answer = errorAnswer(301, "use https");
    answer.headers.emplace_back("Location", "https://" + authority(request) + httpsPort(rules.config.https) + target.origin);
    return answer;
  }
  if (found.route == nullptr) return errorAnswer(404, "not found");
  if (!isRead(request.method)) {
    HttpAnswer answer = errorAnswer(405, "method not allowed");
    answer.headers.emplace_back("Allow", kAllow);
    return answer;
  }
  HttpAnswer answer = admit(rules, request, found, target);
  if (request.method == "OPTIONS") {
    answer.headers.emplace_back("Allow", kAllow);
    answer.body = HttpAnswer().body;
  }
  return answer;
}

HttpAnswer HttpService::admit(const Rules& rules, const HttpRequest& request, const Found& found, HttpTarget& target) {
  const bool below_ready = found.route == routes_.ready;
  const bool closed = found.view == View::metrics || (below_ready && asksForDetails(target));
  if (rules.probesOnly(request) && (closed || found.view == View::index))
    return errorAnswer(404, "not found", "this is served at the admin listener");
  target.messages = rules.config.public_messages;
  if (!rules.credentials.on() || (!closed && !(below_ready && rules.asksWho()))) return found.route->answer(target);

  const Gatekeeper::Meeting met = request.authorization.empty()
                                      ? Gatekeeper::Meeting()
                                      : gatekeeper_.meet(rules.credentials, request.authorization, rules.client(request));
  const bool known = met.visitor == Gatekeeper::Visitor::known;
  if (known) target.messages = true;
  if (known || !closed) return found.route->answer(target);  // a probe is answered, whatever it shows
  if (met.visitor == Gatekeeper::Visitor::throttled) return comeAgain(429, "too many wrong credentials", met.wait_seconds);
  if (met.visitor == Gatekeeper::Visitor::busy) return comeAgain(503, "too many credentials to check", met.wait_seconds);
  HttpAnswer answer = errorAnswer(401, "credentials are needed");
  answer.headers.emplace_back("WWW-Authenticate", rules.credentials.challenge());
  return answer;
}

HttpService::Found HttpService::find(const Rules& rules, std::string_view path) const {
  if (path == "/") return {routes_.index, View::index};
  if (path == "/healthz") return {routes_.health, View::health};
  if (path == "/ready") return {routes_.ready, View::ready};
  if (path.starts_with("/ready/group/")) return {routes_.ready, View::readyGroup};
  if (path.starts_with("/ready/")) return {routes_.ready, View::readyCheck};
  if (path == "/metrics" && routes_.metrics != nullptr && rules.config.metrics_enabled) return {routes_.metrics, View::metrics};
  return {};
}

bool HttpService::redirects(const Rules& rules, std::string_view path, const HttpRequest& request) {
  if (!rules.config.ssl_redirect || rules.secure(request)) return false;
  return std::none_of(rules.config.ssl_redirect_exempt.begin(), rules.config.ssl_redirect_exempt.end(), [&path](const std::string& exempt) {
    return path == exempt || (path.size() > exempt.size() && path.starts_with(exempt) && path[exempt.size()] == '/');
  });
}

void HttpService::finish(const Rules& rules, const HttpRequest& request, HttpAnswer& answer, View view, HttpMetrics::Shard* counts,
                         SteadyTime begin, std::string_view why) {
  const Nanoseconds duration = clock_.steady() - begin;
  (counts != nullptr ? *counts : metrics_.ofOthers()).answered(static_cast<std::size_t>(view), request.method, answer.status, duration);
  const bool one_of_many = answer.status == 408 || (answer.status == 503 && !why.empty());
  if (rules.config.log_access == AccessLog::all || (rules.config.log_access == AccessLog::errors && answer.status >= 400 && !one_of_many))
    log(rules, request, answer, view, duration, why);
}

void HttpService::log(const Rules& rules, const HttpRequest& request, const HttpAnswer& answer, View view, Nanoseconds duration,
                      std::string_view why) {
  const LogLevel level = answer.status < 400 ? LogLevel::info : LogLevel::warning;
  if (!log_.enabled(level)) return;
  static const std::vector<std::string> names = views();
  const std::string method(request.method.empty() ? "request" : request.method.substr(0, 32));
  LogRecord record{level,
                   "pulsewatch.core.http",
                   "api_request",
                   method + " " + names[static_cast<std::size_t>(view)] + " " + std::to_string(answer.status),
                   {{"request_id", answer.request_id},
                    {"ip_address", rules.client(request)},
                    {"method", std::string(request.method.substr(0, 32))},
                    {"path", cleanText(pathOf(request.target), kMostPathLogged)},
                    {"status_code", static_cast<std::int64_t>(answer.status)},
                    {"duration_ms", milliseconds(duration)}}};
  if (!why.empty()) record.fields.emplace_back("error", std::string(why));
  log_.write(record);
}

}  // namespace pulsewatch
