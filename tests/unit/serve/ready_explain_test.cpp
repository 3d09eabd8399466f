#include "unit/serve/ready_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::addThree;
using testing::fieldOf;
using testing::keys;
using testing::list;
using testing::Object;
using testing::policy;
using testing::ReadyBench;

// /ready?explain, /ready/<check>?history, /ready/group/<group>, and what a shared failure makes of the answers.
class ReadyExplainTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyExplainTest);
  CPPUNIT_TEST(explained);
  CPPUNIT_TEST(explainedWithoutSome);
  CPPUNIT_TEST(explainedWhenTheJudgeStops);
  CPPUNIT_TEST(history);
  CPPUNIT_TEST(groups);
  CPPUNIT_TEST(groupsThatFail);
  CPPUNIT_TEST(sharedFailure);
  CPPUNIT_TEST(notChecked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void explained() {
    ReadyBench bench;
    addThree(bench);
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.result("redis", RunOutcome::unhealthy, "refused");
    bench.host.judgeNow();
    bench.next_runs[bench.host.id("database")] = {true, false, false, bench.host.clock.wall() + seconds(10)};
    bench.next_runs[bench.host.id("redis")] = {true, true, false, bench.host.clock.wall() + seconds(10)};
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?explain").status);
    const Object all = bench.object("/ready?explain");
    CPPUNIT_ASSERT((keys(all) == std::set<std::string>{"status", "timestamp", "version", "sentences", "root_causes", "checks"}));
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), fieldOf(all, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis is unhealthy since 2025-10-31T10:30:00.000000Z: refused; 1 failure in a row; no success yet; "
                                     "running now; votes not ready | mail has no result yet; not critical, so it doesn't vote | "
                                     "not ready: 1 of 2 votes is against it"),
                         list(all, "sentences"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"status":"healthy","reason":"passed","vote":"ready","critical":true,"scope":"local","message":"fine",)"
                    R"("since":"2025-10-31T10:30:00.000000Z","last_run":"2025-10-31T10:30:00.000000Z",)"
                    R"("last_success":"2025-10-31T10:30:00.000000Z","next_run":"2025-10-31T10:30:10.000000Z",)"
                    R"("failures":{"count":0,"fall":1},"passes":{"count":1,"rise":1},"flapping":false,"depends_on":[],"root_causes":[],)"
                    R"("sentence":"database is healthy since 2025-10-31T10:30:00.000000Z: fine; next run 2025-10-31T10:30:10.000000Z; )"
                    R"(votes ready"})"),
        bench.body("/ready/database?explain"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/database?explain").status);
    CPPUNIT_ASSERT(bench.body("/ready?explain").find(bench.body("/ready/database?explain")) != std::string::npos);
    for (const char* nothing : {"next_run", "last_success"})
      CPPUNIT_ASSERT_MESSAGE(nothing, bench.check("/ready?explain", "redis")->isNull(nothing));
    CPPUNIT_ASSERT_MESSAGE("explaining says more than verbose", bench.body("/ready?explain") == bench.body("/ready?verbose&explain"));
  }

  void explainedWithoutSome() {
    ReadyBench bench;
    addThree(bench);
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.result("redis", RunOutcome::unhealthy, "refused");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready?explain&exclude=redis").status);
    const Object all = bench.object("/ready?explain&exclude=redis&exclude=nobody");
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), fieldOf(all, "status"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), list(all, "excluded"));
    CPPUNIT_ASSERT_EQUAL(std::string("nobody"), list(all, "ignored"));
    CPPUNIT_ASSERT_EQUAL(std::string("excluded"), fieldOf(bench.check("/ready?explain&exclude=redis", "redis"), "vote"));
  }

  void explainedWhenTheJudgeStops() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready?explain").status);
    bench.host.clock.advance(seconds(3));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready?explain").status);
    CPPUNIT_ASSERT_EQUAL(std::string("the judge makes no progress | not ready: 0 of 1 vote is against it"),
                         list(bench.object("/ready?explain"), "sentences"));
  }

  void history() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"unhealthy","latency_ms":0,"message":"no result yet","runs":[],"failures":[]})"),
                         bench.body("/ready/database?history"));
    bench.host.result("database", RunOutcome::timeout, "timed out after 2 s", seconds(2));
    bench.host.run(seconds(1));
    bench.host.result("database", RunOutcome::healthy, "fine", std::chrono::microseconds(1234));
    bench.host.judgeNow();
    const std::string failed =
        R"({"timestamp":"2025-10-31T10:30:00.000000Z","outcome":"timeout","latency_ms":2000,"message":"timed out after 2 s"})";
    CPPUNIT_ASSERT_EQUAL(R"({"status":"healthy","latency_ms":1.23,"message":"fine","runs":[{"timestamp":"2025-10-31T10:30:01.000000Z",)"
                         R"("outcome":"healthy","latency_ms":1.23,"message":"fine"},)" +
                             failed + R"(],"failures":[)" + failed + "]}",
                         bench.body("/ready/database?history"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/database?history").status);
    CPPUNIT_ASSERT(bench.object("/ready/database?verbose&history")->has("since"));
    CPPUNIT_ASSERT_EQUAL(404, bench.get("/ready/nothing?history").status);
    for (int i = 0; i < 150; ++i) bench.host.result("database", RunOutcome::unhealthy, "down");
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, bench.object("/ready/database?history")->getArray("runs")->size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, bench.object("/ready/database?history")->getArray("failures")->size());
  }

  void groups() {
    ReadyBench bench;
    addThree(bench);
    bench.handler.setGroups({{"store", {"store", {"database", "redis"}, 503}}, {"cache", {"cache", {"mail", "redis"}, 429}}});
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready/group/store").status);
    bench.host.result("database", RunOutcome::unhealthy, "down");
    bench.host.result("redis", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready/group/store").status);
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/group/cache").status);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"ready","timestamp":"2025-10-31T10:30:00.000000Z","version":"1.2.3","checks":{)"
                                     R"("mail":{"status":"unhealthy","latency_ms":0,"message":"no result yet"},)"
                                     R"("redis":{"status":"healthy","latency_ms":1,"message":"fine"}}})"),
                         bench.body("/ready/group/cache"));
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/group/store?exclude=database").status);
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/group/store?exclude=database&exclude=redis").status);
    const Object verbose = bench.object("/ready/group/store?verbose&exclude=mail&exclude=redis");
    CPPUNIT_ASSERT_EQUAL(std::string("database: down"), list(verbose, "reasons"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis"), list(verbose, "excluded"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("a check, but none of the group's", std::string("mail"), list(verbose, "ignored"));
    CPPUNIT_ASSERT(testing::kVerboseFields == keys(verbose->getObject("checks")->getObject("database")));
    CPPUNIT_ASSERT_EQUAL(std::string("not ready: 1 of 2 votes is against it"),
                         bench.object("/ready/group/store?explain")->getArray("sentences")->getElement<std::string>(1));
    for (const char* target : {"/ready/group/nobody", "/ready/group/", "/ready/group", "/ready/group/store/x", "/ready/group/Store"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 404, bench.get(target).status);
    ReadyBench without;
    CPPUNIT_ASSERT_EQUAL(404, without.get("/ready/group/store").status);
  }

  void groupsThatFail() {
    ReadyBench bench;
    addThree(bench);
    bench.handler.setGroups({{"cache", {"cache", {"mail", "redis"}, 429}}});
    CPPUNIT_ASSERT_EQUAL_MESSAGE("before the first verdict", 429, bench.get("/ready/group/cache").status);
    bench.host.result("redis", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.get("/ready/group/cache").status);
    bench.host.clock.advance(seconds(3));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the judge stands", 429, bench.get("/ready/group/cache").status);
    bench.host.run(seconds(1));
    bench.host.result("redis", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(429, bench.get("/ready/group/cache").status);
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), fieldOf(bench.object("/ready/group/cache"), "status"));
  }

  void sharedFailure() {
    using Header = std::pair<std::string, std::string>;
    const std::vector<Header> marked{{"X-Pulsewatch-Degraded", "true"}};
    ReadyBench bench({.shared_failure_is_ready = true});
    CheckPolicy database = policy("database");
    database.shared = true;
    bench.host.add(database);
    bench.host.add(policy("redis"));
    bench.handler.setGroups({{"store", {"store", {"database"}, 503}}, {"cache", {"cache", {"redis"}, 503}}});
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.result("redis", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    CPPUNIT_ASSERT(bench.get("/ready").headers.empty());
    bench.host.result("database", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    for (const char* target : {"/ready", "/ready?verbose", "/ready?explain", "/ready?exclude=redis", "/ready/group/store"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 200, bench.get(target).status);
      CPPUNIT_ASSERT_MESSAGE(target, bench.get(target).headers == marked);
      CPPUNIT_ASSERT_EQUAL(std::string("ready"), fieldOf(bench.object(target), "status"));
      CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), fieldOf(bench.check(target, "database"), "status"));
    }
    for (const char* target : {"/ready/group/cache", "/ready?exclude=database", "/ready/redis"})
      CPPUNIT_ASSERT_MESSAGE(target, bench.get(target).status == 200 && bench.get(target).headers.empty());
    CPPUNIT_ASSERT_EQUAL_MESSAGE("one check is what it is", 503, bench.get("/ready/database").status);
    CPPUNIT_ASSERT_EQUAL(std::string("shared_failure"), fieldOf(bench.check("/ready?explain", "database"), "vote"));
    bench.host.result("redis", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    CPPUNIT_ASSERT(bench.get("/ready").status == 503 && bench.get("/ready").headers.empty());
    bench.host.result("redis", RunOutcome::healthy, "fine");
    bench.host.judgeNow();
    bench.host.clock.advance(seconds(3));
    CPPUNIT_ASSERT_MESSAGE("the judge stands", bench.get("/ready").status == 503 && bench.get("/ready").headers.empty());
  }

  void notChecked() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    CheckPolicy sessions = policy("sessions");
    sessions.depends_on = {"database"};
    bench.host.add(sessions);
    bench.host.result("database", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(std::string("not checked: database is unhealthy"), fieldOf(bench.check("/ready", "sessions"), "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("not_checked"), fieldOf(bench.check("/ready?verbose", "sessions"), "reason"));
    CPPUNIT_ASSERT_EQUAL(std::string("database: down | sessions: not checked: database is unhealthy"),
                         list(bench.object("/ready?verbose"), "reasons"));
    const Object explained = bench.object("/ready?explain");
    CPPUNIT_ASSERT_EQUAL(std::string("database"), list(explained, "root_causes"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), list(bench.check("/ready?explain", "sessions"), "root_causes"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), list(bench.check("/ready?explain", "sessions"), "depends_on"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready/sessions").status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyExplainTest);

}  // namespace

}  // namespace pulsewatch
