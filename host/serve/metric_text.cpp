#include "serve/metric_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pulsewatch {

namespace {

constexpr double kPlainBelow = 1e15;  // every integer below is a double, and has no exponent
constexpr double kPlainFrom = 1e-4;
constexpr int kBoundDigits = 16;  // as prometheus-cpp has them: a bound is a label, so that it must stay as it was

// Of the buffer that a double fits into in every form used here.
using Digits = std::array<char, 64>;

template <class... Form>
void appendDigits(std::string& out, Form... form) {
  Digits digits{};
  const std::to_chars_result result = std::to_chars(digits.data(), digits.data() + digits.size(), form...);
  out.append(digits.data(), result.ptr);
}

void appendNumber(std::string& out, double value) {
  const double size = std::fabs(value);
  if (std::isnan(value))
    out += "NaN";
  else if (std::isinf(value))
    out += value < 0 ? "-Inf" : "+Inf";
  else if (size < kPlainBelow && std::trunc(value) == value)
    appendDigits(out, static_cast<std::int64_t>(value));
  else if (size >= kPlainFrom && size < kPlainBelow)
    appendDigits(out, value, std::chars_format::fixed);
  else
    appendDigits(out, value);
}

void appendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t special = std::min(text.find_first_of(quotes ? "\\\n\"" : "\\\n", at), text.size());
    out += text.substr(at, special - at);
    if (special < text.size()) {
      out += '\\';
      out += text[special] == '\n' ? 'n' : text[special];
    }
    at = special + 1;
  }
}

const char* word(MetricType type) {
  if (type == MetricType::counter) return "counter";
  return type == MetricType::gauge ? "gauge" : "histogram";
}

std::string boundLabel(double bound) {
  std::string label = "le=\"";
  appendDigits(label, bound, std::chars_format::general, kBoundDigits);
  return label + "\"";
}

}  // namespace

void addLabel(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels += name;
  labels += "=\"";
  appendEscaped(labels, value, true);
  labels += '"';
}

void MetricText::family(std::string_view name, std::string_view help, MetricType type) {
  name_ = name;
  help_ = help;
  type_ = type;
  begun_ = false;
  les_.clear();
}

void MetricText::head() {
  begun_ = true;
  if (!help_.empty()) {
    page_.append("# HELP ").append(name_).append(" ");
    appendEscaped(page_, help_, false);
    page_ += '\n';
  }
  page_.append("# TYPE ").append(name_).append(" ").append(word(type_)).append("\n");
}

void MetricText::begin(std::string_view suffix, std::string_view labels, std::string_view more) {
  page_ += name_;
  page_ += suffix;
  if (!labels.empty() || !more.empty()) {
    page_ += '{';
    page_ += labels;
    if (!labels.empty() && !more.empty()) page_ += ',';
    page_ += more;
    page_ += '}';
  }
  page_ += ' ';
}

void MetricText::sample(std::string_view labels, std::string_view more, double value) {
  if (!begun_) head();
  begin({}, labels, more);
  appendNumber(page_, value);
  page_ += '\n';
}

void MetricText::histogram(std::string_view labels, std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
  if (!begun_) head();
  if (les_.empty()) {
    for (const double bound : bounds) les_.push_back(boundLabel(bound));
    les_.emplace_back("le=\"+Inf\"");
  }
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  begin("_count", labels, {});
  appendDigits(page_, total);
  page_ += '\n';
  begin("_sum", labels, {});
  appendNumber(page_, sum);
  page_ += '\n';
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    up_to += counts[i];
    begin("_bucket", labels, les_[i]);
    appendDigits(page_, up_to);
    page_ += '\n';
  }
}

}  // namespace pulsewatch
