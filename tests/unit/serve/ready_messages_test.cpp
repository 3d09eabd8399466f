// What strangers are shown where messages aren't public: nothing that a plugin, a server or an operator wrote.
#include "unit/serve/ready_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch {

namespace {

using std::chrono::milliseconds;
using testing::addThree;
using testing::fieldOf;
using testing::Object;
using testing::policy;
using testing::ReadyBench;

const std::string kSecret = "db-7.internal refused pulsewatch";

class ReadyMessagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadyMessagesTest);
  CPPUNIT_TEST(neutralWords);
  CPPUNIT_TEST(nothingLeaks);
  CPPUNIT_TEST(notChecked);
  CPPUNIT_TEST(bothForms);
  CPPUNIT_TEST(formsThatWereNotMade);
  CPPUNIT_TEST(whenTheJudgeStops);
  CPPUNIT_TEST(prepared);
  CPPUNIT_TEST(ownCopies);
  CPPUNIT_TEST_SUITE_END();

 public:
  void neutralWords() {
    ReadyBench bench;
    fill(bench);
    for (const auto& [name, word] : {std::pair("database", "failing"), std::pair("redis", "ok"), std::pair("mail", "degraded")}) {
      CPPUNIT_ASSERT_EQUAL(std::string(word), message(stranger(bench, "/ready"), name));
      CPPUNIT_ASSERT_EQUAL(std::string(word), message(stranger(bench, "/ready?exclude=redis"), name));
      const Object check = testing::parsedObject(*strangers(bench, "/ready/" + std::string(name)).body);
      CPPUNIT_ASSERT_EQUAL(std::string(word), fieldOf(check, "message"));
    }
    CPPUNIT_ASSERT_EQUAL(kSecret, message(bench.object("/ready"), "database"));
    for (const std::string target : {"/ready", "/ready/database", "/ready/redis", "/ready?exclude=database", "/ready/nothing"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE("the same status " + target, bench.get(target).status, strangers(bench, target).status);
  }

  void nothingLeaks() {
    ReadyBench bench;
    bench.handler.setGroups({{"web", {"web", {"database", "redis"}, 503}}});
    fill(bench);
    for (const std::string target : {"/ready", "/ready?verbose", "/ready?explain", "/ready?verbose&exclude=redis", "/ready/group/web",
                                     "/ready/group/web?explain", "/ready/group/web?verbose", "/ready/database", "/ready/database?verbose",
                                     "/ready/database?explain", "/ready/database?history", "/ready/mail?history"}) {
      const std::string body = *strangers(bench, target).body;
      CPPUNIT_ASSERT_MESSAGE(target + ": " + body, body.find("internal") == std::string::npos && body.find("slow as") == std::string::npos);
      if (target.find("mail") == std::string::npos)
        CPPUNIT_ASSERT_MESSAGE(target, body.find("failing") != std::string::npos && bench.body(target).find(kSecret) != std::string::npos);
    }
    const Object verbose = stranger(bench, "/ready?verbose");
    CPPUNIT_ASSERT_EQUAL(std::string("database: failing"), testing::list(verbose, "reasons"));
  }

  void notChecked() {
    ReadyBench bench;
    bench.host.add(policy("database"));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL_MESSAGE("no result yet", std::string("failing"), message(stranger(bench, "/ready"), "database"));
  }

  void bothForms() {
    ReadyBench bench;
    bench.handler.setForms(true, true);
    fill(bench);
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE("made once", bench.get("/ready").body.get(), bench.get("/ready").body.get());
      CPPUNIT_ASSERT_EQUAL(strangers(bench, "/ready").body.get(), strangers(bench, "/ready").body.get());
      CPPUNIT_ASSERT(bench.get("/ready").body.get() != strangers(bench, "/ready").body.get());
      bench.host.judgeNow();
    }
  }

  // As between a reload and the next verdict.
  void formsThatWereNotMade() {
    ReadyBench bench;
    bench.handler.setForms(false, true);
    fill(bench);
    CPPUNIT_ASSERT_EQUAL(kSecret, message(bench.object("/ready"), "database"));
    CPPUNIT_ASSERT_EQUAL(std::string("failing"), message(stranger(bench, "/ready"), "database"));
    CPPUNIT_ASSERT_EQUAL(503, bench.get("/ready").status);
  }

  void whenTheJudgeStops() {
    ReadyBench bench;
    bench.handler.setForms(true, true);
    addThree(bench);
    for (const std::string name : {"database", "redis", "mail"}) bench.host.result(name, RunOutcome::healthy, kSecret, milliseconds(1));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, strangers(bench, "/ready").status);
    bench.host.clock.advance(ReadyHandler::kOldest + milliseconds(1));
    const HttpAnswer answer = strangers(bench, "/ready");
    CPPUNIT_ASSERT_EQUAL(503, answer.status);
    CPPUNIT_ASSERT(answer.body->find(kSecret) == std::string::npos);
  }

  void prepared() {
    ReadyBench bench;
    CPPUNIT_ASSERT_MESSAGE("there is nothing to make", bench.handler.prepared(nullptr));
    fill(bench);
    CPPUNIT_ASSERT(bench.handler.prepared(nullptr));
    bench.host.clock.advance(ReadyHandler::kOldest);
    CPPUNIT_ASSERT(bench.handler.prepared(nullptr));
    bench.host.clock.advance(milliseconds(1));
    CPPUNIT_ASSERT(!bench.handler.prepared(nullptr));
  }

  void ownCopies() {
    ReadyBench bench;
    fill(bench);
    OwnCopies copies;
    HttpTarget target = parseTarget("/ready");
    target.copies = &copies;
    const HttpAnswer before = bench.handler.answer(target);
    const std::string body = *before.body;
    CPPUNIT_ASSERT_EQUAL(body, bench.body("/ready"));
    bench.host.result("database", RunOutcome::healthy, "back", milliseconds(1));
    bench.host.judgeNow();
    CPPUNIT_ASSERT_EQUAL(200, bench.handler.answer(target).status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("who sends the old one still has it", body, *before.body);
  }

 private:
  static void fill(ReadyBench& bench) {
    addThree(bench);
    bench.host.result("database", RunOutcome::unhealthy, kSecret, milliseconds(1));
    bench.host.result("redis", RunOutcome::healthy, "answers at cache.internal", milliseconds(1));
    bench.host.result("mail", RunOutcome::degraded, "slow as mx.internal", milliseconds(1));
    bench.host.judgeNow();
  }

  static HttpAnswer strangers(ReadyBench& bench, const std::string& text) {
    HttpTarget target = parseTarget(text);
    target.messages = false;
    return bench.handler.answer(target);
  }
  static Object stranger(ReadyBench& bench, const std::string& target) { return testing::parsedObject(*strangers(bench, target).body); }
  static std::string message(const Object& body, const std::string& check) {
    return fieldOf(body->getObject("checks")->getObject(check), "message");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadyMessagesTest);

}  // namespace

}  // namespace pulsewatch
