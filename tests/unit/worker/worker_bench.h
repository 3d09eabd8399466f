// A plugin's worker as the tests of this stage need it: a fixture run by a WorkerRunner, with everything it tells written down.
#pragma once

#include "unit/plugin/fixture_plugin.h"
#include "unit/plugin/runner_recorder.h"
#include "worker/worker_runner.h"

#include <cppunit/TestAssert.h>

#include <memory>
#include <string>
#include <vector>

namespace pulsewatch::testing {

inline std::shared_ptr<const PluginImage> fixtureImage(const std::string& fixture) {
  const TemporaryDirectory directory;
  copyFixture(fixture, directory / (fixture + ".so"));
  return std::make_shared<const PluginImage>(
      PluginImage{fixture + ".so", openPluginFile(directory.path(), fixture + ".so", fixtureOwners())});
}

class EndRecorder final : public WorkerEvents {
 public:
  void workerEnded(const WorkerEnd& end) override {
    const MutexLock lock(mutex_);
    ends_.push_back(end);
  }
  [[nodiscard]] std::vector<WorkerEnd> ends() {
    const MutexLock lock(mutex_);
    return ends_;
  }
  bool waitForEnds(std::size_t count) {
    return waitFor([&] { return ends().size() >= count; }, std::chrono::seconds(20));
  }

 private:
  Mutex mutex_;
  std::vector<WorkerEnd> ends_ GUARDED_BY(mutex_);
};

// The recorders go last, the loop before them.
struct WorkerBench {
  explicit WorkerBench(const std::string& fixture, PluginLimits limits = {})
      : library(fixtureLibrary("ok")), image(fixtureImage(fixture)), loop(clock) {
    WorkerRunnerOptions options;
    options.limits = limits;
    options.program = PULSEWATCH_PROGRAM;
    runner = std::make_unique<WorkerRunner>(fixture, image, loop, recorder, ends, options);
  }

  // A check with these text settings.
  void add(CheckId check, const std::vector<std::pair<std::string, std::string>>& settings = {}) {
    CheckSpec spec;
    spec.name = spec.alias = "check-" + std::to_string(check);
    for (const auto& [key, text] : settings) {
      SettingValue value;
      value.key = key;
      value.text = text;
      value.secret = key == "token";
      spec.settings.push_back(std::move(value));
    }
    runner->add(check, spec);
  }
  void start(CheckId check, std::uint64_t sequence = 1) { runner->start({check, sequence, "run-" + std::to_string(sequence)}); }
  // The report of the run, waited for.
  RunReport run(CheckId check, std::uint64_t sequence = 1, const std::string& what = "no report") {
    const std::size_t before = recorder.reports(check).size();
    start(check, sequence);
    CPPUNIT_ASSERT_MESSAGE(what, recorder.waitForReports(check, before + 1));
    return recorder.reports(check)[before];
  }

  SystemClock clock;
  RunnerRecorder recorder;
  EndRecorder ends;
  std::shared_ptr<PluginLibrary> library;
  std::shared_ptr<const PluginImage> image;
  WorkerLoop loop;
  std::unique_ptr<WorkerRunner> runner;
};

}  // namespace pulsewatch::testing
