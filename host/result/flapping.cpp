#include "result/flapping.h"

#include <algorithm>

namespace pulsewatch {

namespace {

std::size_t turnsWithin(const FlapMemory& memory, Nanoseconds window, Nanoseconds at) {
  const auto first = memory.turns.end() - static_cast<std::ptrdiff_t>(memory.known);
  return static_cast<std::size_t>(std::count_if(first, memory.turns.end(), [&](Nanoseconds turn) { return at - turn <= window; }));
}

void addTurn(FlapMemory& memory, CheckStatus to, Nanoseconds at) {
  std::shift_left(memory.turns.begin(), memory.turns.end(), 1);
  std::shift_left(memory.to.begin(), memory.to.end(), 1);
  memory.turns.back() = at;
  memory.to.back() = to;
  memory.known = std::min(memory.known + 1, memory.turns.size());
}

}  // namespace

std::shared_ptr<const FlapMemory> remembered(const std::shared_ptr<const FlapMemory>& memory, const SettledStatus& before,
                                             const SettledStatus& now, Nanoseconds window, Nanoseconds at) {
  const bool turned = before.status != now.status;
  if (memory == nullptr && !turned) return nullptr;
  auto next = memory == nullptr ? std::make_shared<FlapMemory>() : std::make_shared<FlapMemory>(*memory);
  if (turned) addTurn(*next, now.status, at);
  const std::size_t turns = turnsWithin(*next, window, at);
  if (!next->held && turns == 0) return nullptr;

  next->settled = now.status;
  next->messages[static_cast<std::size_t>(before.status)] = before.message;
  next->messages[static_cast<std::size_t>(now.status)] = now.message;
  if (!next->held && turns > FlapMemory::kFine) {
    next->held = true;
    next->worst = std::min(before.status, *std::min_element(next->to.begin(), next->to.end()));
  }
  if (turns <= FlapMemory::kCalm) next->held = false;
  next->worst = next->held ? std::min(next->worst, now.status) : now.status;
  return next;
}

}  // namespace pulsewatch
