#include "serve/gatekeeper.h"

#include "support/manual_clock.h"
#include "unit/serve/auth_bench.h"
#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch {

namespace {

using std::chrono::seconds;
using testing::authConfig;
using testing::basic;
using testing::bearer;
using testing::fieldOf;
using testing::kToken;
using Visitor = Gatekeeper::Visitor;

const std::string kClient = "203.0.113.9";

class GatekeeperTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatekeeperTest);
  CPPUNIT_TEST(visitors);
  CPPUNIT_TEST(throttled);
  CPPUNIT_TEST(otherSchemesAreNoGuess);
  CPPUNIT_TEST(aFloodIsSentAway);
  CPPUNIT_TEST(lines);
  CPPUNIT_TEST(fewLines);
  CPPUNIT_TEST_SUITE_END();

 public:
  void visitors() {
    CPPUNIT_ASSERT(meet("") == Visitor::stranger);
    CPPUNIT_ASSERT(meet(bearer(kToken)) == Visitor::known);
    CPPUNIT_ASSERT(meet(basic("anna:correct horse")) == Visitor::known);
    CPPUNIT_ASSERT(meet(basic("anna:wrong horse")) == Visitor::wrong);
    CPPUNIT_ASSERT(meet(bearer("wrong")) == Visitor::wrong);
    const Credentials nobody{AuthConfig()};
    CPPUNIT_ASSERT(gatekeeper_.meet(nobody, bearer(kToken), kClient).visitor == Visitor::stranger);
  }

  void throttled() {
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i) CPPUNIT_ASSERT(meet(bearer("wrong")) == Visitor::wrong);
    for (const std::string& authorization : {bearer("wrong"), bearer(kToken), basic("anna:correct horse")}) {
      const Gatekeeper::Meeting met = gatekeeper_.meet(credentials_, authorization, kClient);
      CPPUNIT_ASSERT_MESSAGE(authorization, met.visitor == Visitor::throttled);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, met.wait_seconds);
    }
    CPPUNIT_ASSERT_MESSAGE("strangers aren't", meet("") == Visitor::stranger);
    CPPUNIT_ASSERT_MESSAGE("nor are others", gatekeeper_.meet(credentials_, bearer(kToken), "192.0.2.1").visitor == Visitor::known);
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(meet(bearer("wrong")) == Visitor::wrong);
    clock_.advance(std::chrono::milliseconds(500));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("rounded up", std::int64_t{2}, gatekeeper_.meet(credentials_, bearer(kToken), kClient).wait_seconds);
    clock_.advance(seconds(2));
    CPPUNIT_ASSERT(meet(bearer(kToken)) == Visitor::known);
    for (unsigned i = 0; i < GuessThrottle::kFree; ++i) CPPUNIT_ASSERT(meet(bearer("wrong")) == Visitor::wrong);
    CPPUNIT_ASSERT(meet(bearer("wrong")) == Visitor::throttled);
  }

  void otherSchemesAreNoGuess() {
    for (unsigned i = 0; i < 3 * GuessThrottle::kFree; ++i) CPPUNIT_ASSERT(meet("Digest username=\"anna\"") == Visitor::stranger);
    CPPUNIT_ASSERT(log_.lines().empty());
    CPPUNIT_ASSERT(meet(bearer(kToken)) == Visitor::known);
  }

  // Each from an address of its own, so that none is throttled; no more than a few wait for their turn.
  void aFloodIsSentAway() {
    constexpr int kGuesses = 16;
    AuthConfig config = authConfig();
    config.users["anna"] = "$2y$11$CfxJxZUmPe5s/rpBP7V.0.M4plm/x62rNHJQ4JCJeMV8zWSTq71f2";
    const Credentials slow(config);
    std::atomic<int> ready{0};
    std::atomic<int> wrong{0};
    std::atomic<int> busy{0};
    std::vector<std::thread> guessers;
    guessers.reserve(kGuesses);
    for (int i = 0; i < kGuesses; ++i) {
      guessers.emplace_back([&, i] {
        ++ready;
        while (ready < kGuesses) std::this_thread::yield();
        const Gatekeeper::Meeting met = gatekeeper_.meet(slow, basic("anna:guess"), "10.0.0." + std::to_string(i));
        if (met.visitor == Visitor::wrong) ++wrong;
        if (met.visitor == Visitor::busy && met.wait_seconds > 0) ++busy;
      });
    }
    for (std::thread& guesser : guessers) guesser.join();
    CPPUNIT_ASSERT_EQUAL(kGuesses, wrong + busy);
    CPPUNIT_ASSERT(wrong >= Gatekeeper::kMostHashing && busy > 0);
    CPPUNIT_ASSERT_MESSAGE("and then all is as before", gatekeeper_.meet(slow, basic("anna:grind"), kClient).visitor == Visitor::known);
  }

  void lines() {
    meet(basic("an\na\x1b[31m\xff:secret-guess"));
    meet(bearer("secret-guess-of-a-token"));
    meet(basic(std::string(500, 'u') + ":secret-guess"));
    const auto lines = log_.linesOf("authentication_failed");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines.size());
    for (const auto& line : lines) {
      CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(line, "level"));
      CPPUNIT_ASSERT_EQUAL(kClient, fieldOf(line, "ip_address"));
      std::ostringstream text;
      line->stringify(text);
      CPPUNIT_ASSERT_MESSAGE(text.str(), text.str().find("secret-guess") == std::string::npos && text.str().size() < 500);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("an\\x0aa\\x1b[31m\xEF\xBF\xBD"), fieldOf(lines[0], "user_id"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), fieldOf(lines[1], "user_id"));
  }

  void fewLines() {
    const auto guess = [&](int from, int to) {
      for (int i = from; i < to; ++i) gatekeeper_.meet(credentials_, bearer("wrong"), "10.0.0." + std::to_string(i));
    };
    guess(0, 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{Gatekeeper::kMostLines}, log_.lines().size());
    clock_.advance(Gatekeeper::kLinesTime);
    guess(100, 102);
    CPPUNIT_ASSERT_EQUAL(std::size_t{Gatekeeper::kMostLines} + 2, log_.lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string("wrong token; 80 more were not written"), fieldOf(log_.lines()[Gatekeeper::kMostLines], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("wrong token"), fieldOf(log_.lines().back(), "message"));
  }

 private:
  Visitor meet(const std::string& authorization) { return gatekeeper_.meet(credentials_, authorization, kClient).visitor; }

  testing::ManualClock clock_;
  testing::RecordedLog log_;
  const Credentials credentials_{authConfig()};
  Gatekeeper gatekeeper_{log_, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(GatekeeperTest);

}  // namespace

}  // namespace pulsewatch
