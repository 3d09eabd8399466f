#include "unit/serve/ready_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>
#include <utility>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::addThree;
using testing::fieldOf;
using testing::keys;
using testing::kPlainFields;
using testing::kVerboseFields;
using testing::list;
using testing::Object;
using testing::policy;
using testing::ReadyBench;

// /ready with a query: verbose and exclude.
class ReadyQueryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyQueryTest);
  CPPUNIT_TEST(verbose);
  CPPUNIT_TEST(verboseReasons);
  CPPUNIT_TEST(verboseOfOneCheck);
  CPPUNIT_TEST(exclude);
  CPPUNIT_TEST(excludeIsListed);
  CPPUNIT_TEST(queriesSeeTheSameMoment);
  CPPUNIT_TEST_SUITE_END();

 public:
  void verbose() {
    ReadyBench bench;
    addThree(bench);
    bench.host.run(seconds(1));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.result("redis", RunOutcome::healthy, "fine");
    bench.host.run(seconds(1));
    bench.host.result("redis", RunOutcome::unhealthy, "Redis requires a password");
    bench.host.run(milliseconds(1500));
    bench.host.result("redis", RunOutcome::timeout, "timed out after 2 s");
    bench.host.run(milliseconds(250));
    bench.host.judgeNow();

    const Object all = bench.object("/ready?verbose");
    const std::set<std::string> fields{"status", "timestamp", "version", "checks", "reasons", "excluded", "ignored"};
    CPPUNIT_ASSERT(fields == keys(all));
    const Object checks = all->getObject("checks");
    CPPUNIT_ASSERT((std::set<std::string>{"database", "mail", "redis"} == keys(checks)));
    for (const std::string name : {"database", "mail", "redis"}) {
      CPPUNIT_ASSERT_MESSAGE(name, kVerboseFields == keys(checks->getObject(name)));
      CPPUNIT_ASSERT_MESSAGE(name, kPlainFields == keys(bench.check("/ready", name)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"unhealthy","latency_ms":1,"message":"timed out after 2 s","critical":true,)"
                                     R"("plugin":"redis-plugin","since":"2025-10-31T10:30:02.000000Z",)"
                                     R"("last_run":"2025-10-31T10:30:03.500000Z","last_success":"2025-10-31T10:30:01.000000Z",)"
                                     R"("consecutive_failures":2,"age_ms":250,"reason":"failed","muted":null})"),
                         bench.body("/ready/redis?verbose"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"status":"unhealthy","latency_ms":0,"message":"no result yet","critical":false,)"
                                     R"("plugin":"mail-plugin","since":"2025-10-31T10:30:00.000000Z","last_run":null,)"
                                     R"("last_success":null,"consecutive_failures":0,"age_ms":null,"reason":"no_result","muted":null})"),
                         bench.body("/ready/mail?verbose"));
    CPPUNIT_ASSERT_EQUAL(std::string("redis: timed out after 2 s"), list(all, "reasons"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("with any value", bench.body("/ready?verbose"), bench.body("/ready?verbose=0"));
  }

  void verboseReasons() {
    ReadyBench bench;
    CheckPolicy refused = policy("refused");
    refused.unavailable = "plugin refused: is built for another ABI";
    bench.host.add(refused);
    for (const std::string name : {"passed", "degraded", "failed", "stale"}) bench.host.add(policy(name));
    bench.host.add(policy("waiting"));
    bench.host.result("stale", RunOutcome::healthy, "fine");
    bench.host.run(seconds(33));
    bench.host.result("passed", RunOutcome::healthy, "fine");
    bench.host.result("degraded", RunOutcome::degraded, "slow");
    bench.host.result("failed", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    const std::pair<std::string, std::string> rows[] = {{"passed", "passed"}, {"degraded", "degraded"}, {"failed", "failed"},
                                                        {"stale", "stale"},   {"waiting", "no_result"}, {"refused", "unavailable"}};
    for (const auto& [name, reason] : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, reason, fieldOf(bench.check("/ready?verbose", name), "reason"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        "a check that can't run has never run", std::string("null"),
        bench.check("/ready?verbose", "refused")->isNull("last_run") ? std::string("null") : std::string("a time"));
    CPPUNIT_ASSERT_EQUAL(std::string("plugin refused: is built for another ABI"), fieldOf(bench.check("/ready", "refused"), "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("failed: down | refused: plugin refused: is built for another ABI | "
                                     "stale: no result for more than 32 s | waiting: no result yet"),
                         list(bench.object("/ready?verbose"), "reasons"));
  }

  void verboseOfOneCheck() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.judgeNow();
    CPPUNIT_ASSERT(kVerboseFields == keys(bench.object("/ready/database?verbose")));
    CPPUNIT_ASSERT(kPlainFields == keys(bench.object("/ready/database?exclude=database")));
  }

  void exclude() {
    ReadyBench bench;
    addThree(bench);
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.result("redis", RunOutcome::unhealthy, "down");
    bench.host.judgeNow();
    const std::pair<std::string, int> rows[] = {{"exclude=redis", 200},
                                                {"exclude=database", 503},
                                                {"exclude=mail", 503},
                                                {"exclude=nothing", 503},
                                                {"exclude=", 503},
                                                {"exclude", 503},
                                                {"exclude=redis&exclude=redis", 200},
                                                {"exclude=redis&exclude=nothing", 200},
                                                {"exclude=redis,database", 503},
                                                {"exclude=Redis", 503},
                                                {"exclude=r%65dis", 200},
                                                {"verbose&exclude=redis", 200},
                                                {"exclude=redis&exclude=database", 200},
                                                {"exclude=redis&exclude=database&exclude=mail", 200}};
    for (const auto& [query, status] : rows) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, status, bench.get("/ready?" + query).status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, std::string(status == 200 ? "ready" : "not_ready"),
                                   fieldOf(bench.object("/ready?" + query), "status"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, std::size_t{3}, bench.object("/ready?" + query)->getObject("checks")->size());
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE("nobody else's answer is changed", 503, bench.get("/ready").status);
    CPPUNIT_ASSERT((std::set<std::string>{"status", "timestamp", "version", "checks"} == keys(bench.object("/ready?exclude=redis"))));
    CPPUNIT_ASSERT(kPlainFields == keys(bench.check("/ready?exclude=redis", "redis")));
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), fieldOf(bench.check("/ready?exclude=redis", "redis"), "status"));
  }

  void excludeIsListed() {
    ReadyBench bench;
    addThree(bench);
    bench.host.judgeNow();
    const Object all = bench.object("/ready?verbose&exclude=redis&exclude=no%22body&exclude=mail&exclude=zero");
    CPPUNIT_ASSERT_EQUAL(std::string("mail | redis"), list(all, "excluded"));
    CPPUNIT_ASSERT_EQUAL(std::string("no\"body | zero"), list(all, "ignored"));
    CPPUNIT_ASSERT_EQUAL(std::string("database: no result yet"), list(all, "reasons"));
  }

  // With and without a query, one answer: the published verdict's moment, and no result that came after it.
  void queriesSeeTheSameMoment() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.result("database", RunOutcome::healthy, "fine");
    bench.host.run(seconds(32));
    bench.host.judgeNow();
    const std::string plain = bench.body("/ready");
    bench.host.run(seconds(1));
    bench.host.result("database", RunOutcome::unhealthy, "down");
    CPPUNIT_ASSERT_EQUAL(plain, bench.body("/ready"));
    CPPUNIT_ASSERT_EQUAL(plain, bench.body("/ready?exclude=nothing"));
    CPPUNIT_ASSERT_EQUAL(fieldOf(testing::parsedObject(plain), "timestamp"), fieldOf(bench.object("/ready?verbose"), "timestamp"));
    CPPUNIT_ASSERT_EQUAL(std::string("32000"), fieldOf(bench.check("/ready?verbose", "database"), "age_ms"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyQueryTest);

}  // namespace

}  // namespace pulsewatch
