// An HttpService with routes of the test's own, a recorded log and a clock that stands still. One thread.
#pragma once

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
    asked.push_back(target.path);
    asked_for_gzip = target.accepts_gzip;
    if (before) before();
    return answer_;
  }

  void setStatus(int status) { answer_.status = status; }

  std::vector<std::string> asked;
  bool asked_for_gzip = false;   // the last time
  std::function<void()> before;  // may throw

 private:
  HttpAnswer answer_;
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

inline HttpRequest request(const std::string& target, const std::string& method = "GET") {
  HttpRequest request;
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
  int status(const HttpRequest& request) { return service.serve(request).status; }

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
