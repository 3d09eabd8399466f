#include "readiness/dependencies.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace pulsewatch {

namespace {

using Checks = std::vector<CheckVerdict>;

template <class Range>
auto positionOf(Range& checks, const std::string& name) {
  const auto at = std::lower_bound(checks.begin(), checks.end(), name,
                                   [](const CheckVerdict& check, const std::string& wanted) { return check.row->policy->name < wanted; });
  return at != checks.end() && at->row->policy->name == name ? at : checks.end();
}

class Settling {
 public:
  explicit Settling(Checks& checks) : checks_(checks), marks_(checks.size(), Mark::none) {}

  // An explicit stack: a chain may be longer than a thread's own.
  void settle(std::size_t first) {
    std::vector<std::size_t> open{first};
    while (!open.empty()) {
      const std::size_t at = open.back();
      if (marks_[at] == Mark::none) {
        marks_[at] = Mark::open;
        const std::size_t before = open.size();
        for (const std::string& name : checks_[at].row->policy->depends_on) {
          const auto other = positionOf(checks_, name);
          if (other != checks_.end() && marks_[index(other)] == Mark::none) open.push_back(index(other));
        }
        if (open.size() > before) continue;
      }
      open.pop_back();
      if (marks_[at] == Mark::open) judgeOne(checks_[at]);
      marks_[at] = Mark::done;
    }
  }

 private:
  enum class Mark : std::uint8_t { none, open, done };

  [[nodiscard]] std::size_t index(Checks::iterator at) const { return static_cast<std::size_t>(at - checks_.begin()); }

  void judgeOne(CheckVerdict& check) {
    if (check.reason == VoteReason::unavailable) return;
    std::string why;
    bool waits = true;
    bool shared = true;
    std::int32_t cause = -1;
    for (const std::string& name : check.row->policy->depends_on) {
      const auto other = positionOf(checks_, name);
      if (other != checks_.end() && other->status != CheckStatus::unhealthy) continue;
      const bool missing = other == checks_.end();
      const bool waiting = !missing && (other->reason == VoteReason::noResult || other->waits);
      waits = waits && waiting;
      if (cause < 0 && !missing) cause = other->reason == VoteReason::notChecked ? other->cause : static_cast<std::int32_t>(index(other));
      shared = shared && !missing && other->shared_failure;
      why += (why.empty() ? "not checked: " : " and ") + name +
             (missing   ? " is not there"
              : waiting ? " has no result yet"
                        : " is unhealthy");
    }
    if (why.empty()) return;
    check.status = CheckStatus::unhealthy;
    check.reason = VoteReason::notChecked;
    check.waits = waits;
    check.cause = cause;
    check.shared_failure = shared;
    check.not_checked = std::make_shared<const std::string>(std::move(why));
  }

  Checks& checks_;
  std::vector<Mark> marks_;
};

}  // namespace

void judgeDependents(Checks& checks) {
  const auto depends = [](const CheckVerdict& check) { return !check.row->policy->depends_on.empty(); };
  if (std::none_of(checks.begin(), checks.end(), depends)) return;
  Settling settling(checks);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (depends(checks[i])) settling.settle(i);
  }
}

const CheckVerdict* findCheck(const Verdict& verdict, const std::string& name) {
  const auto at = positionOf(verdict.checks, name);
  return at == verdict.checks.end() ? nullptr : &*at;
}

std::vector<const CheckVerdict*> rootCauses(const Verdict& verdict, const std::vector<const CheckVerdict*>& checks) {
  const auto caused = [](const CheckVerdict* check) { return check->reason == VoteReason::notChecked; };
  if (std::none_of(checks.begin(), checks.end(), caused)) return {};
  std::vector<bool> seen(verdict.checks.size());
  std::vector<const CheckVerdict*> open;
  std::vector<const CheckVerdict*> roots;
  const auto goOn = [&](const CheckVerdict* check) {
    const auto at = static_cast<std::size_t>(check - verdict.checks.data());
    if (seen[at]) return;
    seen[at] = true;
    (caused(check) ? open : roots).push_back(check);
  };
  for (const CheckVerdict* check : checks) {
    if (caused(check)) goOn(check);
  }
  while (!open.empty()) {
    const CheckVerdict& at = *open.back();
    open.pop_back();
    for (const std::string& name : at.row->policy->depends_on) {
      const CheckVerdict* const other = findCheck(verdict, name);
      if (other != nullptr && other->status == CheckStatus::unhealthy) goOn(other);
    }
  }
  std::sort(roots.begin(), roots.end());  // they lie in one vector, by name
  return roots;
}

}  // namespace pulsewatch
