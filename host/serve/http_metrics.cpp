#include "serve/http_metrics.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace pulsewatch {

namespace {

// RFC 9110 section 9.3, and RFC 5789.
constexpr std::array<std::string_view, 9> kMethods = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "TRACE"};
constexpr std::size_t kAnswered = 3;  // the first three are answered by every route

const prometheus::Histogram::BucketBoundaries& djangoBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets{0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
                                                               1,    2.5,   5,    7.5,   10,  25,   50,  75};
  return buckets;
}

std::string methodLabel(const std::string& method) {
  return std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end() ? "other" : method;
}

}  // namespace

HttpMetrics::HttpMetrics(prometheus::Registry& registry, const std::vector<std::string>& views)
    : by_method_(prometheus::BuildCounter()
                     .Name("django_http_requests_total_by_method")
                     .Help("Total HTTP requests by method.")
                     .Register(registry)),
      by_view_(prometheus::BuildCounter()
                   .Name("django_http_requests_total_by_view_transport_method")
                   .Help("Total HTTP requests by view and method.")
                   .Register(registry)),
      by_status_(prometheus::BuildCounter()
                     .Name("django_http_responses_total_by_status")
                     .Help("Total HTTP responses by status code.")
                     .Register(registry)),
      durations_(
          prometheus::BuildHistogram().Name("django_http_request_duration_seconds").Help("HTTP request latency.").Register(registry)) {
  for (const std::string_view method : kMethods) by_method_.Add({{"method", std::string(method)}});
  by_method_.Add({{"method", "other"}});
  for (const std::string& view : views) {
    for (std::size_t i = 0; i < kAnswered; ++i) {
      by_view_.Add({{"method", std::string(kMethods[i])}, {"view", view}});
      durations_.Add({{"method", std::string(kMethods[i])}, {"view", view}}, djangoBuckets());
    }
  }
  for (const char* status : {"200", "301", "400", "404", "405", "500", "503", "505"}) by_status_.Add({{"status", status}});
}

void HttpMetrics::answered(const std::string& view, const std::string& method, int status, Nanoseconds duration) {
  const std::string label = methodLabel(method);
  by_method_.Add({{"method", label}}).Increment();
  by_view_.Add({{"method", label}, {"view", view}}).Increment();
  by_status_.Add({{"status", std::to_string(status)}}).Increment();
  durations_.Add({{"method", label}, {"view", view}}, djangoBuckets()).Observe(seconds(duration));
}

}  // namespace pulsewatch
