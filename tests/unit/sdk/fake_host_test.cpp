// What an author of a plugin relies on in testing.h: that it does and refuses what the real host does and refuses.
#include "unit/plugin/fixture_plugin.h"
#include <pulsewatch/testing.h>

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <limits>
#include <thread>

namespace pulsewatch::testing {
namespace {

using namespace std::chrono_literals;

void sayFine(const pw_host& host, pw_check* /*check*/, pw_run* run) { host.set_result(run, PW_STATUS_HEALTHY, "fine"); }

// What the plugin below does in create and run; the test's own.
struct Script {
  std::function<bool(const pw_host&, pw_check*)> create = [](const pw_host& /*host*/, pw_check* /*check*/) { return true; };
  std::function<void(const pw_host&, pw_check*, pw_run*)> run = &sayFine;
  pw_check* check = nullptr;
  int created = 0;
  int destroyed = 0;
};
Script* script = nullptr;

const char* const kLabels[] = {"place"};
const double kBuckets[] = {0.1, 1};
const pw_setting kSettings[] = {
    {"text", "some", nullptr, nullptr, PW_SETTING_TEXT, 0},
    {"token", nullptr, nullptr, nullptr, PW_SETTING_SECRET, 0},
    {"pin", nullptr, nullptr, nullptr, PW_SETTING_TEXT, PW_SETTING_HIDDEN},
    {"url", nullptr, "http|https", nullptr, PW_SETTING_URL, 0},
    {"count", "7", nullptr, nullptr, PW_SETTING_INTEGER, 0},
    {"ratio", "0.5", nullptr, nullptr, PW_SETTING_NUMBER, 0},
    {"on", "yes", nullptr, nullptr, PW_SETTING_BOOLEAN, 0},
    {"patience", "2m", nullptr, nullptr, PW_SETTING_DURATION, 0},
    {"mode", "fast", "fast|Slow", nullptr, PW_SETTING_ENUM, 0},
    {"needed", nullptr, nullptr, nullptr, PW_SETTING_TEXT, PW_SETTING_REQUIRED},
};
const pw_metric kMetrics[] = {{"looks_total", "Looks.", kLabels, nullptr, PW_METRIC_COUNTER, 1, 0, 0},
                              {"level", "Level.", nullptr, nullptr, PW_METRIC_GAUGE, 0, 0, 0},
                              {"looks_seconds", "Time.", kLabels, kBuckets, PW_METRIC_HISTOGRAM, 1, 2, 0}};

pw_plugin scriptedPlugin() {
  pw_plugin plugin{};
  plugin.size = sizeof(pw_plugin);
  plugin.abi_major = PW_ABI_MAJOR;
  plugin.abi_minor = PW_ABI_MINOR;
  plugin.name = "scripted";
  plugin.version = "1.0.0";
  plugin.settings = kSettings;
  plugin.settings_count = std::size(kSettings);
  plugin.setting_size = sizeof(pw_setting);
  plugin.metrics = kMetrics;
  plugin.metrics_count = std::size(kMetrics);
  plugin.metric_size = sizeof(pw_metric);
  plugin.create = [](const pw_host* host, pw_check* check) -> void* {
    script->check = check;
    if (!script->create(*host, check)) return nullptr;
    ++script->created;
    return script;
  };
  plugin.run = [](void* self, const pw_host* host, pw_run* run) {
    static_cast<Script*>(self)->run(*host, static_cast<Script*>(self)->check, run);
  };
  plugin.destroy = [](void* self) { ++static_cast<Script*>(self)->destroyed; };
  return plugin;
}

class FakeHostTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FakeHostTest);
  CPPUNIT_TEST(defaultsAndTypes);
  CPPUNIT_TEST(valuesThatTheHostRefuses);
  CPPUNIT_TEST(descriptionsThatTheHostRefuses);
  CPPUNIT_TEST(nameAndAlias);
  CPPUNIT_TEST(resultsAndErrors);
  CPPUNIT_TEST(noResult);
  CPPUNIT_TEST(createFails);
  CPPUNIT_TEST(createdOnceAndDestroyed);
  CPPUNIT_TEST(exceptionsAreCaught);
  CPPUNIT_TEST(timeAndCancelling);
  CPPUNIT_TEST(lateRuns);
  CPPUNIT_TEST(watching);
  CPPUNIT_TEST(logging);
  CPPUNIT_TEST(loggingFromAnotherThread);
  CPPUNIT_TEST(series);
  CPPUNIT_TEST(mostSeriesAndObservations);
  CPPUNIT_TEST(observations);
  CPPUNIT_TEST(secretsAreTold);
  CPPUNIT_TEST(textsAreTold);
  CPPUNIT_TEST(wrongTimesAreTold);
  CPPUNIT_TEST(libraries);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    script_ = Script();
    script = &script_;
  }

  void defaultsAndTypes() {
    script_.create = [](const pw_host& host, pw_check* check) {
      std::int64_t whole = 0;
      double number = 0;
      CPPUNIT_ASSERT_EQUAL(std::string("some"), std::string(host.setting_text(check, "text")));
      CPPUNIT_ASSERT(host.setting_text(check, "token") == nullptr && host.setting_text(check, "other") == nullptr);
      CPPUNIT_ASSERT(host.setting_text(check, nullptr) == nullptr);
      CPPUNIT_ASSERT_EQUAL(1, host.setting_integer(check, "count", &whole));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{-3}, whole);
      CPPUNIT_ASSERT_EQUAL(1, host.setting_number(check, "count", &number));
      CPPUNIT_ASSERT_EQUAL(-3.0, number);
      CPPUNIT_ASSERT_EQUAL(1, host.setting_number(check, "ratio", &number));
      CPPUNIT_ASSERT_EQUAL(0.5, number);
      CPPUNIT_ASSERT_EQUAL(1, host.setting_integer(check, "on", &whole));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, whole);
      CPPUNIT_ASSERT_EQUAL(1, host.setting_integer(check, "patience", &whole));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{120'000}, whole);
      CPPUNIT_ASSERT_EQUAL(std::string("Slow"), std::string(host.setting_text(check, "mode")));  // as it is declared
      // Of another type, of no value, nowhere to put it.
      whole = 42;
      number = 42;
      for (const char* key : {"text", "ratio", "mode", "token", "other"})
        CPPUNIT_ASSERT_EQUAL_MESSAGE(key, 0, host.setting_integer(check, key, &whole));
      for (const char* key : {"text", "on", "patience"}) CPPUNIT_ASSERT_EQUAL_MESSAGE(key, 0, host.setting_number(check, key, &number));
      CPPUNIT_ASSERT(host.setting_integer(check, nullptr, &whole) == 0 && host.setting_integer(check, "count", nullptr) == 0);
      CPPUNIT_ASSERT(whole == 42 && number == 42);
      return true;
    };
    FakeHost host(&plugin_, {{"needed", "x"}, {"count", "-3"}, {"mode", "SLOW"}});
    assertFine(host.run(1s));
  }

  void valuesThatTheHostRefuses() {
    const std::pair<const char*, std::pair<const char*, const char*>> rows[] = {
        {"count", {"1.5", "the setting count is not a whole number"}},
        {"count", {" 1", "the setting count is not a whole number"}},
        {"count", {"+1", "the setting count is not a whole number"}},
        {"count", {"9223372036854775808", "the setting count is not a whole number"}},
        {"ratio", {"inf", "the setting ratio is not a finite decimal number"}},
        {"ratio", {"0x1p3", "the setting ratio is not a finite decimal number"}},
        {"on", {"maybe", "the setting on is not true or false"}},
        {"patience", {"5", "the setting patience is not a duration (250ms, 10s, 2m, 1h)"}},
        {"patience", {"-5s", "the setting patience is not a duration (250ms, 10s, 2m, 1h)"}},
        {"patience", {"9999999999999999h", "the setting patience is not a duration (250ms, 10s, 2m, 1h)"}},
        {"mode", {"medium", "the setting mode is not one of fast|Slow"}},
        {"url", {"ftp://h/", "the setting url is not a URL of scheme http|https"}},
        {"url", {"http://h:0/", "the setting url is not a valid URL: its port is not a number from 1 to 65535"}},
        {"needed", {"", "the setting needed is required and empty"}},
        {"interval", {"5s", "the plugin declares no setting interval"}},
    };
    for (const auto& [key, row] : rows) {
      std::map<std::string, std::string> settings{{"needed", "x"}};
      settings[key] = row.first;
      CPPUNIT_ASSERT_EQUAL(std::string(row.second), refusal(settings));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("the setting needed is required"), refusal({}));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal({{"needed", "x"}}));
  }

  // By the same rules and in the same words; each rule has its test in the host's.
  void descriptionsThatTheHostRefuses() {
    CPPUNIT_ASSERT_EQUAL(std::string("the plugin its entry gives no plugin (a null pointer); its author must correct it"),
                         refusalOfPlugin(nullptr));
    plugin_.version = nullptr;
    CPPUNIT_ASSERT_EQUAL(std::string("the plugin gives no version; its author must correct it"), refusalOfPlugin(&plugin_));
    plugin_ = scriptedPlugin();
    plugin_.abi_minor = PW_ABI_MINOR + 1;
    CPPUNIT_ASSERT(refusalOfPlugin(&plugin_).rfind("the plugin needs plugin ABI ", 0) == 0);
    plugin_ = scriptedPlugin();
    const pw_setting own = {"timeout", nullptr, nullptr, nullptr, PW_SETTING_TEXT, 0};
    plugin_.settings = &own;
    plugin_.settings_count = 1;
    CPPUNIT_ASSERT_EQUAL(std::string("the plugin declares a setting timeout, a key of the host's own; its author must correct it"),
                         refusalOfPlugin(&plugin_));
    for (const char* name : {"group", "", "A", "a b"})
      CPPUNIT_ASSERT_THROW_MESSAGE(name, FakeHost(&plugin_, {}, name), std::invalid_argument);
  }

  void nameAndAlias() {
    std::string told;
    script_.create = [&told](const pw_host& host, pw_check* check) {
      told += std::string(host.check_name(check)) + "/" + host.check_alias(check) + " ";
      return true;
    };
    FakeHost plain(&plugin_, {{"needed", "x"}});
    FakeHost named(&plugin_, {{"needed", "x"}}, "replica", "second");
    assertFine(plain.run(1s));
    assertFine(named.run(1s));
    CPPUNIT_ASSERT_EQUAL(std::string("test/default replica/second "), told);
  }

  void resultsAndErrors() {
    script_.run = [](const pw_host& host, pw_check* /*check*/, pw_run* run) {
      host.set_result(run, PW_STATUS_HEALTHY, "first");
      host.set_result(run, PW_STATUS_DEGRADED, "last");
      host.set_error(run, "words");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT(outcome.created && outcome.faults.empty() && !outcome.late);
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_DEGRADED}, outcome.status);
    CPPUNIT_ASSERT_EQUAL(std::string("last/words"), outcome.message + "/" + outcome.error);
    script_.run = [](const pw_host& from, pw_check* /*check*/, pw_run* run) {
      from.set_error(run, "words");
      from.set_error(run, nullptr);
      from.set_result(run, PW_STATUS_UNHEALTHY, nullptr);
    };
    const Outcome empty = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_UNHEALTHY}, empty.status);
    CPPUNIT_ASSERT_EQUAL(std::string("/"), empty.message + "/" + empty.error);
  }

  void noResult() {
    script_.run = [](const pw_host& /*host*/, pw_check* /*check*/, pw_run* /*run*/) {};
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome silent = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_UNKNOWN}, silent.status);
    CPPUNIT_ASSERT_EQUAL(std::string("the plugin gave no result"), silent.message);
    for (const std::int32_t status : {0, 4, -1}) {
      script_.run = [status](const pw_host& from, pw_check* /*check*/, pw_run* run) { from.set_result(run, status, "odd"); };
      const Outcome odd = host.run(1s);
      CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_UNKNOWN}, odd.status);
      assertFault("set_result has a status that is none", odd);
    }
  }

  void createFails() {
    bool says = true;
    script_.create = [&says](const pw_host& host, pw_check* check) {
      if (says) host.create_failed(check, "no such thing");
      return false;
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome told = host.run(1s);
    CPPUNIT_ASSERT(!told.created && told.faults.empty());
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_UNHEALTHY}, told.status);
    CPPUNIT_ASSERT_EQUAL(std::string("no such thing/no such thing"), told.message + "/" + told.error);
    says = false;
    CPPUNIT_ASSERT_EQUAL(std::string("the plugin cannot make this check, and says nothing of why"), host.run(1s).message);
    script_.create = [](const pw_host& /*host*/, pw_check* /*check*/) { return true; };
    assertFine(host.run(1s));  // it is tried again
  }

  void createdOnceAndDestroyed() {
    {
      FakeHost host(&plugin_, {{"needed", "x"}});
      CPPUNIT_ASSERT_EQUAL(0, script_.created);
      for (int i = 0; i < 3; ++i) assertFine(host.run(1s));
      CPPUNIT_ASSERT(script_.created == 1 && script_.destroyed == 0);
      host.destroy();
      host.destroy();
      CPPUNIT_ASSERT(script_.created == 1 && script_.destroyed == 1);
      assertFine(host.run(1s));
    }
    CPPUNIT_ASSERT(script_.created == 2 && script_.destroyed == 2);
  }

  void exceptionsAreCaught() {
    script_.run = [](const pw_host& /*host*/, pw_check* /*check*/, pw_run* /*run*/) { throw std::runtime_error("out of luck"); };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_UNHEALTHY}, outcome.status);
    CPPUNIT_ASSERT_EQUAL(std::string("out of luck"), outcome.message);
    assertFault("an exception crossed the boundary, which abi.h forbids: out of luck", outcome);
    // plugin.h lets none through.
    const Library throws(fixtureFile("throws").string());
    FakeHost other(throws.plugin());
    const Outcome caught = other.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::string("out of luck/out of luck"), caught.message + "/" + caught.error);
    CPPUNIT_ASSERT(caught.faults.empty());
  }

  void timeAndCancelling() {
    std::int64_t left = 0;
    std::int32_t cancelled = -1;
    script_.run = [&](const pw_host& host, pw_check* /*check*/, pw_run* run) {
      left = host.remaining_ms(run);
      cancelled = host.cancelled(run);
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    assertFine(host.run(1h));
    CPPUNIT_ASSERT(left > 3'590'000 && left <= 3'600'000);
    CPPUNIT_ASSERT_EQUAL(0, cancelled);
    std::thread([&host] { host.cancel(); }).join();
    host.run(0ms);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, left);
    CPPUNIT_ASSERT_EQUAL(1, cancelled);
    host.cancel(false);
    host.run(-5ms);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, left);
    CPPUNIT_ASSERT_EQUAL(0, cancelled);
  }

  void lateRuns() {
    script_.run = [](const pw_host& host, pw_check* /*check*/, pw_run* run) {
      std::this_thread::sleep_for(50ms);
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome late = host.run(20ms);
    CPPUNIT_ASSERT(late.late && late.took >= 50ms);
    CPPUNIT_ASSERT(!host.run(1h).late);
  }

  void watching() {
    std::int32_t taken = -1;
    int descriptor = 0;
    script_.run = [&](const pw_host& host, pw_check* /*check*/, pw_run* run) {
      taken = host.watch(run, descriptor);
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    CPPUNIT_ASSERT(host.run(1s).watched == std::vector<int>{0});
    CPPUNIT_ASSERT_EQUAL(1, taken);
    descriptor = -1;
    const Outcome bad = host.run(1s);
    CPPUNIT_ASSERT(bad.watched.empty() && bad.faults.size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("watch was called with a descriptor that is not open: the host doesn't watch it"), bad.faults[0]);
    CPPUNIT_ASSERT_EQUAL(0, taken);
    descriptor = 0;
    host.setWatches(false);
    CPPUNIT_ASSERT(host.run(1s).watched.empty());
    CPPUNIT_ASSERT_EQUAL(0, taken);
  }

  void logging() {
    script_.run = [](const pw_host& host, pw_check* check, pw_run* run) {
      const pw_log_line lines[] = {{sizeof(pw_log_line), PW_LOG_INFO, "event", "message", "error", 1.5},
                                   {sizeof(pw_log_line), PW_LOG_DEBUG, nullptr, nullptr, nullptr, NAN}};
      for (const pw_log_line& line : lines) host.log(check, run, &line);
      host.set_result(run, host.log_enabled(check, PW_LOG_DEBUG) != 0 ? PW_STATUS_DEGRADED : PW_STATUS_HEALTHY, "");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_DEGRADED}, host.run(1s).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, host.log().size());
    const LogLine& line = host.log()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("event message error"), line.event + " " + line.message + " " + line.error);
    CPPUNIT_ASSERT(line.level == PW_LOG_INFO && line.duration_ms == 1.5);
    CPPUNIT_ASSERT_EQUAL(std::string("plugin  "), host.log()[1].event + " " + host.log()[1].message + " " + host.log()[1].error);
    CPPUNIT_ASSERT_EQUAL(-1.0, host.log()[1].duration_ms);
    host.setLogLevel(PW_LOG_INFO);
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_STATUS_HEALTHY}, host.run(1s).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, host.log().size());
    // What the real host drops or mends.
    script_.run = [](const pw_host& from, pw_check* check, pw_run* run) {
      const pw_log_line sizeless = {0, PW_LOG_ERROR, "event", "message", nullptr, -1};
      const pw_log_line loud = {sizeof(pw_log_line), 99, "event", "message", nullptr, -1};
      from.log(check, run, nullptr);
      from.log(check, run, &sizeless);
      from.log(check, nullptr, &loud);
    };
    const Outcome odd = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, host.log().size());
    CPPUNIT_ASSERT_EQUAL(std::int32_t{PW_LOG_CRITICAL}, host.log()[3].level);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, odd.faults.size());
    assertFault("a log line without its size", odd);
    assertFault("a log line has a level that is none", odd);
  }

  // abi.h lets a plugin's own threads log and read settings.
  void loggingFromAnotherThread() {
    script_.run = [](const pw_host& host, pw_check* check, pw_run* run) {
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&host, check] {
          const pw_log_line line = {sizeof(pw_log_line), PW_LOG_INFO, "event", host.setting_text(check, "text"), nullptr, -1};
          for (int j = 0; j < 100; ++j) host.log(check, nullptr, &line);
        });
      }
      for (std::thread& thread : threads) thread.join();
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    assertFine(host.run(10s));
    CPPUNIT_ASSERT_EQUAL(std::size_t{400}, host.log().size());
  }

  void series() {
    script_.create = [](const pw_host& host, pw_check* check) {
      const char* here[] = {"here"};
      const char* none[] = {nullptr};
      CPPUNIT_ASSERT_EQUAL(0, host.add_series(check, 0, here, 1));
      CPPUNIT_ASSERT_EQUAL(1, host.add_series(check, 1, nullptr, 0));
      CPPUNIT_ASSERT_EQUAL(2, host.add_series(check, 2, here, 1));
      CPPUNIT_ASSERT_EQUAL(0, host.add_series(check, 0, here, 1));  // it is there
      CPPUNIT_ASSERT_EQUAL(3, host.add_series(check, 0, none, 1));
      CPPUNIT_ASSERT_EQUAL(-1, host.add_series(check, 3, here, 1));
      CPPUNIT_ASSERT_EQUAL(-1, host.add_series(check, 0, here, 0));
      CPPUNIT_ASSERT_EQUAL(-1, host.add_series(check, 1, here, 1));
      CPPUNIT_ASSERT_EQUAL(-1, host.add_series(check, 0, nullptr, 1));
      return true;
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    CPPUNIT_ASSERT(!host.hasSeries("looks_total", {"here"}));
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, outcome.faults.size());
    assertFault("add_series names a metric that is not declared, or has a wrong count of label values", outcome);
    CPPUNIT_ASSERT(host.hasSeries("looks_total", {"here"}) && host.hasSeries("level", {}) && host.hasSeries("looks_total", {""}));
    CPPUNIT_ASSERT(!host.hasSeries("looks_total", {"there"}) && !host.hasSeries("looks_total", {}));
    CPPUNIT_ASSERT(host.observations("looks_total", {"here"}).empty());
  }

  void mostSeriesAndObservations() {
    script_.run = [](const pw_host& host, pw_check* check, pw_run* run) {
      for (int i = 0; i < 101; ++i) {
        const std::string place = std::to_string(i);
        const char* label[] = {place.c_str()};
        CPPUNIT_ASSERT_EQUAL(i < 100 ? i : -1, host.add_series(check, 0, label, 1));
      }
      for (int i = 0; i < 1001; ++i) host.observe(run, 0, 1);
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome outcome = host.run(10s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outcome.faults.size());
    assertFault("the check has its 100 series already", outcome);
    assertFault("an observation of looks_total is not the first 1000 of its run", outcome);
    CPPUNIT_ASSERT_EQUAL(1000.0, host.total("looks_total", {"0"}));
  }

  void observations() {
    script_.run = [](const pw_host& host, pw_check* check, pw_run* run) {
      const char* here[] = {"here"};
      const std::int32_t looks = host.add_series(check, 0, here, 1);
      const std::int32_t level = host.add_series(check, 1, nullptr, 0);
      for (const double value : {1.0, 2.5, 0.0, -1.0, static_cast<double>(NAN)}) host.observe(run, looks, value);
      for (const double value : {-1.0, std::numeric_limits<double>::infinity(), 7.0}) host.observe(run, level, value);
      host.observe(run, -1, 1);
      host.observe(run, 2, 1);
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT((host.observations("looks_total", {"here"}) == std::vector<double>{1, 2.5, 0}));
    CPPUNIT_ASSERT((host.observations("level", {}) == std::vector<double>{-1, 7}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, outcome.faults.size());
    assertFault("an observation of looks_total is below 0", outcome);
    assertFault("an observation of looks_total is not finite", outcome);
    assertFault("an observation of level is not finite", outcome);
    assertFault("an observation is of a series that the check doesn't have", outcome);
    host.run(1s);
    CPPUNIT_ASSERT_EQUAL(7.0, host.total("looks_total", {"here"}));
  }

  void secretsAreTold() {
    const std::map<std::string, std::string> settings{
        {"needed", "x"}, {"token", "t0ken"}, {"pin", "9876"}, {"url", "https://user:p%40ss@h/?password=0pen"}};
    const std::pair<const char*, const char*> rows[] = {
        {"token is t0ken", "token"}, {"9876", "pin"}, {"p@ss", "url"}, {"p%40ss", "url"}, {"0pen sesame", "url"}};
    FakeHost host(&plugin_, settings);
    for (const auto& [text, key] : rows) {
      const std::string shown = text;
      script_.run = [&shown](const pw_host& from, pw_check* check, pw_run* run) {
        const char* label[] = {shown.c_str()};
        const pw_log_line line = {sizeof(pw_log_line), PW_LOG_INFO, "event", shown.c_str(), shown.c_str(), -1};
        from.set_result(run, PW_STATUS_UNHEALTHY, shown.c_str());
        from.set_error(run, shown.c_str());
        from.log(check, run, &line);
        from.add_series(check, 0, label, 1);
      };
      const Outcome outcome = host.run(1s);
      CPPUNIT_ASSERT_EQUAL(shown, outcome.message);  // it is told, not hidden: the author is to see it
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{5}, outcome.faults.size());
      for (const char* what : {"the message", "the error", "a log line's message", "a log line's error", "a label's value"})
        assertFault(std::string(what) + " shows the secret in the setting " + key + ": the host takes it out", outcome);
    }
  }

  void textsAreTold() {
    const std::string long_text(501, 'x');
    std::string text;
    script_.run = [&text](const pw_host& host, pw_check* /*check*/, pw_run* run) { host.set_result(run, PW_STATUS_HEALTHY, text.c_str()); };
    FakeHost host(&plugin_, {{"needed", "x"}});
    text = long_text;
    assertFault("the message has more than 500 bytes: the host cuts it", host.run(1s));
    text = long_text.substr(1);
    assertFine(host.run(1s));
    text = "caf\xe9";
    assertFault("the message is not UTF-8: the host repairs it", host.run(1s));
    text = "caf\xc3\xa9";
    assertFine(host.run(1s));
  }

  void wrongTimesAreTold() {
    script_.run = [](const pw_host& host, pw_check* check, pw_run* run) {
      host.create_failed(check, "too late");
      const char* here[] = {"here"};
      std::thread([&] {
        host.set_result(run, PW_STATUS_UNHEALTHY, "from another thread");
        host.set_error(run, "from another thread");
        host.add_series(check, 0, here, 1);
        host.observe(run, 0, 1);
      }).join();
      host.set_result(run, PW_STATUS_HEALTHY, "fine");
    };
    FakeHost host(&plugin_, {{"needed", "x"}});
    const Outcome outcome = host.run(1s);
    CPPUNIT_ASSERT_EQUAL(std::string("fine/"), outcome.message + "/" + outcome.error);
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, outcome.faults.size());
    CPPUNIT_ASSERT(!host.hasSeries("looks_total", {"here"}));
    for (const char* function : {"create_failed", "set_result", "set_error", "add_series", "observe"})
      assertFault(std::string(function) + " was called at another time or on another thread than abi.h allows", outcome);
  }

  void libraries() {
    const Library library(fixtureFile("ok").string());
    FakeHost host(library.plugin(), {{"message", "all well"}});
    const Outcome outcome = host.run(1s);
    assertFine(outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("all well"), outcome.message);
    CPPUNIT_ASSERT_EQUAL(1.0, host.total("ok_runs_total", {"test"}));
    CPPUNIT_ASSERT_THROW(Library("nowhere.so"), std::runtime_error);
    for (const char* fixture : {"no_entry", "null_entry", "undefined_symbol"})
      CPPUNIT_ASSERT_THROW_MESSAGE(fixture, Library(fixtureFile(fixture).string()), std::runtime_error);
  }

 private:
  static void assertFine(const Outcome& outcome) {
    for (const std::string& fault : outcome.faults) CPPUNIT_FAIL(fault);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.message, std::int32_t{PW_STATUS_HEALTHY}, outcome.status);
    CPPUNIT_ASSERT(outcome.created);
  }

  static void assertFault(const std::string& beginning, const Outcome& outcome) {
    const auto begins = [&beginning](const std::string& fault) { return fault.rfind(beginning, 0) == 0; };
    CPPUNIT_ASSERT_MESSAGE(beginning, std::any_of(outcome.faults.begin(), outcome.faults.end(), begins));
  }

  std::string refusal(const std::map<std::string, std::string>& settings) {
    try {
      const FakeHost host(&plugin_, settings);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return {};
  }

  static std::string refusalOfPlugin(const pw_plugin* plugin) {
    try {
      const FakeHost host(plugin);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return {};
  }

  Script script_;
  pw_plugin plugin_ = scriptedPlugin();
};

CPPUNIT_TEST_SUITE_REGISTRATION(FakeHostTest);

}  // namespace
}  // namespace pulsewatch::testing
