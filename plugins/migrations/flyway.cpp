#include "migrations/flyway.h"

#include "migrations/path_parts.h"
#include "migrations/shown_text.h"

#include <Poco/Checksum.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace pulsewatch::migrations {
namespace {

// 1.10 is newer than 1.9, 1.0 is 1, and a file may write 1_10.
using Version = std::vector<Number>;

std::optional<Version> parseVersion(std::string_view text) {
  Version version;
  while (true) {
    const std::string_view digits = leadingDigits(text);
    if (digits.empty()) return std::nullopt;
    version.emplace_back(digits);
    text.remove_prefix(digits.size());
    if (text.empty()) break;
    if (text[0] != '.' && text[0] != '_') return std::nullopt;
    text.remove_prefix(1);
  }
  while (version.size() > 1 && version.back() == Number("0")) version.pop_back();
  return version;
}

// A file's name in parts; the prefix is V, B or R.
struct Name {
  char prefix;
  Version version;          // of V and B
  std::string description;  // as the table has it
};

std::optional<Name> parseName(std::string_view file) {
  if (!endsWith(file, ".sql")) return std::nullopt;
  const std::string_view stem = file.substr(0, file.size() - 4);
  if (stem.empty() || std::string_view("VBR").find(stem[0]) == std::string_view::npos) return std::nullopt;
  const std::size_t separator = std::min(stem.find("__", 1), stem.size());
  const std::string_view number = stem.substr(1, separator - 1);
  Name name{stem[0], {}, std::string(stem.substr(std::min(separator + 2, stem.size())))};
  std::replace(name.description.begin(), name.description.end(), '_', ' ');
  if (name.prefix == 'R') return number.empty() && !name.description.empty() ? std::optional(name) : std::nullopt;
  std::optional<Version> version = parseVersion(number);
  if (!version) return std::nullopt;
  name.version = std::move(*version);
  return name;
}

std::string stemOf(std::string_view path) {
  const std::string_view file = fileName(path);
  return std::string(file.substr(0, file.size() - 4));
}

// What the table says of a version or of a repeatable migration: the last row counts.
struct Applied {
  bool success;
  std::string type;
  std::string description;
  std::string checksum;
};

struct History {
  std::map<Version, Applied> versions;
  std::map<std::string, Applied> repeatables;  // by description
  std::optional<Version> baseline;             // what is not newer counts as applied
};

void take(History& history, const Version& version, Applied applied) {
  if (endsWith(applied.type, "BASELINE") && applied.success) {
    if (!history.baseline || *history.baseline < version) history.baseline = version;
  } else if (applied.type == "DELETE" || (startsWith(applied.type, "UNDO_") && applied.success)) {
    history.versions.erase(version);
  } else {
    history.versions.insert_or_assign(version, std::move(applied));
  }
}

History historyOf(const std::vector<Row>& rows) {
  History history;
  for (const Row& row : rows) {
    const std::string success = row.at(4).value_or("0");
    Applied applied{success != "0", row.at(2).value_or(""), row.at(1).value_or(""), row.at(3).value_or("")};
    if (applied.type == "SCHEMA") continue;
    const auto version = row.at(0) ? parseVersion(*row.at(0)) : std::nullopt;
    if (version)
      take(history, *version, std::move(applied));
    else if (!row.at(0) && applied.type == "DELETE")
      history.repeatables.erase(applied.description);
    else if (!row.at(0))
      history.repeatables.insert_or_assign(applied.description, applied);
  }
  return history;
}

struct Code {
  std::map<Version, std::string> versions;
  std::map<Version, std::string> baselines;
  std::map<std::string, const File*> repeatables;  // by description
};

Code codeOf(const std::vector<File>& files) {
  Code code;
  for (const File& file : files) {
    const std::optional<Name> name = parseName(fileName(file.path));
    if (!name) continue;
    if (name->prefix == 'V') code.versions.try_emplace(name->version, stemOf(file.path));
    if (name->prefix == 'B') code.baselines.try_emplace(name->version, stemOf(file.path));
    if (name->prefix == 'R') code.repeatables.try_emplace(name->description, &file);
  }
  return code;
}

void compareVersions(const Code& code, const History& history, Comparison& comparison) {
  std::optional<Version> below = history.baseline;
  // An empty database begins with the newest baseline migration.
  if (history.versions.empty() && !below && !code.baselines.empty()) {
    const auto& [version, name] = *code.baselines.rbegin();
    below = version;
    comparison.missing.push_back(name);
  }
  for (const auto& [version, name] : code.versions) {
    const auto applied = history.versions.find(version);
    const bool succeeded = applied != history.versions.end() && applied->second.success;
    const bool after_baseline = !below || *below < version;
    if (succeeded || (!after_baseline && history.baseline))
      ++comparison.applied;
    else if (after_baseline)
      comparison.missing.push_back(name);
  }
}

void compareRepeatables(const Code& code, const History& history, Comparison& comparison) {
  for (const auto& [description, file] : code.repeatables) {
    const auto applied = history.repeatables.find(description);
    const auto checksum = file->facts.find("checksum");
    const bool current = applied != history.repeatables.end() && applied->second.success &&
                         (checksum == file->facts.end() || checksum->second.at(0) == applied->second.checksum);
    if (current)
      ++comparison.applied;
    else
      comparison.missing.push_back(stemOf(file->path));
  }
}

// Only what is SQL has a file to look for, and what is older than every file has been tidied away.
std::vector<std::string> aheadOf(const Code& code, const History& history) {
  std::optional<Version> oldest;
  for (const auto* files : {&code.versions, &code.baselines})
    if (!files->empty() && (!oldest || files->begin()->first < *oldest)) oldest = files->begin()->first;
  std::vector<std::string> ahead;
  for (const auto& [version, applied] : history.versions) {
    const bool known = code.versions.count(version) > 0 || code.baselines.count(version) > 0 || (oldest && version < *oldest);
    if (known || applied.type != "SQL" || !applied.success) continue;
    std::string name = "V";
    for (std::size_t i = 0; i < version.size(); ++i) name += (i == 0 ? "" : ".") + version[i].digits;
    name += applied.description.empty() ? "" : "__" + applied.description;
    std::replace(name.begin(), name.end(), ' ', '_');
    ahead.push_back(name);
  }
  return ahead;
}

std::string failureOf(const History& history) {
  const auto failed = [](const auto& entry) { return !entry.second.success; };
  const auto version = std::find_if(history.versions.begin(), history.versions.end(), failed);
  const auto repeatable = std::find_if(history.repeatables.begin(), history.repeatables.end(), failed);
  const bool is_version = version != history.versions.end();
  if (!is_version && repeatable == history.repeatables.end()) return {};
  const std::string& description = is_version ? version->second.description : repeatable->first;
  return "the migration \"" + shown(description) + "\" failed half-way; correct the database, then run flyway repair and flyway migrate";
}

}  // namespace

