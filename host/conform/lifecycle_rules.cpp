// What many checks, one after the other and several at once, leave behind.
#include "conform/leftovers.h"
#include "conform/rule.h"
#include "conform/rule_functions.h"
#include "conform/traced_plugin.h"
#include "conform/trial_check.h"

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <memory>
#include <unistd.h>
#include <vector>

namespace pulsewatch::conform {

namespace {

constexpr std::chrono::seconds kPatience{1};  // for what ends by itself

#if defined(PULSEWATCH_SANITIZED)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// A check from create to destroy, with a run or more between.
void round(const pw_plugin* plugin, const Subject& subject, int runs = 1) {
  TrialCheck check(plugin, subject.settings());
  for (int i = 0; i < runs; ++i) {
    needCreated(check.run(subject.shortTimeout()));
  }
  check.host().destroy();
}

std::string measuredGrowth(const std::function<void()>& once) {
  constexpr std::size_t kWarmUp = 10;  // caches are filled, what is made once is made
  constexpr std::chrono::milliseconds kBudget{500};
  constexpr std::size_t kLeast = 10;
  constexpr std::size_t kMost = 200;
  constexpr std::size_t kNoticed = 24;         // bytes a call: the smallest piece that malloc gives is larger
  constexpr std::size_t kNoticedInAll = 2048;  // of a stretch: what malloc keeps at hand goes up and down
  const auto repeat = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) once();
  };
  const SteadyTime start = std::chrono::steady_clock::now();
  repeat(kWarmUp);
  const Nanoseconds one = (std::chrono::steady_clock::now() - start) / static_cast<int>(kWarmUp);
  const std::size_t count =
      std::clamp<std::size_t>(static_cast<std::size_t>(Nanoseconds(kBudget) / std::max(one, Nanoseconds(1))), kLeast, kMost);
  // A leak goes on in each of several stretches; what malloc rounds up, or keeps at hand, doesn't.
  std::array<Memory, 4> after{Memory::now()};
  for (std::size_t i = 1; i < after.size(); ++i) {
    repeat(count);
    after[i] = Memory::now();
  }
  const auto grown = [&](std::size_t Memory::*part, std::size_t noticed) -> std::size_t {
    for (std::size_t i = 1; i < after.size(); ++i) {
      if (after[i].*part < after[i - 1].*part + std::max(count * noticed, kNoticedInAll)) return 0;
    }
    return (after.back().*part - after.front().*part) / ((after.size() - 1) * count);
  };
  if (const std::size_t bytes = grown(&Memory::allocated, kNoticed); bytes > 0) return std::to_string(bytes) + " bytes that are allocated";
  if (const std::size_t bytes = grown(&Memory::mapped, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))); bytes > 0)
    return std::to_string(bytes) + " bytes that are mapped";
  return {};
}

// What is left of each of many calls of `once`, in bytes, as the end of a sentence; "" where it doesn't grow all the time. A leak is there
// when it is looked for again.
std::string growth(const std::function<void()>& once) {
  const std::string grown = measuredGrowth(once);
  return grown.empty() ? grown : measuredGrowth(once);
}

std::string shown(const std::map<int, std::string>& descriptors) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [fd, target] : descriptors) {
    if (count++ < 3) text += (text.empty() ? "" : ", ") + target;
  }
  return text + (count > 3 ? " and more" : "");
}

}  // namespace

