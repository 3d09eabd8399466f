// What a check's last runs came to: the last hundred, and the last twenty failed ones, which a hundred good runs mustn't push out. Sixteen
// bytes a run; grows only as runs come. The texts are in a pool that all checks share, as most of them say the same all the time. Its owner
// guards both.
#pragma once

#include "base/check_result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pulsewatch {

// Texts, each kept once for as long as somebody holds it.
class TextPool {
 public:
  using Number = std::uint32_t;

  Number hold(const std::string& text);
  void hold(Number number) { ++slots_[number].holders; }
  void release(Number number);
  [[nodiscard]] const std::string& text(Number number) const { return *slots_[number].text; }
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

 private:
  struct Slot {
    const std::string* text = nullptr;  // the key in numbers_
    std::uint32_t holders = 0;
  };
  std::unordered_map<std::string, Number> numbers_;
  std::vector<Slot> slots_;
  std::vector<Number> free_;
};

// One run, as it is told.
struct PastRun {
  WallTime at;  // when its result came
  RunOutcome outcome = RunOutcome::unhealthy;
  double latency_ms = 0;
  std::string message;
};

// The newest first.
struct PastRuns {
  std::vector<PastRun> runs;
  std::vector<PastRun> failures;
};

class RunHistory {
 public:
  static constexpr std::size_t kMostRuns = 100;
  static constexpr std::size_t kMostFailures = 20;

  void add(const RunReport& report, RunOutcome outcome, WallTime at, TextPool& texts);
  void clear(TextPool& texts);  // before its end
  [[nodiscard]] PastRuns told(const TextPool& texts) const;

 private:
  struct Run {
    std::int64_t at_us = 0;
    std::uint32_t duration_us = 0;  // an hour at most
    std::uint32_t text : 24;
    std::uint32_t outcome : 8;
  };
  static_assert(sizeof(Run) == 16);

  // A ring once it is full: `next` is the oldest's place.
  static void put(std::vector<Run>& ring, std::uint8_t& next, std::size_t most, const Run& run, TextPool& texts);
  static std::vector<PastRun> told(const std::vector<Run>& ring, std::uint8_t next, const TextPool& texts);

  std::vector<Run> runs_;
  std::vector<Run> failures_;
  std::uint8_t next_run_ = 0;
  std::uint8_t next_failure_ = 0;
};

}  // namespace pulsewatch
