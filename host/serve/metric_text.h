// Prometheus' text format 0.0.4, written straight into one string: a page of ten thousand series costs no tree of families in between.
// Values have as many digits as it takes to read them back as they are. One thread.
#pragma once

#include "plugin/plugin_description.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch {

// Appends name="value", behind a comma where there is something already, with the value escaped.
void addLabel(std::string& labels, std::string_view name, std::string_view value);

class MetricText {
 public:
  // Appends to the page, which must outlive it.
  explicit MetricText(std::string& page) : page_(page) {}

  // What follows is of this family. Nothing is written of one without a series. The views must live until the next call.
  void family(std::string_view name, std::string_view help, MetricType type);

  // `labels` as addLabel() makes them; `more`, such ones too, stand behind them.
  void sample(std::string_view labels, double value) { sample(labels, {}, value); }
  void sample(std::string_view labels, std::string_view more, double value);
  // `counts` are not cumulative, and one more than the bounds, which are the same for all series of a family.
  void histogram(std::string_view labels, std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

 private:
  void head();
  void begin(std::string_view suffix, std::string_view labels, std::string_view more);

  std::string& page_;
  std::string_view name_;
  std::string_view help_;
  MetricType type_ = MetricType::gauge;
  bool begun_ = false;            // the family has its head
  std::vector<std::string> les_;  // le="…" of each bound
};

}  // namespace pulsewatch
