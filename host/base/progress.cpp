#include "base/progress.h"

#include <algorithm>

namespace pulsewatch {

bool Progress::made() const {
  const SteadyTime now = clock_.running();
  return std::all_of(parts_.begin(), parts_.end(), [now](const Part& part) { return part.heartbeat->alive(now); });
}

std::string Progress::stuck() const {
  const SteadyTime now = clock_.running();
  std::string names;
  for (const Part& part : parts_) {
    if (!part.heartbeat->alive(now)) names.append(names.empty() ? "" : ", ").append(part.name);
  }
  return names;
}

}  // namespace pulsewatch
