// Runs one plugin's checks inside this process, on threads of its own: few while runs are quick, more while they wait, up to a cap. A run
// that was given up keeps its thread until it ends, and another thread takes its place, up to a second cap; past that, runs are refused
// with a result that says so.
#pragma once

#include "plugin/check_runner.h"
#include "plugin/plugin_library.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace pulsewatch {

struct LocalRunnerOptions {
  LogLevel log_level = LogLevel::info;
  std::size_t most_threads = 64;                         // at work at a time, those of given-up runs apart
  std::size_t most_stuck = 64;                           // given-up runs whose threads are replaced
  std::chrono::seconds idle{10};                         // a thread without work for so long ends
  std::function<void()> on_thread = [] {};               // called first on each thread
  std::function<void(CheckId)> on_run = [](CheckId) {};  // on the run's thread: whose run begins; 0: it is over
};

class LocalRunner final : public CheckRunner {
 public:
  // `events` must outlive stop().
  LocalRunner(std::shared_ptr<PluginLibrary> library, RunnerEvents& events, const LocalRunnerOptions& options);
  LocalRunner(const LocalRunner&) = delete;
  LocalRunner& operator=(const LocalRunner&) = delete;
  ~LocalRunner() override;  // stops, without waiting for what hangs

  void add(CheckId check, const CheckSpec& spec) override;
  void remove(CheckId check) override;
  void start(RunRequest request) override;
  void giveUp(CheckId check, std::uint64_t sequence) override;
  void setLogLevel(LogLevel level) override;
  bool stop(SteadyTime until) override;

  [[nodiscard]] std::size_t threads() const;

 private:
  class Pool;
  const std::shared_ptr<Pool> pool_;  // shared with the threads: one that hangs may outlive the runner
};

}  // namespace pulsewatch
