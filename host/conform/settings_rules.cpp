// What becomes of a check with other settings than the given ones, and after a create that failed.
#include "conform/leftovers.h"
#include "conform/rule.h"
#include "conform/rule_functions.h"
#include "conform/traced_plugin.h"
#include "conform/trial_check.h"
#include "conform/variants.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace pulsewatch::conform {

namespace {

// The rule's own fault of a run: not one that it has with the given settings too, nor what a host only cuts, as values are of any length.
std::string faultOf(const testing::Outcome& outcome, const std::vector<std::string>& known) {
  if (!outcome.created && outcome.error.empty()) return "create gives NULL and says nothing of why; call create_failed() before";
  for (const std::string& fault : outcome.faults) {
    if (fault.find(": the host cuts it") == std::string::npos && std::find(known.begin(), known.end(), fault) == known.end()) return fault;
  }
  return {};
}

// The check with these settings, run once; nothing where a host refuses them itself.
std::optional<testing::Outcome> tried(const pw_plugin* plugin, const Settings& settings, Milliseconds timeout) {
  try {
    TrialCheck check(plugin, settings);
    return check.run(timeout);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace

std::string bearsSettings(const Subject& subject, Progress& progress) {
  const pw_plugin* const plugin = openTraced(subject, progress);
  progress.at("with the given settings");
  const auto as_given = tried(plugin, subject.settings(), subject.shortTimeout());
  const std::vector<std::string> known = as_given ? as_given->faults : std::vector<std::string>();
  std::size_t count = 0;
  for (const Variant& variant : edges(subject)) {
    progress.at(variant.what);
    const auto outcome = tried(plugin, variant.settings, subject.shortTimeout());
    if (!outcome) continue;
    ++count;
    if (const std::string fault = faultOf(*outcome, known); !fault.empty()) throw Broken(variant.what + ": " + fault);
  }
  if (count == 0) return "it has no settings";
  return std::to_string(count) + " values tried";
}

std::string recoversFromFailedCreate(const Subject& subject, Progress& progress) {
  constexpr int kRounds = 20;
  const pw_plugin* const plugin = openTraced(subject, progress);
  const auto fails = [&](const Variant& variant) {
    progress.at(variant.what);
    const auto outcome = tried(plugin, variant.settings, subject.shortTimeout());
    return outcome && !outcome->created;
  };
  for (const Variant& variant : edges(subject)) {
    if (!fails(variant)) continue;
    const auto before = openDescriptors();
    const std::size_t threads = threadCount();
    for (int i = 0; i < kRounds; ++i) fails(variant);
    const std::string after = "after " + std::to_string(kRounds) + " times of a create that failed, " + variant.what + ", ";
    if (const std::size_t now = openDescriptors().size(); now > before.size())
      throw Broken(after + std::to_string(now - before.size()) + " descriptors more are open; close them before create gives NULL");
    if (!waitUntil([&] { return threadCount() <= threads; }, std::chrono::seconds(1)))
      throw Broken(after + "threads are left running; join them before create gives NULL");
    progress.at("with the given settings, after a create that failed");
    needCreated(TrialCheck(plugin, subject.settings()).run(subject.timeout));
    return "tried " + variant.what;
  }
  throw Skipped("create fails with none of the values that the rule settings tries");
}

}  // namespace pulsewatch::conform
