#include "migrations/alembic.h"

#include "migrations/path_parts.h"
#include "migrations/python_source.h"
#include "migrations/shown_text.h"

#include <map>
#include <set>
#include <utility>

namespace pulsewatch::migrations {
namespace {

using Graph = std::map<std::string, std::set<std::string>>;  // from one revision to others

const std::vector<std::string>& valuesOf(const File& file, const std::string& name) {
  static const std::vector<std::string> none;
  const auto found = file.facts.find(name);
  return found == file.facts.end() ? none : found->second;
}

struct Code {
  std::map<std::string, std::string> names;  // of the files, by revision
  Graph before;                              // what each revision comes directly after
  Graph after;
};

// What a dependency names: a revision or a branch label, with @head or the like behind it.
std::string resolved(const std::string& name, const std::map<std::string, std::string>& labels) {
  const std::string plain = name.substr(0, name.find('@'));
  const auto label = labels.find(plain);
  return label == labels.end() ? plain : label->second;
}

Code codeOf(const std::vector<File>& files, std::string& fault) {
  Code code;
  std::map<std::string, std::string> labels;
  for (const File& file : files) {
    if (file.facts.count("unreadable") > 0)
      fault = "revision, down_revision or depends_on in " + shown(file.path) + " is no plain text; write it as one";
    for (const std::string& revision : valuesOf(file, "revision")) {
      const std::string_view name = fileName(file.path);
      if (!code.names.try_emplace(revision, name.substr(0, name.size() - 3)).second)
        fault = "two files have the revision " + shown(revision) + "; remove one";
      for (const std::string& label : valuesOf(file, "branch_labels")) labels.try_emplace(label, revision);
    }
  }
  for (const File& file : files) {
    for (const std::string& revision : valuesOf(file, "revision")) {
      for (const char* const kind : {"down_revision", "depends_on"}) {
        for (const std::string& earlier : valuesOf(file, kind)) {
          const std::string other = resolved(earlier, labels);
          if (code.names.count(other) == 0) continue;
          code.before[revision].insert(other);
          code.after[other].insert(revision);
        }
      }
    }
  }
  return code;
}

// These and all that a way leads to.
std::set<std::string> reachable(const Graph& graph, std::set<std::string> from) {
  std::vector<std::string> open(from.begin(), from.end());
  while (!open.empty()) {
    const auto ways = graph.find(open.back());
    open.pop_back();
    if (ways == graph.end()) continue;
    for (const std::string& next : ways->second)
      if (from.insert(next).second) open.push_back(next);
  }
  return from;
}

// As they would be applied, and by name where that leaves a choice. What is in a circle comes last.
std::vector<std::string> ordered(const Code& code) {
  std::map<std::string, std::size_t> waits_for;
  std::set<std::string> free;
  for (const auto& [revision, name] : code.names) {
    const auto before = code.before.find(revision);
    if (before == code.before.end())
      free.insert(revision);
    else
      waits_for[revision] = before->second.size();
  }
  std::vector<std::string> order;
  while (!free.empty()) {
    const std::string revision = *free.begin();
    free.erase(free.begin());
    order.push_back(revision);
    const auto after = code.after.find(revision);
    if (after == code.after.end()) continue;
    for (const std::string& next : after->second) {
      if (--waits_for[next] > 0) continue;
      waits_for.erase(next);
      free.insert(next);
    }
  }
  for (const auto& [revision, count] : waits_for) order.push_back(revision);
  return order;
}

}  // namespace

Interest Alembic::interest(std::string_view path) const {
  const std::string_view file = fileName(path);
  return endsWith(file, ".py") && !startsWith(file, "__init__") ? Interest::content : Interest::none;
}

Facts Alembic::facts(std::string_view /*path*/, std::string_view content, bool /*whole*/) const {
  Facts facts;
  for (const PythonStatement& statement : pythonStatements(content, {"revision", "down_revision", "depends_on", "branch_labels"})) {
    if (statement.indented) continue;
    facts[statement.name] = statement.strings;
    if (!statement.literal) facts["unreadable"];
  }
  // Another module's variable may have one of the names.
  const auto revision = facts.find("revision");
  if (revision == facts.end() || (revision->second.size() != 1 && facts.count("unreadable") == 0)) return {};
  return facts;
}

Comparison Alembic::compare(const std::vector<File>& files, const std::vector<Row>& rows) const {
  Comparison comparison;
  const Code code = codeOf(files, comparison.fault);
  comparison.found = code.names.size();
  std::set<std::string> heads;
  for (const Row& row : rows) {
    const std::string revision = row.at(0).value_or("");
    if (code.names.count(revision) > 0)
      heads.insert(revision);
    else
      comparison.ahead.push_back(revision);
  }
  const std::set<std::string> applied = reachable(code.before, heads);
  // Whatever the database has beyond the code may include all that isn't sure to come after what is known.
  const bool all = comparison.ahead.empty();
  const std::set<std::string> later = all ? std::set<std::string>() : reachable(code.after, heads);
  for (const std::string& revision : ordered(code)) {
    if (applied.count(revision) > 0)
      ++comparison.applied;
    else if (all || later.count(revision) > 0)
      comparison.missing.push_back(code.names.at(revision));
  }
  return comparison;
}

}  // namespace pulsewatch::migrations
