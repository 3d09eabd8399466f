#include "unit/serve/conversation_bench.h"

#include <memory>
#include <string>

namespace pulsewatch {

namespace {

using testing::asked;
using testing::ConversationBench;
using testing::drained;
using testing::occurrences;
using testing::sendAll;
using testing::SocketPair;
using testing::Talk;
using testing::TlsClient;
using State = Connection::State;

const TlsContext& context() {
  static const testing::Certificates certificates;
  static const TlsContext made([] {
    HttpsConfig config;
    config.certificate.path = certificates.certificate();
    config.key.path = certificates.key();
    return config;
  }());
  return made;
}

// A connection of TLS, its handshake done.
struct TlsConversation {
  TlsConversation() : connection(bench.begin(FileDescriptor(::dup(sockets.server())), context().accept(sockets.server()))) {
    while (!client.step() || connection.handshaking) bench.conversation.happened(connection, POLLIN);
  }
  void send(const std::string& bytes) {
    client.send(bytes);
    bench.conversation.happened(connection, POLLIN);
  }

  SocketPair sockets;
  ConversationBench bench;
  TlsClient client{sockets.client()};
  Connection& connection;
};

// Answers that aren't sent at once.
class ConversationOutputTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConversationOutputTest);
  CPPUNIT_TEST(aLargeAnswerByTlsIsSentOnce);
  CPPUNIT_TEST(manyAnswersByTlsAreSentOnce);
  CPPUNIT_TEST(aReaderThatStopsAndGoesOn);
  CPPUNIT_TEST(aRequestBegunBehindAnAnswerHasAHeadsTime);
  CPPUNIT_TEST(noRoomForOutput);
  CPPUNIT_TEST_SUITE_END();

 public:
  // More than a record of TLS: the first send is a part, the rest follows at once.
  void aLargeAnswerByTlsIsSentOnce() {
    TlsConversation talk;
    talk.bench.service.health.setBody(std::string(20'000, 'b'));
    const std::string request = asked("/healthz");
    talk.send(request.substr(0, 10));
    talk.send(request.substr(10));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, talk.bench.service.health.asked.size());
    const std::string answer = talk.client.receive();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, occurrences(answer, "HTTP/1.1 200 OK"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{20'000}, answer.size() - answer.find("\r\n\r\n") - 4);
    CPPUNIT_ASSERT(talk.connection.state == State::idle && talk.connection.partial == nullptr);
  }

  void manyAnswersByTlsAreSentOnce() {
    constexpr std::size_t kRequests = 120;
    TlsConversation talk;
    std::string requests;
    for (std::size_t i = 0; i < kRequests; ++i) requests += asked("/healthz");
    talk.send(requests.substr(0, 10));
    talk.send(requests.substr(10));
    CPPUNIT_ASSERT_EQUAL(kRequests, talk.bench.service.health.asked.size());
    CPPUNIT_ASSERT_EQUAL(kRequests, occurrences(talk.client.receive(), "HTTP/1.1 200 OK"));
    CPPUNIT_ASSERT(talk.connection.state == State::idle && talk.connection.partial == nullptr);
  }

  void aReaderThatStopsAndGoesOn() {
    ConversationBench bench;
    std::string body(std::size_t{1} << 20U, 'x');  // more than the kernel takes
    for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
    bench.service.metrics.setBody(body);
    Talk talk(bench);
    const Connection& connection = talk.connection;
    std::string received = talk.say(asked("/metrics") + asked("/healthz"));
    std::size_t stops = 0;
    for (; connection.state == State::sending; ++stops) {
      CPPUNIT_ASSERT(bench.service.health.asked.empty());
      bench.turn(talk.connection, POLLOUT);
      received += drained(talk.sockets.client());
    }
    CPPUNIT_ASSERT(stops > 1);
    const std::size_t begin = received.find("\r\n\r\n") + 4;
    CPPUNIT_ASSERT(received.substr(begin, body.size()) == body);
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.1 200 OK\r\n"), received.substr(begin + body.size(), 17));
    CPPUNIT_ASSERT_EQUAL(std::string("\r\n\r\nhealth"), received.substr(received.size() - 10));
    CPPUNIT_ASSERT(connection.state == State::idle);
  }

  void aRequestBegunBehindAnAnswerHasAHeadsTime() {
    TlsConversation talk;
    talk.bench.service.health.setBody(std::string(15'900, 'b'));
    talk.send(asked("/healthz") + asked("/healthz") + "GET /heal");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, occurrences(talk.client.receive(), "HTTP/1.1 200 OK"));
    CPPUNIT_ASSERT(talk.connection.state == State::head);
    talk.send("thz HTTP/1.1\r\nHost: example.com\r\n\r\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, occurrences(talk.client.receive(), "HTTP/1.1 200 OK"));
    CPPUNIT_ASSERT(talk.connection.state == State::idle);
  }

  // A body counts once, however many wait for it; who comes with another one is told to come again.
  void noRoomForOutput() {
    ConversationBench bench(std::size_t{3} << 19U);
    bench.service.metrics.setBody(std::string(std::size_t{1} << 20U, 'm'));
    bench.service.ready.setBody(std::string(std::size_t{1} << 20U, 'r'));
    const auto ask = [&bench](Talk& reader, const std::string& target) {
      sendAll(reader.sockets.client(), asked(target));
      bench.turn(reader.connection);
      bench.settle(reader.connection);
      return reader.connection.state == State::sending;
    };
    Talk one(bench);
    Talk other(bench);
    Talk late(bench);
    CPPUNIT_ASSERT(ask(one, "/metrics"));
    CPPUNIT_ASSERT(ask(other, "/metrics"));
    CPPUNIT_ASSERT(!ask(late, "/ready/database"));
    const std::string refusal = drained(late.sockets.client());
    CPPUNIT_ASSERT_MESSAGE(refusal, refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CPPUNIT_ASSERT_MESSAGE(refusal, refusal.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(refusal, refusal.find("too many clients have not taken their answers yet") != std::string::npos);
    bench.table.close(one.connection, ConnectionEnd::client);
    CPPUNIT_ASSERT(!ask(late, "/ready/database"));
    bench.table.close(other.connection, ConnectionEnd::client);
    CPPUNIT_ASSERT(ask(late, "/ready/database"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConversationOutputTest);

}  // namespace

}  // namespace pulsewatch
