#include "conform/progress.h"

#include <algorithm>
#include <unistd.h>

namespace pulsewatch::conform {

namespace {

template <std::size_t size>
void write(std::array<char, size>& place, const std::string& text) {
  const std::size_t count = std::min(text.size(), size - 1);
  std::copy_n(text.begin(), count, place.begin());
  place[count] = '\0';
}

std::int64_t nowMs() { return std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

Progress::Progress(Board& board, Milliseconds limit) : board_(board), limit_(limit), process_(::getpid()) { at(""); }

void Progress::at(const std::string& step, Milliseconds limit) {
  leaveForkedChild();
  write(board_.step, step);
  board_.since_ms = nowMs();
  board_.limit_ms = limit.count();
}

void Progress::enter(Phase phase) {
  leaveForkedChild();
  if (follows_) board_.phase = phase;
}

void Progress::follow(bool calls) {
  follows_ = calls;
  board_.phase = Phase::none;
}

void Progress::end(Verdict verdict, const std::string& sentence) {
  leaveForkedChild();
  write(board_.sentence, sentence);
  board_.verdict = verdict;
}

void Progress::leaveForkedChild() const {
  if (::getpid() != process_) ::_exit(0);
}

}  // namespace pulsewatch::conform
