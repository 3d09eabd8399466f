#include "integration/prometheus.h"

#include "integration/daemon.h"
#include "support/wait.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>
#include <Poco/URI.h>
#include <cppunit/extensions/HelperMacros.h>

#include <cmath>
#include <fstream>
#include <sstream>

namespace pulsewatch::testing {
namespace {

std::string shippedFile(const std::string& name) {
  std::ostringstream content;
  content << std::ifstream(std::string(PULSEWATCH_SOURCE "/etc/prometheus/") + name).rdbuf();
  if (content.str().empty()) throw std::runtime_error("etc/prometheus/" + name + " cannot be read");
  return content.str();
}

double valueOf(const Poco::JSON::Object::Ptr& series) { return std::stod(series->getArray("value")->getElement<std::string>(1)); }

}  // namespace

Poco::JSON::Object::Ptr Prometheus::api(const std::string& path) const {
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

Poco::JSON::Array::Ptr Prometheus::series(const std::string& query) const {
  std::string encoded;
  Poco::URI::encode(query, "+&=#?", encoded);
  return api("query?query=" + encoded)->getArray("result");
}

std::vector<double> Prometheus::values(const std::string& query) const {
  const Poco::JSON::Array::Ptr found = series(query);
  std::vector<double> numbers;
  for (unsigned i = 0; i < found->size(); ++i) {
    const double value = valueOf(found->getObject(i));
    if (!std::isnan(value)) numbers.push_back(value);
  }
  return numbers;
}

std::optional<double> Prometheus::query(const std::string& text) const {
  const Poco::JSON::Array::Ptr found = series(text);
  if (found->size() > 1) throw std::runtime_error("more than one series answers " + text);
  if (found->empty()) return std::nullopt;
  const double value = valueOf(found->getObject(0));
  return std::isnan(value) ? std::nullopt : std::optional<double>(value);
}

void Prometheus::waitFor(const std::string& text, const std::function<bool(double)>& wanted) const {
  std::optional<double> value;
  const bool reached = testing::waitFor(
      [&] {
        value = query(text);
        return value && wanted(*value);
      },
      PulsewatchProcess::patience);
  CPPUNIT_ASSERT_MESSAGE(text + " is " + (value ? std::to_string(*value) : "nothing") + "\n" + log(), reached);
}

std::vector<std::string> Prometheus::commandLine() {
  const std::string job = "- job_name: pulsewatch\n";
  const std::string config = Poco::replace(shippedFile("prometheus.yml"), std::string("_interval: 15s"), std::string("_interval: 1s"));
  write("prometheus.yml", scrape_.empty() ? config : Poco::replace(config, job, job + "    " + scrape_ + "\n"));
  for (const auto& [name, content] : files_) write(name, content);
  write("pulsewatch.rules.yml", shippedFile("pulsewatch.rules.yml"));
  write("targets.yml", "- targets: ['127.0.0.1:" + std::to_string(target_) + "']\n");
  return {"prometheus", "--config.file=" + path("prometheus.yml").string(), "--storage.tsdb.path=" + path("data").string(),
          "--web.listen-address=127.0.0.1:" + std::to_string(port())};
}

bool Prometheus::answers() const {
  try {
    return api("status/runtimeinfo") != nullptr;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace pulsewatch::testing
