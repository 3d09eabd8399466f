#include "integration/server_fault.h"

#include "integration/daemon.h"
#include "integration/latency_probe.h"
#include "support/wait.h"

#include <Poco/UUID.h>
#include <cppunit/extensions/HelperMacros.h>

namespace pulsewatch::testing {
namespace {

double failedRuns(const MetricsText& metrics, const std::string& check) {
  return metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "unhealthy"}}) +
         metrics.value("pulsewatch_health_check_runs_total", {{"check_name", check}, {"outcome", "timeout"}});
}

double transitions(const MetricsText& metrics, const std::string& check, const std::string& to) {
  return metrics.value("pulsewatch_health_check_transitions_total", {{"check_name", check}, {"to", to}});
}

// The newest line of this event about the check, which comes a moment after the answer has changed.
JsonLine newestLine(PulsewatchProcess& daemon, const std::string& event, const std::string& check, std::size_t lines_before) {
  JsonLines found;
  waitFor(
      [&] {
        found = linesWhere(linesOfEvent(daemon.log(), event), [&check](const JsonLine& line) { return line.text("check") == check; });
        return found.size() > lines_before;
      },
      PulsewatchProcess::patience);
  CPPUNIT_ASSERT_MESSAGE("no new line " + event + " of " + check, found.size() > lines_before);
  return found.back();
}

std::size_t countLines(const PulsewatchProcess& daemon, const std::string& event, const std::string& check) {
  return linesWhere(linesOfEvent(daemon.log(), event), [&check](const JsonLine& line) { return line.text("check") == check; }).size();
}

void checkMetrics(PulsewatchProcess& daemon, const ServerFault& fault, double healthy) {
  // The page is rendered behind the verdict, at most a second later.
  const bool shown = waitFor(
      [&] {
        const MetricsText metrics = daemon.metrics();
        return metrics.value("pulsewatch_health_check_status", {{"check_name", fault.check}}) == healthy &&
               metrics.value("pulsewatch_ready") == healthy;
      },
      PulsewatchProcess::patience);
  CPPUNIT_ASSERT_MESSAGE("the metrics don't come to show the change", shown);
  CPPUNIT_ASSERT_EQUAL(1.0, daemon.metrics().value("pulsewatch_health_check_status", {{"check_name", fault.other_check}}));
}

void checkLine(const JsonLine& line, const std::string& level, const std::string& status) {
  CPPUNIT_ASSERT_EQUAL(level, line.text("level"));
  CPPUNIT_ASSERT_EQUAL(status, line.text("status"));
  CPPUNIT_ASSERT_MESSAGE(line.line(), Poco::UUID().tryParse(line.text("request_id")));
  CPPUNIT_ASSERT(line.number("duration_ms") >= 0);
}

void watchItBreak(PulsewatchProcess& daemon, const ServerFault& fault) {
  const MetricsText before = daemon.metrics();
  const std::size_t failures_before = countLines(daemon, "health_check_failure", fault.check);
  fault.breakIt();
  const Poco::JSON::Object::Ptr answer = waitForCheck(daemon, fault.check, "unhealthy", fault.message);
  CPPUNIT_ASSERT_EQUAL(std::string("not_ready"), textOf(answer, "status"));
  CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready").status);
  CPPUNIT_ASSERT_EQUAL(503, daemon.get("/ready/" + fault.check).status);
  CPPUNIT_ASSERT_EQUAL(200, daemon.get("/ready/" + fault.other_check).status);
  CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);

  checkMetrics(daemon, fault, 0);
  CPPUNIT_ASSERT_EQUAL(transitions(before, fault.check, "unhealthy") + 1, transitions(daemon.metrics(), fault.check, "unhealthy"));
  const JsonLine line = newestLine(daemon, "health_check_failure", fault.check, failures_before);
  checkLine(line, "ERROR", "unhealthy");
  CPPUNIT_ASSERT_MESSAGE(line.line(), !line.text("error").empty());

  const double failed = failedRuns(daemon.metrics(), fault.check);
  CPPUNIT_ASSERT(failed > failedRuns(before, fault.check));
  CPPUNIT_ASSERT(
      waitFor([&] { return failedRuns(daemon.metrics(), fault.check) >= failed + fault.further_runs; }, PulsewatchProcess::patience));
  waitForCheck(daemon, fault.check, "unhealthy", fault.message);
  CPPUNIT_ASSERT_EQUAL_MESSAGE("a run that changes nothing is no line at ERROR", failures_before + 1,
                               countLines(daemon, "health_check_failure", fault.check));
}

void watchItRecover(PulsewatchProcess& daemon, const ServerFault& fault) {
  const MetricsText before = daemon.metrics();
  const std::size_t recoveries_before = countLines(daemon, "health_check", fault.check);
  fault.mend();
  waitForCheck(daemon, fault.check, "healthy");
  waitForReady(daemon, 200);
  checkMetrics(daemon, fault, 1);
  CPPUNIT_ASSERT_EQUAL(transitions(before, fault.check, "healthy") + 1, transitions(daemon.metrics(), fault.check, "healthy"));
  checkLine(newestLine(daemon, "health_check", fault.check, recoveries_before), "INFO", "healthy");
}

}  // namespace

void showFault(PulsewatchProcess& daemon, const ServerFault& fault) {
  waitForReady(daemon, 200);
  checkMetrics(daemon, fault, 1);
  LatencyProbe probe(daemon.port());
  watchItBreak(daemon, fault);
  CPPUNIT_ASSERT(
      daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "ready_changed" && line.text("status") == "not_ready"; }));
  watchItRecover(daemon, fault);
  probe.finish();
}

}  // namespace pulsewatch::testing
