#include "serve/metrics_handler.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace pulsewatch {

HttpAnswer MetricsHandler::answer(const HttpTarget& /*target*/) {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* source : sources_) {
    std::vector<prometheus::MetricFamily> more = source->Collect();
    std::move(more.begin(), more.end(), std::back_inserter(families));
  }
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  HttpAnswer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = std::make_shared<const std::string>(text.str());
  return answer;
}

}  // namespace pulsewatch