std::string bearsInstances(const Subject& subject, Progress& progress) {
  constexpr std::size_t kRounds = 50;
  constexpr std::size_t kAtOnce = 8;
  const pw_plugin* const plugin = openTraced(subject, progress);
  // Slow ones are repeated less often.
  const SteadyTime until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  std::size_t rounds = 0;
  for (; rounds < kRounds && (rounds < 3 || std::chrono::steady_clock::now() < until); ++rounds) {
    progress.at("making check number " + std::to_string(rounds + 1));
    round(plugin, subject);
  }

  progress.follow(false);
  std::vector<std::unique_ptr<TrialCheck>> checks;
  for (std::size_t i = 0; i < kAtOnce; ++i) checks.push_back(std::make_unique<TrialCheck>(plugin, subject.settings()));
  for (const char* const what :
       {"with several checks at once, each made on a thread", "with several checks at once, each run on another thread"}) {
    progress.at(what);
    std::vector<std::future<testing::Outcome>> runs;
    for (auto& check : checks) runs.push_back(std::async(std::launch::async, [&] { return check->run(subject.timeout); }));
    for (auto& run : runs) {
      const testing::Outcome outcome = run.get();
      needCreated(outcome);
      for (const std::string& fault : outcome.faults) {  // others are the rule run's
        if (fault.find("on another thread") != std::string::npos) throw Broken(std::string(what) + ": " + fault);
      }
    }
  }
  progress.at("with several checks at once, each destroyed on another thread");
  std::vector<std::future<void>> ends;
  for (auto& check : checks) ends.push_back(std::async(std::launch::async, [&] { check->host().destroy(); }));
  for (auto& end : ends) end.get();
  return std::to_string(rounds) + " one after the other, " + std::to_string(kAtOnce) + " at once";
}

std::string leavesNoMemory(const Subject& subject, Progress& progress) {
  if (kSanitized) throw Skipped("a sanitizer has malloc's place, and tells of leaks itself");
  const pw_plugin* const plugin = openTraced(subject, progress);
  hearNothing();
  const std::string of_checks = growth([&] {
    progress.at("making and destroying checks");
    round(plugin, subject);
  });
  if (!of_checks.empty())
    throw Broken("each check that is made, run and destroyed leaves " + of_checks +
                 "; free them in destroy (-fsanitize=address tells which)");
  TrialCheck check(plugin, subject.settings());
  const std::string of_runs = growth([&] {
    progress.at("running one check again and again");
    needCreated(check.run(subject.shortTimeout()));
  });
  if (!of_runs.empty())
    throw Broken("each run leaves " + of_runs +
                 " with its check; free them before it returns (-fsanitize=address tells which), or keep no more than so many");
  return {};
}

std::string leavesNoDescriptor(const Subject& subject, Progress& progress) {
  constexpr int kRounds = 20;
  const pw_plugin* const plugin = openTraced(subject, progress);
  const auto own = openDescriptors();
  progress.at("making and destroying checks");
  round(plugin, subject);  // what is opened once for all checks may stay open
  const auto before = openDescriptors();
  for (const auto& [fd, target] : own) {
    const auto found = before.find(fd);
    if (found == before.end() || found->second != target)
      throw Broken("it closes descriptor " + std::to_string(fd) + ", which was open before it and is not its own; close none twice");
  }
  for (int i = 0; i < kRounds; ++i) {
    progress.at("making and destroying checks");
    round(plugin, subject, 3);
  }
  auto after = openDescriptors();
  const std::size_t more = after.size() - std::min(after.size(), before.size());
  if (more == 0) return {};
  for (const auto& [fd, target] : before) after.erase(fd);
  throw Broken("after " + std::to_string(kRounds) + " checks that were made, run and destroyed, " + std::to_string(more) +
               " descriptors more are open (" + shown(after) + "); close them in run or destroy");
}

std::string leavesNoThread(const Subject& subject, Progress& progress) {
  constexpr int kRounds = 5;
  const pw_plugin* const plugin = openTraced(subject, progress);
  const std::size_t before = threadCount();
  for (int i = 0; i < kRounds; ++i) {
    progress.at("making and destroying checks");
    round(plugin, subject, 2);
  }
  if (waitUntil([&] { return threadCount() <= before; }, kPatience)) return {};
  throw Broken(std::to_string(threadCount() - before) + " threads run on after " + std::to_string(kRounds) +
               " checks were destroyed; end and join them in destroy");
}

std::string leavesNoProcess(const Subject& subject, Progress& progress) {
  const pw_plugin* const plugin = openTraced(subject, progress);
  for (int i = 0; i < 3; ++i) {
    progress.at("making and destroying checks");
    round(plugin, subject, 2);
  }
  if (waitUntil([] { return !hasChildren(); }, kPatience)) return {};
  throw Broken("a child process is left after its check was destroyed, living or not waited for; end it and wait for it in run or destroy");
}

}  // namespace pulsewatch::conform
