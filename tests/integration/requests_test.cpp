// Every request of the tables over a connection of its own, with a good one right behind it: the answer is the expected one, a refused
// request is the connection's last, and an accepted one ends where it says, so that the next is answered too.
#include "integration/daemon.h"
#include "requests/request.h"

#include <Poco/Exception.h>
#include <Poco/String.h>
#include <cppunit/extensions/HelperMacros.h>

#include <exception>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace pulsewatch::testing {
namespace {

constexpr int most_wrong = 20;  // then it is clear enough

using Answers = std::vector<HttpResponse>;

class RequestsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestsTest);
  CPPUNIT_TEST(test);
  CPPUNIT_TEST(testIncomplete);
  CPPUNIT_TEST_SUITE_END();

 public:
  void test() {
    PulsewatchProcess daemon(fixtureOptions({}, "http.allowed_hosts = *\n"));
    std::string wrong;
    int count = 0;
    for (const Request& row : allRequests()) {
      if (row.outcome == Outcome::incomplete) continue;
      const std::string fault = faultOf(row, daemon);
      if (fault.empty()) continue;
      wrong += shownName(row) + ": " + fault + "\n";
      if (++count == most_wrong) break;
    }
    CPPUNIT_ASSERT_MESSAGE("\n" + wrong, wrong.empty());
    CPPUNIT_ASSERT_EQUAL(200, daemon.get("/healthz").status);
    daemon.stop();
  }

  // All at once: each is waited for until its deadline.
  void testIncomplete() {
    PulsewatchProcess daemon(fixtureOptions({}, "http.allowed_hosts = *\nhttp.header_timeout = 500ms\nhttp.body_timeout = 500ms\n"));
    std::vector<std::pair<std::string, std::future<std::string>>> waiting;
    for (const Request& row : allRequests()) {
      if (row.outcome != Outcome::incomplete) continue;
      waiting.emplace_back(shownName(row), std::async(std::launch::async, [&daemon, bytes = row.bytes] { return daemon.exchange(bytes); }));
    }
    CPPUNIT_ASSERT(waiting.size() > 10);
    for (auto& [name, answer] : waiting) {
      const std::string bytes = answer.get();
      CPPUNIT_ASSERT_MESSAGE(name + ": " + bytes, bytes.empty() || bytes.find("HTTP/1.1 408 ") != std::string::npos);
    }
    daemon.stop();
  }

 private:
  static std::string faultOf(const Request& row, PulsewatchProcess& daemon) {
    try {
      const Answers answers = split(daemon.exchange(row.bytes + "GET /healthz HTTP/1.1\r\n" + host_field + "Connection: close\r\n\r\n"),
                                    row.bytes.rfind("HEAD ", 0) == 0);
      if (answers.empty()) return "no answer";
      const HttpResponse& first = answers.front();
      if (first.status != row.status) return std::to_string(first.status) + " instead of " + std::to_string(row.status);
      // A refusal ends the connection, that of a method too; so does a body, whatever its framing.
      const bool last = row.outcome == Outcome::refused || row.closes || row.status == 405 || !row.content.empty();
      if (answers.size() != (last ? 1 : 2)) return std::to_string(answers.size()) + " answers";
      const bool said = Poco::icompare(first.header("Connection").value_or("none"), "close") == 0;
      if (last && first.version == "HTTP/1.1" && !said) return "the connection closes without a word";
      return answers.back().status == (last ? row.status : 200) ? "" : "the second is " + std::to_string(answers.back().status);
    } catch (const Poco::Exception& e) {
      return e.displayText();
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  // Without the interim ones. The first may be to HEAD.
  static Answers split(const std::string& bytes, bool to_head) {
    Answers answers;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t head_end = bytes.find("\r\n\r\n", at);
      if (head_end == std::string::npos) throw HttpError("an answer's head has no end: " + bytes.substr(at));
      const std::size_t body = head_end + 4;
      if (bytes.compare(at, 12, "HTTP/1.1 100") == 0) {
        at = body;
        continue;
      }
      const bool without_body = to_head && answers.empty();
      const std::size_t length = without_body ? 0 : lengthOf(bytes.substr(at, body - at));
      answers.push_back(HttpClient::parse(bytes.substr(at, body - at + length), without_body));
      at = body + length;
    }
    return answers;
  }

  static std::size_t lengthOf(const std::string& head) {
    const std::string name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string::npos) throw HttpError("an answer without a length: " + head);
    return std::stoul(head.substr(at + name.size()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestsTest);

}  // namespace
}  // namespace pulsewatch::testing
