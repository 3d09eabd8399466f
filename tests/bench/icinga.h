// A private Icinga 2 that does nothing but check services with its `dummy` command, which answers at once inside the process. Without
// features, databases or an API: the least it can be. Throws std::runtime_error when it doesn't do what it should. One thread.
#pragma once

#include "bench/samples.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"

#include <chrono>
#include <memory>
#include <string>

namespace pulsewatch::bench {

class Icinga {
 public:
  Icinga(int services, std::chrono::milliseconds interval);
  Icinga(const Icinga&) = delete;
  Icinga& operator=(const Icinga&) = delete;
  ~Icinga();

  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  // Ends it; then it has written what it knows of each service. Throws unless each was checked within the last two intervals. How late
  // each last check began, in milliseconds.
  Samples stop();

 private:
  const int services_;
  const std::chrono::milliseconds interval_;
  testing::TemporaryDirectory directory_;
  std::unique_ptr<testing::ChildProcess> process_;
};

}  // namespace pulsewatch::bench
