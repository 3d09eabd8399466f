// etc/grafana/pulsewatch.json: every query of its panels, and every list it offers to choose from, finds data in a real Prometheus that
// scraped a real host.
#include "integration/daemon.h"
#include "integration/prometheus.h"
#include "integration/services.h"
#include "support/wait.h"

#include <Poco/JSON/Parser.h>
#include <Poco/RegularExpression.h>
#include <Poco/String.h>
#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

Poco::JSON::Object::Ptr dashboard() {
  std::ifstream file(PULSEWATCH_SOURCE "/etc/grafana/pulsewatch.json");
  return Poco::JSON::Parser().parse(file).extract<Poco::JSON::Object::Ptr>();
}

// As Grafana does it, with everything chosen.
std::string filledIn(std::string query) {
  for (const auto& [variable, value] :
       std::vector<std::pair<std::string, std::string>>{{"$__rate_interval", "10s"}, {"$instance", ".*"}, {"$check", ".*"}})
    query = Poco::replace(query, variable, value);
  CPPUNIT_ASSERT_MESSAGE("a variable that the test doesn't know: " + query, query.find('$') == std::string::npos);
  return query;
}

std::vector<std::string> queriesOf(const Poco::JSON::Array::Ptr& panels) {
  std::vector<std::string> queries;
  for (unsigned i = 0; i < panels->size(); ++i) {
    const Poco::JSON::Object::Ptr panel = panels->getObject(i);
    if (const auto inner = panel->getArray("panels")) {
      const auto further = queriesOf(inner);
      queries.insert(queries.end(), further.begin(), further.end());
    }
    const Poco::JSON::Array::Ptr targets = panel->getArray("targets");
    for (unsigned k = 0; targets && k < targets->size(); ++k) queries.push_back(filledIn(textOf(targets->getObject(k), "expr")));
  }
  return queries;
}

class DashboardTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DashboardTest);
  CPPUNIT_TEST(testEveryQueryFindsData);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testEveryQueryFindsData() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const Prometheus prometheus(daemon.port());
    prometheus.waitFor("up", [](double value) { return value == 1; });

    const std::vector<std::string> queries = queriesOf(dashboard()->getArray("panels"));
    CPPUNIT_ASSERT(queries.size() >= 20);
    for (const std::string& query : queries)
      CPPUNIT_ASSERT_MESSAGE("no data: " + query,
                             testing::waitFor([&] { return !prometheus.values(query).empty(); }, PulsewatchProcess::patience));
    // What is drawn is what the host is: ready, with two healthy checks.
    prometheus.waitFor("pulsewatch:ready:ratio", [](double value) { return value == 1; });
    prometheus.waitFor("sum(pulsewatch_health_check_status{job=\"pulsewatch\"})", [](double value) { return value == 2; });
    assertChoices(prometheus);
    CPPUNIT_ASSERT(prometheus.values("ALERTS{alertstate=\"firing\"}").empty());
    daemon.stop();
  }

 private:
  // label_values(SERIES, LABEL): there is such a series, and it has the label.
  static void assertChoices(const Prometheus& prometheus) {
    const Poco::JSON::Array::Ptr variables = dashboard()->getObject("templating")->getArray("list");
    int choices = 0;
    for (unsigned i = 0; i < variables->size(); ++i) {
      if (!variables->getObject(i)->has("definition")) continue;  // the data source
      const std::string definition = textOf(variables->getObject(i), "definition");
      std::vector<std::string> parts;
      CPPUNIT_ASSERT_MESSAGE(definition,
                             Poco::RegularExpression(R"(^label_values\((.*), (\w+)\)$)").split(filledIn(definition), parts) == 3);
      const std::string query = "count by (" + parts[2] + ") (" + parts[1] + ")";
      CPPUNIT_ASSERT_MESSAGE("nothing to choose from: " + definition, !prometheus.values(query).empty());
      ++choices;
    }
    CPPUNIT_ASSERT_EQUAL(2, choices);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DashboardTest);

}  // namespace
}  // namespace pulsewatch::testing
