#include "bench/parts.h"
#include "bench/samples.h"
#include "bench/table.h"
#include "plugin/local_runner.h"
#include "plugin/plugin_file.h"
#include "worker/worker_runner.h"

#include <filesystem>
#include <iostream>
#include <semaphore>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

namespace pulsewatch::bench {

namespace {

// Takes one run's end at a time.
class Ends final : public RunnerEvents, public WorkerEvents {
 public:
  void runStarted(CheckId, std::uint64_t, SteadyTime) override {}
  void runEnded(RunReport report) override {
    at_ = std::chrono::steady_clock::now();
    good_ = report.outcome == RunOutcome::healthy;
    ended_.release();
  }
  void runWanted(CheckId) override {}
  void seriesAdded(SeriesReport) override {}
  void pluginLogged(PluginLogLine) override {}
  void workerEnded(const WorkerEnd& end) override { std::cerr << "bench: " << end.end.sentence << '\n'; }

  // When the run that was started ended.
  SteadyTime next() {
    if (!ended_.try_acquire_for(std::chrono::seconds(10))) throw std::runtime_error("a run does not end");
    if (!good_) throw std::runtime_error("a run failed");
    return at_;
  }

 private:
  std::binary_semaphore ended_{0};
  SteadyTime at_;      // the runner's until the release, the bench's after it
  bool good_ = false;  // the same
};

double cpuUs() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
  return us(used.ru_utime) + us(used.ru_stime);
}

struct Cost {
  Samples latency_us;
  double cpu_us = 0;  // of this process, a run
};

Cost measure(CheckRunner& runner, Ends& ends, std::uint64_t runs) {
  CheckSpec spec;
  spec.name = spec.alias = spec.plugin = "instant";
  runner.add(1, spec);
  Cost cost;
  const std::uint64_t warm_up = runs / 10;
  double before = 0;
  for (std::uint64_t sequence = 1; sequence <= warm_up + runs; ++sequence) {
    if (sequence == warm_up + 1) before = cpuUs();
    const SteadyTime began = std::chrono::steady_clock::now();
    runner.start({1, sequence, "d3b07384-d9a0-4c9b-8f6e-5a1c2b3d4e5f"});
    const SteadyTime ended = ends.next();
    if (sequence > warm_up) cost.latency_us.add(std::chrono::duration<double, std::micro>(ended - began).count());
  }
  cost.cpu_us = (cpuUs() - before) / static_cast<double>(runs);
  runner.stop(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  return cost;
}

std::vector<std::string> row(const std::string& what, const Cost& cost) {
  return {what, fixed(cost.latency_us.median(), 1), fixed(cost.latency_us.quantile(0.99), 1), fixed(cost.cpu_us, 1)};
}

}  // namespace

void benchWorker(const Options& options) {
  const std::uint64_t runs = options.short_form ? 200 : 10'000;
  const std::filesystem::path file = PULSEWATCH_INSTANT_PLUGIN;
  const auto open = [&] { return openPluginFile(file.parent_path(), file.filename().string(), {0, ::geteuid()}); };
  const SystemClock clock;
  Ends ends;
  LocalRunner local(std::make_shared<PluginLibrary>(open()), ends, {});
  const Cost inside = measure(local, ends, runs);

  WorkerLoop loop(clock);
  WorkerRunnerOptions worker_options;
  worker_options.program = PULSEWATCH_PROGRAM;
  WorkerRunner worker("instant", std::make_shared<const PluginImage>(PluginImage{file.string(), open()}), loop, ends, ends, worker_options);
  const Cost outside = measure(worker, ends, runs);

  std::cout << "A run through a worker: " << runs
            << " runs of a plugin that answers at once, one after the other, from their start to their "
            << "report; the CPU is the host's alone.\n"
            << std::flush;
  Table table({"", "median, µs", "p99, µs", "CPU of the host a run, µs"});
  table.add(row("inside the host", inside));
  table.add(row("in a worker", outside));
  table.add({"added (aim: 50)", fixed(outside.latency_us.median() - inside.latency_us.median(), 1),
             fixed(outside.latency_us.quantile(0.99) - inside.latency_us.quantile(0.99), 1), fixed(outside.cpu_us - inside.cpu_us, 1)});
  table.print();
}

}  // namespace pulsewatch::bench
