#include "result/run_history.h"

#include <algorithm>
#include <limits>

namespace pulsewatch {

namespace {

constexpr std::size_t kFirstRuns = 4;

}  // namespace

TextPool::Number TextPool::hold(const std::string& text) {
  const auto [entry, added] = numbers_.try_emplace(text, 0);
  if (added) {
    if (free_.empty()) {
      free_.push_back(static_cast<Number>(slots_.size()));
      slots_.emplace_back();
    }
    entry->second = free_.back();
    free_.pop_back();
    slots_[entry->second] = {&entry->first, 0};
  }
  hold(entry->second);
  return entry->second;
}

void TextPool::release(Number number) {
  Slot& slot = slots_[number];
  if (--slot.holders > 0) return;
  numbers_.erase(numbers_.find(*slot.text));
  slot.text = nullptr;
  free_.push_back(number);
}

void RunHistory::add(const RunReport& report, RunOutcome outcome, WallTime at, TextPool& texts) {
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(report.duration).count();
  Run run;
  run.at_us = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
  run.duration_us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration, 0, std::numeric_limits<std::uint32_t>::max()));
  run.text = texts.hold(report.message) & 0xFF'FFFFU;
  run.outcome = static_cast<std::uint8_t>(outcome);
  put(runs_, next_run_, kMostRuns, run, texts);
  if (outcome == RunOutcome::healthy || outcome == RunOutcome::degraded) return;
  texts.hold(TextPool::Number{run.text});
  put(failures_, next_failure_, kMostFailures, run, texts);
}

void RunHistory::put(std::vector<Run>& ring, std::uint8_t& next, std::size_t most, const Run& run, TextPool& texts) {
  if (ring.size() < most) {
    if (ring.size() == ring.capacity()) ring.reserve(std::clamp(2 * ring.size(), kFirstRuns, most));  // no more than it needs
    ring.push_back(run);
    return;
  }
  texts.release(ring[next].text);
  ring[next] = run;
  next = static_cast<std::uint8_t>((next + 1U) % most);
}

void RunHistory::clear(TextPool& texts) {
  for (std::vector<Run>* ring : {&runs_, &failures_}) {
    for (const Run& run : *ring) texts.release(run.text);
    ring->clear();
  }
  next_run_ = next_failure_ = 0;
}

PastRuns RunHistory::told(const TextPool& texts) const { return {told(runs_, next_run_, texts), told(failures_, next_failure_, texts)}; }

std::vector<PastRun> RunHistory::told(const std::vector<Run>& ring, std::uint8_t next, const TextPool& texts) {
  std::vector<PastRun> past;
  past.reserve(ring.size());
  for (std::size_t i = 1; i <= ring.size(); ++i) {
    const Run& run = ring[(next + ring.size() - i) % ring.size()];
    past.push_back({WallTime(std::chrono::microseconds(run.at_us)), static_cast<RunOutcome>(run.outcome), run.duration_us / 1000.0,
                    texts.text(run.text)});
  }
  return past;
}

}  // namespace pulsewatch
