#include "integration/latency_probe.h"

#include "integration/daemon.h"
#include "support/http_client.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace pulsewatch::testing {
namespace {

constexpr std::chrono::milliseconds usual_limit{50 * slowness};

}  // namespace

LatencyProbe::LatencyProbe(std::uint16_t port, std::string path) : path_(std::move(path)), thread_([this, port] { run(port); }) {}

LatencyProbe::~LatencyProbe() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void LatencyProbe::run(std::uint16_t port) {
  const HttpClient client(port);
  while (!stop_) {
    try {
      const HttpResponse response = client.get(path_);
      durations_.push_back(response.duration);
      if (response.status != 200 && response.status != 503) failure_ = path_ + " answered " + std::to_string(response.status);
    } catch (const std::exception& e) {
      failure_ = path_ + " did not answer: " + e.what();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // a pace, not a wait: two hundred questions a second are enough
  }
}

void LatencyProbe::finish(std::chrono::milliseconds limit) {
  stop_ = true;
  thread_.join();
  if (!failure_.empty()) throw std::runtime_error(failure_);
  if (durations_.size() < 20) throw std::runtime_error("the probe has too few answers: " + std::to_string(durations_.size()));
  std::sort(durations_.begin(), durations_.end());
  const auto usual = durations_[(durations_.size() - 1) * 99 / 100];
  if (usual < usual_limit && durations_.back() < limit * slowness) return;
  throw std::runtime_error(path_ + " is slow: of " + std::to_string(durations_.size()) + " answers the 99th percentile took " +
                           std::to_string(usual.count()) + " us, the slowest " + std::to_string(durations_.back().count()) + " us");
}

}  // namespace pulsewatch::testing
