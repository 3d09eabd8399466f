#include "base/uuid.h"

#include <cstdint>
#include <random>

namespace pulsewatch {

namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";

std::mt19937_64 seededGenerator() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

std::string randomUuid() {
  thread_local std::mt19937_64 generator = seededGenerator();
  std::uint64_t bits = 0;
  int left = 0;
  std::string uuid(kShape);
  for (char& c : uuid) {
    if (c == '-' || c == '4') continue;
    if (left == 0) {
      bits = generator();
      left = 16;
    }
    const auto digit = static_cast<unsigned>(c == 'y' ? 8U | (bits & 3U) : bits & 15U);
    bits >>= 4U;
    --left;
    c = "0123456789abcdef"[digit];
  }
  return uuid;
}

bool isUuid(std::string_view text) {
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (kShape[i] == '-' ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace pulsewatch
