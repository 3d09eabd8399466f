// What the host counts of its own HTTP server: requests under django-prometheus' names, and connections. Series of routes, of the usual
// status codes and of all reasons exist from the start, and no client can make a new one: views are the routes' names, methods HTTP's.
//
// Nobody waits for anybody: whoever counts much has a shard of its own, on cache lines of its own, and a scrape sums them. Any thread, also
// more than one on a shard.
#pragma once

#include "base/clock.h"
#include "serve/metric_source.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// Why a connection ended.
enum class ConnectionEnd : std::size_t {
  client,            // the other side closed it
  answered,          // with its last answer
  idle_timeout,      // no next request came
  header_timeout,    // a request's head took too long,
  body_timeout,      // or its body,
  send_timeout,      // or the other side to take its answer
  handshake_failed,  // of TLS
  malformed,         // a request that could not be read
  idle_evicted,      // it made room for another one
  max_connections,   // there were too many,
  per_address,       // or too many of its address
  stopping,          // the host closes all
  error,             // of the network
};

class HttpMetrics final : public MetricSource {
 public:
  static constexpr std::size_t kMethods = 10;  // the last is `other`
  static constexpr std::size_t kBuckets = 17;
  static constexpr std::size_t kMostStatus = 600;
  static constexpr std::size_t kEnds = static_cast<std::size_t>(ConnectionEnd::error) + 1;

  class alignas(64) Shard {
   public:
    // One answered request, some ten nanoseconds. `view` is an index of the constructor's views.
    void answered(std::size_t view, std::string_view method, int status, Nanoseconds duration) noexcept;

    void accepted() noexcept { add(accepted_); }  // a connection
    void closed(ConnectionEnd why) noexcept { add(ends_[static_cast<std::size_t>(why)]); }

   private:
    friend class HttpMetrics;
    using Count = std::atomic<std::uint64_t>;
    struct alignas(64) Requests {  // of a view and a method
      std::array<Count, kBuckets> buckets{};
      Count nanoseconds{0};
    };
    static void add(Count& count, std::uint64_t by = 1) noexcept { count.fetch_add(by, std::memory_order_relaxed); }

    std::vector<Requests> requests_;  // by view, then method
    std::array<Count, kMostStatus> statuses_{};
    std::array<Count, kEnds> ends_{};
    Count accepted_{0};
  };

  explicit HttpMetrics(std::vector<std::string> views);

  // The one of an event loop; the loops that follow on one another under a number share it.
  Shard& ofLoop(std::size_t number) { return shards_[1 + number % (shards_.size() - 1)]; }
  // That of everybody else.
  Shard& ofOthers() { return shards_.front(); }

  // One of the constructor's, or the last.
  [[nodiscard]] std::size_t viewIndex(std::string_view view) const noexcept;
  // Of everybody else.
  void answered(std::string_view view, std::string_view method, int status, Nanoseconds duration) noexcept {
    ofOthers().answered(viewIndex(view), method, status, duration);
  }

  [[nodiscard]] std::vector<WrittenFamily> families() const override;

 private:
  struct Tally {  // a view's and a method's
    std::array<std::uint64_t, kBuckets> buckets{};
    std::uint64_t count = 0;
    double seconds = 0;
  };
  [[nodiscard]] std::vector<Tally> tallies() const;  // by view, then method
  void addRequests(std::vector<WrittenFamily>& families) const;
  void writeStatuses(MetricText& text) const;
  void addConnections(std::vector<WrittenFamily>& families) const;

  const std::vector<std::string> views_;
  std::vector<std::string> labels_;  // as text, by view, then method
  std::array<Shard, 5> shards_;      // the first is everybody's, the others the loops'
};

}  // namespace pulsewatch
