#include "serve/http_server.h"

#include "serve/network_address.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/String.h>
#include <Poco/StringTokenizer.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timespan.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace pulsewatch {

namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr int kThreads = 64;  // connections served at a time; more wait in the queue
constexpr int kQueue = 1024;
const Poco::Timespan kReceive(5, 0);
const Poco::Timespan kKeepAlive(5, 0);
constexpr Milliseconds kQueueTime{1000};
constexpr Milliseconds kFinishTime{10'000};  // a last request, and the keep-alive time after it
constexpr Milliseconds kLook{10};

std::string joined(const HTTPServerRequest& request, const std::string& field) {
  std::string all;
  for (auto entry = request.find(field); entry != request.end() && Poco::icompare(entry->first, field) == 0; ++entry) {
    if (!all.empty()) all += ",";
    all += entry->second;
  }
  return all;
}

// What Accept-Encoding says of gzip: named, or any, and not with a weight of nothing.
bool acceptsGzip(const std::string& field) {
  bool any = false;
  for (const std::string& element : Poco::StringTokenizer(field, ",", Poco::StringTokenizer::TOK_TRIM)) {
    const Poco::StringTokenizer parts(element, ";=", Poco::StringTokenizer::TOK_TRIM);
    const std::string coding = parts.count() > 0 ? Poco::toLower(parts[0]) : "";
    const bool wanted = parts.count() < 3 || parts[2].find_first_of("123456789") != std::string::npos;
    if (coding == "gzip" || coding == "x-gzip") return wanted;
    if (coding == "*") any = wanted;
  }
  return any;
}

// The request's texts, and the request as views of them.
struct PlainRequest {
  explicit PlainRequest(const HTTPServerRequest& request)
      : host(joined(request, "Host")),  // two of them are no valid one
        request_id(request.get("X-Request-ID", "")),
        forwarded_for(joined(request, "X-Forwarded-For")),
        forwarded_proto(request.get("X-Forwarded-Proto", "")),
        peer_address(plainAddress(request.clientAddress().host().toString())),
        local_address(plainAddress(request.serverAddress().host().toString())) {
    plain.method = request.getMethod();
    plain.target = request.getURI();
    plain.version = request.getVersion();
    plain.has_host = request.has("Host");
    plain.host = host;
    plain.request_id = request_id;
    plain.forwarded_for = forwarded_for;
    plain.forwarded_proto = forwarded_proto;
    plain.accepts_gzip = acceptsGzip(joined(request, "Accept-Encoding"));
    plain.peer_address = peer_address;
    plain.local_address = local_address;
  }
  PlainRequest(const PlainRequest&) = delete;
  PlainRequest& operator=(const PlainRequest&) = delete;
  ~PlainRequest() = default;

  const std::string host, request_id, forwarded_for, forwarded_proto, peer_address, local_address;
  HttpRequest plain;
};

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  Handler(HttpService& service, const std::atomic<bool>& closing) : service_(service), closing_(closing) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    const PlainRequest texts(request);
    const HttpRequest& plain = texts.plain;
    const HttpAnswer answer = service_.serve(plain);
    response.setStatusAndReason(static_cast<HTTPServerResponse::HTTPStatus>(answer.status));
    response.setVersion(plain.version == "HTTP/1.0" ? "HTTP/1.0" : "HTTP/1.1");
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.setContentType(answer.content_type);
    // A body is never read: what follows it on the wire must not be taken for a request.
    const bool has_body = request.has("Transfer-Encoding") || (request.has("Content-Length") && request.get("Content-Length") != "0");
    if (has_body || closing_ || answer.status == 505) response.setKeepAlive(false);
    response.setContentLength64(static_cast<Poco::Int64>(answer.body->size()));
    if (plain.method == "HEAD")
      response.send();
    else
      response.sendBuffer(answer.body->data(), answer.body->size());
  }

 private:
  HttpService& service_;
  const std::atomic<bool>& closing_;
};

class HandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(HttpService& service, const std::atomic<bool>& closing, Poco::ThreadPool& threads)
      : service_(service), closing_(closing), threads_(threads) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& /*request*/) override {
    // The pool itself looks for threads that a busy moment has left idle only when it is asked for another one.
    if (++requests_ % kCollectEvery == 0) threads_.collect();
    return new Handler(service_, closing_);
  }

 private:
  static constexpr unsigned kCollectEvery = 128;

  HttpService& service_;
  const std::atomic<bool>& closing_;
  Poco::ThreadPool& threads_;
  std::atomic<unsigned> requests_{0};
};

Poco::Net::HTTPServerParams::Ptr parameters() {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(kThreads);
  params->setMaxQueued(kQueue);
  params->setTimeout(kReceive);
  params->setKeepAliveTimeout(kKeepAlive);
  params->setThreadIdleTime(Poco::Timespan(1, 0));
  return params;
}

}  // namespace

struct HttpServer::Parts {
  Parts(const Poco::Net::ServerSocket& listening, HttpService& service)
      : socket(listening),
        port(socket.address().port()),
        server(new HandlerFactory(service, closing, threads), threads, socket, parameters()) {}

  std::atomic<bool> closing{false};
  Poco::ThreadPool threads{"http", 2, kThreads + 2, 10};
  Poco::Net::ServerSocket socket;
  const std::uint16_t port;
  Poco::Net::HTTPServer server;
};

HttpServer::HttpServer(const std::string& address, std::uint16_t port, HttpService& service)
    : parts_(std::make_unique<Parts>(listeningSocket(address, port), service)) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() { parts_->server.start(); }

void HttpServer::closeConnections() { parts_->closing = true; }

void HttpServer::stopListening() {
  closeConnections();
  // Poco drops what waits in its queue: a moment for that to be taken up.
  const SteadyTime until = std::chrono::steady_clock::now() + kQueueTime;
  while (parts_->server.queuedConnections() > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
  parts_->server.stop();
  parts_->socket.close();
}

void HttpServer::finish(const std::atomic<bool>& hurry) {
  const SteadyTime until = std::chrono::steady_clock::now() + kFinishTime;
  while (parts_->server.currentConnections() > 0 && !hurry && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
  stop();
}

void HttpServer::stop() {
  parts_->server.stopAll(true);
  parts_->threads.joinAll();
}

std::uint16_t HttpServer::port() const { return parts_->port; }

std::uint64_t HttpServer::refusedConnections() const { return static_cast<std::uint64_t>(parts_->server.refusedConnections()); }

}  // namespace pulsewatch
