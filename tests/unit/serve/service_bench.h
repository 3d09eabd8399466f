// An HttpService with routes of the test's own, a recorded log and a clock that stands still. Any thread may be served; the test's own asks
// what the routes remember, afterwards.
#pragma once

#include "base/mutex.h"
#include "serve/http_service.h"
#include "support/manual_clock.h"
#include "unit/serve/page_families.h"
#include "unit/serve/recorded_log.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

// Answers as it is told to, and remembers what it was asked.
class FakeRoute final : public Route {
 public:
  explicit FakeRoute(std::string text) {
    answer_.content_type = "text/x-" + text;
    answer_.body = std::make_shared<const std::string>(std::move(text));
  }
  HttpAnswer answer(const HttpTarget& target) override {
    {
      const MutexLock lock(mutex_);
      asked.push_back(target.path);
      asked_for_gzip = target.accepts_gzip;
      messages.push_back(target.messages);
    }
    if (before) before();
    return answer_;
  }

  // Before it is asked.
  void setStatus(int status) { answer_.status = status; }
  void setBody(std::string text) { answer_.body = std::make_shared<const std::string>(std::move(text)); }

  [[nodiscard]] bool prepared(OwnCopies* /*copies*/) const override { return is_prepared; }

  std::vector<std::string> asked;
  bool asked_for_gzip = false;  // the last time
  std::vector<bool> messages;   // whether who asked may see them
  bool is_prepared = true;
  std::function<void()> before;  // may throw

 private:
  HttpAnswer answer_;
  Mutex mutex_;
};

inline HostConfig serviceConfig() {
  HostConfig config;
  config.allowed_hosts = {"example.com"};
  config.trusted_proxies = {"10.0.0.0/8"};
  config.ssl_redirect_exempt = {"/healthz", "/ready", "/metrics"};
  config.log_access = AccessLog::none;
  return config;
}

// A text that requests can be views of, for the program's life.
inline std::string_view kept(const std::string& text) {
  static std::set<std::string> texts;
  return *texts.insert(text).first;
}

inline pulsewatch::HttpRequest request(const std::string& target, const std::string& method = "GET") {
  pulsewatch::HttpRequest request;
  request.method = kept(method);
  request.target = kept(target);
  request.version = "HTTP/1.1";
  request.has_host = true;
  request.host = "example.com:8080";
  request.peer_address = "203.0.113.9";
  request.local_address = "192.0.2.1";
  return request;
}

// All values of a header of an answer, joined by " | ".
inline std::string header(const HttpAnswer& answer, const std::string& name) {
  if (name == "X-Request-ID") return answer.request_id;
  std::string all;
  for (const auto& [key, value] : answer.headers) {
    if (key == name) all += (all.empty() ? "" : " | ") + value;
  }
  return all;
}

struct ServiceBench {
  explicit ServiceBench(HostConfig the_config = serviceConfig(), LogLevel level = LogLevel::debug, bool with_metrics = true)
      : config(std::move(the_config)),
        log(level),
        http_metrics(HttpService::views()),
        service(config, {&index, &health, &ready, with_metrics ? &metrics : nullptr}, http_metrics, log, clock) {}

  HttpAnswer get(const std::string& target) { return service.serve(request(target)); }
  int status(const pulsewatch::HttpRequest& request) { return service.serve(request).status; }

  const HostConfig config;
  ManualClock clock;
  RecordedLog log;
  HttpMetrics http_metrics;
  FakeRoute index{"index"};
  FakeRoute health{"health"};
  FakeRoute ready{"ready"};
  FakeRoute metrics{"metrics"};
  HttpService service;
};

}  // namespace pulsewatch::testing
