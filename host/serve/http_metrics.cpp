#include "serve/http_metrics.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace pulsewatch {

namespace {

// RFC 9110 section 9.3, and RFC 5789.
constexpr std::array<std::string_view, HttpMetrics::kMethods> kMethodLabels = {"GET",   "HEAD",   "OPTIONS", "POST",  "PUT",
                                                                               "PATCH", "DELETE", "CONNECT", "TRACE", "other"};
constexpr std::size_t kAnswered = 3;  // the first three are answered by every route

constexpr std::array<double, HttpMetrics::kBuckets - 1> kBounds = {0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
                                                                   1,    2.5,   5,    7.5,   10,  25,   50,  75};

constexpr std::array<std::size_t, 17> kStatuses = {200, 301, 400, 401, 404, 405, 408, 411, 413, 414, 417, 429, 431, 500, 501, 503, 505};

constexpr std::array<const char*, HttpMetrics::kEnds> kEndLabels = {
    "client",    "answered",     "idle_timeout",    "header_timeout", "body_timeout", "send_timeout", "handshake_failed",
    "malformed", "idle_evicted", "max_connections", "per_address",    "stopping",     "error"};

std::string label(std::string_view name, std::string_view value) {
  std::string text;
  addLabel(text, name, value);
  return text;
}

std::size_t methodIndex(std::string_view method) noexcept {
  return static_cast<std::size_t>(std::find(kMethodLabels.begin(), kMethodLabels.end() - 1, method) - kMethodLabels.begin());
}

// Most answers take less than the first.
std::size_t bucketIndex(double seconds) noexcept {
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  return bucket;
}

}  // namespace

void HttpMetrics::Shard::answered(std::size_t view, std::string_view method, int status, Nanoseconds duration) noexcept {
  Requests& requests = requests_[view * kMethods + methodIndex(method)];
  add(requests.buckets[bucketIndex(seconds(duration))]);
  add(requests.nanoseconds, static_cast<std::uint64_t>(std::max<Nanoseconds::rep>(duration.count(), 0)));
  const auto code = static_cast<std::size_t>(status);
  if (code < kMostStatus) add(statuses_[code]);
}

HttpMetrics::HttpMetrics(std::vector<std::string> views) : views_(std::move(views)) {
  for (Shard& shard : shards_) shard.requests_ = std::vector<Shard::Requests>(views_.size() * kMethods);
  for (const std::string& view : views_) {
    for (const std::string_view method : kMethodLabels) {
      std::string& labels = labels_.emplace_back();
      addLabel(labels, "method", method);
      addLabel(labels, "view", view);
    }
  }
}

std::size_t HttpMetrics::viewIndex(std::string_view view) const noexcept {
  const auto found = std::find(views_.begin(), views_.end() - 1, view);
  return static_cast<std::size_t>(found - views_.begin());
}

std::vector<HttpMetrics::Tally> HttpMetrics::tallies() const {
  std::vector<Tally> tallies(views_.size() * kMethods);
  for (const Shard& shard : shards_) {
    for (std::size_t i = 0; i < tallies.size(); ++i) {
      for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
        const std::uint64_t count = shard.requests_[i].buckets[bucket].load(std::memory_order_relaxed);
        tallies[i].buckets[bucket] += count;
        tallies[i].count += count;
      }
      tallies[i].seconds += static_cast<double>(shard.requests_[i].nanoseconds.load(std::memory_order_relaxed)) / 1e9;
    }
  }
  return tallies;
}

std::vector<WrittenFamily> HttpMetrics::families() const {
  std::vector<WrittenFamily> families;
  addRequests(families);
  families.push_back({"django_http_responses_total_by_status", [this](MetricText& text) { writeStatuses(text); }});
  addConnections(families);
  return families;
}

void HttpMetrics::addRequests(std::vector<WrittenFamily>& families) const {
  const auto tallies = std::make_shared<const std::vector<Tally>>(this->tallies());
  families.push_back({"django_http_requests_total_by_method", [tallies](MetricText& text) {
                        text.family("django_http_requests_total_by_method", "Total HTTP requests by method.", MetricType::counter);
                        std::array<std::uint64_t, kMethods> counts{};
                        for (std::size_t i = 0; i < tallies->size(); ++i) counts[i % kMethods] += (*tallies)[i].count;
                        for (std::size_t i = 0; i < kMethods; ++i)
                          text.sample(label("method", kMethodLabels[i]), static_cast<double>(counts[i]));
                      }});
  const auto add = [&](const char* name, const char* help, MetricType type, auto write) {
    families.push_back({name, [=, this](MetricText& text) {
                          text.family(name, help, type);
                          for (std::size_t i = 0; i < tallies->size(); ++i) {
                            const Tally& tally = (*tallies)[i];
                            if (i % kMethods < kAnswered || tally.count > 0) write(text, labels_[i], tally);
                          }
                        }});
  };
  add("django_http_requests_total_by_view_transport_method", "Total HTTP requests by view and method.", MetricType::counter,
      [](MetricText& text, const std::string& labels, const Tally& tally) { text.sample(labels, static_cast<double>(tally.count)); });
  add("django_http_request_duration_seconds", "HTTP request latency.", MetricType::histogram,
      [](MetricText& text, const std::string& labels, const Tally& tally) {
        text.histogram(labels, kBounds, tally.buckets, tally.seconds);
      });
}

void HttpMetrics::writeStatuses(MetricText& text) const {
  text.family("django_http_responses_total_by_status", "Total HTTP responses by status code.", MetricType::counter);
  for (std::size_t status = 0; status < kMostStatus; ++status) {
    std::uint64_t count = 0;
    for (const Shard& shard : shards_) count += shard.statuses_[status].load(std::memory_order_relaxed);
    if (count > 0 || std::binary_search(kStatuses.begin(), kStatuses.end(), status))
      text.sample(label("status", std::to_string(status)), static_cast<double>(count));
  }
}

// Ends are read before beginnings, so that more than there are may seem open for a moment, but never fewer than none.
void HttpMetrics::addConnections(std::vector<WrittenFamily>& families) const {
  std::array<std::uint64_t, kEnds> ends{};
  for (std::size_t i = 0; i < kEnds; ++i) {
    for (const Shard& shard : shards_) ends[i] += shard.ends_[i].load(std::memory_order_acquire);
  }
  std::uint64_t accepted = 0;
  for (const Shard& shard : shards_) accepted += shard.accepted_.load(std::memory_order_relaxed);
  const std::uint64_t ended = std::accumulate(ends.begin(), ends.end(), std::uint64_t{0});
  const auto add = [&](const char* name, const char* help, MetricType type, std::uint64_t value) {
    families.push_back({name, [=](MetricText& text) {
                          text.family(name, help, type);
                          text.sample({}, static_cast<double>(value));
                        }});
  };
  add("pulsewatch_http_connections", "Connections that are open.", MetricType::gauge, accepted - std::min(accepted, ended));
  add("pulsewatch_http_connections_accepted_total", "Connections accepted.", MetricType::counter, accepted);
  families.push_back({"pulsewatch_http_connections_closed_total", [ends](MetricText& text) {
                        text.family("pulsewatch_http_connections_closed_total", "Connections that ended, by reason.", MetricType::counter);
                        for (std::size_t i = 0; i < kEnds; ++i) text.sample(label("reason", kEndLabels[i]), static_cast<double>(ends[i]));
                      }});
}

}  // namespace pulsewatch
