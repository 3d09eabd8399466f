// What must hold whatever the input is: when it doesn't, it is said and the program is aborted, which libFuzzer takes for a crash. And text
// with a secret in it, for seeing that nobody repeats it. Any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch::fuzzing {

inline void need(bool holds, const char* what, const std::string& about = {}) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s: [%s]\n", what, about.c_str());
  std::abort();
}

// No key and no word of ours has this character, so that where it shows a secret does.
constexpr char kSecretCharacter = '~';
inline const std::string secret(8, kSecretCharacter);

// The input as text, with the secret for each byte 1.
inline std::string planted(const std::uint8_t* data, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 1)
      text += secret;
    else
      text += static_cast<char>(data[i]);
  }
  return text;
}

// A copy that ends where the text does, without a NUL behind it: a read beyond is seen.
inline std::vector<char> exact(const std::string& text) { return {text.begin(), text.end()}; }

inline bool shows(std::string_view text) { return text.find(kSecretCharacter) != std::string_view::npos; }

}  // namespace pulsewatch::fuzzing
