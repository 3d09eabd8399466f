// What a plugin says it is, as plain values: copied out of its pw_plugin (sdk/include/pulsewatch/abi.h) and validated, so that the stages
// behind never touch the library's memory, and a worker process can send it over a channel. Plain data.
#pragma once

#include <pulsewatch/abi.h>

#include <optional>
#include <string>
#include <vector>

namespace pulsewatch {

enum class SettingType : int {
  text = PW_SETTING_TEXT,
  secret = PW_SETTING_SECRET,
  url = PW_SETTING_URL,
  integer = PW_SETTING_INTEGER,
  number = PW_SETTING_NUMBER,
  boolean = PW_SETTING_BOOLEAN,
  duration = PW_SETTING_DURATION,
  choice = PW_SETTING_ENUM,
};

enum class MetricType : int { counter = PW_METRIC_COUNTER, gauge = PW_METRIC_GAUGE, histogram = PW_METRIC_HISTOGRAM };

struct SettingDescription {
  std::string key;
  SettingType type = SettingType::text;
  std::optional<std::string> default_value;
  std::vector<std::string> choices;  // of a choice its words, of a URL its schemes
  std::string meaning;
  bool required = false;
  bool hidden = false;
};

struct MetricDescription {
  std::string name;
  std::string help;
  MetricType type = MetricType::counter;
  std::vector<std::string> labels;
  std::vector<double> buckets;

  bool operator==(const MetricDescription&) const = default;
};

struct PluginDescription {
  std::string name;
  std::string version;
  std::string description;
  std::optional<std::string> default_check;
  std::vector<SettingDescription> settings;
  std::vector<MetricDescription> metrics;
};

}  // namespace pulsewatch
