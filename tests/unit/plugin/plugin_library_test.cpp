#include "plugin/plugin_library.h"

#include "plugin/refusal.h"

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

void checkRows(const std::vector<Row>& rows) {
  for (const Row& row : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string(row.sentence), refusalOf(row.change));
}

class PluginLibraryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PluginLibraryTest);
  CPPUNIT_TEST(goodOneIsCopied);
  CPPUNIT_TEST(leastOneIsTaken);
  CPPUNIT_TEST(versions);
  CPPUNIT_TEST(texts);
  CPPUNIT_TEST(functions);
  CPPUNIT_TEST(settings);
  CPPUNIT_TEST(metrics);
  CPPUNIT_TEST(labels);
  CPPUNIT_TEST(buckets);
  CPPUNIT_TEST(arraysThatAreNotThere);
  CPPUNIT_TEST(widerElementsAreSteppedOver);
  CPPUNIT_TEST(hostileTextIsMadeFit);
  CPPUNIT_TEST(names);
  CPPUNIT_TEST_SUITE_END();

 public:
  void goodOneIsCopied() {
    HandMade made;
    made.settings.push_back({"mode", nullptr, "a|b||c", nullptr, PW_SETTING_ENUM, PW_SETTING_HIDDEN});
    const PluginDescription plugin = describePlugin(made.complete());
    CPPUNIT_ASSERT_EQUAL(std::string("hand-made 1.2.0 Made by hand hand"),
                         plugin.name + " " + plugin.version + " " + plugin.description + " " + plugin.default_check.value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, plugin.settings.size());
    const SettingDescription& path = plugin.settings[0];
    CPPUNIT_ASSERT_EQUAL(std::string("path / where to look"), path.key + " " + path.default_value.value() + " " + path.meaning);
    CPPUNIT_ASSERT(path.type == SettingType::text && path.required && !path.hidden && path.choices.empty());
    const SettingDescription& mode = plugin.settings[1];
    CPPUNIT_ASSERT(mode.type == SettingType::choice && !mode.required && mode.hidden && !mode.default_value);
    CPPUNIT_ASSERT((mode.choices == std::vector<std::string>{"a", "b", "", "c"}));
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
    checkRows({{"major above", [](HandMade& m) { m.plugin.abi_major = 2; },
                "is built for plugin ABI 2.0, this host has 1.0; build it with this host's SDK"},
               {"major below",
                [](HandMade& m) {
                  m.plugin.abi_major = 0;
                  m.plugin.abi_minor = 9;
                },
                "is built for plugin ABI 0.9, this host has 1.0; build it with this host's SDK"},
               {"minor above", [](HandMade& m) { m.plugin.abi_minor = 1; },
                "needs plugin ABI 1.1, this host has 1.0; upgrade pulsewatch, or build it with this host's SDK"},
               {"size", [](HandMade& m) { m.plugin.size = 8; }, small.c_str()}});
  }

  void texts() {
    const char* bad_name = "has a name that is none: [a-z][a-z0-9_-]{0,62} is needed";
    const char* bad_check = "has a default check name that is none: [a-z][a-z0-9_-]{0,62} is needed, and not group";
    static const std::string long_name(64, 'a');
    checkRows({{"no name", [](HandMade& m) { m.plugin.name = nullptr; }, "gives no name"},
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
               {"check group", [](HandMade& m) { m.plugin.default_check = "group"; }, bad_check}});
  }

  void functions() {
    checkRows({{"create", [](HandMade& m) { m.plugin.create = nullptr; }, "lacks the function create"},
               {"run", [](HandMade& m) { m.plugin.run = nullptr; }, "lacks the function run"},
               {"destroy", [](HandMade& m) { m.plugin.destroy = nullptr; }, "lacks the function destroy"}});
  }

  void settings() {
    const char* bad_key = "declares a setting with a bad key: [a-z][a-z0-9_]* is needed";
    checkRows(
        {{"no key", [](HandMade& m) { m.settings[0].key = nullptr; }, "gives no key for one of its settings"},
         {"empty key", [](HandMade& m) { m.settings[0].key = ""; }, "gives no key for one of its settings"},
         {"capital", [](HandMade& m) { m.settings[0].key = "Path"; }, bad_key},
         {"dot", [](HandMade& m) { m.settings[0].key = "a.b"; }, bad_key},
         {"dash", [](HandMade& m) { m.settings[0].key = "a-b"; }, bad_key},
         {"type 0", [](HandMade& m) { m.settings[0].type = 0; }, "declares setting path with type 0, which is none"},
         {"type 9", [](HandMade& m) { m.settings[0].type = 9; }, "declares setting path with type 9, which is none"},
         {"choice of null", [](HandMade& m) { m.settings[0].type = PW_SETTING_ENUM; }, "declares setting path as a choice of nothing"},
         {"choice of nothing",
          [](HandMade& m) {
            m.settings[0].type = PW_SETTING_ENUM;
            m.settings[0].choices = "";
          },
          "declares setting path as a choice of nothing"},
         {"twice", [](HandMade& m) { m.settings.push_back(m.settings[0]); }, "declares setting path twice"}});
  }

  void metrics() {
    const char* bad_name = "declares a metric whose name is not one of Prometheus";
    const char* bad_help = "declares metric looks_seconds with a line break or a backslash in its help";
    checkRows({{"no name", [](HandMade& m) { m.metrics[0].name = nullptr; }, "gives no name for one of its metrics"},
               {"dash", [](HandMade& m) { m.metrics[0].name = "a-b"; }, bad_name},
               {"digit first", [](HandMade& m) { m.metrics[0].name = "1a"; }, bad_name},
               {"space", [](HandMade& m) { m.metrics[0].name = "a b"; }, bad_name},
               {"not ASCII", [](HandMade& m) { m.metrics[0].name = "ä"; }, bad_name},
               {"help with a line break", [](HandMade& m) { m.metrics[0].help = "a\nb"; }, bad_help},
               {"help with a backslash", [](HandMade& m) { m.metrics[0].help = "a\\b"; }, bad_help},
               {"type 0", [](HandMade& m) { m.metrics[0].type = 0; }, "declares metric looks_seconds with type 0, which is none"},
               {"type 4", [](HandMade& m) { m.metrics[0].type = 4; }, "declares metric looks_seconds with type 4, which is none"},
               {"twice", [](HandMade& m) { m.metrics.push_back(m.metrics[0]); }, "declares metric looks_seconds twice"}});
    CPPUNIT_ASSERT_EQUAL(std::string(), refusalOf([](HandMade& made) { made.metrics[0].help = nullptr; }));
  }

  // A label that Prometheus would not take spoils the whole page of metrics, not this plugin's part alone.
  void labels() {
    const char* not_there = "declares metric looks_seconds with labels or buckets that are not there";
    const char* bad = "declares metric looks_seconds with a label whose name is not one of Prometheus";
    checkRows({{"null array", [](HandMade& m) { m.metrics[0].labels = nullptr; }, not_there},
               {"17 labels", [](HandMade& m) { m.metrics[0].label_count = 17; }, not_there},
               {"null label", [](HandMade& m) { m.labels[1] = nullptr; }, "gives no name for one of its labels"},
               {"le", [](HandMade& m) { m.labels[1] = "le"; }, bad},
               {"reserved", [](HandMade& m) { m.labels[1] = "__name__"; }, bad},
               {"dash", [](HandMade& m) { m.labels[1] = "a-b"; }, bad},
               {"digit first", [](HandMade& m) { m.labels[1] = "1a"; }, bad}});
    const std::string twice = refusalOf([](HandMade& made) { made.labels[1] = "check"; });
    CPPUNIT_ASSERT_MESSAGE("a label named twice was taken", !twice.empty());
  }

  void buckets() {
    const char* not_there = "declares metric looks_seconds with labels or buckets that are not there";
    const char* falling = "declares metric looks_seconds with buckets that do not rise";
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
        {[](pw_plugin& p) { p.settings_count = 4'000'000'000U; }, "declares settings that are not there"},
        {[](pw_plugin& p) { p.metrics = nullptr; }, "declares metrics that are not there"},
        {[](pw_plugin& p) { p.metric_size = 8; }, "declares metrics that are not there"},
        {[](pw_plugin& p) { p.metrics_count = 4'000'000'000U; }, "declares metrics that are not there"}};
    for (const auto& [change, sentence] : rows) CPPUNIT_ASSERT_EQUAL(std::string(sentence), refusalOf(kNothing, change));
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

  void hostileTextIsMadeFit() {
    static const std::string endless(100'000, 'x');
    HandMade made;
    made.plugin.version = endless.c_str();
    made.plugin.description = "a\xff";
    made.settings[0].meaning = endless.c_str();
    const PluginDescription plugin = describePlugin(made.complete());
    CPPUNIT_ASSERT(plugin.version.size() < 4100);
    CPPUNIT_ASSERT_EQUAL(std::string("a\xEF\xBF\xBD"), plugin.description);
    CPPUNIT_ASSERT(plugin.settings[0].meaning.size() < 1100);
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
