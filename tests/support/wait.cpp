#include "support/wait.h"

#include <thread>

namespace pulsewatch::testing {

bool waitFor(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  return condition();
}

}  // namespace pulsewatch::testing
