#include "migrations/verdict.h"

#include "migrations/shown_text.h"

#include <algorithm>

namespace pulsewatch::migrations {
namespace {

constexpr std::size_t named = 3;
constexpr std::size_t named_in_log = 50;

std::string list(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i == 0 ? "" : ", ") + shown(names[i]);
  return names.size() > most ? text + ", …" : text;
}

std::string counted(std::size_t count) { return std::to_string(count) + (count == 1 ? " migration" : " migrations"); }

}  // namespace

Result verdict(const Comparison& comparison, const Tool& tool, const std::string& path) {
  const std::vector<std::string>& missing = comparison.missing;
  const std::vector<std::string>& ahead = comparison.ahead;
  if (!comparison.fault.empty()) return unhealthy(comparison.fault, comparison.fault);
  if (comparison.found == 0) {
    const std::string none = "no " + tool.name() + " migration below " + shown(path) + " (" + tool.pattern() + "); correct path or mode";
    return unhealthy(none, none);
  }
  const std::string beyond = "the database is ahead of the code by " + counted(ahead.size()) + ": ";
  if (!missing.empty()) {
    const std::string also = ahead.empty() ? "" : "; " + beyond + list(ahead, named_in_log);
    return unhealthy(counted(missing.size()) + " missing: " + list(missing, named), "missing: " + list(missing, named_in_log) + also);
  }
  if (!ahead.empty()) return degraded(beyond + list(ahead, named), beyond + list(ahead, named_in_log));
  return healthy("all migrations applied");
}

}  // namespace pulsewatch::migrations
