// Prometheus on a free port, with its data in a directory of its own, that scrapes one target each second, as the job `pulsewatch`. Its
// configuration and rules are those of etc/prometheus, but for the target and the intervals. One thread; api() and what asks it throw
// std::runtime_error with Prometheus' words.
#pragma once

#include "support/private_server.h"

#include <Poco/JSON/Object.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {

class Prometheus final : public PrivateServer {
 public:
  // `scrape` is more of the scrape's configuration, in YAML's flow style ("authorization: {credentials_file: token}"), and may name files
  // by what they have in them.
  explicit Prometheus(std::uint16_t target, std::string scrape = {}, std::map<std::string, std::string> files = {})
      : target_(target), scrape_(std::move(scrape)), files_(std::move(files)) {
    start();
  }

  // What its HTTP API says under /api/v1: the `data` of a success.
  [[nodiscard]] Poco::JSON::Object::Ptr api(const std::string& path) const;

  // The values of a query's series at this moment, those alone that are numbers.
  [[nodiscard]] std::vector<double> values(const std::string& query) const;

  // The value of a query that gives one series; none when it gives none, or no number yet.
  [[nodiscard]] std::optional<double> query(const std::string& text) const;

  // Until the query has a value that the predicate holds for; fails the test when it doesn't come to.
  void waitFor(const std::string& text, const std::function<bool(double)>& wanted) const;

 private:
  std::vector<std::string> commandLine() override;
  [[nodiscard]] bool answers() const override;
  [[nodiscard]] Poco::JSON::Array::Ptr series(const std::string& query) const;

  const std::uint16_t target_;
  const std::string scrape_;
  const std::map<std::string, std::string> files_;
};

}  // namespace pulsewatch::testing
