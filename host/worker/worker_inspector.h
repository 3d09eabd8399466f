// Asks a library what it is in a worker of its own, that goes again: one that crashes or hangs while it is loaded is refused with a
// sentence.
#pragma once

#include "base/clock.h"
#include "plugin/plugin_inspector.h"
#include "worker/worker_process.h"

#include <cstdint>
#include <string>

namespace pulsewatch {

class WorkerInspector final : public PluginInspector {
 public:
  explicit WorkerInspector(std::string program, Milliseconds load_time = WorkerProcess::kLoadTime)
      : program_(std::move(program)), load_time_(load_time) {}

  [[nodiscard]] Inspected inspect(const PluginImage& image) const override;

 private:
  const std::string program_;
  const Milliseconds load_time_;
};

}  // namespace pulsewatch
