#include "plugin/plugin_library.h"

#include "config/schema.h"
#include "plugin/refusal.h"
#include <pulsewatch/plugin_rules.h>

#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace pulsewatch {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A plugin made by hand, with one setting and one metric, all of it right.
struct HandMade {
  pw_plugin plugin{};
  std::vector<pw_setting> settings;
  std::vector<pw_metric> metrics;
  std::vector<const char*> labels{"check", "place"};
  std::vector<double> buckets{0.1, 1, 10};

  HandMade() {
    settings.push_back({"path", "/", nullptr, "where to look", PW_SETTING_TEXT, PW_SETTING_REQUIRED});
    metrics.push_back({"looks_seconds", "How long a look took.", labels.data(), buckets.data(), PW_METRIC_HISTOGRAM, 2, 3, 0});
    plugin.size = sizeof(pw_plugin);
    plugin.abi_major = PW_ABI_MAJOR;
    plugin.abi_minor = PW_ABI_MINOR;
    plugin.name = "hand-made";
    plugin.version = "1.2.0";
    plugin.description = "Made by hand";
    plugin.default_check = "hand";
    plugin.create = [](const pw_host* /*host*/, pw_check* /*check*/) -> void* { return nullptr; };
    plugin.run = [](void* /*self*/, const pw_host* /*host*/, pw_run* /*run*/) {};
    plugin.destroy = [](void* /*self*/) {};
  }

  const pw_plugin* complete() {
    plugin.settings = settings.data();
    plugin.settings_count = static_cast<std::uint32_t>(settings.size());
    plugin.setting_size = sizeof(pw_setting);
    plugin.metrics = metrics.data();
    plugin.metrics_count = static_cast<std::uint32_t>(metrics.size());
    plugin.metric_size = sizeof(pw_metric);
    return &plugin;
  }
};

using Change = std::function<void(HandMade&)>;
using LastChange = std::function<void(pw_plugin&)>;

// "" when it is taken. `last` is applied to what complete() has set.
std::string refusalOf(const Change& change, const LastChange& last = {}) {
  HandMade made;
  change(made);
  made.complete();
  if (last) last(made.plugin);
  try {
    describePlugin(&made.plugin);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

const Change kNothing = [](HandMade& /*made*/) {};

struct Row {
  const char* name;
  Change change;
  const char* sentence;
};

const std::string kCorrectIt = "; its author must correct it";

// Each sentence ends in what to do, which is the author's to do.
void checkRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.sentence + kCorrectIt, refusalOf(row.change));
}

class PluginLibraryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginLibraryTest);
  CPPUNIT_TEST(goodOneIsCopied);
  CPPUNIT_TEST(leastOneIsTaken);
  CPPUNIT_TEST(versions);
  CPPUNIT_TEST(refusedByName);
  CPPUNIT_TEST(texts);
  CPPUNIT_TEST(functions);
  CPPUNIT_TEST(settings);
  CPPUNIT_TEST(choices);
  CPPUNIT_TEST(defaults);
  CPPUNIT_TEST(metrics);
  CPPUNIT_TEST(labels);
  CPPUNIT_TEST(buckets);
  CPPUNIT_TEST(arraysThatAreNotThere);
  CPPUNIT_TEST(widerElementsAreSteppedOver);
  CPPUNIT_TEST(hostMetrics);
  CPPUNIT_TEST(names);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goodOneIsCopied() {
    HandMade made;
    made.settings.push_back({"mode", nullptr, "a|b|c", nullptr, PW_SETTING_ENUM, PW_SETTING_HIDDEN});
    const PluginDescription plugin = describePlugin(made.complete());
    CPPUNIT_ASSERT_EQUAL(std::string("hand-made 1.2.0 Made by hand hand"),
                         plugin.name + " " + plugin.version + " " + plugin.description + " " + plugin.default_check.value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, plugin.settings.size());
    const SettingDescription& path = plugin.settings[0];
    CPPUNIT_ASSERT_EQUAL(std::string("path / where to look"), path.key + " " + path.default_value.value() + " " + path.meaning);
    CPPUNIT_ASSERT(path.type == SettingType::text && path.required && !path.hidden && path.choices.empty());
    const SettingDescription& mode = plugin.settings[1];
    CPPUNIT_ASSERT(mode.type == SettingType::choice && !mode.required && mode.hidden && !mode.default_value);
    CPPUNIT_ASSERT((mode.choices == std::vector<std::string>{"a", "b", "c"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, plugin.metrics.size());
    const MetricDescription expected{"looks_seconds", "How long a look took.", MetricType::histogram, {"check", "place"}, {0.1, 1, 10}};
    CPPUNIT_ASSERT(plugin.metrics[0] == expected);
  }

  void leastOneIsTaken() {
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf([](HandMade& made) {
                           made.settings.clear();
                           made.metrics.clear();
                           made.plugin.description = nullptr;
                           made.plugin.default_check = nullptr;
                         }));
    // A plugin that is newer in size alone is taken: a struct only grows at its end.
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf([](HandMade& made) { made.plugin.size = sizeof(pw_plugin) + 64; }));
  }

  void versions() {
    CPPUNIT_ASSERT_THROW(describePlugin(nullptr), Refusal);
    const std::string size = std::to_string(sizeof(pw_plugin));
    const std::string small = "describes itself with 8 bytes, " + size + " are needed; build it with this host's SDK";
    const std::string none = "describes itself with 0 bytes, " + size + " are needed; build it with this host's SDK";
    const Row rows[] = {{"major above", [](HandMade& m) { m.plugin.abi_major = 2; },
                         "is built for plugin ABI 2.0, this host has 1.0; build it with this host's SDK"},
                        {"major below",
                         [](HandMade& m) {
                           m.plugin.abi_major = 0;
                           m.plugin.abi_minor = 9;
                         },
                         "is built for plugin ABI 0.9, this host has 1.0; build it with this host's SDK"},
                        {"minor above", [](HandMade& m) { m.plugin.abi_minor = 1; },
                         "needs plugin ABI 1.1, this host has 1.0; upgrade pulsewatch, or build it with this host's SDK"},
                        {"size", [](HandMade& m) { m.plugin.size = 8; }, small.c_str()},
                        {"size 0", [](HandMade& m) { m.plugin.size = 0; }, none.c_str()}};
    for (const Row& row : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string(row.sentence), refusalOf(row.change));
  }

  // A plugin that was refused for what it declares is still known by its name.
  void refusedByName() {
    HandMade made;
    made.settings[0].type = 0;
    made.complete();
    const auto told = [&made] {
      try {
        describePlugin(&made.plugin);
      } catch (const Refusal& refusal) {
        return refusal.plugin() + "/" + refusal.version();
      }
      return std::string("taken");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("hand-made/1.2.0"), told());
    made.plugin.version = nullptr;
    CPPUNIT_ASSERT_EQUAL(std::string("hand-made/"), told());
    made.plugin.name = "Hand Made";
    CPPUNIT_ASSERT_EQUAL(std::string("/"), told());
    made.plugin.name = "hand-made";
    made.plugin.abi_major = 2;  // what it says then may be anything
    CPPUNIT_ASSERT_EQUAL(std::string("/"), told());
  }

  void texts() {
    const char* bad_name = "has a name that is none: [a-z][a-z0-9_-]{0,62} is needed";
    const char* bad_check = "has a default check name that is none: [a-z][a-z0-9_-]{0,62} is needed, and not group";
    const char* bad_version = "has a version that is none: up to 64 visible ASCII characters are needed, as in 1.2.0";
    static const std::string long_name(64, 'a');
    static const std::string long_text(1001, 'x');
    static const std::string longest_text(1000, 'x');
    checkRows(
        {{"no name", [](HandMade& m) { m.plugin.name = nullptr; }, "gives no name"},
         {"empty name", [](HandMade& m) { m.plugin.name = ""; }, "gives no name"},
         {"no version", [](HandMade& m) { m.plugin.version = nullptr; }, "gives no version"},
         {"empty version", [](HandMade& m) { m.plugin.version = ""; }, "gives no version"},
         {"capital", [](HandMade& m) { m.plugin.name = "Disk"; }, bad_name},
         {"digit first", [](HandMade& m) { m.plugin.name = "1disk"; }, bad_name},
         {"dot", [](HandMade& m) { m.plugin.name = "a.b"; }, bad_name},
         {"too long", [](HandMade& m) { m.plugin.name = long_name.c_str(); }, bad_name},
         {"not text", [](HandMade& m) { m.plugin.name = "a\xff"; }, bad_name},
         {"line break", [](HandMade& m) { m.plugin.name = "a\n"; }, bad_name},
         {"empty check", [](HandMade& m) { m.plugin.default_check = ""; }, bad_check},
         {"check with a dot", [](HandMade& m) { m.plugin.default_check = "a.b"; }, bad_check},
         {"check group", [](HandMade& m) { m.plugin.default_check = "group"; }, bad_check},
         {"version with a space", [](HandMade& m) { m.plugin.version = "1.0 beta"; }, bad_version},
         {"version with a line break", [](HandMade& m) { m.plugin.version = "1.0\n"; }, bad_version},
         {"version that is not ASCII", [](HandMade& m) { m.plugin.version = "1.\xc3\xa9"; }, bad_version},
         {"version too long", [](HandMade& m) { m.plugin.version = long_text.c_str(); }, bad_version},
         {"long description", [](HandMade& m) { m.plugin.description = long_text.c_str(); }, "has a description of more than 1000 bytes"},
         {"description of any bytes", [](HandMade& m) { m.plugin.description = "a\xff"; }, "has a description that is not UTF-8"},
         {"description of two lines", [](HandMade& m) { m.plugin.description = "a\nb"; },
          "has a description that has a line break or another control character"}});
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf([](HandMade& made) {
                           made.plugin.name = long_name.c_str() + 1;
                           made.plugin.version = long_name.c_str();
                           made.plugin.description = longest_text.c_str();
                           made.settings[0].meaning = "\xc3\xa9t\xc3\xa9";
                         }));
  }

  void functions() {
    checkRows({{"create", [](HandMade& m) { m.plugin.create = nullptr; }, "lacks the function create"},
               {"run", [](HandMade& m) { m.plugin.run = nullptr; }, "lacks the function run"},
               {"destroy", [](HandMade& m) { m.plugin.destroy = nullptr; }, "lacks the function destroy"}});
  }

  void settings() {
    const char* bad_key = "declares a setting with a bad key: [a-z][a-z0-9_]* is needed, 63 characters at most";
    static const std::string long_key(64, 'a');
    static const std::string long_text(1001, 'x');
    checkRows({{"no key", [](HandMade& m) { m.settings[0].key = nullptr; }, "gives no key for one of its settings"},
               {"empty key", [](HandMade& m) { m.settings[0].key = ""; }, "gives no key for one of its settings"},
               {"capital", [](HandMade& m) { m.settings[0].key = "Path"; }, bad_key},
               {"dot", [](HandMade& m) { m.settings[0].key = "a.b"; }, bad_key},
               {"dash", [](HandMade& m) { m.settings[0].key = "a-b"; }, bad_key},
               {"long key", [](HandMade& m) { m.settings[0].key = long_key.c_str(); }, bad_key},
               {"host's key", [](HandMade& m) { m.settings[0].key = "timeout"; }, "declares a setting timeout, a key of the host's own"},
               {"type 0", [](HandMade& m) { m.settings[0].type = 0; }, "declares setting path with type 0, which is none"},
               {"type 9", [](HandMade& m) { m.settings[0].type = 9; }, "declares setting path with type 9, which is none"},
               {"flags", [](HandMade& m) { m.settings[0].flags = 0xC | PW_SETTING_HIDDEN; },
                "declares setting path with flags 12, which are none"},
               {"meaning", [](HandMade& m) { m.settings[0].meaning = "\xff"; }, "declares setting path with a meaning that is not UTF-8"},
               {"long meaning", [](HandMade& m) { m.settings[0].meaning = long_text.c_str(); },
                "declares setting path with a meaning of more than 1000 bytes"},
               {"twice", [](HandMade& m) { m.settings.push_back(m.settings[0]); }, "declares setting path twice"}});
    for (const KeyDescription& key : checkKeys()) CPPUNIT_ASSERT_MESSAGE(std::string(key.key), isHostKey(key.key));
  }

  void choices() {
    struct ChoiceRow {
      std::int32_t type;
      const char* choices;
      const char* sentence;
    };
    const ChoiceRow rows[] = {
        {PW_SETTING_ENUM, nullptr, "as a choice of nothing"},
        {PW_SETTING_ENUM, "", "as a choice of nothing"},
        {PW_SETTING_ENUM, "|", "with an empty choice"},
        {PW_SETTING_ENUM, "a|b||c", "with an empty choice"},
        {PW_SETTING_ENUM, "a|", "with an empty choice"},
        {PW_SETTING_ENUM, "|a", "with an empty choice"},
        {PW_SETTING_ENUM, "a|b|a", "with the choice a twice"},
        {PW_SETTING_ENUM, "a|b|A", "with the choice A twice"},
        {PW_SETTING_ENUM, "a| b", "with a choice that begins or ends with a space"},
        {PW_SETTING_ENUM, "a|\xff", "with a list of choices that is not UTF-8"},
        {PW_SETTING_URL, "http|https|", "with an empty choice"},
        {PW_SETTING_URL, "HTTP", "with the scheme HTTP, which is never found: a URL's is in lower case"},
        {PW_SETTING_TEXT, "a|b", "with choices, which only a choice and a URL have"},
        {PW_SETTING_INTEGER, "1|2", "with choices, which only a choice and a URL have"},
    };
    for (const ChoiceRow& row : rows) {
      const auto change = [&row](HandMade& made) { made.settings[0] = {"mode", nullptr, row.choices, nullptr, row.type, 0}; };
      CPPUNIT_ASSERT_EQUAL(std::string("declares setting mode ") + row.sentence + kCorrectIt, refusalOf(change));
    }
  }

  // A default that the host could not read would be a mistake of every configuration.
  void defaults() {
    struct DefaultRow {
      std::int32_t type;
      const char* good;
      const char* bad;
      const char* needed;
    };
    const DefaultRow rows[] = {
        {PW_SETTING_INTEGER, "-5", "5.5", "a whole number"},
        {PW_SETTING_INTEGER, "9223372036854775807", "9223372036854775808", "a whole number"},
        {PW_SETTING_INTEGER, "0", "", "a whole number"},
        {PW_SETTING_NUMBER, "1e-3", "nan", "a finite decimal number"},
        {PW_SETTING_NUMBER, "0.5", "0,5", "a finite decimal number"},
        {PW_SETTING_BOOLEAN, "Yes", "maybe", "true or false"},
        {PW_SETTING_DURATION, "250ms", "250", "a duration (250ms, 10s, 2m, 1h)"},
        {PW_SETTING_DURATION, "0s", "-1s", "a duration (250ms, 10s, 2m, 1h)"},
        {PW_SETTING_URL, "http://x/", "x", "a URL of scheme http|https"},
        {PW_SETTING_URL, "https://x/", "ftp://x/", "a URL of scheme http|https"},
        {PW_SETTING_ENUM, "HTTP", "httpd", "one of http|https"},
    };
    for (const DefaultRow& row : rows) {
      const bool has_choices = row.type == PW_SETTING_URL || row.type == PW_SETTING_ENUM;
      const auto with = [&](const char* value) {
        return refusalOf(
            [&](HandMade& made) { made.settings[0] = {"x", value, has_choices ? "http|https" : nullptr, nullptr, row.type, 0}; });
      };
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.good, std::string(), with(row.good));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.bad, std::string("declares setting x with a default that is not ") + row.needed + kCorrectIt,
                                   with(row.bad));
    }
    static const std::string long_text(4001, 'x');
    checkRows(
        {{"bytes", [](HandMade& m) { m.settings[0].default_value = "\xff"; }, "declares setting path with a default that is not UTF-8"},
         {"long", [](HandMade& m) { m.settings[0].default_value = long_text.c_str(); },
          "declares setting path with a default of more than 4000 bytes"},
         {"space", [](HandMade& m) { m.settings[0].default_value = "a "; },
          "declares setting path with a default that begins or ends with a space"},
         {"two lines", [](HandMade& m) { m.settings[0].default_value = "a\nb"; },
          "declares setting path with a default that has a line break or another control character"}});
    // It may be a secret: it is not told.
    const std::string refusal = refusalOf([](HandMade& m) { m.settings[0] = {"url", "x:hunter2", nullptr, nullptr, PW_SETTING_URL, 0}; });
    CPPUNIT_ASSERT(!refusal.empty() && refusal.find("hunter2") == std::string::npos);
  }

  void metrics() {
    const char* bad_name = "declares a metric whose name is not one of Prometheus, of 200 characters at most";
    const char* bad_help = "declares metric looks_seconds with a help that has a line break or another control character";
    static const std::string long_text(1001, 'x');
    checkRows(
        {{"no name", [](HandMade& m) { m.metrics[0].name = nullptr; }, "gives no name for one of its metrics"},
         {"dash", [](HandMade& m) { m.metrics[0].name = "a-b"; }, bad_name},
         {"digit first", [](HandMade& m) { m.metrics[0].name = "1a"; }, bad_name},
         {"space", [](HandMade& m) { m.metrics[0].name = "a b"; }, bad_name},
         {"not ASCII", [](HandMade& m) { m.metrics[0].name = "ä"; }, bad_name},
         {"help with a line break", [](HandMade& m) { m.metrics[0].help = "a\nb"; }, bad_help},
         {"help with a backslash", [](HandMade& m) { m.metrics[0].help = "a\\b"; },
          "declares metric looks_seconds with a backslash in its help"},
         {"long help", [](HandMade& m) { m.metrics[0].help = long_text.c_str(); },
          "declares metric looks_seconds with a help of more than 1000 bytes"},
         {"help of any bytes", [](HandMade& m) { m.metrics[0].help = "\xff"; },
          "declares metric looks_seconds with a help that is not UTF-8"},
         {"long name", [](HandMade& m) { m.metrics[0].name = long_text.c_str(); }, bad_name},
         {"host's metric", [](HandMade& m) { m.metrics[0].name = "process_looks"; },
          "declares metric process_looks, which is the host's own"},
         {"reserved", [](HandMade& m) { m.metrics[0].reserved = 1; }, "declares metric looks_seconds with a reserved field that is not 0"},
         {"buckets of a counter", [](HandMade& m) { m.metrics[0].type = PW_METRIC_COUNTER; },
          "declares metric looks_seconds with buckets, which only a histogram has"},
         {"type 0", [](HandMade& m) { m.metrics[0].type = 0; }, "declares metric looks_seconds with type 0, which is none"},
         {"type 4", [](HandMade& m) { m.metrics[0].type = 4; }, "declares metric looks_seconds with type 4, which is none"},
         {"twice", [](HandMade& m) { m.metrics.push_back(m.metrics[0]); }, "declares metric looks_seconds twice"}});
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf([](HandMade& made) { made.metrics[0].help = nullptr; }));
  }

  // A label that Prometheus would not take spoils the whole page of metrics, not this plugin's part alone.
  void labels() {
    const char* not_there = "declares metric looks_seconds with labels that are not there, or more than 16";
    const char* bad = "declares metric looks_seconds with a label whose name is not one of Prometheus";
    checkRows({{"null array", [](HandMade& m) { m.metrics[0].labels = nullptr; }, not_there},
               {"17 labels", [](HandMade& m) { m.metrics[0].label_count = 17; }, not_there},
               {"null label", [](HandMade& m) { m.labels[1] = nullptr; }, "gives no name for a label of metric looks_seconds"},
               {"le", [](HandMade& m) { m.labels[1] = "le"; }, bad},
               {"reserved", [](HandMade& m) { m.labels[1] = "__name__"; }, bad},
               {"dash", [](HandMade& m) { m.labels[1] = "a-b"; }, bad},
               {"digit first", [](HandMade& m) { m.labels[1] = "1a"; }, bad}});
    CPPUNIT_ASSERT_EQUAL("declares metric looks_seconds with the label check twice" + kCorrectIt,
                         refusalOf([](HandMade& made) { made.labels[1] = "check"; }));
  }

  void buckets() {
    const char* not_there = "declares metric looks_seconds with buckets that are not there, or more than 128";
    const char* falling = "declares metric looks_seconds with buckets that are not finite or do not rise";
    checkRows({{"null array", [](HandMade& m) { m.metrics[0].buckets = nullptr; }, not_there},
               {"129 buckets", [](HandMade& m) { m.metrics[0].bucket_count = 129; }, not_there},
               {"equal", [](HandMade& m) { m.buckets[1] = 0.1; }, falling},
               {"falling", [](HandMade& m) { m.buckets[2] = 0.5; }, falling},
               {"nan in the middle", [](HandMade& m) { m.buckets[1] = NAN; }, falling}});
    // The host adds +Inf itself; a bound that is no number can't be printed.
    for (const double bound : {static_cast<double>(NAN), kInfinity, -kInfinity}) {
      const std::string alone = refusalOf([bound](HandMade& made) {
        made.buckets[0] = bound;
        made.metrics[0].bucket_count = 1;
      });
      CPPUNIT_ASSERT_MESSAGE("a bucket of " + std::to_string(bound) + " was taken", !alone.empty());
    }
    CPPUNIT_ASSERT_MESSAGE("+Inf was taken as the last bucket", !refusalOf([](HandMade& made) { made.buckets[2] = kInfinity; }).empty());
  }

  void arraysThatAreNotThere() {
    const std::pair<LastChange, const char*> rows[] = {
        {[](pw_plugin& p) { p.settings = nullptr; }, "declares settings that are not there"},
        {[](pw_plugin& p) { p.setting_size = 8; }, "declares settings that are not there"},
        {[](pw_plugin& p) { p.setting_size = 0; }, "declares settings that are not there"},
        {[](pw_plugin& p) { p.settings_count = 4'000'000'000U; }, "declares more than 1000 settings"},
        {[](pw_plugin& p) { p.metrics = nullptr; }, "declares metrics that are not there"},
        {[](pw_plugin& p) { p.metric_size = 8; }, "declares metrics that are not there"},
        {[](pw_plugin& p) { p.metrics_count = 4'000'000'000U; }, "declares more than 1000 metrics"}};
    for (const auto& [change, sentence] : rows) CPPUNIT_ASSERT_EQUAL(sentence + kCorrectIt, refusalOf(kNothing, change));
  }

  // A plugin whose structs have grown at their ends.
  void widerElementsAreSteppedOver() {
    struct WideSetting {
      pw_setting setting;
      char more[24];
    };
    WideSetting wide[2]{};
    wide[0].setting = {"one", "1", nullptr, nullptr, PW_SETTING_INTEGER, 0};
    wide[1].setting = {"two", "2", nullptr, nullptr, PW_SETTING_INTEGER, 0};
    for (WideSetting& setting : wide) std::fill(std::begin(setting.more), std::end(setting.more), '\x55');
    HandMade made;
    made.complete();
    made.plugin.settings = &wide[0].setting;
    made.plugin.settings_count = 2;
    made.plugin.setting_size = sizeof(WideSetting);
    const PluginDescription plugin = describePlugin(&made.plugin);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, plugin.settings.size());
    CPPUNIT_ASSERT_EQUAL(std::string("two"), plugin.settings[1].key);
  }

  void hostMetrics() {
    for (const char* own : {"pulsewatch_ready", "pulsewatch_x", "process_open_fds", "django_http_requests_total_by_method"})
      CPPUNIT_ASSERT_MESSAGE(own, isHostMetric(own));
    for (const char* other : {"django_db_execute_total", "django_cache_get_total", "ok_runs_total", "my_pulsewatch_x", "pulsewatch", ""})
      CPPUNIT_ASSERT_MESSAGE(other, !isHostMetric(other));
  }

  void names() {
    for (const std::string& good : {std::string("a"), std::string("mysql"), std::string("a-b_c9"), std::string(63, 'a')})
      CPPUNIT_ASSERT_MESSAGE(good, isName(good));
    for (const std::string& bad : {std::string(), std::string("A"), std::string("9a"), std::string("-a"), std::string("a b"),
                                   std::string("a.b"), std::string(64, 'a'), std::string("a\0", 2), std::string("ä")})
      CPPUNIT_ASSERT_MESSAGE(bad, !isName(bad));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PluginLibraryTest);

}  // namespace

}  // namespace pulsewatch
