#include "serve/health_handler.h"

#include "support/manual_clock.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Row {
  std::string name;
  std::vector<milliseconds> ages;  // of the heartbeats
  bool healthy;
};

class HealthHandlerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HealthHandlerTest);
  CPPUNIT_TEST(exactBody);
  CPPUNIT_TEST(ages);
  CPPUNIT_TEST(recovers);
  CPPUNIT_TEST(neverTicked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void exactBody() {
    testing::ManualClock clock;
    Heartbeat heartbeat;
    heartbeat.tick(clock.steady());
    const Progress progress(clock, {{"it", &heartbeat}});
    HealthHandler handler(clock, progress, "1.2.3");
    const HttpAnswer answer = handler.answer({});
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), answer.content_type);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"healthy","timestamp":"2025-10-31T10:30:00.000000Z","version":"1.2.3"})"), *answer.body);
    clock.advance(seconds(3600));
    const HttpAnswer later = handler.answer({});
    CPPUNIT_ASSERT_EQUAL(503, later.status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"unhealthy","timestamp":"2025-10-31T11:30:00.000000Z","version":"1.2.3"})"), *later.body);
  }

  void ages() {
    const Row rows[] = {{"all new", {milliseconds(0), milliseconds(0), milliseconds(0)}, true},
                        {"nearly too old", {milliseconds(4999), milliseconds(4999)}, true},
                        {"too old", {milliseconds(5000)}, false},
                        {"the first is too old", {milliseconds(5000), milliseconds(0), milliseconds(0)}, false},
                        {"one in the middle", {milliseconds(0), milliseconds(6000), milliseconds(0)}, false},
                        {"the last", {milliseconds(0), milliseconds(0), milliseconds(3600000)}, false}};
    for (const Row& row : rows) {
      testing::ManualClock clock;
      std::vector<Heartbeat> heartbeats(row.ages.size());
      std::vector<Progress::Part> parts;
      for (std::size_t i = 0; i < row.ages.size(); ++i) {
        heartbeats[i].tick(clock.steady() - row.ages[i]);
        parts.push_back({"it", &heartbeats[i]});
      }
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.healthy ? 200 : 503, HealthHandler(clock, Progress(clock, parts), "1").answer({}).status);
    }
  }

  void recovers() {
    testing::ManualClock clock;
    Heartbeat heartbeat;
    heartbeat.tick(clock.steady());
    const Progress progress(clock, {{"it", &heartbeat}});
    HealthHandler handler(clock, progress, "1");
    clock.standStill(seconds(60));
    CPPUNIT_ASSERT_EQUAL(200, handler.answer({}).status);  // nobody could have ticked
    clock.advance(seconds(6));
    CPPUNIT_ASSERT_EQUAL(503, handler.answer({}).status);
    heartbeat.tick(clock.running());
    CPPUNIT_ASSERT_EQUAL(200, handler.answer({}).status);
  }

  void neverTicked() {
    const testing::ManualClock clock;
    const Heartbeat heartbeat;
    CPPUNIT_ASSERT_EQUAL(503, HealthHandler(clock, Progress(clock, {{"it", &heartbeat}}), "1").answer({}).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HealthHandlerTest);

}  // namespace

}  // namespace pulsewatch
