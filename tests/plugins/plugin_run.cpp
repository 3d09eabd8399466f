#include "plugins/plugin_run.h"

#include "support/mariadb_server.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <iterator>

namespace pulsewatch::testing {

const pw_plugin* migrationsPlugin() {
  static const Library library(PULSEWATCH_PLUGINS "/migrations.so");
  return library.plugin();
}

const pw_plugin* mysqlPlugin() {
  static const Library library(PULSEWATCH_PLUGINS "/mysql.so");
  return library.plugin();
}

const pw_plugin* redisPlugin() {
  static const Library library(PULSEWATCH_PLUGINS "/redis.so");
  return library.plugin();
}

// What a plugin would wait for without a deadline takes several seconds or for ever; less than one is the machine's, which runs other
// tests.
void assertInTime(const Outcome& outcome, std::chrono::milliseconds deadline) {
  CPPUNIT_ASSERT_MESSAGE("took " + std::to_string(outcome.took.count()) + " ms of " + std::to_string(deadline.count()),
                         outcome.took <= deadline + std::chrono::milliseconds(1000));
}

void assertNoFaults(const Outcome& outcome) {
  for (const std::string& fault : outcome.faults) CPPUNIT_FAIL(fault);
}

void assertHealthy(const Outcome& outcome) {
  CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.message + " / " + outcome.error, static_cast<std::int32_t>(PW_STATUS_HEALTHY), outcome.status);
  CPPUNIT_ASSERT_EQUAL(std::string(), outcome.error);
}

void assertUnhealthy(const std::string& message, const Outcome& outcome) {
  CPPUNIT_ASSERT(outcome.created);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.error, message, outcome.message);
  CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(PW_STATUS_UNHEALTHY), outcome.status);
  CPPUNIT_ASSERT(!outcome.error.empty());
  CPPUNIT_ASSERT(outcome.watched.empty());
  CPPUNIT_ASSERT((outcome.message + outcome.error).find(MariaDbServer::password()) == std::string::npos);
}

void assertNotCreated(const std::string& sentence, const pw_plugin* plugin, const std::string& url) {
  FakeHost host(plugin, {{"url", url}});
  const Outcome outcome = host.run(std::chrono::seconds(1));
  CPPUNIT_ASSERT_EQUAL_MESSAGE(url, sentence, outcome.message);
  CPPUNIT_ASSERT(!outcome.created);
}

std::size_t openDescriptors() {
  // The iteration's own descriptor counts each time.
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

void assertNoDescriptorLeak(const std::function<void()>& call) {
  for (int i = 0; i < 3; ++i) call();
  const std::size_t before = openDescriptors();
  for (int i = 0; i < 50; ++i) call();
  CPPUNIT_ASSERT_EQUAL(before, openDescriptors());
}

}  // namespace pulsewatch::testing
