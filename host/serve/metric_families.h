// Short ways to make prometheus-cpp's plain families. Pure.
#pragma once

#include "result/histogram.h"

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace pulsewatch {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

prometheus::MetricFamily& addFamily(std::vector<prometheus::MetricFamily>& families, std::string name, std::string help,
                                    prometheus::MetricType type);
void addCounter(prometheus::MetricFamily& family, MetricLabels labels, double value);
void addGauge(prometheus::MetricFamily& family, MetricLabels labels, double value);
prometheus::ClientMetric::Histogram collectedHistogram(const Histogram& histogram);

}  // namespace pulsewatch
