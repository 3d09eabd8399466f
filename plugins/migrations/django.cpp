#include "migrations/django.h"

#include "migrations/path_parts.h"
#include "migrations/python_source.h"
#include "migrations/shown_text.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pulsewatch::migrations {
namespace {

using Key = std::pair<std::string, std::string>;  // app and name
using Replaces = std::vector<Key>;

std::string nameOf(const Key& key) { return key.first + "." + key.second; }

std::string trimmed(std::string_view text) {
  constexpr std::string_view space = " \t";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(space) - first + 1));
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (std::string word = trimmed(text.substr(0, comma)); !word.empty()) words.push_back(std::move(word));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

// "src/users/" as "src/users", "." as "".
std::string directoryKey(std::string directory) {
  while (!directory.empty() && directory.back() == '/') directory.pop_back();
  if (startsWith(directory, "./")) directory.erase(0, 2);
  return directory == "." ? std::string() : directory;
}

bool isMigrationName(std::string_view file) {
  // A module's name has no further dot.
  return endsWith(file, ".py") && file.find('.') == file.size() - 3 && file.size() > 3 && file[0] != '_' && file[0] != '~';
}

Replaces replacesOf(const Facts& facts) {
  Replaces replaces;
  const auto found = facts.find("replaces");
  if (found == facts.end()) return replaces;
  for (std::size_t i = 0; i + 1 < found->second.size(); i += 2) replaces.emplace_back(found->second[i], found->second[i + 1]);
  return replaces;
}

}  // namespace

struct Django::Code {
  std::map<Key, Replaces> migrations;
  std::set<std::string> apps;
};

// What is applied, as Django's own loader judges it.
class Django::Judge {
 public:
  Judge(const Code& code, const std::vector<Row>& rows) : code_(code) {
    for (const auto& [key, replaces] : code_.migrations) {
      known_.insert(key);
      for (const Key& replaced : replaces) {
        known_.insert(replaced);
        if (replaced != key) replaced_.insert(replaced);
      }
    }
    for (const Row& row : rows) {
      const Key key(row.at(0).value_or(""), row.at(1).value_or(""));
      if (!recorded_.insert(key).second) continue;
      order_.push_back(key);
      if (known_.count(key) > 0) with_known_.insert(key.first);
    }
  }

  Comparison comparison() {
    for (const auto& [key, replaces] : code_.migrations)
      if (replaced_.count(key) == 0) judge(key, 0);
    comparison_.ahead = ahead();
    return std::move(comparison_);
  }

 private:
  [[nodiscard]] const Replaces& replacesOf(const Key& key) const {
    static const Replaces none;
    const auto found = code_.migrations.find(key);
    return found == code_.migrations.end() ? none : found->second;
  }

  // Recorded itself, or all that it replaces is. What replaces itself in a circle isn't.
  bool applied(const Key& key, int depth) {
    if (recorded_.count(key) > 0) return true;
    const Replaces& replaces = replacesOf(key);
    if (replaces.empty() || depth == deepest) return false;
    const auto [known, fresh] = applied_.try_emplace(key, false);
    if (fresh) known->second = std::all_of(replaces.begin(), replaces.end(), [&](const Key& one) { return applied(one, depth + 1); });
    return known->second;
  }

  bool touched(const Key& key, int depth) {
    if (recorded_.count(key) > 0) return true;
    const Replaces& replaces = replacesOf(key);
    if (replaces.empty() || depth == deepest) return false;
    const auto [known, fresh] = touched_.try_emplace(key, false);
    if (fresh) known->second = std::any_of(replaces.begin(), replaces.end(), [&](const Key& one) { return touched(one, depth + 1); });
    return known->second;
  }

  // A squashed migration of which a part is applied can't be used any more: the rest of that part is what is missing.
  void judge(const Key& key, int depth) {
    if (!judged_.insert(key).second) return;
    if (applied(key, 0)) {
      ++comparison_.applied;
    } else if (touched(key, 0) && depth < deepest) {
      for (const Key& replaced : replacesOf(key)) judge(replaced, depth + 1);
    } else {
      comparison_.missing.push_back(nameOf(key));
    }
  }

  // Rows of the code's apps that the code doesn't know. Those before the app's first known one are history: replaced by a squashed
  // migration that has forgotten them.
  [[nodiscard]] std::vector<std::string> ahead() const {
    std::set<std::string> begun;
    std::vector<std::string> ahead;
    for (const Key& key : order_) {
      if (known_.count(key) > 0)
        begun.insert(key.first);
      else if (code_.apps.count(key.first) > 0 && (begun.count(key.first) > 0 || with_known_.count(key.first) == 0))
        ahead.push_back(nameOf(key));
    }
    return ahead;
  }

  static constexpr int deepest = 32;

