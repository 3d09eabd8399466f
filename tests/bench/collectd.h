// A private collectd whose write_prometheus plugin has so many gauges, put in once, so that it only answers from then on. Throws
// std::runtime_error, with collectd's own words, when it doesn't start or has another number of them. One thread.
#pragma once

#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace pulsewatch::bench {

class Collectd {
 public:
  explicit Collectd(std::size_t series);
  Collectd(const Collectd&) = delete;
  Collectd& operator=(const Collectd&) = delete;
  ~Collectd();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::string page() const;  // of /metrics

 private:
  void put(std::size_t series) const;

  testing::TemporaryDirectory directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace pulsewatch::bench
