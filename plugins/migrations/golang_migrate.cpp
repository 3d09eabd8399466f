#include "migrations/golang_migrate.h"

#include "migrations/path_parts.h"

#include <map>
#include <optional>

namespace pulsewatch::migrations {
namespace {

// "1_create.up.sql" as 1 and "1_create".
struct Name {
  Number version;
  std::string stem;
};

std::optional<Name> parseName(std::string_view file) {
  const std::string_view digits = leadingDigits(file);
  if (digits.empty() || file.substr(digits.size(), 1) != "_") return std::nullopt;
  // The last of the two decides, and something comes before and after it.
  const std::size_t up = file.rfind(".up.");
  const std::size_t down = file.rfind(".down.");
  if (up == std::string_view::npos || up <= digits.size() || (down != std::string_view::npos && down > up)) return std::nullopt;
  return Name{Number(digits), std::string(file.substr(0, up))};
}

}  // namespace

Interest GolangMigrate::interest(std::string_view path) const { return parseName(path) ? Interest::name : Interest::none; }

Comparison GolangMigrate::compare(const std::vector<File>& files, const std::vector<Row>& rows) const {
  std::map<Number, std::string> code;
  for (const File& file : files)
    if (const auto name = parseName(file.path)) code.try_emplace(name->version, name->stem);
  Comparison comparison;
  comparison.found = code.size();
  std::optional<Number> current;
  if (!rows.empty()) {
    const std::string version = rows[0].at(0).value_or("");
    if (!version.empty() && isDigit(version[0])) current = Number(version);  // -1: none
    if (rows[0].at(1).value_or("0") != "0")
      comparison.fault =
          "version " + version + " is dirty, its migration failed half-way; correct the database, then run migrate force VERSION";
  }
  for (const auto& [version, name] : code) {
    if (current && !(*current < version))
      ++comparison.applied;
    else
      comparison.missing.push_back(name);
  }
  const bool older = current && !code.empty() && *current < code.begin()->first;  // its file has been tidied away
  if (current && code.count(*current) == 0 && !older) comparison.ahead.push_back(current->digits);
  return comparison;
}

}  // namespace pulsewatch::migrations
