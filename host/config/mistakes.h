// The mistakes found in a configuration, collected so that an operator sees all of them at once. One line each:
// where (file:line, a variable, -D or a plugin), what, why, what to do. Never a secret's value. Not thread-safe: one thread reads a
// configuration.
#pragma once
#include <string>
#include <unordered_set>
#include <vector>

namespace pulsewatch {

class Mistakes {
 public:
  // `where` is e.g. "/etc/pulsewatch/pulsewatch.properties:12" or "DATABASE_URL"; `sentence` the rest. Control characters are made
  // visible, so a mistake is always one line. The same line is kept once.
  void add(const std::string& where, const std::string& sentence);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
  std::unordered_set<std::string> known_;  // the same lines
};

// A value as it may be quoted in a mistake: in double quotes, control characters as \xNN, cut after 60 characters.
std::string quoted(const std::string& value);

// The word of `known` that is nearest to `word` (Levenshtein distance, at most a third of its length and at least 2 allowed); "" when none
// is.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace pulsewatch
