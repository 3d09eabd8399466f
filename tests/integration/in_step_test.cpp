// Answers stay in step with their requests behind a real HAProxy and a real nginx, which send the requests of many clients over the few
// connections that they keep: among them bodies in every form, and what is sent to smuggle a request past one of the two. Each request has
// an X-Request-ID of its own, which its answer must have; and the daemon must have seen the requests that the proxy has sent, no others.
#include "integration/daemon.h"
#include "integration/smuggling.h"
#include "support/haproxy.h"
#include "support/http_connection.h"
#include "support/nginx.h"
#include "support/wait.h"

#include <Poco/Exception.h>
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pulsewatch::testing {
namespace {

using PathCounts = std::map<std::string, int>;

// A UUID of its own for each number.
std::string requestId(int number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 12 - digits.size(), '0');
  return "5eed5eed-0000-4000-8000-" + digits;
}

// Requests that a client may send, by turns; each says what its answer must be.
struct Wanted {
  std::string path;
  std::string bytes;
  int status;
  bool to_head = false;
};

Wanted requestOf(int number) {
  const std::string path = "/path/" + std::to_string(number);
  const std::string fields = " HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: " + requestId(number) + "\r\n";
  const std::string post = "POST " + path + fields;
  switch (number % 8) {
    case 0:
      return {"/healthz", "GET /healthz" + fields + "\r\n", 200};
    case 1:
      return {"/ready", "HEAD /ready" + fields + "\r\n", 200, true};
    case 2:
      return {path, post + "Content-Length: 11\r\n\r\nhello=world", 404};
    case 3:
      return {path, post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 404};
    case 4:
      return {path, post + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", 404};
    case 5:
      return {"/ready", "POST /ready" + fields + "Content-Length: 3\r\n\r\nabc", 405};
    case 6:
      return {path, post + "Content-Length: 40000\r\n\r\n" + std::string(40000, 'x'), 404};
    default:
      return {path, "GET " + path + fields + "\r\n", 404};
  }
}

class InStepTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(InStepTest);
  CPPUNIT_TEST(testBehindNginx);
  CPPUNIT_TEST(testBehindHaProxy);
  CPPUNIT_TEST(testBehindALenientProxy);
  CPPUNIT_TEST_SUITE_END();

 public:
  void testBehindNginx() {
    PulsewatchProcess daemon(options());
    waitUntilReady(daemon);
    const Nginx nginx(
        "log_format strange '$upstream_addr $request_uri'; map $request_uri $strange { default 1; ~^/(path/|healthz$|ready$) ''; }\n"
        "upstream status { server 127.0.0.1:" +
        std::to_string(daemon.port()) +
        "; keepalive 2; }\n"
        "server { listen 127.0.0.1:@PORT@; access_log access.log strange if=$strange; location / { proxy_pass http://status; "
        "proxy_http_version 1.1; proxy_set_header Connection '';"
        " proxy_set_header Host $host; proxy_request_buffering off; proxy_next_upstream off; } }\n");
    const PathCounts asked = askAll(nginx.port());
    daemon.stop();
    compare(daemon, asked, [&nginx] { return strangePaths(nginx.accessLog(), "127.0.0.1:"); });
  }

  void testBehindHaProxy() {
    PulsewatchProcess daemon(options());
    waitUntilReady(daemon);
    const HaProxy proxy(
        "listen status\n  mode http\n  bind 127.0.0.1:@PORT@\n  log global\n  log-format \"sent:%b/%s %[capture.req.uri]\"\n"
        "  http-request set-log-level silent if { path_beg /path/ } or { path /healthz /ready }\n  http-reuse always\n  retries 0\n"
        "  timeout http-request 3s\n  timeout client 3s\n  server one 127.0.0.1:" +
        std::to_string(daemon.port()) + "\n");
    const PathCounts asked = askAll(proxy.port());
    daemon.stop();
    const std::string info = proxy.tell("show info");
    CPPUNIT_ASSERT_MESSAGE("its log is not whole:\n" + info, info.find("\nDroppedLogs: 0\n") != std::string::npos);
    compare(daemon, asked, [&proxy] { return strangePaths(proxy.log(), "sent:status/one "); });
  }

  // One that passes on what it was sent as it came, and then the next client's request on the same connection: the daemon must answer the
  // first and close, or answer both, but never what is inside the first.
  void testBehindALenientProxy() {
    // Some of the bodies end later than all that is sent.
    PulsewatchProcess daemon(
        fixtureOptions({"ok"}, "log.access = all\nhttp.body_timeout = 500ms\nhttp.header_timeout = 500ms\n" + checkConfig("steady", "ok")));
    const std::string wrong = withEach([&](const SmugglingVector& vector) -> std::string {
      try {
        const std::string answers = HttpClient(daemon.port(), "127.0.0.1", PulsewatchProcess::patience)
                                        .exchange(vector.bytes + "GET /victim HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return answers.find("5eed5eed-bad0") == std::string::npos ? "" : "answers what is inside: " + answers;
      } catch (const Poco::TimeoutException&) {
        return "leaves the connection open";
      } catch (const Poco::Exception&) {  // reset, as it was closed with bytes unread
        return "";
      }
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
    daemon.stop();
    for (const JsonLine& line : linesOfEvent(daemon.log(), "api_request"))
      CPPUNIT_ASSERT_MESSAGE(line.line(), line.text("path").find("smuggled") == std::string::npos);
  }

 private:
  // Without a request.
  static void waitUntilReady(PulsewatchProcess& daemon) {
    CPPUNIT_ASSERT(
        daemon.waitForLine([](const JsonLine& line) { return line.text("event") == "ready_changed" && line.text("status") == "ready"; }));
    static_cast<void>(daemon.port());
  }

  // Of lines that say to whom a request was sent, and its target: how often each path went to a server whose name begins so.
  static PathCounts strangePaths(const std::string& log, const std::string& server) {
    PathCounts sent;
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t at = line.find(server);
      const std::size_t space = line.find(' ', at);
      if (at == std::string::npos || space == std::string::npos) continue;
      const std::string target = line.substr(space + 1);
      ++sent[target.substr(0, target.find('?'))];
    }
    return sent;
  }

  static PulsewatchOptions options() { return fixtureOptions({"ok"}, "log.access = all\n" + checkConfig("steady", "ok")); }

  // Clients that ask as they should, while others send each of the vectors; how often the former have asked for each path.
  static PathCounts askAll(std::uint16_t port) {
    constexpr int kClients = 4;
    constexpr int kRequests = 400;  // of each, at least
    std::vector<std::string> wrong(kClients);
    std::vector<PathCounts> asked(kClients);
    std::vector<std::thread> threads;
    std::atomic<bool> attacking{true};
    for (int client = 0; client < kClients; ++client) {
      threads.emplace_back([&, client] {
        try {
          std::optional<HttpConnection> connection;
          for (int i = 0; i < kRequests || attacking; ++i)
            ask(port, client * 1'000'000 + i, connection, asked[static_cast<std::size_t>(client)]);
        } catch (const Poco::Exception& e) {
          wrong[static_cast<std::size_t>(client)] = e.displayText();
        } catch (const std::exception& e) {
          wrong[static_cast<std::size_t>(client)] = e.what();
        }
      });
    }
    const std::string attack = attackAll(port);
    attacking = false;
    for (std::thread& thread : threads) thread.join();
    for (const std::string& text : wrong) CPPUNIT_ASSERT_EQUAL(std::string(), text);
    CPPUNIT_ASSERT_EQUAL(std::string(), attack);
    PathCounts all;
    for (const PathCounts& one : asked)
      for (const auto& [path, count] : one) all[path] += count;
    return all;
  }

  // Throws when its answer is another's, or none.
  static void ask(std::uint16_t port, int number, std::optional<HttpConnection>& connection, PathCounts& asked) {
    const Wanted wanted = requestOf(number);
    ++asked[wanted.path];
    if (!connection) connection.emplace(port);
    connection->send(wanted.bytes);
    HttpResponse answer = connection->receive(wanted.to_head);
    while (answer.status == 100) answer = connection->receive(wanted.to_head);
    if (answer.status != wanted.status || answer.header("X-Request-ID").value_or("none") != requestId(number))
      throw std::runtime_error("out of step: " + wanted.bytes.substr(0, 300) + "-- was answered --\n" + answer.bytes);
    if (answer.header("Connection").value_or("") == "close") connection.reset();
  }

  // Does this with each of the vectors, some at a time; what it said of them, by their names.
  static std::string withEach(const std::function<std::string(const SmugglingVector&)>& attack) {
    const std::vector<SmugglingVector> vectors = smugglingVectors();
    std::atomic<std::size_t> next{0};
    std::vector<std::string> wrong(16);
    std::vector<std::thread> threads;
    for (std::string& text : wrong) {
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < vectors.size(); i = next++) {
          const std::string said = attack(vectors[i]);
          if (!said.empty()) text += vectors[i].name + ": " + said + "\n";
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::string all;
    for (const std::string& text : wrong) all += text;
    return all;
  }

  // What comes back must have the vector's ids, or none of anyone's.
  static std::string attackAll(std::uint16_t port) {
    return withEach([port](const SmugglingVector& vector) {
      const std::string answers = attack(port, vector.bytes);
      return answers.find("5eed5eed-0000") == std::string::npos ? "" : "gets another's answer: " + answers;
    });
  }

  // All that comes back until the proxy closes, or waits for more.
  static std::string attack(std::uint16_t port, const std::string& bytes) {
    try {
      return HttpClient(port, "127.0.0.1", std::chrono::milliseconds(300)).exchange(bytes);
    } catch (const Poco::Exception&) {
      return {};
    }
  }

  // Of a head that can't be read the log has the first line.
  static std::string targetOf(const std::string& path) {
    const std::size_t space = path.find(' ');
    return space == std::string::npos ? path : path.substr(space + 1, path.find(' ', space + 1) - space - 1);
  }

  // Each path was seen at most as often as it was asked for or, of those that no client of ours asks for, as the proxy has sent it. The
  // proxy's log may be a moment late.
  template <typename Sent>
  static void compare(PulsewatchProcess& daemon, const PathCounts& asked, const Sent& sent) {
    PathCounts seen;
    for (const JsonLine& line : linesOfEvent(daemon.log(), "api_request")) ++seen[targetOf(line.text("path"))];
    std::string more;
    waitFor(
        [&] {
          PathCounts known = sent();
          for (const auto& [path, count] : asked) known[path] += count;
          more.clear();
          for (const auto& [path, count] : seen)
            if (count > known[path]) more += path + " " + std::to_string(count) + " times instead of " + std::to_string(known[path]) + "\n";
          return more.empty();
        },
        std::chrono::seconds(5));
    CPPUNIT_ASSERT_EQUAL_MESSAGE("requests that nobody has sent", std::string(), more);
    // Each victim's request came through.
    for (const auto& [path, count] : asked) CPPUNIT_ASSERT_EQUAL_MESSAGE(path, count, seen[path]);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(InStepTest);

}  // namespace
}  // namespace pulsewatch::testing
