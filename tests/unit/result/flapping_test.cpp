#include "result/flapping.h"

#include "result/check_state.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace pulsewatch {

namespace {

using std::chrono::seconds;

// One letter a run: h healthy, d degraded, u unhealthy; a dot is a turn without one. A run each ten seconds.
class Flapper {
 public:
  explicit Flapper(Milliseconds window, unsigned fall = 1, unsigned rise = 1) {
    policy_.flap_window = window;
    policy_.fall = fall;
    policy_.rise = rise;
  }

  // The statuses shown after each run, in capitals while it is flapping.
  std::string shown(const std::string& runs) {
    std::string shown;
    for (const char run : runs) {
      now_ += seconds(10);
      if (run == '.') continue;
      RunReport report;
      report.sequence = ++sequence_;
      report.outcome = run == 'h' ? RunOutcome::healthy : run == 'd' ? RunOutcome::degraded : RunOutcome::unhealthy;
      report.message = std::string("said ") + run;
      state = after(state, policy_, report, {WallTime(now_), now_});
      const char letter = name(state.status)[0];
      shown += state.flapping() ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return shown;
  }

  CheckState state;

 private:
  CheckPolicy policy_;
  seconds now_{0};
  std::uint64_t sequence_ = 0;
};

class FlappingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FlappingTest);
  CPPUNIT_TEST(begins);
  CPPUNIT_TEST(ends);
  CPPUNIT_TEST(isHeldAtTheWorst);
  CPPUNIT_TEST(messages);
  CPPUNIT_TEST(countersAndTimesAreTrue);
  CPPUNIT_TEST(whatIsRemembered);
  CPPUNIT_TEST_SUITE_END();

 public:
  void begins() {
    const struct {
      const char* runs;
      std::int64_t window;
      const char* shown;
    } rows[] = {
        {"huhuhuh", 600, "huhuhuh"},                                        // six turns are fine
        {"huhuhuhu", 600, "huhuhuhU"},                                      // the seventh isn't
        {"uhuhuhuh", 600, "uhuhuhuU"},                                      // held at the worse, whatever it turned to last
        {"huhuhuhu", 0, "huhuhuhu"},                                        // nobody looks
        {"huhuhuhu", 60, "huhuhuhU"},                                       // from the first turn to the seventh it is a minute
        {"huhuhuhu", 59, "huhuhuhu"},                                       // which is too long now
        {"huhuhu.....hu", 600, "huhuhuhU"}, {"hdhdhdhd", 600, "hdhdhdhD"},  // passed statuses count, too
        {"hhhuuuhhhu", 600, "hhhuuuhhhu"},  {"uuuuuuuuuu", 600, "uuuuuuuuuu"},
    };
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.runs) + " " + std::to_string(row.window), std::string(row.shown),
                                   Flapper(seconds(row.window)).shown(row.runs));
    // Below the thresholds nothing turns.
    CPPUNIT_ASSERT_EQUAL(std::string("hhhhhhhhhhhh"), Flapper(seconds(600), 2).shown("huhuhuhuhuhu"));
  }

  void ends() {
    // Turns at 20 s to 80 s; with a window of 100 s, three of them are left 160 s in.
    Flapper flapper(seconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string("huhuhuhU"), flapper.shown("huhuhuhu"));
    CPPUNIT_ASSERT_EQUAL(std::string("UUUUUUU"), flapper.shown("uuuuuuu"));
    CPPUNIT_ASSERT_EQUAL(std::string("u"), flapper.shown("u"));
    CPPUNIT_ASSERT_EQUAL(std::string("said u"), flapper.state.message);

    Flapper well(seconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string("uhuhuhuUUUUUUUUh"), well.shown("uhuhuhuhhhhhhhhh"));
    CPPUNIT_ASSERT(well.state.since == WallTime(seconds(160)));
    CPPUNIT_ASSERT_EQUAL(std::string("said h"), well.state.message);
    // One that goes on turning goes on being held, and begins anew only with the seventh turn.
    Flapper restless(seconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string("huhuhuhUUUUUUU"), restless.shown("huhuhuhuhuhuhu"));
    Flapper again(seconds(100));
    CPPUNIT_ASSERT_EQUAL(std::string("huhuhuhUh"), again.shown("huhuhuhu............h"));
    CPPUNIT_ASSERT_EQUAL(std::string("uhuhuU"), again.shown("uhuhuh"));
  }

  void isHeldAtTheWorst() {
    CPPUNIT_ASSERT_EQUAL(std::string("hdhdhdhDU"), Flapper(seconds(600)).shown("hdhdhdhdu"));      // a real failure isn't hidden
    CPPUNIT_ASSERT_EQUAL(std::string("hdhdhdhDUUU"), Flapper(seconds(600)).shown("hdhdhdhduhd"));  // and stays
    CPPUNIT_ASSERT_EQUAL(std::string("dudhdhdU"), Flapper(seconds(600)).shown("dudhdhdh"));
  }

  void messages() {
    Flapper flapper(seconds(100));
    flapper.shown("huhuhuhu");
    CPPUNIT_ASSERT_EQUAL(std::string("said u (flapping)"), flapper.state.message);
    flapper.shown("h");  // the same, run for run
    CPPUNIT_ASSERT_EQUAL(std::string("said u (flapping)"), flapper.state.message);
    CPPUNIT_ASSERT(flapper.state.turns->settled == CheckStatus::healthy);
    flapper.shown("hhhhhhhhhhhhh");
    CPPUNIT_ASSERT_EQUAL(std::string("said h"), flapper.state.message);
    Flapper three(seconds(600));
    three.shown("dudhdhdh");
    CPPUNIT_ASSERT_EQUAL(std::string("said u (flapping)"), three.state.message);
  }

  void countersAndTimesAreTrue() {
    Flapper flapper(seconds(600));
    flapper.shown("huhuhuhuhhh");
    CPPUNIT_ASSERT_EQUAL(3U, flapper.state.consecutive_passes);
    CPPUNIT_ASSERT_EQUAL(0U, flapper.state.consecutive_failures);
    CPPUNIT_ASSERT(flapper.state.last_success == WallTime(seconds(110)));
    CPPUNIT_ASSERT(flapper.state.since == WallTime(seconds(80)));
    CPPUNIT_ASSERT(flapper.state.flapping() && flapper.state.status == CheckStatus::unhealthy);
  }

  void whatIsRemembered() {
    Flapper flapper(seconds(100));
    flapper.shown("hhhh");
    CPPUNIT_ASSERT_MESSAGE("nothing of a check that doesn't turn", flapper.state.turns == nullptr);
    flapper.shown("u");
    CPPUNIT_ASSERT(flapper.state.turns != nullptr && !flapper.state.flapping());
    flapper.shown("uuuuuuuuuuu");
    CPPUNIT_ASSERT_MESSAGE("nor of one that has turned long ago", flapper.state.turns == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FlappingTest);

}  // namespace

}  // namespace pulsewatch
