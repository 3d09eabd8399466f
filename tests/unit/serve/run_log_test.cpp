#include "serve/run_log.h"

#include "unit/serve/board_bench.h"
#include "unit/serve/recorded_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

namespace pulsewatch {

namespace {

using testing::fieldOf;
using testing::policy;

struct RunLogBench final : public BoardListener {
  explicit RunLogBench(const CheckPolicy& check = policy("database"), LogLevel level = LogLevel::debug) : log(level) {
    board.add(1, check, WallTime());
    run_log.addCheck(1, check.name, check.plugin);
  }
  void resultCame(const BoardChange& change) override { run_log.resultCame(change); }

  Poco::JSON::Object::Ptr result(RunReport report) {
    log.clear();
    report.check = 1;
    report.sequence = ++sequence;
    board.apply(report, {});
    CPPUNIT_ASSERT(log.lines().size() <= 1);
    return log.lines().empty() ? nullptr : log.lines()[0];
  }

  testing::RecordedLog log;
  RunLog run_log{log};
  ResultBoard board{*this};
  std::uint64_t sequence = 0;
};

RunReport report(RunOutcome outcome, const std::string& message) {
  RunReport report;
  report.request_id = "123e4567-e89b-12d3-a456-426614174000";
  report.outcome = outcome;
  report.message = message;
  report.duration = std::chrono::microseconds(1500);
  return report;
}

struct Row {
  RunOutcome outcome;
  std::string message;
  std::string level;
  std::string event;
  std::string line;
};

class RunLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RunLogTest);
  CPPUNIT_TEST(changes);
  CPPUNIT_TEST(belowTheThreshold);
  CPPUNIT_TEST(unchangedRunsAreDebug);
  CPPUNIT_TEST(fields);
  CPPUNIT_TEST(pluginLines);
  CPPUNIT_TEST(verdicts);
  CPPUNIT_TEST(rootCauses);
  CPPUNIT_TEST(degradedVerdict);
  CPPUNIT_TEST(flapping);
  CPPUNIT_TEST_SUITE_END();

