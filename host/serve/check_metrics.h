// The metrics that every check has: by far the most of a page. They are read from the board and the verdict when asked, so that a scrape
// runs no check, and are written from a copy, so that it holds up no result. Any thread.
#pragma once

#include "base/published.h"
#include "readiness/readiness.h"
#include "result/result_board.h"
#include "serve/metric_source.h"

#include <functional>
#include <utility>
#include <vector>

namespace pulsewatch {

class CheckMetrics final : public MetricSource {
 public:
  // The first two must outlive it.
  CheckMetrics(const ResultBoard& board, const Published<Verdict>& verdict, std::function<std::vector<CheckId>()> stuck_checks)
      : board_(board), verdict_(verdict), stuck_checks_(std::move(stuck_checks)) {}

  [[nodiscard]] std::vector<WrittenFamily> families() const override;

 private:
  void addVerdict(std::vector<WrittenFamily>& families) const;
  void addTallies(std::vector<WrittenFamily>& families) const;

  const ResultBoard& board_;
  const Published<Verdict>& verdict_;
  const std::function<std::vector<CheckId>()> stuck_checks_;
};

}  // namespace pulsewatch
