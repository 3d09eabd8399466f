#include "migrations/rails.h"

#include "migrations/path_parts.h"

#include <algorithm>
#include <map>
#include <set>

namespace pulsewatch::migrations {
namespace {

// VERSION_name.rb, or VERSION_name.scope.rb for one that an engine has brought.
bool isMigration(std::string_view file) {
  const std::string_view digits = leadingDigits(file);
  if (digits.empty() || !endsWith(file, ".rb") || file.substr(digits.size(), 1) != "_") return false;
  const std::string_view name = file.substr(digits.size() + 1, file.size() - digits.size() - 4);
  return std::count(name.begin(), name.end(), '.') <= 1 &&
         name.find_first_not_of("_abcdefghijklmnopqrstuvwxyz0123456789.") == std::string_view::npos;
}

}  // namespace

Interest Rails::interest(std::string_view path) const { return isMigration(fileName(path)) ? Interest::name : Interest::none; }

Comparison Rails::compare(const std::vector<File>& files, const std::vector<Row>& rows) const {
  std::map<Number, std::string> code;
  for (const File& file : files) {
    const std::string_view name = fileName(file.path);
    code.try_emplace(Number(leadingDigits(name)), name.substr(0, name.size() - 3));
  }
  std::set<Number> applied;
  for (const Row& row : rows) applied.insert(Number(leadingDigits(row.at(0).value_or(""))));
  Comparison comparison;
  comparison.found = code.size();
  for (const auto& [version, name] : code) {
    if (applied.count(version) > 0)
      ++comparison.applied;
    else
      comparison.missing.push_back(name);
  }
  // What is older than every file has been tidied away.
  for (const Number& version : applied)
    if (code.count(version) == 0 && !code.empty() && code.begin()->first < version) comparison.ahead.push_back(version.digits);
  return comparison;
}

}  // namespace pulsewatch::migrations
