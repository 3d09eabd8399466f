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

std::string pathOf(std::string_view target) { return std::string(target.substr(0, target.find('?'))); }

std::string requestIdOf(const HttpRequest& request) { return isUuid(request.request_id) ? std::string(request.request_id) : randomUuid(); }

// Who was asked, without the port: that was plain HTTP's.
std::string authority(const HttpRequest& request) {
  return bracketed(request.has_host ? hostOf(std::string(request.host)) : std::string(request.local_address));
}

}  // namespace

std::vector<std::string> HttpService::views() { return {"index", "health", "ready", "ready_check", "ready_group", "metrics", "unknown"}; }

HttpService::HttpService(const HostConfig& config, Routes routes, HttpMetrics& metrics, Log& log, const Clock& clock)
    : routes_(routes), metrics_(metrics), log_(log), clock_(clock) {
  configure(config);
}

void HttpService::configure(const HostConfig& config) { rules_.set(std::make_shared<const Rules>(config)); }

HttpAnswer HttpService::serve(const HttpRequest& request) noexcept {
  try {
    const SteadyTime begin = clock_.steady();
    const std::shared_ptr<const Rules> kept = rules_.get();
    const Rules& rules = *kept;
    std::string view = "unknown";
    const std::string peer(request.peer_address);
    const Client client{rules.proxies.client(peer, std::string(request.forwarded_for)),
                        request.secure || (rules.proxies.trusts(peer) && request.forwarded_proto == "https")};
    const std::string request_id = requestIdOf(request);
    HttpAnswer answer;
    try {
      answer = this->answer(rules, request, view, client);
    } catch (const Poco::Exception& e) {
      answer = failed(rules, e.displayText(), request_id);
    } catch (const std::exception& e) {
      answer = failed(rules, e.what(), request_id);
    } catch (...) {
      answer = failed(rules, "an exception that is no std::exception", request_id);
    }
    finish(rules, request, answer, view, client, request_id, begin);
    return answer;
  } catch (...) {  // no memory, at the worst
    HttpAnswer answer;
    answer.status = 500;
    return answer;
  }
}

bool HttpService::quick(const HttpRequest& request) const noexcept {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  return path == "/healthz" || request.target == "/ready";
}

HttpAnswer HttpService::refuse(const HttpRequest& request, int status, std::string_view why) noexcept {
  try {
    const SteadyTime begin = clock_.steady();
    const std::shared_ptr<const Rules> rules = rules_.get();
    const bool ours = status >= 500;
    HttpAnswer answer = errorAnswer(status,
                                    status == 503 ? "busy"
                                    : ours        ? "internal error"
                                                  : "bad request",
                                    rules->config.debug || status == 503 ? std::string(why) : "");
    finish(*rules, request, answer, "unknown", {std::string(request.peer_address), request.secure}, requestIdOf(request), begin);
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

HttpAnswer HttpService::answer(const Rules& rules, const HttpRequest& request, std::string& view, const Client& client) const {
  if (request.version != "HTTP/1.1" && request.version != "HTTP/1.0") return errorAnswer(505, "HTTP version not supported");
  if (!request.has_host && request.version == "HTTP/1.1")
    return errorAnswer(400, "bad request", rules.config.debug ? "HTTP/1.1 needs a Host field" : "");
  if (request.has_host && !rules.allowed_hosts.allows(std::string(request.host), std::string(request.local_address)))
    return errorAnswer(400, "bad request",
                       rules.config.debug ? "Host " + cleanText(std::string(request.host), 300) +
                                                " is not allowed; add it to ALLOWED_HOSTS (http.allowed_hosts)"
                                          : "");

  HttpTarget target;
  try {
    target = parseTarget(request.method == "OPTIONS" && request.target == "*" ? std::string_view("/") : request.target);
  } catch (const std::invalid_argument& e) {
    return errorAnswer(400, "bad request", rules.config.debug ? e.what() : "");
  }
  const Found found = find(rules, target.path);
  view = found.view;
  if (redirects(rules, target.path, client)) {
    HttpAnswer answer = errorAnswer(301, "use https");
    answer.headers.emplace_back("Location", "https://" + authority(request) + target.origin);
    return answer;
  }
  if (found.route == nullptr) return errorAnswer(404, "not found");
  if (request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS") {
    HttpAnswer answer = errorAnswer(405, "method not allowed");
    answer.headers.emplace_back("Allow", kAllow);
    return answer;
  }
  target.accepts_gzip = request.accepts_gzip && request.method != "OPTIONS";
  HttpAnswer answer = found.route->answer(target);
  if (request.method == "OPTIONS") {
    answer.headers.emplace_back("Allow", kAllow);
    answer.body = std::make_shared<const std::string>();
  }
  return answer;
}

HttpService::Found HttpService::find(const Rules& rules, const std::string& path) const {
  if (path == "/") return {routes_.index, "index"};
  if (path == "/healthz") return {routes_.health, "health"};
  if (path == "/ready") return {routes_.ready, "ready"};
  if (path.rfind("/ready/group/", 0) == 0) return {routes_.ready, "ready_group"};
  if (path.rfind("/ready/", 0) == 0) return {routes_.ready, "ready_check"};
  if (path == "/metrics" && routes_.metrics != nullptr && rules.config.metrics_enabled) return {routes_.metrics, "metrics"};
  return {};
}

bool HttpService::redirects(const Rules& rules, const std::string& path, const Client& client) {
  if (!rules.config.ssl_redirect || client.https) return false;
  return std::none_of(rules.config.ssl_redirect_exempt.begin(), rules.config.ssl_redirect_exempt.end(), [&path](const std::string& exempt) {
    return path == exempt || (path.size() > exempt.size() && path.rfind(exempt, 0) == 0 && path[exempt.size()] == '/');
  });
}

// What every answer has, and what is noted of it.
void HttpService::finish(const Rules& rules, const HttpRequest& request, HttpAnswer& answer, const std::string& view, const Client& client,
                         const std::string& request_id, SteadyTime begin) {
  answer.headers.reserve(answer.headers.size() + 3);
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.headers.emplace_back("X-Request-ID", request_id);
  record(rules, request, answer, view, client, request_id, begin);
}

void HttpService::record(const Rules& rules, const HttpRequest& request, const HttpAnswer& answer, const std::string& view,
                         const Client& client, const std::string& request_id, SteadyTime begin) {
  const Nanoseconds duration = clock_.steady() - begin;
  metrics_.answered(view, request.method, answer.status, duration);
  if (rules.config.log_access == AccessLog::none || (rules.config.log_access == AccessLog::errors && answer.status < 400)) return;
  const LogLevel level = answer.status < 400 ? LogLevel::info : LogLevel::warning;
  if (!log_.enabled(level)) return;
  log_.write({level,
              "pulsewatch.core.http",
              "api_request",
              std::string(request.method.substr(0, 32)) + " " + view + " " + std::to_string(answer.status),
              {{"request_id", request_id},
               {"ip_address", client.address},
               {"method", std::string(request.method.substr(0, 32))},
               {"path", cleanText(pathOf(request.target), kMostPathLogged)},
               {"status_code", static_cast<std::int64_t>(answer.status)},
               {"duration_ms", milliseconds(duration)}}});
}

}  // namespace pulsewatch