Interest Flyway::interest(std::string_view path) const {
  const std::optional<Name> name = parseName(fileName(path));
  return !name ? Interest::none : name->prefix == 'R' ? Interest::content : Interest::name;
}

// Flyway's checksum: the CRC-32 of the lines without their ends, as a signed number. With placeholders it is of what they are replaced by,
// which isn't known here: such a file counts as unchanged.
Facts Flyway::facts(std::string_view /*path*/, std::string_view content, bool whole) const {
  if (!whole || content.find("${") != std::string_view::npos) return {};
  if (startsWith(content, "\xef\xbb\xbf")) content.remove_prefix(3);
  Poco::Checksum checksum(Poco::Checksum::TYPE_CRC32);
  while (!content.empty()) {
    const std::size_t end = std::min(content.find_first_of("\r\n"), content.size());
    if (end > 0) checksum.update(content.data(), static_cast<unsigned int>(end));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return {{"checksum", {std::to_string(static_cast<std::int32_t>(checksum.checksum()))}}};
}

Comparison Flyway::compare(const std::vector<File>& files, const std::vector<Row>& rows) const {
  const Code code = codeOf(files);
  const History history = historyOf(rows);
  Comparison comparison;
  comparison.found = code.versions.size() + code.baselines.size() + code.repeatables.size();
  compareVersions(code, history, comparison);
  compareRepeatables(code, history, comparison);
  comparison.ahead = aheadOf(code, history);
  comparison.fault = failureOf(history);
  return comparison;
}

}  // namespace pulsewatch::migrations
