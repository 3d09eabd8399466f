#include "base/uuid.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace pulsewatch {

namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
constexpr std::array<std::size_t, 16> kBytes = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};  // where each stands

// Both digits of each byte. Every request gets a UUID: digit by digit that took as long as reading it.
constexpr std::array<char, 512> kHex = [] {
  std::array<char, 512> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = "0123456789abcdef"[i % 2 == 0 ? i / 32 : i / 2 % 16];
  return digits;
}();

std::mt19937_64 seededGenerator() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

std::string randomUuid() {
  thread_local std::mt19937_64 generator = seededGenerator();
  std::uint64_t bits = (generator() & ~0xF0'00'00'00'00'00'00U) | 0x40'00'00'00'00'00'00U;  // the version, in the seventh byte
  std::string uuid(kShape);
  for (std::size_t i = 0; i < kBytes.size(); ++i) {
    if (i == 8) bits = (generator() & ~std::uint64_t{0xC0}) | 0x80U;  // the variant, in the ninth
    uuid[kBytes[i]] = kHex[2 * (bits & 0xFFU)];
    uuid[kBytes[i] + 1] = kHex[2 * (bits & 0xFFU) + 1];
    bits >>= 8U;
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
