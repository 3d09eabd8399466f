#include "support/metrics_text.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::string seriesKey(const std::string& name, const Labels& labels) {
  std::string key = name + '{';
  for (const auto& [label, value] : labels) key.append(label).append("=\"").append(value).append("\",");
  return key + '}';
}

double number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw MetricsError("not a number: " + text);
  return value;
}

bool isName(const std::string& name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") == std::string::npos;
}

// Reads `name="value",…}` from behind the opening brace and gives the position behind the closing one.
std::size_t readLabels(const std::string& line, std::size_t at, Labels& labels) {
  while (at < line.size() && line[at] != '}') {
    const std::size_t equals = line.find("=\"", at);
    if (equals == std::string::npos) throw MetricsError("a label without a value: " + line);
    const std::string name = line.substr(at, equals - at);
    if (!isName(name)) throw MetricsError("not a label's name: " + line);
    std::string value;
    for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] == '\\') {
        if (++at == line.size()) break;
        value += line[at] == 'n' ? '\n' : line[at];
      } else {
        value += line[at];
      }
    }
    if (at >= line.size()) throw MetricsError("a label's value has no end: " + line);
    if (!labels.emplace(name, value).second) throw MetricsError("a label twice: " + line);
    ++at;
    if (at < line.size() && line[at] == ',') ++at;
  }
  if (at >= line.size()) throw MetricsError("the labels have no end: " + line);
  return at + 1;
}

}  // namespace

MetricsText::MetricsText(const std::string& page) {
  if (page.empty() || page.back() != '\n') throw MetricsError("the page does not end in a newline");
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line[0] == '#')
      readComment(line);
    else
      readSample(line);
  }
  checkHistograms();
}

void MetricsText::readComment(const std::string& line) {
  std::istringstream words(line);
  std::string hash;
  std::string keyword;
  std::string name;
  std::string type;
  words >> hash >> keyword >> name >> type;
  if (keyword != "TYPE") return;
  if (!isName(name) || type.empty()) throw MetricsError("not a TYPE line: " + line);
  if (!types_.emplace(name, type).second) throw MetricsError("a second TYPE of " + name);
  for (const Sample& sample : samples_)
    if (sample.name == name) throw MetricsError("the TYPE comes after a series: " + line);
}

void MetricsText::readSample(const std::string& line) {
  Sample sample;
  std::size_t at = line.find_first_of("{ ");
  if (at == std::string::npos) throw MetricsError("a series without a value: " + line);
  sample.name = line.substr(0, at);
  if (!isName(sample.name)) throw MetricsError("not a metric's name: " + line);
  if (line[at] == '{') at = readLabels(line, at + 1, sample.labels);
  if (at >= line.size() || line[at] != ' ') throw MetricsError("no space before the value: " + line);
  const std::size_t from = at + 1;
  sample.value = number(line.substr(from, line.find(' ', from) - from));
  if (type(familyOf(sample.name)).empty()) throw MetricsError("no TYPE of " + sample.name);
  if (!by_series_.emplace(seriesKey(sample.name, sample.labels), sample.value).second) throw MetricsError("a series twice: " + line);
  samples_.push_back(std::move(sample));
}

std::string MetricsText::familyOf(const std::string& name) const {
  if (types_.count(name) != 0) return name;
  for (const char* suffix : {"_bucket", "_count", "_sum"}) {
    const std::string_view end = suffix;
    if (name.size() <= end.size() || name.compare(name.size() - end.size(), end.size(), end) != 0) continue;
    std::string family = name.substr(0, name.size() - end.size());
    const std::string family_type = type(family);
    if (family_type == "histogram" || family_type == "summary") return family;
  }
  return name;
}

void MetricsText::checkHistograms() const {
  struct Last {
    double bound = -std::numeric_limits<double>::infinity();
    double count = 0;
  };
  std::map<std::string, Last> last;
  for (const Sample& sample : samples_) {
    const std::string family = familyOf(sample.name);
    if (type(family) != "histogram" || sample.name != family + "_bucket") continue;
    Labels labels = sample.labels;
    const auto le = labels.find("le");
    if (le == labels.end()) throw MetricsError("a bucket of " + family + " has no le");
    const double bound = number(le->second);
    labels.erase(le);
    Last& before = last[seriesKey(family, labels)];
    if (bound <= before.bound || sample.value < before.count) throw MetricsError("the buckets of " + family + " do not rise");
    before = {bound, sample.value};
    if (bound == std::numeric_limits<double>::infinity() && value(family + "_count", labels) != sample.value)
      throw MetricsError("the count of " + family + " is not its last bucket's");
  }
  for (const auto& [series, end] : last)
    if (end.bound != std::numeric_limits<double>::infinity()) throw MetricsError("no bucket +Inf: " + series);
}

double MetricsText::value(const std::string& name, const Labels& labels) const {
  if (const std::optional<double> found = find(name, labels)) return *found;
  throw MetricsError("no series " + seriesKey(name, labels));
}

std::optional<double> MetricsText::find(const std::string& name, const Labels& labels) const {
  const auto found = by_series_.find(seriesKey(name, labels));
  return found == by_series_.end() ? std::nullopt : std::optional<double>(found->second);
}

double MetricsText::sum(const std::string& name, const Labels& labels) const {
  double total = 0;
  for (const Sample& sample : samples_) {
    if (sample.name == name && std::includes(sample.labels.begin(), sample.labels.end(), labels.begin(), labels.end()))
      total += sample.value;
  }
  return total;
}

std::string MetricsText::type(const std::string& family) const {
  const auto found = types_.find(family);
  return found == types_.end() ? std::string() : found->second;
}

std::vector<std::string> MetricsText::labelNames(const std::string& family) const {
  std::set<std::string> names;
  for (const Sample& sample : samples_) {
    if (familyOf(sample.name) != family) continue;
    for (const auto& label : sample.labels)
      if (label.first != "le") names.insert(label.first);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> MetricsText::labelValues(const std::string& name, const std::string& label) const {
  std::set<std::string> values;
  for (const Sample& sample : samples_) {
    const auto found = sample.labels.find(label);
    if (sample.name == name && found != sample.labels.end()) values.insert(found->second);
  }
  return {values.begin(), values.end()};
}

}  // namespace pulsewatch::testing
