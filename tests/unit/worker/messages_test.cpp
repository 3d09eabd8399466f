#include "worker/messages.h"

#include <cppunit/extensions/HelperMacros.h>

#include <limits>
#include <random>

namespace pulsewatch {

namespace {

class MessagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessagesTest);
  CPPUNIT_TEST(roundTrips);
  CPPUNIT_TEST(cutShort);
  CPPUNIT_TEST(lies);
  CPPUNIT_TEST(garbage);
  CPPUNIT_TEST_SUITE_END();

 public:
  void roundTrips() {
    PluginDescription plugin;
    plugin.name = "disk";
    plugin.default_check = "disk";
    plugin.settings = {{"path", SettingType::text, "/", {}, "the path", true, false},
                       {"how", SettingType::choice, {}, {"a", "b"}, "", false, true}};
    plugin.metrics = {{"disk_free", "Free bytes.", MetricType::histogram, {"mount"}, {0.5, 1}}};
    const auto loaded = std::get<Loaded>(there(ToHost(Loaded{plugin})));
    CPPUNIT_ASSERT_EQUAL(std::string("disk"), loaded.description.name);
    CPPUNIT_ASSERT(loaded.description.default_check == "disk" && loaded.description.metrics == plugin.metrics);
    CPPUNIT_ASSERT(loaded.description.settings.at(1).choices == plugin.settings[1].choices && loaded.description.settings[1].hidden);
    CPPUNIT_ASSERT(loaded.description.settings.at(0).default_value == "/" && !loaded.description.settings[1].default_value);

    const auto report = std::get<RunReport>(there(ToHost(someReport())));
    CPPUNIT_ASSERT(report.check == 7 && report.sequence == std::numeric_limits<std::uint64_t>::max());
    CPPUNIT_ASSERT(report.outcome == RunOutcome::degraded && report.duration == Nanoseconds(-1));
    CPPUNIT_ASSERT(report.message == std::string("a\0b", 3) && report.observations.at(0).value == 1.5);

    CheckSpec spec;
    spec.name = "database";
    spec.timeout = Milliseconds(1234);
    SettingValue& url = spec.settings.emplace_back();
    url.key = "url";
    url.type = SettingType::url;
    url.text = "mysql://u:p@h/d";
    url.integer = -1;
    url.number = 2.5;
    url.secret = true;
    const auto add = std::get<AddCheck>(there(ToWorker(AddCheck{3, spec})));
    CPPUNIT_ASSERT(add.check == 3 && add.spec.name == "database" && add.spec.timeout == spec.timeout);
    CPPUNIT_ASSERT(add.spec.settings.at(0).text == spec.settings[0].text && add.spec.settings[0].secret &&
                   add.spec.settings[0].integer == -1);
    CPPUNIT_ASSERT(std::holds_alternative<Ping>(there(ToWorker(Ping{}))));
  }

  void cutShort() {
    const std::string bytes = encoded(ToHost(someReport()));
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CPPUNIT_ASSERT_THROW_MESSAGE(std::to_string(size), decoded<ToHost>(bytes.substr(0, size)), BadMessage);
    CPPUNIT_ASSERT_THROW(decoded<ToHost>(bytes + "x"), BadMessage);
  }

  void lies() {
    CPPUNIT_ASSERT_THROW(decoded<ToHost>(std::string(1, '\x63')), BadMessage);  // no message has that number
    std::string outcome = encoded(ToHost(RunReport{}));
    outcome[1 + 4 + 8 + 4] = 77;  // behind its name, the check, the sequence and an empty id
    CPPUNIT_ASSERT_THROW(decoded<ToHost>(outcome), BadMessage);
    WireWriter wire;
    wire(static_cast<std::uint8_t>(ToHost(SeriesReport{}).index()), CheckId{1}, std::int32_t{0}, std::uint32_t{0},
         std::uint32_t{0xFFFFFFFF});
    CPPUNIT_ASSERT_THROW(decoded<ToHost>(wire.take()), BadMessage);  // four thousand million labels
  }

  void garbage() {
    std::mt19937 random(1);
    int taken = 0;
    for (int i = 0; i < 200'000; ++i) {
      std::string bytes(random() % 64, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 10);
      try {
        decoded<ToHost>(bytes);
        ++taken;
      } catch (const BadMessage&) {  // NOLINT(bugprone-empty-catch): that is what it is for
      }
    }
    CPPUNIT_ASSERT(taken > 0);  // a message without fields is easily met
  }

 private:
  static RunReport someReport() {
    RunReport report;
    report.check = 7;
    report.sequence = std::numeric_limits<std::uint64_t>::max();
    report.request_id = "id";
    report.outcome = RunOutcome::degraded;
    report.message = std::string("a\0b", 3);
    report.error = "error";
    report.duration = Nanoseconds(-1);
    report.observations = {{0, 1.5}, {99, -2}};
    return report;
  }
  template <class Messages>
  static Messages there(const Messages& message) {
    return decoded<Messages>(encoded(message));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MessagesTest);

}  // namespace

}  // namespace pulsewatch
