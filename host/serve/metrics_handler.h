// /metrics: everything that the sources tell, in Prometheus' text format, compressed for those who take that.
//
// A page is rendered once for all who ask at the same time: a request that comes while one is being rendered (or compressed) has that one,
// whose numbers are from its beginning on, some milliseconds before the request at the worst. Nothing is kept between scrapes.
#pragma once

#include "serve/metric_source.h"
#include "serve/route.h"
#include "serve/shared_work.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

class MetricsHandler final : public Route {
 public:
  // The sources must outlive it.
  explicit MetricsHandler(std::vector<const MetricSource*> sources) : sources_(std::move(sources)) {}

  HttpAnswer answer(const HttpTarget& target) override;

 private:
  struct Page {
    std::shared_ptr<const std::string> body;
    bool compressed = false;
  };
  Page plain();
  Page compressed();
  [[nodiscard]] std::string render() const;

  const std::vector<const MetricSource*> sources_;
  std::atomic<std::size_t> last_size_{0};
  SharedWork<Page> plain_;
  SharedWork<Page> compressed_;
};

}  // namespace pulsewatch
