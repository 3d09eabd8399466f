// What a run says, and when it ends.
#include "config/duration.h"
#include "config/mistakes.h"
#include "conform/deaf_server.h"
#include "conform/rule.h"
#include "conform/rule_functions.h"
#include "conform/traced_plugin.h"
#include "conform/trial_check.h"
#include "conform/variants.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace pulsewatch::conform {

namespace {

constexpr Milliseconds kShort{100};
constexpr Milliseconds kLate{250};  // beyond the timeout: the machine may be busy

std::string withoutDigits(const std::string& text) {
  std::string rest;
  for (const char c : text) {
    if (c < '0' || c > '9') rest += c;
  }
  return rest;
}

const std::string& needMessage(const testing::Outcome& outcome) {
  if (outcome.status == PW_STATUS_UNKNOWN) throw Broken("a run gives no result; call set_result() on every way out");
  if (outcome.message.empty()) throw Broken("a result has no message; say in a few words what was found");
  return outcome.message;
}

std::string secretFault(const testing::Outcome& outcome) {
  for (const std::string& fault : outcome.faults) {
    if (isOfSecret(fault)) return fault;
  }
  return {};
}

// Settings, and the words that tell them from others.
struct Surroundings {
  Settings settings;
  std::string what;
};

// As given, and with its URLs leading to a server that says nothing.
std::vector<Surroundings> surroundings(const Subject& subject, const DeafServer& deaf) {
  std::vector<Surroundings> all{{subject.settings(), ""}};
  Settings to_deaf = redirected(subject, deaf.port());
  if (to_deaf != all.front().settings) all.push_back({std::move(to_deaf), " while its server takes connections and says nothing"});
  return all;
}

// Calls cancel() of a host after a while, unless it goes before.
class Canceller {
 public:
  Canceller(testing::FakeHost& host, Milliseconds after) : thread_([this, &host, after] { wait(host, after); }) {}
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  ~Canceller() {
    stop();
    thread_.join();
  }

 private:
  void wait(testing::FakeHost& host, Milliseconds after) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!over_.wait_for(lock, after, [this] { return stopped_; })) host.cancel();
  }
  void stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    over_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable over_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace

std::string givesResult(const Subject& subject, Progress& progress) {
  constexpr int kRuns = 5;
  TrialCheck check(openTraced(subject, progress), subject.settings());
  std::string note;
  testing::Outcome last;
  for (int i = 0; i < kRuns; ++i) {
    progress.at("with the given settings");
    check.host().setWatches(i % 2 == 0);  // a host may not watch
    const testing::Outcome outcome = check.run(subject.timeout);
    if (!outcome.created) throw Broken("no check can be made with these settings: " + outcome.message + "; give other ones as KEY=VALUE");
    const std::string message = needMessage(outcome);
    if (const std::string wrong = wrongOf(outcome); !wrong.empty()) throw Broken(wrong);
    if (i > 0 && outcome.status == last.status && message != last.message && withoutDigits(message) == withoutDigits(last.message))
      throw Broken("its message has a number that changes: " + pulsewatch::quoted(last.message) + ", then " + pulsewatch::quoted(message) +
                   "; put it into the error, which is for the log, or into a metric");
    last = outcome;
    note = (outcome.status == PW_STATUS_HEALTHY    ? "healthy: "
            : outcome.status == PW_STATUS_DEGRADED ? "degraded: "
                                                   : "unhealthy: ") +
           message;
  }
  return note;
}

std::string keepsSecrets(const Subject& subject, Progress& progress) {
  const pw_plugin* const plugin = openTraced(subject, progress);
  const Settings planted = withPlantedSecrets(subject);
  if (planted.empty()) throw Skipped("it has no setting for a secret, nor for a URL with a host");
  const DeafServer deaf;
  Subject elsewhere;
  elsewhere.description = subject.description;
  for (const auto& [key, text] : planted) {
    SettingValue& value = elsewhere.given.emplace_back();
    value.key = key;
    value.text = text;
  }
  const std::pair<Settings, const char*> tries[] = {
      {subject.settings(), "with the given settings"},
      {planted, "with made-up secrets"},
      {redirected(elsewhere, deaf.port()), "with made-up secrets and a server that says nothing"}};
  for (const auto& [settings, what] : tries) {
    progress.at(what);
    TrialCheck check(plugin, settings);
    for (int i = 0; i < 2; ++i) {
      if (const std::string fault = secretFault(check.run(subject.shortTimeout())); !fault.empty())
        throw Broken(std::string(what) + " " + fault + " where it finds it; leave it out");
    }
  }
  return {};
}

std::string obeysDeadline(const Subject& subject, Progress& progress) {
  constexpr int kTries = 3;
  const pw_plugin* const plugin = openTraced(subject, progress);
  const DeafServer deaf;
  Milliseconds longest{0};
  for (const Surroundings& around : surroundings(subject, deaf)) {
    for (const Milliseconds timeout : {kShort, subject.timeout}) {
      const std::string what = "a run with a timeout of " + describeDuration(timeout) + around.what;
      progress.at(what);
      Milliseconds took{0};
      // Late once may be the machine's fault.
      for (int i = 0; i < kTries && (i == 0 || took > timeout + kLate); ++i) {
        progress.at(what);
        TrialCheck check(plugin, around.settings);
        const testing::Outcome outcome = check.run(timeout);
        if (around.what.empty()) needCreated(outcome);  // create's time is the run's, whatever came of it
        took = outcome.took;
      }
      if (took > timeout + kLate)
        throw Broken(what + " took " + std::to_string(took.count()) + " ms; give every wait the time that remaining_ms() tells");
      longest = std::max(longest, took);
    }
  }
  return "the longest run took " + std::to_string(longest.count()) + " ms";
}

std::string obeysCancel(const Subject& subject, Progress& progress) {
  constexpr Milliseconds kTimeout{4000};
  constexpr Milliseconds kAfter{100};
  const Milliseconds most = PluginLimits().kill_after;
  const pw_plugin* const plugin = openTraced(subject, progress);
  const DeafServer deaf;
  bool cancelled = false;
  for (const Surroundings& around : surroundings(subject, deaf)) {
    const std::string what = "a run that was given up after " + describeDuration(kAfter) + around.what;
    progress.at(what, kTimeout + most);
    TrialCheck check(plugin, around.settings);
    testing::Outcome outcome;
    {
      const Canceller canceller(check.host(), kAfter);
      outcome = check.run(kTimeout);
    }
    if (around.what.empty()) needCreated(outcome);
    cancelled = cancelled || outcome.took >= kAfter;
    if (outcome.took > kAfter + most)
      throw Broken(what + " went on for " + std::to_string(outcome.took.count()) + " ms; look at cancelled() while it waits");
  }
  if (!cancelled) throw Skipped("its runs are over before they could be given up");
  return {};
}

}  // namespace pulsewatch::conform
