// A page of metrics in Prometheus' text format 0.0.4, read strictly: every line must parse, each family has its TYPE once and before its
// series, no series is there twice, a histogram's buckets rise and end in +Inf with its count.
//
// Constructed from the page, then immutable; any thread. Throws MetricsError, from the constructor for a page that is wrong, from the
// getters for a series that is not there.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch::testing {

struct MetricsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Labels = std::map<std::string, std::string>;

class MetricsText {
 public:
  struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
  };

  explicit MetricsText(const std::string& page);

  // The value of the series with exactly these labels.
  [[nodiscard]] double value(const std::string& name, const Labels& labels = {}) const;
  [[nodiscard]] std::optional<double> find(const std::string& name, const Labels& labels = {}) const;

  // The sum over all series that have these labels, among others; 0 when there is none.
  [[nodiscard]] double sum(const std::string& name, const Labels& labels = {}) const;

  // "counter", "gauge", "histogram", …; empty when there is no such family.
  [[nodiscard]] std::string type(const std::string& family) const;

  // The distinct label names of a family's series (`le` apart), and the distinct values of one of its labels.
  [[nodiscard]] std::vector<std::string> labelNames(const std::string& family) const;
  [[nodiscard]] std::vector<std::string> labelValues(const std::string& name, const std::string& label) const;

  [[nodiscard]] const std::vector<Sample>& samples() const { return samples_; }
  [[nodiscard]] const std::map<std::string, std::string>& types() const { return types_; }

 private:
  void readComment(const std::string& line);
  void readSample(const std::string& line);
  [[nodiscard]] std::string familyOf(const std::string& name) const;
  void checkHistograms() const;

  std::map<std::string, std::string> types_;
  std::vector<Sample> samples_;
  std::map<std::string, double> by_series_;
};

}  // namespace pulsewatch::testing
