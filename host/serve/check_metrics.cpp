#include "serve/check_metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace pulsewatch {

namespace {

// The label of every check, one behind the other.
class CheckLabels {
 public:
  void add(const std::string& check) {
    std::string label;
    addLabel(label, "check_name", check);
    text_ += label;
    ends_.push_back(text_.size());
  }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

// What the board has counted of each check.
struct Tallies {
  struct Row {
    std::array<std::uint64_t, kRunOutcomes> runs;
    std::array<std::uint64_t, 3> transitions;
    std::array<std::uint64_t, kCheckBuckets.size() + 1> durations;
    double seconds;
    bool stuck;
  };
  CheckLabels labels;
  std::vector<Row> rows;
};

std::shared_ptr<const Tallies> tallies(const ResultBoard& board, const std::set<CheckId>& stuck) {
  auto tallies = std::make_shared<Tallies>();
  tallies->rows.reserve(board.size());
  board.visit([&](const BoardRow& row, const CheckTally& tally) {
    tallies->labels.add(row.policy->name);
    Tallies::Row& copy = tallies->rows.emplace_back(Tallies::Row{tally.runs, tally.transitions, {}, tally.durations.sum(), false});
    std::copy_n(tally.durations.counts().begin(), copy.durations.size(), copy.durations.begin());
    copy.stuck = stuck.count(row.check) > 0;
  });
  return tallies;
}

// What of a verdict is shown of each check.
struct Statuses {
  CheckLabels labels;
  std::shared_ptr<const Verdict> verdict;
};

// outcome="healthy", …
template <class Value, std::size_t count>
std::array<std::string, count> wordLabels(const char* label) {
  std::array<std::string, count> labels;
  for (std::size_t i = 0; i < count; ++i) addLabel(labels[i], label, name(static_cast<Value>(i)));
  return labels;
}

}  // namespace

std::vector<WrittenFamily> CheckMetrics::families() const {
  std::vector<WrittenFamily> families;
  addVerdict(families);
  addTallies(families);
  return families;
}

void CheckMetrics::addVerdict(std::vector<WrittenFamily>& families) const {
  auto statuses = std::make_shared<Statuses>();
  statuses->verdict = verdict_.get();
  if (statuses->verdict == nullptr) return;
  for (const CheckVerdict& check : statuses->verdict->checks) statuses->labels.add(check.row->policy->name);
  const auto add = [&](const char* name, const char* help, double (*value)(const CheckVerdict&)) {
    families.push_back({name, [=, kept = std::shared_ptr<const Statuses>(statuses)](MetricText& text) {
                          text.family(name, help, MetricType::gauge);
                          for (std::size_t i = 0; i < kept->labels.size(); ++i)
                            text.sample(kept->labels[i], value(kept->verdict->checks[i]));
                        }});
  };
  add("pulsewatch_health_check_status", "Health check status (1=healthy or degraded, 0=unhealthy).",
      [](const CheckVerdict& check) { return check.status == CheckStatus::unhealthy ? 0.0 : 1.0; });
  add("pulsewatch_health_check_muted", "Whether an operator has muted the check: it doesn't vote.",
      [](const CheckVerdict& check) { return check.mute != nullptr ? 1.0 : 0.0; });
  add("pulsewatch_health_check_last_success_timestamp_seconds", "Unix timestamp of the last run that passed, 0 before it.",
      [](const CheckVerdict& check) { return check.row->state->last_success ? unixSeconds(*check.row->state->last_success) : 0.0; });
}

void CheckMetrics::addTallies(std::vector<WrittenFamily>& families) const {
  const std::vector<CheckId> stuck = stuck_checks_();
  const std::shared_ptr<const Tallies> kept = tallies(board_, {stuck.begin(), stuck.end()});
  const auto add = [&](const char* name, const char* help, MetricType type, auto write) {
    families.push_back({name, [=](MetricText& text) {
                          text.family(name, help, type);
                          for (std::size_t i = 0; i < kept->rows.size(); ++i) write(text, kept->labels[i], kept->rows[i]);
                        }});
  };
  add("pulsewatch_health_check_duration_seconds", "Health check execution time.", MetricType::histogram,
      [](MetricText& text, std::string_view label, const Tallies::Row& row) {
        text.histogram(label, kCheckBuckets, row.durations, row.seconds);
      });
  add("pulsewatch_health_check_runs_total", "Health check runs by outcome.", MetricType::counter,
      [words = wordLabels<RunOutcome, kRunOutcomes>("outcome")](MetricText& text, std::string_view label, const Tallies::Row& row) {
        for (std::size_t i = 0; i < words.size(); ++i) text.sample(label, words[i], static_cast<double>(row.runs[i]));
      });
  add("pulsewatch_health_check_transitions_total", "Changes of a health check's status.", MetricType::counter,
      [words = wordLabels<CheckStatus, 3>("to")](MetricText& text, std::string_view label, const Tallies::Row& row) {
        for (std::size_t i = 0; i < words.size(); ++i) text.sample(label, words[i], static_cast<double>(row.transitions[i]));
      });
  add("pulsewatch_stuck_runs", "Runs that were given up and have not ended.", MetricType::gauge,
      [](MetricText& text, std::string_view label, const Tallies::Row& row) { text.sample(label, row.stuck ? 1 : 0); });
}

}  // namespace pulsewatch
