// A real Prometheus scrapes the host and answers what its users ask: the verdict, a check's status, its 99th percentile, the request rate.
#include "integration/daemon.h"
#include "integration/services.h"
#include "support/fault_proxy.h"
#include "support/private_server.h"
#include "support/wait.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace pulsewatch::testing {
namespace {

// Prometheus on a free port, with its data in a directory of its own, that scrapes one target each second.
class Prometheus final : public PrivateServer {
 public:
  explicit Prometheus(std::uint16_t target) : target_(target) { start(); }

  // What its HTTP API says under /api/v1: the `data` of a success.
  [[nodiscard]] Poco::JSON::Object::Ptr api(const std::string& path) const {
    Poco::Net::HTTPClientSession session("127.0.0.1", port());
    session.setTimeout(Poco::Timespan(10, 0));
    Poco::Net::HTTPRequest request("GET", "/api/v1/" + path, "HTTP/1.1");
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    const Poco::JSON::Object::Ptr answer = parseJsonObject(body);
    if (textOf(answer, "status") != "success") throw std::runtime_error("Prometheus, asked for " + path + ": " + body);
    return answer->getObject("data");
  }

  // The value of a query that gives one series; none when it gives none, or no number yet.
  [[nodiscard]] std::optional<double> query(const std::string& text) const {
    std::string encoded;
    Poco::URI::encode(text, "+&=#?", encoded);
    const Poco::JSON::Array::Ptr series = api("query?query=" + encoded)->getArray("result");
    if (series->size() > 1) throw std::runtime_error("more than one series answers " + text);
    if (series->empty()) return std::nullopt;
    const double value = std::stod(series->getObject(0)->getArray("value")->getElement<std::string>(1));
    return std::isnan(value) ? std::nullopt : std::optional<double>(value);
  }

  void waitFor(const std::string& text, const std::function<bool(double)>& wanted) const {
    std::optional<double> value;
    const bool reached = testing::waitFor(
        [&] {
          value = query(text);
          return value && wanted(*value);
        },
        PulsewatchProcess::patience);
    CPPUNIT_ASSERT_MESSAGE(text + " is " + (value ? std::to_string(*value) : "nothing") + "\n" + log(), reached);
  }

 private:
  std::vector<std::string> commandLine() override {
    write("prometheus.yml",
          "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: pulsewatch\n    static_configs:\n"
          "      - targets: ['127.0.0.1:" +
              std::to_string(target_) + "']\n");
    return {"prometheus", "--config.file=" + path("prometheus.yml").string(), "--storage.tsdb.path=" + path("data").string(),
            "--web.listen-address=127.0.0.1:" + std::to_string(port())};
  }

  [[nodiscard]] bool answers() const override {
    try {
      return api("status/runtimeinfo") != nullptr;
    } catch (const std::exception&) {
      return false;
    }
  }

  const std::uint16_t target_;
};

class PrometheusTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PrometheusTest);
  CPPUNIT_TEST(testQueries);
  CPPUNIT_TEST(testScrapesOverOneConnection);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testQueries() {
    PulsewatchProcess daemon(serviceOptions());
    waitForReady(daemon, 200);
    const Prometheus prometheus(daemon.port());
    const auto is = [](double wanted) { return [wanted](double value) { return value == wanted; }; };
    prometheus.waitFor("up", is(1));
    prometheus.waitFor("pulsewatch_ready", is(1));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"database\"}", is(1));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"redis\"}", is(1));
    // A run takes something, and less than its time.
    prometheus.waitFor("histogram_quantile(0.99, rate(pulsewatch_health_check_duration_seconds_bucket{check_name=\"database\"}[10s]))",
                       [](double seconds) { return seconds > 0 && seconds <= 1; });
    // The scrapes themselves are requests, one a second.
    prometheus.waitFor("rate(django_http_requests_total_by_method{method=\"GET\"}[10s])",
                       [](double rate) { return rate > 0.2 && rate < 20; });
    prometheus.waitFor("rate(django_http_requests_total_by_view_transport_method{view=\"metrics\",method=\"GET\"}[10s])",
                       [](double rate) { return rate > 0.2 && rate < 3; });
    prometheus.waitFor("rate(django_db_execute_total{vendor=\"mysql\",alias=\"default\"}[10s])", [](double rate) { return rate > 0; });

    mariaDb().stop();
    prometheus.waitFor("pulsewatch_ready", is(0));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"database\"}", is(0));
    prometheus.waitFor("pulsewatch_health_check_status{check_name=\"redis\"}", is(1));
    prometheus.waitFor("up", is(1));
    mariaDb().start();
    prometheus.waitFor("pulsewatch_ready", is(1));
    assertScrapedCleanly(prometheus);
    daemon.stop();
  }

  // As every Prometheus it keeps its connection and accepts gzip.
  void testScrapesOverOneConnection() {
    PulsewatchProcess daemon(fixtureOptions({"ok"}, checkConfig("steady", "ok")));
    waitForReady(daemon, 200);
    const FaultProxy between(daemon.port());
    const Prometheus prometheus(between.port());
    prometheus.waitFor("count_over_time(up[1m])", [](double scrapes) { return scrapes >= 3; });
    assertScrapedCleanly(prometheus);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, between.accepted());
    CPPUNIT_ASSERT_MESSAGE(between.received(), between.received().find("\r\nAccept-Encoding: gzip\r\n") != std::string::npos);
    daemon.stop();
  }

 private:
  // One target, each of whose samples was taken: none refused, none twice.
  static void assertScrapedCleanly(const Prometheus& prometheus) {
    const Poco::JSON::Array::Ptr targets = prometheus.api("targets")->getArray("activeTargets");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, targets->size());
    CPPUNIT_ASSERT_EQUAL(std::string("up"), textOf(targets->getObject(0), "health"));
    CPPUNIT_ASSERT_EQUAL(std::string(), textOf(targets->getObject(0), "lastError"));
    CPPUNIT_ASSERT(prometheus.query("scrape_samples_scraped").value_or(0) > 100);
    CPPUNIT_ASSERT_EQUAL(0.0, prometheus.query("scrape_samples_scraped - scrape_samples_post_metric_relabeling").value_or(-1));
    CPPUNIT_ASSERT_EQUAL(1.0, prometheus.query("min_over_time(up[1m])").value_or(-1));
    for (const char* complaint : {"level=warn", "level=error"})
      CPPUNIT_ASSERT_MESSAGE(prometheus.log(), prometheus.log().find(complaint) == std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PrometheusTest);

}  // namespace
}  // namespace pulsewatch::testing
