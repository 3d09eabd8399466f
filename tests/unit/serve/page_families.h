// The families of a page of metrics, read back from its text, for those who look for values in them. Fails the test when the page is wrong.
#pragma once

#include "serve/metric_source.h"
#include "support/metrics_text.h"
#include "unit/serve/collected.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

// In the order that the sources tell them in.
inline std::string pageOf(const std::vector<const MetricSource*>& sources) {
  std::string page;
  MetricText text(page);
  for (const MetricSource* source : sources) {
    for (const WrittenFamily& family : source->families()) {
      const std::size_t before = page.size();
      family.write(text);
      if (page.size() > before) CPPUNIT_ASSERT_MESSAGE(family.name, page.find("# TYPE " + family.name + " ", before) != std::string::npos);
    }
  }
  return page;
}

// Puts samples together to families: the buckets, the count and the sum of a histogram are one series.
class PageReader {
 public:
  explicit PageReader(const std::string& page) : page_(page), text_(page) {
    for (const MetricsText::Sample& sample : text_.samples()) read(sample);
  }
  Families take() { return std::move(families_); }

 private:
  void read(const MetricsText::Sample& sample) {
    std::string name = sample.name;
    std::string_view part;
    for (const std::string_view suffix : {"_count", "_sum", "_bucket"}) {
      if (!text_.type(name).empty() || name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
      part = suffix;
      name.resize(name.size() - suffix.size());
    }
    Labels labels = sample.labels;
    if (part == "_bucket") labels.erase("le");
    prometheus::ClientMetric& metric = seriesOf(familyOf(name), labels);
    if (part == "_count")
      metric.histogram.sample_count = static_cast<std::uint64_t>(sample.value);
    else if (part == "_sum")
      metric.histogram.sample_sum = sample.value;
    else if (part == "_bucket")
      metric.histogram.bucket.push_back({static_cast<std::uint64_t>(sample.value), std::stod(sample.labels.at("le"))});
    else
      metric.gauge.value = metric.counter.value = sample.value;
  }

  prometheus::MetricFamily& familyOf(const std::string& name) {
    if (!families_.empty() && families_.back().name == name) return families_.back();
    const std::string type = text_.type(name);
    prometheus::MetricFamily& family = families_.emplace_back();
    family.name = name;
    family.type = type == "counter"     ? prometheus::MetricType::Counter
                  : type == "histogram" ? prometheus::MetricType::Histogram
                                        : prometheus::MetricType::Gauge;
    const std::string head = "# HELP " + name + " ";
    const std::size_t help = page_.find(head);
    if (help != std::string::npos) family.help = page_.substr(help + head.size(), page_.find('\n', help) - help - head.size());
    series_.clear();
    return family;
  }

  prometheus::ClientMetric& seriesOf(prometheus::MetricFamily& family, const Labels& labels) {
    const auto [known, is_new] = series_.emplace(labels, family.metric.size());
    if (is_new) {
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    }
    return family.metric[known->second];
  }

  const std::string& page_;
  const MetricsText text_;
  Families families_;
  std::map<Labels, std::size_t> series_;  // of the last family
};

inline Families familiesOf(const std::vector<const MetricSource*>& sources) {
  const std::string page = pageOf(sources);
  return page.empty() ? Families() : PageReader(page).take();
}

}  // namespace pulsewatch::testing
