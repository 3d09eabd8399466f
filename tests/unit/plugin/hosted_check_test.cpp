#include "plugin/hosted_check.h"

#include "base/text.h"
#include "unit/plugin/fixture_plugin.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

class Events final : public HostedCheckEvents {
 public:
  void seriesAdded(SeriesReport report) override { series.push_back(std::move(report)); }
  void pluginLogged(PluginLogLine line) override { lines.push_back(std::move(line)); }
  std::string watchFault(int fd) override { return fd < 0 ? "no descriptor" : ""; }

  std::vector<SeriesReport> series;
  std::vector<PluginLogLine> lines;
};

pw_check* handle(HostedCheck& check) { return reinterpret_cast<pw_check*>(&check); }
pw_run* handle(HostedRun& run) { return reinterpret_cast<pw_run*>(&run); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RunReport executed(HostedCheck& check, std::uint64_t sequence = 1) {
  HostedRun run({check.id(), sequence, "the-run"}, std::chrono::steady_clock::now() + std::chrono::seconds(2));
  return check.execute(run);
}

std::string everythingSaid(const RunReport& report, const Events& events) {
  std::string all = report.message + "\n" + report.error + "\n" + report.stack_trace;
  for (const PluginLogLine& line : events.lines) all += "\n" + line.event + "\n" + line.message + "\n" + line.error;
  for (const SeriesReport& series : events.series) {
    for (const std::string& value : series.label_values) all += "\n" + value;
  }
  return all;
}

// A check of a fixture, destroyed properly.
struct Hosted {
  Hosted(const std::string& fixture, const std::vector<std::pair<std::string, std::string>>& settings, LogLevel level = LogLevel::debug)
      : library(testing::fixtureLibrary(fixture)), check(7, testing::fixtureSpec(*library, "one", settings), library, events, level) {}
  ~Hosted() { check.destroy(); }
  Hosted(const Hosted&) = delete;
  Hosted& operator=(const Hosted&) = delete;

  Events events;
  std::shared_ptr<PluginLibrary> library;
  HostedCheck check;
};

class HostedCheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostedCheckTest);
  CPPUNIT_TEST(results);
  CPPUNIT_TEST(exceptionOfARun);
  CPPUNIT_TEST(exceptionOfTheConstructor);
  CPPUNIT_TEST(exceptionThatIsNone);
  CPPUNIT_TEST(saysNoSecret);
  CPPUNIT_TEST(saysNoPartOfALongSecret);
  CPPUNIT_TEST(saysNoPartOfARepeatedSecret);
  CPPUNIT_TEST(longTextIsCut);
  CPPUNIT_TEST(settings);
  CPPUNIT_TEST(series);
  CPPUNIT_TEST(logLines);
  CPPUNIT_TEST(timeAndCancellation);
  CPPUNIT_TEST(watching);
  CPPUNIT_TEST(createdOnceDestroyedOnce);
  CPPUNIT_TEST_SUITE_END();

 public:
  void results() {
    const std::pair<const char*, RunOutcome> rows[] = {
        {"healthy", RunOutcome::healthy}, {"degraded", RunOutcome::degraded}, {"unhealthy", RunOutcome::unhealthy}};
    for (const auto& [status, outcome] : rows) {
      Hosted hosted("ok", {{"status", status}, {"message", "grün"}});
      const RunReport report = executed(hosted.check, 9);
      CPPUNIT_ASSERT_MESSAGE(status, report.outcome == outcome);
      CPPUNIT_ASSERT_EQUAL(std::string("grün"), report.message);
      CPPUNIT_ASSERT_EQUAL(std::string(outcome == RunOutcome::unhealthy ? "it was told to be" : ""), report.error);
      CPPUNIT_ASSERT_EQUAL(CheckId{7}, report.check);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{9}, report.sequence);
      CPPUNIT_ASSERT_EQUAL(std::string("the-run"), report.request_id);
      CPPUNIT_ASSERT(report.duration > Nanoseconds(0) && report.duration < std::chrono::seconds(2));
      CPPUNIT_ASSERT_EQUAL(std::string(), report.stack_trace);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, report.observations.size());
      CPPUNIT_ASSERT_EQUAL(0, report.observations[0].series);
      CPPUNIT_ASSERT_EQUAL(1.0, report.observations[0].value);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, hosted.events.series.size());
      CPPUNIT_ASSERT((hosted.events.series[0].label_values == std::vector<std::string>{"one"}));
    }
  }

  void exceptionOfARun() {
    Hosted hosted("throws", {{"what", "no luck at all"}});
    for (int i = 0; i < 2; ++i) {
      const RunReport report = executed(hosted.check);
      CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy);
      CPPUNIT_ASSERT_EQUAL(std::string("no luck at all"), report.message);
      CPPUNIT_ASSERT_EQUAL(std::string("no luck at all"), report.error);
      CPPUNIT_ASSERT_MESSAGE(report.stack_trace, namesThrower(report.stack_trace));
    }
  }

  void exceptionOfTheConstructor() {
    Hosted hosted("throws", {{"where", "constructor"}, {"what", "cannot begin"}});
    for (int i = 0; i < 2; ++i) {  // it is tried again
      const RunReport report = executed(hosted.check);
      CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy);
      CPPUNIT_ASSERT_EQUAL(std::string("cannot begin"), report.message);
      CPPUNIT_ASSERT_EQUAL(std::string("cannot begin"), report.error);
      CPPUNIT_ASSERT_MESSAGE(report.stack_trace, namesThrower(report.stack_trace));
    }
  }

  void exceptionThatIsNone() {
    Hosted hosted("throws", {{"where", "odd"}});
    const RunReport report = executed(hosted.check);
    CPPUNIT_ASSERT(report.outcome == RunOutcome::unhealthy);
    CPPUNIT_ASSERT_EQUAL(std::string("an exception that is no std::exception"), report.message);
    CPPUNIT_ASSERT(!report.stack_trace.empty());
  }

  void saysNoSecret() {
    Hosted hosted("chatty", {{"token", "tok3n-value"}, {"url", "mysql://pulse:p%40ss-word@db:3306/x"}});
    const RunReport report = executed(hosted.check);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, hosted.events.lines.size());
    const std::string all = everythingSaid(report, hosted.events);
    for (const char* secret : {"tok3n-value", "p%40ss-word", "p@ss-word"}) CPPUNIT_ASSERT_MESSAGE(all, !has(all, secret));
    CPPUNIT_ASSERT_EQUAL(repairedUtf8(all), all);
    CPPUNIT_ASSERT_EQUAL(std::string("*** mysql://pulse:***@db:3306/x \xEF\xBF\xBD\xEF\xBF\xBD\x01\"\\ é"), report.message);
    CPPUNIT_ASSERT_EQUAL(report.message, report.error);
    const PluginLogLine& line = hosted.events.lines[0];
    CPPUNIT_ASSERT_EQUAL(std::string("chat\xEF\xBF\xBD"), line.event);
    CPPUNIT_ASSERT_EQUAL(report.message, line.message);
    CPPUNIT_ASSERT_EQUAL(std::string("the-run"), line.request_id);
    CPPUNIT_ASSERT_EQUAL(1.5, line.duration_ms);
    CPPUNIT_ASSERT(line.level == LogLevel::info && line.check == 7);
  }

  // A key file's content, longer than all that is ever shown.
  void saysNoPartOfALongSecret() {
    std::string token;
    for (int i = 0; token.size() < 12'000; ++i) token += "k" + std::to_string(i * 7919);
    Hosted hosted("chatty", {{"token", token}});
    const std::string all = everythingSaid(executed(hosted.check), hosted.events);
    for (const std::size_t at : {0U, 400U, 3900U}) CPPUNIT_ASSERT_MESSAGE(all.substr(0, 200), !has(all, token.substr(at, 40)));
  }

  void saysNoPartOfARepeatedSecret() {
    std::string token;
    for (int i = 0; token.size() < 150; ++i) token += "k" + std::to_string(i * 7919);
    std::string text;
    for (int i = 0; i < 100; ++i) text += token;
    Hosted hosted("ok", {{"token", token}, {"message", text}});
    const RunReport report = executed(hosted.check);
    CPPUNIT_ASSERT_MESSAGE(report.message, !has(report.message, token.substr(0, 20)));
    CPPUNIT_ASSERT_EQUAL(std::string("***"), report.message.substr(0, 3));
  }

  void longTextIsCut() {
    Hosted hosted("ok", {{"message", std::string(1'000'000, 'm')}});
    CPPUNIT_ASSERT_EQUAL(std::string(HostedCheck::kMostMessage, 'm') + "…", executed(hosted.check).message);
    Hosted thrower("throws", {{"what", std::string(1'000'000, 'w')}});
    CPPUNIT_ASSERT_EQUAL(std::string(HostedCheck::kMostError, 'w') + "…", executed(thrower.check).error);
  }

  void settings() {
    const std::shared_ptr<PluginLibrary> library = testing::fixtureLibrary("ok");
    CheckSpec spec = testing::fixtureSpec(*library, "one");
    spec.alias = "other";
    const auto add = [&spec](const char* key, SettingType type, const char* text, std::int64_t integer, double number) {
      SettingValue value;
      value.key = key;
      value.type = type;
      value.text = text;
      value.integer = integer;
      value.number = number;
      spec.settings.push_back(value);
    };
    add("count", SettingType::integer, "12", 12, 12);
    add("share", SettingType::number, "0.5", 0, 0.5);
    add("flag", SettingType::boolean, "yes", 1, 0);
    add("wait", SettingType::duration, "2s", 2000, 0);
    Events events;
    HostedCheck check(7, spec, library, events, LogLevel::info);
    const pw_host& host = hostFunctions();
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{sizeof(pw_host)}, host.size);
    CPPUNIT_ASSERT_EQUAL(std::string("one"), std::string(host.check_name(handle(check))));
    CPPUNIT_ASSERT_EQUAL(std::string("other"), std::string(host.check_alias(handle(check))));
    CPPUNIT_ASSERT_EQUAL(std::string("fine"), std::string(host.setting_text(handle(check), "message")));
    for (const char* none : {"token", "no_such_key", "", static_cast<const char*>(nullptr)})
      CPPUNIT_ASSERT(host.setting_text(handle(check), none) == nullptr);

    const auto integer = [&](const char* key) {
      std::int64_t value = -99;
      return host.setting_integer(handle(check), key, &value) == 0 && value == -99 ? std::string("none") : std::to_string(value);
    };
    const auto number = [&](const char* key) {
      double value = -99;
      return host.setting_number(handle(check), key, &value) == 0 && value == -99 ? std::string("none") : std::to_string(value);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("12 1 2000 none none none none"), integer("count") + " " + integer("flag") + " " + integer("wait") +
                                                                           " " + integer("share") + " " + integer("message") + " " +
                                                                           integer("no_such_key") + " " + integer(nullptr));
    CPPUNIT_ASSERT_EQUAL(std::string("12.000000 0.500000 none none none"), number("count") + " " + number("share") + " " + number("flag") +
                                                                               " " + number("wait") + " " + number("no_such_key"));
    CPPUNIT_ASSERT_EQUAL(0, host.setting_integer(handle(check), "count", nullptr));
    CPPUNIT_ASSERT_EQUAL(0, host.setting_number(handle(check), "count", nullptr));
  }

  void series() {
    Hosted hosted("ok", {{"token", "tok3n-value"}});
    const auto add = [&](std::uint32_t metric, const std::vector<const char*>& values) {
      return hostFunctions().add_series(handle(hosted.check), metric, values.data(), static_cast<std::uint32_t>(values.size()));
    };
    CPPUNIT_ASSERT_EQUAL(0, add(0, {"a"}));
    CPPUNIT_ASSERT_EQUAL(1, add(0, {"b"}));
    CPPUNIT_ASSERT_EQUAL(0, add(0, {"a"}));  // the same again
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, hosted.events.series.size());
    CPPUNIT_ASSERT_EQUAL(-1, add(1, {"a"}));       // no such metric
    CPPUNIT_ASSERT_EQUAL(-1, add(0, {}));          // too few
    CPPUNIT_ASSERT_EQUAL(-1, add(0, {"a", "b"}));  // too many
    CPPUNIT_ASSERT_EQUAL(-1, hostFunctions().add_series(handle(hosted.check), 0, nullptr, 1));
    CPPUNIT_ASSERT_EQUAL(2, add(0, {nullptr}));
    CPPUNIT_ASSERT_EQUAL(3, add(0, {"tok3n-value\xff"}));
    CPPUNIT_ASSERT_EQUAL(std::string("***\xEF\xBF\xBD"), hosted.events.series.at(3).label_values.at(0));
    CPPUNIT_ASSERT_EQUAL(3, hosted.events.series.at(3).number);
    int taken = 4;
    for (int i = 0; i < 200; ++i) {
      const std::string value = "v" + std::to_string(i);
      if (add(0, {value.c_str()}) == taken) ++taken;
    }
    CPPUNIT_ASSERT_EQUAL(100, taken);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, hosted.events.series.size());
    CPPUNIT_ASSERT_EQUAL(0, add(0, {"a"}));  // those that are there stay known
  }

  void logLines() {
    Hosted hosted("ok", {{"token", "tok3n-value"}}, LogLevel::info);
    pw_check* const check = handle(hosted.check);
    const pw_host& host = hostFunctions();
    CPPUNIT_ASSERT_EQUAL(0, host.log_enabled(check, PW_LOG_DEBUG));
    CPPUNIT_ASSERT(host.log_enabled(check, PW_LOG_INFO) != 0 && host.log_enabled(check, PW_LOG_CRITICAL) != 0);
    const auto log = [&](std::int32_t level, const char* event, const char* message, const char* error, double duration) {
      const pw_log_line line{sizeof(pw_log_line), level, event, message, error, duration};
      host.log(check, nullptr, &line);
    };
    log(PW_LOG_DEBUG, "event", "too quiet", nullptr, -1);
    host.log(check, nullptr, nullptr);
    const pw_log_line small{8, PW_LOG_ERROR, "event", "half a struct", nullptr, -1};
    host.log(check, nullptr, &small);
    CPPUNIT_ASSERT(hosted.events.lines.empty());

    log(PW_LOG_INFO, nullptr, nullptr, nullptr, NAN);
    log(99, "event", "tok3n-value", "a\xff", HUGE_VAL);
    log(PW_LOG_ERROR, std::string(1000, 'e').c_str(), std::string(100'000, 'm').c_str(), std::string(100'000, 'x').c_str(), 12.5);
    const std::vector<PluginLogLine>& lines = hosted.events.lines;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("plugin||"), lines[0].event + "|" + lines[0].message + "|" + lines[0].error);
    CPPUNIT_ASSERT(lines[0].duration_ms < 0 && lines[0].request_id.empty());
    CPPUNIT_ASSERT(lines[1].level == LogLevel::critical && lines[1].duration_ms < 0);
    CPPUNIT_ASSERT_EQUAL(std::string("***|a\xEF\xBF\xBD"), lines[1].message + "|" + lines[1].error);
    CPPUNIT_ASSERT(lines[2].event.size() < 70 && lines[2].message.size() < 4100 && lines[2].error.size() < 4100);
    CPPUNIT_ASSERT_EQUAL(12.5, lines[2].duration_ms);
  }

  void timeAndCancellation() {
    const pw_host& host = hostFunctions();
    const SteadyTime now = std::chrono::steady_clock::now();
    HostedRun run({1, 1, "id"}, now + std::chrono::seconds(30));
    const std::int64_t left = host.remaining_ms(handle(run));
    CPPUNIT_ASSERT_MESSAGE(std::to_string(left), left > 20'000 && left <= 30'000);
    HostedRun over({1, 2, "id"}, now - std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, host.remaining_ms(handle(over)));
    CPPUNIT_ASSERT_EQUAL(0, host.cancelled(handle(run)));
    run.cancel();
    CPPUNIT_ASSERT_EQUAL(1, host.cancelled(handle(run)));
    CPPUNIT_ASSERT_EQUAL(0, host.cancelled(handle(over)));
  }

  // Of many descriptors the last few.
  void watching() {
    Hosted hosted("watcher", {{"also", "twenty"}});
    HostedRun run({7, 1, "the-run"}, std::chrono::steady_clock::now() + std::chrono::seconds(2));
    hosted.check.execute(run);
    CPPUNIT_ASSERT((run.watched() == std::vector<int>{112, 113, 114, 115, 116, 117, 118, 119}));
    CPPUNIT_ASSERT(hosted.events.lines.empty());
  }

  void createdOnceDestroyedOnce() {
    Hosted hosted("ok", {});
    for (std::uint64_t i = 1; i <= 3; ++i) CPPUNIT_ASSERT(executed(hosted.check, i).outcome == RunOutcome::healthy);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, hosted.events.series.size());
    hosted.check.destroy();
    hosted.check.destroy();                                                    // nothing is left to be done
    CPPUNIT_ASSERT(executed(hosted.check, 4).outcome == RunOutcome::healthy);  // made again
  }

 private:
  static bool namesThrower(const std::string& trace) {
    return has(trace, "functionThatThrows") || has(trace, "throws.so") || has(trace, "throws.cpp");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostedCheckTest);

}  // namespace

}  // namespace pulsewatch
