#include "serve/ready_handler.h"

#include "unit/serve/ready_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::addThree;
using testing::fieldOf;
using testing::list;
using testing::Object;
using testing::policy;
using testing::ReadyBench;

class ReadyHandlerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyHandlerTest);
  CPPUNIT_TEST(beforeTheFirstVerdict);
  CPPUNIT_TEST(exactBody);
  CPPUNIT_TEST(noCheckAtAll);
  CPPUNIT_TEST(latencies);
  CPPUNIT_TEST(votes);
  CPPUNIT_TEST(degradedMayBeNotReady);
  CPPUNIT_TEST(stale);
  CPPUNIT_TEST(tooOld);
  CPPUNIT_TEST(afterAStall);
  CPPUNIT_TEST(neverBeforeTheVerdict);
  CPPUNIT_TEST(draining);
  CPPUNIT_TEST(schedulerStands);
  CPPUNIT_TEST(oneCheck);
  CPPUNIT_TEST(strangeText);
  CPPUNIT_TEST_SUITE_END();

 public:
  void beforeTheFirstVerdict() {
    ReadyBench bench;
    addThree(bench);
    for (const std::string target :
         {"/ready", "/ready?verbose", "/ready?exclude=database&exclude=redis", "/ready/database", "/ready/nothing"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 503, bench.get(target).status);
  }

  void exactBody() {
    ReadyBench bench;
    addThree(bench);
    bench.host.judgeNow();
    const std::string waiting = R"({"status":"unhealthy","latency_ms":0,"message":"no result yet"})";
    CPPUNIT_ASSERT_EQUAL(R"({"status":"not_ready","timestamp":"2025-10-31T10:30:00.000000Z","version":"1.2.3","checks":{"database":)" +
                             waiting + R"(,"mail":)" + waiting + R"(,"redis":)" + waiting + "}}",
                         bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), bench.get("/ready").content_type);

    bench.host.result("database", RunOutcome::healthy, "MySQL connection successful", std::chrono::microseconds(3456));
    bench.host.result("redis", RunOutcome::degraded, "slow", milliseconds(12));
    bench.host.result("mail", RunOutcome::timeout, "timed out after 2 s", seconds(2));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("not before it is judged", 503, bench.get("/ready").status);
    bench.host.clock.advance(std::chrono::microseconds(123456));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"ready","timestamp":"2025-10-31T10:30:00.123456Z","version":"1.2.3","checks":{)"
                                     R"("database":{"status":"healthy","latency_ms":3.46,"message":"MySQL connection successful"},)"
                                     R"("mail":{"status":"unhealthy","latency_ms":2000,"message":"timed out after 2 s"},)"
                                     R"("redis":{"status":"degraded","latency_ms":12,"message":"slow"}}})"),
                         bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("other words of a query are none of ours", bench.body("/ready"), bench.body("/ready?verbos&x=1"));
  }

  void noCheckAtAll() {
    ReadyBench bench;
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"not_ready","timestamp":"2025-10-31T10:30:00.000000Z","version":"1.2.3","checks":{}})"),
                         bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?exclude=database").status);
    bench.host.add(policy("mail", false));
    bench.host.result("mail", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("none that is critical", 503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::string("there is no critical check"), list(bench.object("/ready?verbose"), "reasons"));
  }

  void latencies() {
    const std::pair<Nanoseconds, std::string> rows[] = {{Nanoseconds(0), "0"},
                                                        {Nanoseconds(4000), "0"},
                                                        {Nanoseconds(6000), "0.01"},
                                                        {std::chrono::microseconds(1234), "1.23"},
                                                        {std::chrono::microseconds(99996), "100"},
                                                        {seconds(3600), "3600000"}};
    for (const auto& [duration, text] : rows) {
      ReadyBench bench;
      bench.host.add(policy("database"));
      bench.host.result("database", RunOutcome::healthy, "fine", duration);
      bench.host.judgeNow();
      CPPUNIT_ASSERT_EQUAL(R"({"status":"healthy","latency_ms":)" + text + R"(,"message":"fine"})", bench.body("/ready/database"));
    }
  }

  void votes() {
    const std::pair<RunOutcome, int> rows[] = {{RunOutcome::healthy, 200},
                                               {RunOutcome::degraded, 200},
                                               {RunOutcome::unhealthy, 503},
                                               {RunOutcome::timeout, 503},
                                               {RunOutcome::crash, 503}};
    for (const auto& [outcome, status] : rows) {
      ReadyBench bench;
      addThree(bench);
      bench.host.result("database", RunOutcome::healthy, "fine");
      bench.host.result("redis", outcome, "so");
      bench.host.judgeNow();
      const std::string row(name(outcome));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, status, bench.get("/ready").status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, std::string(status == 200 ? "ready" : "not_ready"), fieldOf(bench.object("/ready"), "status"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, status, bench.get("/ready?verbose").status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, status, bench.get("/ready/redis").status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, 200, bench.get("/ready/database").status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row, 503, bench.get("/ready/mail").status);
    }
  }

  void degradedMayBeNotReady() {
    ReadyBench bench({false});
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::degraded, "slow");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?verbose").status);
    CPPUNIT_ASSERT_EQUAL(std::string("degraded"), fieldOf(bench.check("/ready", "database"), "status"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("it is not unhealthy", 200, bench.get("/ready/database").status);
  }

  void stale() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.run(seconds(32));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("three intervals and a timeout are still fine", 200, bench.get("/ready").status);
    bench.host.run(milliseconds(500));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"unhealthy","latency_ms":1,"message":"no result for more than 32 s"})"),
                         bench.body("/ready/database"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready/database").status);
    bench.host.result("database", RunOutcome::healthy, "fine again");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready").status);
  }

  // The judge has stopped: what it said last becomes not ready by itself.
  void tooOld() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    const std::string ready = bench.body("/ready");
    bench.host.run(milliseconds(2000));
    CPPUNIT_ASSERT_EQUAL(ready, bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready?verbose").status);
    bench.host.run(milliseconds(1));
    for (const std::string target : {"/ready", "/ready?verbose", "/ready?exclude=database", "/ready/database"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 503, bench.get(target).status);
    std::string expected = ready;
    expected.replace(expected.find("\"ready\""), 7, "\"not_ready\"");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("otherwise as it was, the time included", expected, bench.body("/ready"));
    const Object verbose = bench.object("/ready?verbose");
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), fieldOf(verbose, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("the judge makes no progress"), list(verbose, "reasons"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("another is none for all that", 404, bench.get("/ready/nothing").status);
    bench.host.judgeNow();
    for (const std::string target : {"/ready", "/ready?verbose", "/ready?exclude=database", "/ready/database"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.get(target).status);
  }

  // The process stood still: the first request may come before the judge is back at work, and gets a verdict of now.
  void afterAStall() {
    for (const std::string target : {"/ready", "/ready?verbose", "/ready?exclude=nothing", "/ready/database"}) {
      ReadyBench bench;
      bench.host.add(policy("database"));
      bench.host.result("database", RunOutcome::healthy, "fine");
      bench.host.judgeNow();
      bench.host.clock.standStill(std::chrono::hours(1));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.get(target).status);
      CPPUNIT_ASSERT_EQUAL(timestamp(bench.host.clock.wall()), fieldOf(bench.object("/ready"), "timestamp"));
      // A judge that is gone after it is gone.
      bench.host.run(milliseconds(2001));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 503, bench.get(target).status);
    }
  }

  void neverBeforeTheVerdict() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::unhealthy, "MySQL connection refused at db:3306");
    bench.host.judgeNow();
    const std::string not_ready = bench.body("/ready");
    bench.host.run(seconds(10));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("not ready stays not ready", not_ready, bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
  }

  void draining() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready").status);
    bench.host.judge_loop.drain();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("at once", 503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?exclude=database").status);
    CPPUNIT_ASSERT_EQUAL(std::string("shutting down"), list(bench.object("/ready?verbose"), "reasons"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the check itself is fine", 200, bench.get("/ready/database").status);
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), fieldOf(bench.check("/ready", "database"), "status"));
  }

  void schedulerStands() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.clock.advance(seconds(5));  // and nobody ticks
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?exclude=database").status);
    CPPUNIT_ASSERT_EQUAL(std::string("the scheduler makes no progress"), list(bench.object("/ready?verbose"), "reasons"));
  }

  void oneCheck() {
    ReadyBench bench;
    addThree(bench);
    bench.host.result("database", RunOutcome::healthy, "fine", milliseconds(3));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"healthy","latency_ms":3,"message":"fine"})"), bench.body("/ready/database"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/database").status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("critical or not", 503, bench.get("/ready/mail").status);
    for (const std::string none : {"/ready/", "/ready/nothing", "/ready/Database", "/ready/database/", "/ready/database%20",
                                   "/ready//database", "/ready/data", "/ready/database%00"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(none, 404, bench.get(none).status);
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/%64atabase").status);
  }

  void strangeText() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    for (int byte = 0; byte < 256; ++byte) {
      bench.host.result("database", RunOutcome::healthy, "a" + std::string(1, static_cast<char>(byte)) + "\"}");
      bench.host.judgeNow();
      for (const std::string target : {"/ready", "/ready?verbose", "/ready/database"})
        CPPUNIT_ASSERT_NO_THROW_MESSAGE(target + " byte " + std::to_string(byte), bench.object(target));
      CPPUNIT_ASSERT_EQUAL(std::string("healthy"), fieldOf(bench.check("/ready", "database"), "status"));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyHandlerTest);

}  // namespace

}  // namespace pulsewatch
