// Whether the threads that the host can't do without make progress: what /healthz says, and what the service manager's watchdog is fed for.
// They are added before others ask; then any thread may.
#pragma once

#include "base/heartbeat.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch {

class Progress {
 public:
  struct Part {
    std::string_view name;  // for people, as in "the scheduler"
    const Heartbeat* heartbeat = nullptr;
  };

  // The clock, the names and the heartbeats must outlive it.
  Progress(const Clock& clock, std::vector<Part> parts) : clock_(clock), parts_(std::move(parts)) {}

  void add(Part part) { parts_.push_back(part); }

  [[nodiscard]] bool made() const;
  // Those that make none, with commas between; "" when all do.
  [[nodiscard]] std::string stuck() const;

 private:
  const Clock& clock_;
  std::vector<Part> parts_;
};

}  // namespace pulsewatch