  const Code& code_;
  std::set<Key> known_;     // to the code
  std::set<Key> replaced_;  // by another of the code
  std::set<Key> recorded_;  // in the database
  std::vector<Key> order_;  // the same, as they were applied
  std::set<std::string> with_known_;
  std::map<Key, bool> applied_;  // what has been found out about the squashed ones
  std::map<Key, bool> touched_;
  std::set<Key> judged_;
  Comparison comparison_;
};

Django::Django(const ToolOptions& options) : path_(options.path) {
  for (const std::string& label : listed(options.apps)) apps_.insert(label);
  for (const std::string& entry : listed(options.labels)) {
    const std::size_t sign = entry.find('=');
    if (sign == std::string::npos || sign == 0) throw std::invalid_argument("labels is no list of DIRECTORY=LABEL: " + shown(entry));
    const std::string directory = trimmed(std::string_view(entry).substr(0, sign));
    if (directory.empty() || directory[0] == '/')
      throw std::invalid_argument("a directory in labels is not one below path, as src/users: " + shown(entry));
    labels_[directoryKey(directory)] = trimmed(std::string_view(entry).substr(sign + 1));
  }
}

bool Django::isPackage(std::string_view directory) const {
  if (labels_.count(directory) > 0) return true;
  return directory.empty() ? fileName(path_) == "migrations" : fileName(directory) == "migrations";
}

Interest Django::interest(std::string_view path) const {
  const std::string_view file = fileName(path);
  if (file == "apps.py") return Interest::content;
  if (!endsWith(file, ".py") || !isPackage(directoryOf(path))) return Interest::none;
  if (file == "__init__.py") return Interest::name;
  return isMigrationName(file) ? Interest::content : Interest::none;
}

Facts Django::facts(std::string_view path, std::string_view content, bool whole) const {
  Facts facts;
  const bool configures = fileName(path) == "apps.py";
  const std::set<std::string, std::less<>> names =
      configures ? std::set<std::string, std::less<>>{"label"} : std::set<std::string, std::less<>>{"Migration", "replaces"};
  for (const PythonStatement& statement : pythonStatements(content, names)) {
    if (configures && statement.indented && statement.literal && statement.strings.size() == 1)
      facts["label"].push_back(statement.strings[0]);
    if (!configures && !statement.indented && statement.name != "replaces") facts["migration"];
    if (!configures && statement.indented && statement.name == "replaces") {
      if (!statement.literal || statement.strings.size() % 2 != 0) facts["unreadable"];
      facts["replaces"] = statement.strings;
    }
  }
  // What is cut off may hold the class.
  if (!whole) facts["migration"];
  return facts;
}

std::string Django::labelOf(const std::string& package, const std::map<std::string, std::string, std::less<>>& own_labels) const {
  const std::string app(directoryOf(package));
  for (const std::string& directory : {package, app}) {
    const auto given = labels_.find(directory);
    if (given != labels_.end()) return given->second;
  }
  if (package.empty()) return std::string(fileName(directoryOf(path_)));
  const auto own = own_labels.find(app);
  if (own != own_labels.end()) return own->second;
  return std::string(app.empty() ? fileName(path_) : fileName(app));
}

Django::Code Django::codeOf(const std::vector<File>& files, std::string& fault) const {
  std::set<std::string> packages;
  std::map<std::string, std::string, std::less<>> own_labels;
  for (const File& file : files) {
    const std::string directory(directoryOf(file.path));
    const auto label = file.facts.find("label");
    if (fileName(file.path) == "__init__.py") packages.insert(directory);
    if (label != file.facts.end() && label->second.size() == 1) own_labels[directory] = label->second[0];
  }
  Code code;
  std::map<std::string, std::string> owners;  // package by label
  for (const File& file : files) {
    const std::string package(directoryOf(file.path));
    if (packages.count(package) == 0 || file.facts.count("migration") == 0) continue;
    const std::string label = labelOf(package, own_labels);
    if (label.empty() || (!apps_.empty() && apps_.count(label) == 0)) continue;
    const auto owner = owners.try_emplace(label, package).first;
    if (owner->second != package)
      fault = "two directories have migrations of an app " + shown(label) + ": " + shown(owner->second) + " and " + shown(package) +
              "; name one otherwise in labels (or leave it out: DIRECTORY=)";
    if (file.facts.count("unreadable") > 0)
      fault = "replaces in " + shown(file.path) + " is no plain list of (\"app\", \"name\"); write it as one";
    const std::string_view name = fileName(file.path);
    code.apps.insert(label);
    code.migrations[{label, std::string(name.substr(0, name.size() - 3))}] = replacesOf(file.facts);
  }
  for (const std::string& app : apps_)
    if (code.apps.count(app) == 0) fault = "the app " + shown(app) + " of apps has no migrations below path; correct apps, path or labels";
  return code;
}

Comparison Django::compare(const std::vector<File>& files, const std::vector<Row>& rows) const {
  std::string fault;
  const Code code = codeOf(files, fault);
  Comparison comparison = Judge(code, rows).comparison();
  comparison.found = code.migrations.size();
  comparison.fault = fault;
  return comparison;
}

}  // namespace pulsewatch::migrations
