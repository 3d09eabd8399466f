#include "serve/tls_socket.h"

#include "unit/serve/tls_client.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <vector>

namespace pulsewatch::testing {

namespace {

using Outcome = TlsStream::Outcome;

constexpr int kMostSteps = 1000;

std::string name(Outcome outcome) {
  constexpr std::array kNames = {"done", "want_read", "want_write", "ended", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

const IssuedFiles& rsaFiles() {
  static const IssuedFiles made = certificates().issue("rsa", {.key = "rsa:2048"});
  return made;
}

HttpsConfig configOf(const IssuedFiles& files, const std::string& client_ca = {}) {
  HttpsConfig config;
  config.certificate.path = files.certificate;
  config.key.path = files.key;
  config.client_ca.path = client_ca;
  return config;
}

const TlsContext& plain() {
  static const TlsContext made(configOf({certificates().certificate(), certificates().key()}));
  return made;
}

const TlsContext& mutual() {
  static const TlsContext made(configOf({certificates().certificate(), certificates().key()}, certificates().authority()));
  return made;
}

// A connection of the server under test with a real client at its other end.
struct Connection {
  explicit Connection(const TlsContext& context = plain(), const TlsClientOptions& options = {})
      : server(context.accept(sockets.server())), client(sockets.client(), options) {}

  // Both sides take turns until the server's is over.
  Outcome handshake() {
    Outcome outcome = Outcome::want_read;
    for (int i = 0; i < kMostSteps; ++i) {
      const bool client_over = client.step();
      if (outcome == Outcome::want_read || outcome == Outcome::want_write) outcome = server->handshake();
      if (outcome == Outcome::failed || outcome == Outcome::ended || (outcome == Outcome::done && client_over)) break;
    }
    client.step();
    return outcome;
  }
  void mustHandshake() { CPPUNIT_ASSERT_EQUAL_MESSAGE(client.fault() + server->fault(), std::string("done"), name(handshake())); }

  // All that can be received now; `last` is what ended it.
  std::string receive(Outcome& last, std::size_t most = 4096) {
    std::string text;
    std::string buffer(most, '\0');
    std::size_t got = 0;
    while ((last = server->receive(buffer.data(), buffer.size(), got)) == Outcome::done) text.append(buffer, 0, got);
    return text;
  }

  SocketPair sockets;
  std::unique_ptr<TlsStream> server;
  TlsClient client;
};

struct CipherRow {
  std::string ciphers;
  bool rsa;
  bool taken;
};

class TlsSocketTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TlsSocketTest);
  CPPUNIT_TEST(versions);
  CPPUNIT_TEST(ciphersOfTls12);
  CPPUNIT_TEST(ciphersOfTheOperator);
  CPPUNIT_TEST(applicationProtocols);
  CPPUNIT_TEST(plainHttpIsAnswered);
  CPPUNIT_TEST(garbage);
  CPPUNIT_TEST(byteByByte);
  CPPUNIT_TEST(silentInMidHandshake);
  CPPUNIT_TEST(goneInMidHandshake);
  CPPUNIT_TEST(sendsAndReceives);
  CPPUNIT_TEST(aFullSocket);
  CPPUNIT_TEST(goodbyes);
  CPPUNIT_TEST(abruptEnds);
  CPPUNIT_TEST(aHalfClosedConnectionIsAnswered);
  CPPUNIT_TEST(neverRaisesSigpipe);
  CPPUNIT_TEST(noSessionIsResumed);
  CPPUNIT_TEST(noRenegotiation);
  CPPUNIT_TEST(noCompression);
  CPPUNIT_TEST(clientCertificates);
  CPPUNIT_TEST(connectionsOutliveTheirContext);
  CPPUNIT_TEST(errorsOfOthersAreNoneOfOurs);
  CPPUNIT_TEST_SUITE_END();

  void versions() {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Connection connection(plain(), {.least = version, .most = version, .authority = certificates().authority()});
      connection.mustHandshake();
      CPPUNIT_ASSERT_EQUAL(version, SSL_version(connection.client.ssl()));
    }
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
      Connection connection(plain(), {.least = version, .most = version});
      CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(connection.handshake()));
      CPPUNIT_ASSERT_EQUAL(std::string("tlsv1 alert protocol version"), connection.client.fault());
      CPPUNIT_ASSERT_EQUAL(std::string("unsupported protocol"), connection.server->fault());
    }
  }

  void ciphersOfTls12() {
    const TlsContext rsa(configOf(rsaFiles()));
    const CipherRow rows[] = {{"ECDHE-RSA-AES128-GCM-SHA256", true, true},
                              {"ECDHE-RSA-AES256-GCM-SHA384", true, true},
                              {"ECDHE-RSA-CHACHA20-POLY1305", true, true},
                              {"ECDHE-ECDSA-AES128-GCM-SHA256", false, true},
                              {"ECDHE-ECDSA-CHACHA20-POLY1305", false, true},
                              {"ECDHE-RSA-AES128-SHA256", true, false},  // CBC
                              {"ECDHE-RSA-AES256-SHA", true, false},
                              {"ECDHE-ECDSA-AES128-SHA", false, false},
                              {"ECDHE-ECDSA-AES128-CCM8", false, false},  // a short tag
                              {"AES128-GCM-SHA256", true, false},         // no forward secrecy
                              {"AES128-SHA", true, false},
                              {"CAMELLIA128-SHA", true, false},
                              {"DHE-RSA-AES128-GCM-SHA256", true, false},
                              {"NULL-SHA256", true, false},
                              {"ADH-AES128-GCM-SHA256", true, false},
                              {"AECDH-AES128-SHA", true, false}};
    for (const CipherRow& row : rows) {
      Connection connection(row.rsa ? rsa : plain(), {.most = TLS1_2_VERSION, .ciphers = row.ciphers + ":@SECLEVEL=0"});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.ciphers, std::string(row.taken ? "done" : "failed"), name(connection.handshake()));
      const std::string fault = row.taken ? "" : "sslv3 alert handshake failure";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.ciphers, fault, connection.client.fault());
    }
  }

  void ciphersOfTheOperator() {
    HttpsConfig config = configOf(rsaFiles());
    config.ciphers = "ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256";
    const TlsContext chosen(config);
    for (const CipherRow& row : {CipherRow{"ECDHE-RSA-AES128-GCM-SHA256", true, false},
                                 {"ECDHE-RSA-AES256-GCM-SHA384", true, true},
                                 {"DHE-RSA-AES128-GCM-SHA256", true, true}}) {
      Connection connection(chosen, {.most = TLS1_2_VERSION, .ciphers = row.ciphers});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.ciphers, std::string(row.taken ? "done" : "failed"), name(connection.handshake()));
    }
  }

  void applicationProtocols() {
    using namespace std::string_literals;
    const auto chosen = [](const std::string& offered) {
      Connection connection(plain(), {.alpn = offered});
      const Outcome outcome = connection.handshake();
      if (outcome != Outcome::done) return name(outcome) + ": " + connection.client.fault();
      const unsigned char* protocol = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(connection.client.ssl(), &protocol, &size);
      return std::string(reinterpret_cast<const char*>(protocol), size);
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), chosen(""));
    CPPUNIT_ASSERT_EQUAL("http/1.1"s, chosen("\x08http/1.1"));
    CPPUNIT_ASSERT_EQUAL("http/1.1"s, chosen("\x02h2\x08http/1.1"));
    CPPUNIT_ASSERT_EQUAL("failed: tlsv1 alert no application protocol"s, chosen("\x02h2"));
  }

  void plainHttpIsAnswered() {
    SocketPair sockets;
    const auto server = plain().accept(sockets.server());
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(request.size()), ::send(sockets.client(), request.data(), request.size(), 0));
    CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(server->handshake()));
    CPPUNIT_ASSERT_EQUAL(std::string("http request"), server->fault());
    std::string answer(4096, '\0');
    answer.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::recv(sockets.client(), answer.data(), answer.size(), 0))));
    CPPUNIT_ASSERT_EQUAL(std::string("HTTP/1.0 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 75\r\nConnection: "
                                     "close\r\n\r\n{\"error\":\"bad request\",\"detail\":\"plain HTTP was sent to the port of https\"}"),
                         answer);
    CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(server->handshake()));
  }

  void garbage() {
    const std::vector<std::string> rows = {std::string(64, '\0'),
                                           std::string(64, '\xFF'),
                                           "\x16\x03\x01\xFF\xFF" + std::string(100, 'x'),
                                           "\x16\x03\x01" + std::string("\0\x04\x02\0\0\0", 6),
                                           "SSH-2.0-OpenSSH_9.2\r\n",
                                           "\x15\x03\x03" + std::string("\0\x02\x02\x28", 4),
                                           "OPTIONS / HTTP/1.0\r\n\r\n",
                                           "\x80\x2e\x01\x03\x01" + std::string(44, '\0')};
    for (const std::string& bytes : rows) {
      SocketPair sockets;
      const auto server = plain().accept(sockets.server());
      CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(bytes.size()), ::send(sockets.client(), bytes.data(), bytes.size(), 0));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, std::string("failed"), name(server->handshake()));
      CPPUNIT_ASSERT(!server->fault().empty());
      char byte = 0;
      std::size_t moved = 1;
      CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(server->receive(&byte, 1, moved)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, moved);
      CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(server->send(&byte, 1, moved)));
      server->shutdown();
    }
  }

  void byteByByte() {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Connection connection(plain(), {.least = version, .most = version});
      Outcome outcome = Outcome::want_read;
      for (int flights = 0; outcome == Outcome::want_read && flights < 10; ++flights) {
        for (const char byte : connection.client.nextFlight()) {
          CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(outcome));
          CPPUNIT_ASSERT_EQUAL(ssize_t{1}, ::send(connection.sockets.client(), &byte, 1, 0));
          outcome = connection.server->handshake();
        }
      }
      CPPUNIT_ASSERT_EQUAL(std::string("done"), name(outcome));
    }
  }

  void silentInMidHandshake() {
    Connection connection;
    CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(connection.server->handshake()));
    connection.client.step();  // its hello
    CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(connection.server->handshake()));
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(connection.server->handshake()));
    connection.server->shutdown();
  }

  void goneInMidHandshake() {
    for (const bool after_hello : {false, true}) {
      Connection connection;
      if (after_hello) {
        connection.client.step();
        CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(connection.server->handshake()));
      }
      ::shutdown(connection.sockets.client(), SHUT_WR);
      CPPUNIT_ASSERT_EQUAL(std::string("ended"), name(connection.server->handshake()));
      CPPUNIT_ASSERT_EQUAL(std::string(), connection.server->fault());
    }
  }

  void sendsAndReceives() {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Connection connection(plain(), {.least = version, .most = version});
      connection.mustHandshake();
      Outcome last = Outcome::done;
      CPPUNIT_ASSERT_EQUAL(std::string(), connection.receive(last));
      CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(last));
      const std::string request(50'000, 'q');
      connection.client.send(request);
      CPPUNIT_ASSERT_EQUAL(request, connection.receive(last, 7));
      CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(last));
      std::size_t sent = 0;
      CPPUNIT_ASSERT_EQUAL(std::string("done"), name(connection.server->send("answer", 6, sent)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{6}, sent);
      CPPUNIT_ASSERT_EQUAL(std::string("answer"), connection.client.receive());
      CPPUNIT_ASSERT_EQUAL(std::string("done"), name(connection.server->send("", 0, sent)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, sent);
    }
  }

  // What is sent again comes from another place in memory, as a buffer that has grown.
  void aFullSocket() {
    Connection connection;
    connection.mustHandshake();
    std::string answer(3'000'000, '\0');
    for (std::size_t i = 0; i < answer.size(); ++i) answer[i] = static_cast<char>(i * 7 % 251);
    std::string arrived;
    std::size_t done = 0;
    int waits = 0;
    while (done < answer.size()) {
      const std::string rest = answer.substr(done);
      std::size_t sent = 0;
      const Outcome outcome = connection.server->send(rest.data(), rest.size(), sent);
      done += sent;
      if (outcome == Outcome::done) continue;
      CPPUNIT_ASSERT_EQUAL(std::string("want_write"), name(outcome));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, sent);
      ++waits;
      arrived += connection.client.receive();
    }
    arrived += connection.client.receive();
    CPPUNIT_ASSERT(waits > 1);
    CPPUNIT_ASSERT(answer == arrived);
  }

  void goodbyes() {
    Connection connection;
    connection.mustHandshake();
    connection.client.send("last words");
    connection.client.sayGoodbye();
    Outcome last = Outcome::done;
    CPPUNIT_ASSERT_EQUAL(std::string("last words"), connection.receive(last));
    CPPUNIT_ASSERT_EQUAL(std::string("ended"), name(last));
    CPPUNIT_ASSERT(!connection.client.wasToldGoodbye());
    connection.server->shutdown();
    CPPUNIT_ASSERT_EQUAL(std::string(), connection.client.receive());
    CPPUNIT_ASSERT(connection.client.wasToldGoodbye());
  }

  void abruptEnds() {
    Connection connection;
    connection.mustHandshake();
    connection.client.send("cut");
    connection.sockets.closeClient();
    Outcome last = Outcome::done;
    CPPUNIT_ASSERT_EQUAL(std::string("cut"), connection.receive(last));
    CPPUNIT_ASSERT_EQUAL(std::string("ended"), name(last));
    std::size_t sent = 0;
    CPPUNIT_ASSERT_EQUAL(std::string("failed"), name(connection.server->send("answer", 6, sent)));
    connection.server->shutdown();
  }

  void aHalfClosedConnectionIsAnswered() {
    Connection connection;
    connection.mustHandshake();
    connection.client.send("request");
    ::shutdown(connection.sockets.client(), SHUT_WR);
    Outcome last = Outcome::done;
    CPPUNIT_ASSERT_EQUAL(std::string("request"), connection.receive(last));
    CPPUNIT_ASSERT_EQUAL(std::string("ended"), name(last));
    std::size_t sent = 0;
    CPPUNIT_ASSERT_EQUAL(std::string("done"), name(connection.server->send("answer", 6, sent)));
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), connection.client.receive());
  }

  void neverRaisesSigpipe() {
    static volatile std::sig_atomic_t raised = 0;
    raised = 0;
    struct sigaction noting {};
    noting.sa_handler = [](int) { raised = 1; };
    struct sigaction before {};
    ::sigaction(SIGPIPE, &noting, &before);
    for (const bool handshake : {false, true}) {
      Connection connection;
      if (handshake) {
        connection.mustHandshake();
      } else {
        connection.client.step();
      }
      connection.sockets.closeClient();
      std::size_t sent = 0;
      CPPUNIT_ASSERT_EQUAL(std::string("failed"),
                           name(handshake ? connection.server->send("answer", 6, sent) : connection.server->handshake()));
      connection.server->shutdown();
    }
    ::sigaction(SIGPIPE, &before, nullptr);
    CPPUNIT_ASSERT_EQUAL(0, static_cast<int>(raised));
  }

  void noSessionIsResumed() {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Connection first(plain(), {.least = version, .most = version});
      first.mustHandshake();
      std::size_t sent = 0;
      CPPUNIT_ASSERT_EQUAL(std::string("done"), name(first.server->send("answer", 6, sent)));
      CPPUNIT_ASSERT_EQUAL(std::string("answer"), first.client.receive());
      SSL_SESSION* const session = SSL_get1_session(first.client.ssl());
      CPPUNIT_ASSERT_EQUAL(0, SSL_SESSION_has_ticket(session));
      Connection second(plain(), {.least = version, .most = version});
      SSL_set_session(second.client.ssl(), session);
      second.mustHandshake();
      CPPUNIT_ASSERT_EQUAL(0, SSL_session_reused(second.client.ssl()));
      SSL_SESSION_free(session);
    }
  }

  void noRenegotiation() {
    Connection connection(plain(), {.most = TLS1_2_VERSION});
    connection.mustHandshake();
    CPPUNIT_ASSERT(connection.client.renegotiate());
    Outcome last = Outcome::done;
    connection.receive(last);
    CPPUNIT_ASSERT(last == Outcome::want_read || last == Outcome::failed);
    connection.client.receive();
    CPPUNIT_ASSERT_EQUAL(std::string("no renegotiation"), connection.client.fault());
  }

  void noCompression() {
    Connection connection(plain(), {.most = TLS1_2_VERSION});
    connection.mustHandshake();
    CPPUNIT_ASSERT(SSL_get_current_compression(connection.client.ssl()) == nullptr);
  }

  void clientCertificates() {
    const IssuedFiles right = certificates().issue("client", {.subject = "/CN=client"});
    CPPUNIT_ASSERT(std::filesystem::exists(certificates().path("stranger.key")));
    const IssuedFiles wrong = certificates().issue("intruder", {.subject = "/CN=client", .authority = "stranger"});
    const IssuedFiles expired = certificates().issue("former", {.subject = "/CN=client", .days = "-1"});
    const struct {
      IssuedFiles shown;
      std::string alert;
      std::string fault;
    } rows[] = {{right, "", ""},
                {{}, "certificate required", "peer did not return a certificate"},
                {wrong, "unknown ca", "certificate verify failed: unable to get local issuer certificate"},
                {expired, "certificate expired", "certificate verify failed: certificate has expired"}};
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      for (const auto& row : rows) {
        Connection connection(mutual(), {.least = version, .most = version, .shown = row.shown});
        CPPUNIT_ASSERT_EQUAL(std::string(row.fault.empty() ? "done" : "failed"), name(connection.handshake()));
        CPPUNIT_ASSERT_EQUAL(row.fault, connection.server->fault());
        connection.client.receive();  // of TLS 1.3 the alert comes behind the client's end of the handshake
        const std::string none = version == TLS1_2_VERSION && row.shown.certificate.empty() ? "handshake failure" : row.alert;
        CPPUNIT_ASSERT_MESSAGE(connection.client.fault(), connection.client.fault().ends_with(none));
        CPPUNIT_ASSERT_EQUAL(row.alert.empty(), connection.client.fault().empty());
      }
    }
  }

  void connectionsOutliveTheirContext() {
    auto context = std::make_unique<TlsContext>(configOf({certificates().certificate(), certificates().key()}));
    Connection open(*context);
    open.mustHandshake();
    Connection begun(*context);
    begun.client.step();
    CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(begun.server->handshake()));
    context = nullptr;
    begun.mustHandshake();
    for (Connection* const connection : {&open, &begun}) {
      connection->client.send("request");
      Outcome last = Outcome::done;
      CPPUNIT_ASSERT_EQUAL(std::string("request"), connection->receive(last));
      std::size_t sent = 0;
      CPPUNIT_ASSERT_EQUAL(std::string("done"), name(connection->server->send("answer", 6, sent)));
      CPPUNIT_ASSERT_EQUAL(std::string("answer"), connection->client.receive());
    }
  }

  // The queue of errors is the thread's: what another connection left there must not end this one, nor is anything left for others.
  void errorsOfOthersAreNoneOfOurs() {
    Connection connection;
    connection.mustHandshake();
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE);
    Outcome last = Outcome::done;
    connection.receive(last);
    CPPUNIT_ASSERT_EQUAL(std::string("want_read"), name(last));
    CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
    SocketPair sockets;
    const auto failing = plain().accept(sockets.server());
    CPPUNIT_ASSERT_EQUAL(ssize_t{6}, ::send(sockets.client(), "\x16\x03\x01??", 6, 0));
    failing->handshake();
    CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TlsSocketTest);

}  // namespace

}  // namespace pulsewatch::testing
