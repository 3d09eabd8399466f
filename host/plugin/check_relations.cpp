#include "plugin/check_relations.h"

#include "config/named_keys.h"
#include "config/schema.h"
#include "config/text_parts.h"
#include "config/typed_value.h"
#include <pulsewatch/plugin_rules.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace pulsewatch {

namespace {

class Relations {
 public:
  Relations(const Properties& properties, const AbsentChecks& absent, CheckPlan& plan, Mistakes& mistakes)
      : properties_(properties), absent_(absent), plan_(plan), mistakes_(mistakes) {
    for (CheckSpec& check : plan.checks) checks_[check.name] = &check;
  }

  void read() {
    for (auto& [name, check] : checks_) {
      if (check->depends_on.empty()) continue;
      const auto value = properties_.value("check." + name + ".depends_on", mistakes_);
      if (value) check->depends_on = knownNames(*value, check->depends_on, "check " + name + " runs without");
    }
    for (auto& [name, check] : checks_) follow(*check);
    for (const auto& [name, keys] : namedKeys(properties_, "group", mistakes_)) readGroup(name, keys);
  }

 private:
  enum class Mark { none, open, done };

  // The names of a list, but for those that are no check's.
  std::vector<std::string> knownNames(const PropertyValue& value, const std::vector<std::string>& names, const std::string& without) {
    std::vector<std::string> known;
    for (const std::string& name : names) {
      if (std::find(known.begin(), known.end(), name) != known.end())
        mistakes_.add(value.where, shownValue(value, name) + " is there twice; write it once");
      else if (checks_.count(name) == 0 && absent_.left_out.count(name) > 0)
        plan_.notes.push_back(without + " " + name + ", whose plugin is disabled");
      else if (checks_.count(name) > 0 || absent_.missing.count(name) > 0 || absent_.some_gone)
        known.push_back(name);
      else
        mistakes_.add(value.where, shownValue(value, name) + " is no check" + advice(name));
    }
    return known;
  }

  [[nodiscard]] std::string advice(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& [known, check] : checks_) names.push_back(known);
    const std::string near = nearest(name, names);
    if (!near.empty()) return "; did you mean " + near + "?";
    if (names.size() > 20) names.assign({std::to_string(checks_.size()) + " others"});
    return (names.empty() ? "" : " (there are " + joinedWords(names, " and ") + ")") + "; correct it, or remove it";
  }

  // Goes to whatever the check depends on, and takes the last step of each circle away.
  void follow(CheckSpec& check) {
    Mark& mark = marks_[check.name];
    if (mark == Mark::done) return;
    mark = Mark::open;
    path_.push_back(check.name);
    std::erase_if(check.depends_on, [&](const std::string& name) {
      const auto next = checks_.find(name);
      if (next == checks_.end()) return false;
      if (marks_[name] == Mark::open) return reportCircle(name), true;
      follow(*next->second);
      return false;
    });
    path_.pop_back();
    marks_[check.name] = Mark::done;
  }

  void reportCircle(const std::string& name) {
    const auto begin = std::find(path_.begin(), path_.end(), name);
    std::string circle;
    for (auto step = begin; step != path_.end(); ++step) circle += *step + " -> ";
    const auto value = properties_.value("check." + name + ".depends_on", mistakes_);
    if (value) mistakes_.add(value->where, "depends on itself: " + circle + name + "; take one of these steps away");
  }

  void readGroup(const std::string& name, const KeysOfOne& keys) {
    if (!isName(name)) {
      mistakes_.add(placeOf(*keys.begin()->second),
                    "is not a group's name; write lower-case letters, digits, _ and -, 63 at most and a letter first");
      return;
    }
    for (const auto& [key, property] : keys) {
      if (findKey(groupKeys(), key) != nullptr) continue;
      const std::string near = nearest(key, keyNames(groupKeys()));
      mistakes_.add(placeOf(*property), "unknown key; " + (near.empty() ? "a group has " + joinedWords(keyNames(groupKeys()), " and ")
                                                                        : "did you mean group." + name + "." + near + "?"));
    }
    GroupSpec group{.name = name, .checks = {}};
    if (keys.count("fail_status") > 0) {
      if (const auto typed = typedOf(name, "fail_status")) group.fail_status = static_cast<int>(typed->integer);
    }
    if (keys.count("checks") == 0) {
      mistakes_.add(placeOf(*keys.begin()->second), "group " + name + " has no checks; add group." + name + ".checks = NAME,NAME");
      return;
    }
    if (const auto typed = typedOf(name, "checks")) addMembers(group, typed->list);
  }

  std::optional<TypedValue> typedOf(const std::string& group, const std::string& key) {
    const auto value = properties_.value("group." + group + "." + key, mistakes_);
    return value ? typedValue(*findKey(groupKeys(), key), *value, mistakes_) : std::nullopt;
  }

  void addMembers(GroupSpec& group, const std::vector<std::string>& names) {
    const auto value = properties_.value("group." + group.name + ".checks", mistakes_);
    if (!value) return;
    if (names.empty()) {
      mistakes_.add(value->where, "is empty; write names of checks with commas between them");
      return;
    }
    const std::size_t before = mistakes_.lines().size();
    group.checks = knownNames(*value, names, "group " + group.name + " is without");
    const auto mayVote = [&](const std::string& name) {
      const auto check = checks_.find(name);
      return check == checks_.end() || check->second->critical;
    };
    const bool all_there = mistakes_.lines().size() == before && group.checks.size() == names.size();
    if (all_there && std::none_of(group.checks.begin(), group.checks.end(), mayVote))
      mistakes_.add(value->where, "has no check that is critical, so that the group would never be ready; add one");
    plan_.groups.push_back(std::move(group));
  }

  const Properties& properties_;
  const AbsentChecks& absent_;
  CheckPlan& plan_;
  Mistakes& mistakes_;
  std::map<std::string, CheckSpec*> checks_;
  std::map<std::string, Mark> marks_;
  std::vector<std::string> path_;  // of follow()
};

}  // namespace

void readRelations(const Properties& properties, const AbsentChecks& absent, CheckPlan& plan, Mistakes& mistakes) {
  Relations(properties, absent, plan, mistakes).read();
}

}  // namespace pulsewatch