 public:
  void changes() {
    const Row rows[] = {
        {RunOutcome::healthy, "fine", "INFO", "health_check", "check database is healthy: fine"},
        {RunOutcome::healthy, "fine", "DEBUG", "health_check", "check database ran, is healthy: fine"},
        {RunOutcome::degraded, "slow", "INFO", "health_check", "check database is degraded: slow"},
        {RunOutcome::unhealthy, "down", "ERROR", "health_check_failure", "check database is unhealthy: down"},
        {RunOutcome::timeout, "timed out", "DEBUG", "health_check_failure", "check database ran, is unhealthy: timed out"},
        {RunOutcome::healthy, "fine", "INFO", "health_check", "check database is healthy: fine"},
        {RunOutcome::crash, "crashed", "ERROR", "health_check_failure", "check database is unhealthy: crashed"},
    };
    RunLogBench bench;
    for (const Row& row : rows) {
      const auto line = bench.result(report(row.outcome, row.message));
      CPPUNIT_ASSERT_MESSAGE(row.line, !line.isNull());
      CPPUNIT_ASSERT_EQUAL(row.line, fieldOf(line, "message"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.line, row.level, fieldOf(line, "level"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.line, row.event, fieldOf(line, "event"));
    }
  }

  // A failed run that doesn't turn the check yet is a failed run all the same, and says why.
  void belowTheThreshold() {
    CheckPolicy patient = policy("database");
    patient.fall = 2;
    RunLogBench bench(patient);
    bench.result(report(RunOutcome::healthy, "fine"));
    const auto first = bench.result(report(RunOutcome::unhealthy, "down"));
    CPPUNIT_ASSERT_EQUAL(std::string("check database ran, is healthy: down"), fieldOf(first, "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("health_check_failure"), fieldOf(first, "event"));
    CPPUNIT_ASSERT_EQUAL(std::string("DEBUG"), fieldOf(first, "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), fieldOf(first, "outcome"));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), fieldOf(first, "status"));
    const auto second = bench.result(report(RunOutcome::unhealthy, "down"));
    CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), fieldOf(second, "level"));
  }

  void unchangedRunsAreDebug() {
    RunLogBench bench(policy("database"), LogLevel::info);
    CPPUNIT_ASSERT(!bench.result(report(RunOutcome::healthy, "fine")).isNull());
    CPPUNIT_ASSERT(bench.result(report(RunOutcome::healthy, "fine")).isNull());
    CPPUNIT_ASSERT(!bench.result(report(RunOutcome::unhealthy, "down")).isNull());
    CPPUNIT_ASSERT(bench.result(report(RunOutcome::timeout, "timed out")).isNull());
  }

  void fields() {
    CheckPolicy strict = policy("database");
    strict.degraded_after = std::chrono::milliseconds(1);
    RunLogBench bench(strict);
    const auto slow = bench.result(report(RunOutcome::healthy, "fine"));
    const std::pair<std::string, std::string> rows[] = {{"logger", "pulsewatch.core.health"},
                                                        {"message", "check database is degraded: fine (slower than 1 ms)"},
                                                        {"request_id", "123e4567-e89b-12d3-a456-426614174000"},
                                                        {"check", "database"},
                                                        {"plugin", "database-plugin"},
                                                        {"status", "degraded"},
                                                        {"outcome", "degraded"},
                                                        {"duration_ms", "1.5"},
                                                        {"error", "(none)"},
                                                        {"stack_trace", "(none)"}};
    for (const auto& [field, value] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(field, value, fieldOf(slow, field));
    RunReport failed = report(RunOutcome::unhealthy, "down");
    CPPUNIT_ASSERT_EQUAL_MESSAGE("the message, for want of more", std::string("down"), fieldOf(bench.result(failed), "error"));
    failed.error = "errno 111";
    failed.stack_trace = "0# here";
    CPPUNIT_ASSERT_EQUAL(std::string("errno 111"), fieldOf(bench.result(failed), "error"));
    CPPUNIT_ASSERT_EQUAL(std::string("0# here"), fieldOf(bench.result(failed), "stack_trace"));
  }

  void pluginLines() {
    RunLogBench bench(policy("database"), LogLevel::info);
    bench.run_log.pluginLogged({1, "run-1", LogLevel::warning, "database_query", "SELECT 1", "no", 1.234});
    bench.run_log.pluginLogged({1, "", LogLevel::info, "plugin", "made", "", -1});
    bench.run_log.pluginLogged({1, "run-2", LogLevel::debug, "plugin", "too small", "", 0});
    const auto lines = bench.log.lines();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    const std::pair<std::string, std::string> rows[] = {{"logger", "pulsewatch.plugin.database-plugin"},
                                                        {"level", "WARNING"},
                                                        {"event", "database_query"},
                                                        {"message", "SELECT 1"},
                                                        {"request_id", "run-1"},
                                                        {"check", "database"},
                                                        {"duration_ms", "1.23"},
                                                        {"error", "no"}};
    for (const auto& [field, value] : rows) CPPUNIT_ASSERT_EQUAL_MESSAGE(field, value, fieldOf(lines[0], field));
    for (const std::string field : {"request_id", "duration_ms", "error"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(field, std::string("(none)"), fieldOf(lines[1], field));
  }

  void verdicts() {
    testing::RecordedLog log;
    RunLog run_log(log);
    testing::BoardBench host;
    host.add(policy("database"));
    host.add(policy("mail", false));
    const auto judged = [&] {
      log.clear();
      host.judgeNow();
      run_log.judged(*host.published.get(), {});
      return log.lines();
    };
    auto lines = judged();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("not ready: database: no result yet"), fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("ready_changed"), fieldOf(lines[0], "event"));
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), fieldOf(lines[0], "status"));
    CPPUNIT_ASSERT_MESSAGE("the same again is no news", judged().empty());
    host.result("database", RunOutcome::healthy, "fine");
    lines = judged();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("healthy"), fieldOf(lines[0]->getObject("checks"), "database"));
    CPPUNIT_ASSERT_EQUAL(std::string("unhealthy"), fieldOf(lines[0]->getObject("checks"), "mail"));
    host.result("database", RunOutcome::degraded, "slow");
    CPPUNIT_ASSERT_MESSAGE("ready still", judged().empty());
    host.result("database", RunOutcome::timeout, "timed out after 2 s");
    CPPUNIT_ASSERT_EQUAL(std::string("not ready: database: timed out after 2 s"), fieldOf(judged().at(0), "message"));
  }

  void rootCauses() {
    testing::RecordedLog log;
    RunLog run_log(log);
    testing::BoardBench host;
    CheckPolicy cache = policy("cache");
    cache.depends_on = {"database"};
    host.add(cache);
    host.add(policy("database"));
    Dependents dependents(
        host.board, [](CheckId) {}, [](CheckId) {});
    const auto judged = [&] {
      log.clear();
      host.judgeNow();
      for (const BlockedCheck& blocked : dependents.judged(*host.published.get()).blocked) run_log.blocked(blocked);
      host.judgeNow();
      dependents.judged(*host.published.get());
      run_log.judged(*host.published.get(), [&](CheckId) {
        return NextRun{true, false, false, host.clock.wall() + std::chrono::seconds(10)};
      });
      return log.lines();
    };
    CPPUNIT_ASSERT_EQUAL_MESSAGE("that it waits for a first result is no news", std::size_t{1}, judged().size());
    host.result("database", RunOutcome::healthy, "fine");
    judged();
    host.result("cache", RunOutcome::healthy, "fine");
    CPPUNIT_ASSERT_EQUAL(std::string("ready"), fieldOf(judged().at(0), "message"));
    host.result("database", RunOutcome::unhealthy, "down");
    const auto lines = judged();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("check cache is unhealthy: not checked: database is unhealthy"), fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("health_check_failure"), fieldOf(lines[0], "event"));
    CPPUNIT_ASSERT_EQUAL(std::string("ERROR"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), fieldOf(lines[0], "root_cause"));
    CPPUNIT_ASSERT_EQUAL(std::string("not ready: database: down; cache: not checked: database is unhealthy"), fieldOf(lines[1], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("database"), fieldOf(lines[1], "root_causes"));
    CPPUNIT_ASSERT_EQUAL(std::string("database is unhealthy since 2025-10-31T10:30:00.000000Z: down; 1 failure in a row; last success "
                                     "2025-10-31T10:30:00.000000Z; next run 2025-10-31T10:30:10.000000Z; votes not ready"),
                         fieldOf(lines[1]->getObject("explanation"), "database"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines[1]->getObject("explanation")->size());
    CPPUNIT_ASSERT_MESSAGE("the same again is no news", judged().empty());
  }

  void degradedVerdict() {
    testing::RecordedLog log;
    RunLog run_log(log);
    testing::BoardBench host({.shared_failure_is_ready = true});
    CheckPolicy shared = policy("database");
    shared.shared = true;
    host.add(shared);
    const auto judged = [&](RunOutcome outcome) {
      log.clear();
      host.result("database", outcome, "words");
      host.judgeNow();
      run_log.judged(*host.published.get(), {});
      return log.lines().size() == 1 ? fieldOf(log.lines()[0], "level") + " " + fieldOf(log.lines()[0], "message") : "";
    };
    CPPUNIT_ASSERT_EQUAL(std::string("INFO ready"), judged(RunOutcome::healthy));
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING ready, but degraded: database: words"), judged(RunOutcome::crash));
    CPPUNIT_ASSERT_EQUAL(std::string(), judged(RunOutcome::unhealthy));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO ready"), judged(RunOutcome::healthy));
  }

  void flapping() {
    CheckPolicy policy = testing::policy("database");
    policy.flap_window = std::chrono::minutes(10);
    RunLogBench bench(policy, LogLevel::info);
    for (int i = 1; i <= 7; ++i)
      bench.result(report(i % 2 == 0 ? RunOutcome::unhealthy : RunOutcome::healthy, i % 2 == 0 ? "down" : "fine"));
    const auto apply = [&](RunOutcome outcome, std::chrono::seconds active) {
      bench.log.clear();
      RunReport run = report(outcome, outcome == RunOutcome::healthy ? "fine" : "down");
      run.check = 1;
      run.sequence = ++bench.sequence;
      bench.board.apply(run, {WallTime(), active});
      return bench.log.lines();
    };
    auto lines = apply(RunOutcome::unhealthy, std::chrono::seconds(0));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("flapping_started"), fieldOf(lines[0], "event"));
    CPPUNIT_ASSERT_EQUAL(std::string("WARNING"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("check database is flapping: it turned more than 6 times within 10 min and is held unhealthy"),
                         fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("check database is unhealthy: down"), fieldOf(lines[1], "message"));
    CPPUNIT_ASSERT_MESSAGE("while it is held nothing changes", apply(RunOutcome::healthy, std::chrono::seconds(1)).empty());
    lines = apply(RunOutcome::healthy, std::chrono::hours(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string("flapping_ended"), fieldOf(lines[0], "event"));
    CPPUNIT_ASSERT_EQUAL(std::string("INFO"), fieldOf(lines[0], "level"));
    CPPUNIT_ASSERT_EQUAL(std::string("check database is not flapping any more, it is healthy: fine"), fieldOf(lines[0], "message"));
    CPPUNIT_ASSERT_EQUAL(std::string("check database is healthy: fine"), fieldOf(lines[1], "message"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RunLogTest);

}  // namespace

}  // namespace pulsewatch
