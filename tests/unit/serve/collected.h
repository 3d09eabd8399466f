// Values out of collected metric families, by name and labels. One thread. Each fails the test when there is none, or when it is there
// twice.
#pragma once

#include <cppunit/extensions/HelperMacros.h>
#include <prometheus/metric_family.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pulsewatch::testing {

using Families = std::vector<prometheus::MetricFamily>;
using MetricLabelMap = std::map<std::string, std::string>;

inline const prometheus::MetricFamily& familyOf(const Families& families, const std::string& name) {
  const prometheus::MetricFamily* found = nullptr;
  for (const prometheus::MetricFamily& family : families) {
    if (family.name != name) continue;
    CPPUNIT_ASSERT_MESSAGE(name + " is there twice", found == nullptr);
    found = &family;
  }
  if (found == nullptr) CPPUNIT_FAIL("no family " + name);
  return *found;
}

inline bool hasFamily(const Families& families, const std::string& name) {
  for (const prometheus::MetricFamily& family : families) {
    if (family.name == name) return true;
  }
  return false;
}

inline MetricLabelMap labelsOf(const prometheus::ClientMetric& metric) {
  MetricLabelMap labels;
  for (const auto& label : metric.label) labels[label.name] = label.value;
  return labels;
}

inline const prometheus::ClientMetric& seriesOf(const Families& families, const std::string& name, const MetricLabelMap& labels) {
  const prometheus::ClientMetric* found = nullptr;
  for (const prometheus::ClientMetric& metric : familyOf(families, name).metric) {
    if (labelsOf(metric) != labels) continue;
    CPPUNIT_ASSERT_MESSAGE("a series of " + name + " is there twice", found == nullptr);
    found = &metric;
  }
  std::string text = name;
  for (const auto& [key, value] : labels) text.append(" ").append(key).append("=").append(value);
  if (found == nullptr) CPPUNIT_FAIL("no series " + text);
  return *found;
}

// A counter's or a gauge's value, whichever the family is.
inline double valueOf(const Families& families, const std::string& name, const MetricLabelMap& labels = {}) {
  const prometheus::ClientMetric& metric = seriesOf(families, name, labels);
  const prometheus::MetricType type = familyOf(families, name).type;
  CPPUNIT_ASSERT_MESSAGE(name, type == prometheus::MetricType::Counter || type == prometheus::MetricType::Gauge);
  return type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
}

inline const prometheus::ClientMetric::Histogram& histogramOf(const Families& families, const std::string& name,
                                                              const MetricLabelMap& labels = {}) {
  CPPUNIT_ASSERT_MESSAGE(name, familyOf(families, name).type == prometheus::MetricType::Histogram);
  return seriesOf(families, name, labels).histogram;
}

inline std::set<std::string> labelValues(const Families& families, const std::string& name, const std::string& label) {
  std::set<std::string> values;
  for (const prometheus::ClientMetric& metric : familyOf(families, name).metric) values.insert(labelsOf(metric)[label]);
  return values;
}

}  // namespace pulsewatch::testing
