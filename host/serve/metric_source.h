// Whoever has metrics for the page: it tells its families, and writes each when it is that one's turn.
#pragma once

#include "serve/metric_text.h"

#include <functional>
#include <string>
#include <vector>

namespace pulsewatch {

struct WrittenFamily {
  std::string name;
  // Begins the family and writes its series, as they were when the families were told or as they are now. Called once at most, with no lock
  // held.
  std::function<void(MetricText&)> write;
};

class MetricSource {
 public:
  virtual ~MetricSource() = default;
  // What it has now. The source must outlive the use of what it gives. Any thread.
  [[nodiscard]] virtual std::vector<WrittenFamily> families() const = 0;
};

}  // namespace pulsewatch
