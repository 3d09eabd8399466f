#include "serve/conversation.h"

#include "unit/serve/conversation_bench.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

namespace pulsewatch {

namespace {

using testing::asked;
using testing::ConversationBench;
using testing::occurrences;
using testing::Talk;
using testing::uuidOf;
using State = Connection::State;

constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string numbered(std::size_t number) { return "X-Request-ID: " + uuidOf(number) + "\r\n"; }

// The status and the request's number of each answer, in the order they came in.
std::vector<std::string> answersOf(const std::string& text) {
  std::vector<std::string> answers;
  for (std::size_t at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1)) {
    const std::size_t id = text.find("X-Request-ID: ", at);
    if (id == std::string::npos) break;
    answers.push_back(text.substr(at + 9, 3) + " " + text.substr(id + 14, 36));
  }
  return answers;
}

struct MixedRow {
  std::string target;
  std::string method;
  int status;
};

struct EndRow {
  std::string version;
  std::string field;
  std::string said;  // of the connection; "": nothing
  bool ends;
};

struct ExpiryRow {
  std::string begun;
  State state;
  bool told;
  std::string reason;
};

class ConversationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConversationTest);
  CPPUNIT_TEST(mixedOnesAreAnsweredInOrder);
  CPPUNIT_TEST(splitAtEveryByte);
  CPPUNIT_TEST(continues);
  CPPUNIT_TEST(halfClosedOnesAreAnswered);
  CPPUNIT_TEST(ends);
  CPPUNIT_TEST(nothingAfterTheEnd);
  CPPUNIT_TEST(closingAndLeft);
  CPPUNIT_TEST(timesThatAreOver);
  CPPUNIT_TEST(goneWhileCarried);
  CPPUNIT_TEST(noThreadTookItUp);
  CPPUNIT_TEST(refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Some are answered at once, others carried away.
  void mixedOnesAreAnsweredInOrder() {
    const MixedRow rows[] = {{"/healthz", "GET", 200}, {"/metrics", "GET", 200},  {"/", "HEAD", 200},       {"/nothing", "GET", 404},
                             {"/ready/a", "GET", 200}, {"/metrics", "HEAD", 200}, {"/%72eady", "GET", 200}, {"/healthz", "OPTIONS", 200},
                             {"/ready?x", "GET", 200}, {"/healthz", "GET", 200}};
    ConversationBench bench;
    Talk talk(bench);
    std::string requests;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 200; ++i) {
      const MixedRow& row = rows[i % std::size(rows)];
      requests += asked(row.target, row.method, numbered(i));
      expected.push_back(std::to_string(row.status) + " " + uuidOf(i));
    }
    std::string received = talk.say(requests);
    while (talk.connection.readable && talk.connection.state != State::over) received += talk.hear();
    CPPUNIT_ASSERT(answersOf(received) == expected);
    CPPUNIT_ASSERT(talk.connection.state == State::idle && talk.connection.partial == nullptr);
  }

  void splitAtEveryByte() {
    ConversationBench bench;
    const std::string bytes = asked("/healthz", "GET", numbered(1)) + asked("/metrics", "GET", numbered(2)) +
                              asked("/nothing", "GET", numbered(3)) +
                              asked("/ready/a", "POST", numbered(4) + "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n";
    const std::vector<std::string> expected = {"200 " + uuidOf(1), "200 " + uuidOf(2), "404 " + uuidOf(3), "405 " + uuidOf(4)};
    for (std::size_t split = 1; split < bytes.size(); ++split) {
      Talk talk(bench);
      std::string received = talk.say(bytes.substr(0, split));
      received += talk.say(bytes.substr(split));
      CPPUNIT_ASSERT_MESSAGE("split at " + std::to_string(split) + ": " + received, answersOf(received) == expected);
    }
    Talk talk(bench);
    std::string received;
    for (const char byte : bytes) received += talk.say(std::string(1, byte));
    CPPUNIT_ASSERT_MESSAGE("byte by byte: " + received, answersOf(received) == expected);
  }

  void continues() {
    ConversationBench bench;
    const std::string head = asked("/healthz", "POST", "Expect: 100-continue\r\nContent-Length: 4\r\n");
    Talk waits(bench);
    CPPUNIT_ASSERT_EQUAL(std::string(kContinue), waits.say(head));
    CPPUNIT_ASSERT(waits.connection.state == State::body);
    const std::string answer = waits.say("body");
    CPPUNIT_ASSERT_MESSAGE(answer, answer.starts_with("HTTP/1.1 405 ") && answer.find("\r\nConnection: close\r\n") != std::string::npos);
    for (const std::string& unasked : {head + "body", head + "b", asked("/healthz", "POST", "Content-Length: 4\r\n"),
                                       asked("/healthz", "POST", "Expect: 100-continue\r\nContent-Length: 4\r\n", "HTTP/1.0"),
                                       asked("/healthz", "POST", "Expect: 100-continue\r\nContent-Length: 99999999\r\n"),
                                       asked("/healthz", "GET", "Expect: 100-continue\r\n")}) {
      Talk talk(bench);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(unasked, std::string::npos, talk.say(unasked).find("100 Continue"));
    }
  }

  void halfClosedOnesAreAnswered() {
    ConversationBench bench;
    for (const std::string target : {"/healthz", "/metrics"}) {
      for (const bool at_once : {true, false}) {
        Talk talk(bench);
        testing::sendAll(talk.sockets.client(), asked(target) + asked(target));
        if (at_once) talk.sayNoMore();
        std::string received = talk.hear();
        if (!at_once) {
          talk.sayNoMore();
          received += talk.hear();
        }
        CPPUNIT_ASSERT_EQUAL_MESSAGE(target, std::size_t{2}, occurrences(received, "HTTP/1.1 200 OK"));
        CPPUNIT_ASSERT_MESSAGE(target, talk.connection.state == State::over);
      }
    }
    Talk half(bench);
    testing::sendAll(half.sockets.client(), "GET / HTTP/1.1\r\n");
    half.sayNoMore();
    CPPUNIT_ASSERT_EQUAL(std::string(), half.hear());
    CPPUNIT_ASSERT(half.connection.state == State::over);
    CPPUNIT_ASSERT_EQUAL(5.0, bench.closed("client"));
  }

  void ends() {
    const EndRow rows[] = {{"HTTP/1.1", "", "", false},
                           {"HTTP/1.1", "Connection: keep-alive\r\n", "", false},
                           {"HTTP/1.1", "Connection: close\r\n", "close", true},
                           {"HTTP/1.1", "Connection: CLOSE\r\n", "close", true},
                           {"HTTP/1.1", "Connection: te, close\r\n", "close", true},
                           {"HTTP/1.0", "", "close", true},
                           {"HTTP/1.0", "Connection: keep-alive\r\n", "keep-alive", false},
                           {"HTTP/1.0", "Connection: close\r\n", "close", true}};
    ConversationBench bench;
    for (const EndRow& row : rows) {
      for (const std::string target : {"/healthz", "/metrics"}) {
        Talk talk(bench);
        const std::string name = target + " " + row.version + " " + row.field;
        const std::string answer = talk.say(asked(target, "GET", row.field, row.version));
        CPPUNIT_ASSERT_MESSAGE(name, answer.starts_with(row.version + " 200 OK\r\n"));
        const std::size_t at = answer.find("\r\nConnection: ");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(name, row.said,
                                     at == std::string::npos ? "" : answer.substr(at + 14, answer.find("\r\n", at + 2) - at - 14));
        CPPUNIT_ASSERT_MESSAGE(name, talk.connection.state == (row.ends ? State::over : State::idle));
      }
    }
    CPPUNIT_ASSERT_EQUAL(10.0, bench.closed("answered"));
  }

  void nothingAfterTheEnd() {
    ConversationBench bench;
    for (const std::string& last : {asked("/healthz", "GET", "Connection: close\r\n"), asked("/metrics", "GET", "Connection: close\r\n"),
                                    asked("/healthz", "POST", "Content-Length: 1\r\n") + "x", std::string("no request\r\n\r\n")}) {
      Talk talk(bench);
      const std::string received = talk.say(last + asked("/healthz"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(last, std::size_t{1}, occurrences(received, "HTTP/1.1 "));
      CPPUNIT_ASSERT_MESSAGE(last, received.find("\r\nConnection: close\r\n") != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(last, !talk.connection.receivesRequests());
    }
  }

  // The end is the server's: the client may be sending its next request, and must not lose this answer for that.
  void closingAndLeft() {
    for (const bool left : {false, true}) {
      ConversationBench bench;
      Talk talk(bench);
      CPPUNIT_ASSERT_EQUAL(std::string::npos, talk.say(asked("/healthz")).find("\r\nConnection: "));
      if (left)
        bench.door.leave();
      else
        bench.parts.closing = true;
      CPPUNIT_ASSERT(talk.say(asked("/metrics")).find("\r\nConnection: close\r\n") != std::string::npos);
      CPPUNIT_ASSERT(talk.connection.state == State::lingering);
      CPPUNIT_ASSERT_EQUAL(std::string(), talk.say(asked("/healthz")));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, bench.service.health.asked.size());
    }
  }

  void timesThatAreOver() {
    const ExpiryRow rows[] = {{"", State::head, false, "header_timeout"},
                              {"GET / HTTP/1.1\r\n", State::head, true, "header_timeout"},
                              {asked("/healthz", "POST", "Content-Length: 2\r\n") + "x", State::body, true, "body_timeout"},
                              {asked("/healthz"), State::idle, false, "idle_timeout"},
                              {asked("/healthz") + "G", State::head, true, "header_timeout"}};
    for (const ExpiryRow& row : rows) {
      ConversationBench bench;
      Talk talk(bench);
      if (!row.begun.empty()) talk.say(row.begun);
      CPPUNIT_ASSERT_MESSAGE(row.begun, talk.connection.state == row.state);
      CPPUNIT_ASSERT(bench.table.expired() == nullptr);
      bench.table.setNow(bench.table.now() + std::chrono::hours(1));
      CPPUNIT_ASSERT(bench.table.expired() == &talk.connection);
      bench.conversation.expired(talk.connection);
      const std::string told = testing::drained(talk.sockets.client());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.begun, std::string(row.told ? "HTTP/1.1 408 " : ""), told.substr(0, 13));
      CPPUNIT_ASSERT_MESSAGE(row.begun, talk.connection.state == (row.told ? State::lingering : State::over));
      bench.table.setNow(bench.table.now() + std::chrono::hours(1));
      if (row.told) bench.conversation.expired(*bench.table.expired());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.begun, 1.0, bench.closed(row.reason));
      CPPUNIT_ASSERT_EQUAL(0U, bench.table.open());
    }
  }

  // Its connection stays until the request has come home.
  void goneWhileCarried() {
    ConversationBench bench;
    Talk talk(bench);
    testing::sendAll(talk.sockets.client(), asked("/metrics"));
    bench.turn(talk.connection);
    CPPUNIT_ASSERT(talk.connection.carried && talk.connection.state == State::carried);
    bench.conversation.happened(talk.connection, POLLERR);
    bench.table.clearOver();
    CPPUNIT_ASSERT(talk.connection.carried && talk.connection.state == State::over);
    CPPUNIT_ASSERT_EQUAL(1.0, bench.closed("error"));
    bench.settle(talk.connection);
    CPPUNIT_ASSERT_EQUAL(std::string(), testing::drained(talk.sockets.client()));
    bench.table.clearOver();
  }

  // The next one may find a thread.
  void noThreadTookItUp() {
    ConversationBench bench;
    bench.poco.stop();
    Talk talk(bench);
    const std::string answer = talk.say(asked("/metrics"));
    CPPUNIT_ASSERT_MESSAGE(answer, answer.starts_with("HTTP/1.1 503 "));
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("too many requests wait") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, occurrences(talk.say(asked("/healthz")), "HTTP/1.1 200 OK"));
  }

  void refused() {
    ConversationBench bench;
    Talk talk(bench);
    bench.conversation.refuse(talk.connection);
    const std::string answer = testing::drained(talk.sockets.client());
    CPPUNIT_ASSERT_MESSAGE(answer, answer.starts_with("HTTP/1.1 503 "));
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(answer, answer.find("\r\nConnection: close\r\n") != std::string::npos);
    CPPUNIT_ASSERT(!talk.connection.receivesRequests());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConversationTest);

}  // namespace

}  // namespace pulsewatch
