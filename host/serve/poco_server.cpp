#include "serve/poco_server.h"

#include "base/mutex.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/ThreadPool.h>
#include <Poco/Timespan.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <new>
#include <utility>

namespace pulsewatch {

namespace {

constexpr int kThreads = 16;  // requests at a time; more wait in the queue
constexpr int kQueue = 1024;
constexpr poco_socket_t kNoDescriptor = -2;  // none, but not what Poco takes for a socket that isn't there
const Poco::Net::SocketAddress& nowhere() {
  static const Poco::Net::SocketAddress address("0.0.0.0", 0);
  return address;
}

void sendHome(std::unique_ptr<CarriedRequest> request) noexcept {
  CarriedHome& home = request->home();
  home.comeBack(std::move(request));
}

// What Poco's server takes for a client's connection.
class CarriedSocket final : public Poco::Net::StreamSocketImpl {
 public:
  explicit CarriedSocket(std::unique_ptr<CarriedRequest> request) : StreamSocketImpl(kNoDescriptor), request_(request.release()) {}
  ~CarriedSocket() override {
    reset();  // the base would close it
    letGo();
  }

  CarriedRequest& request() { return *request_.load(); }
  // Once; whoever of Poco's threads has the socket last does it where no answer was made.
  void letGo() noexcept {
    std::unique_ptr<CarriedRequest> request(request_.exchange(nullptr));
    if (request != nullptr) sendHome(std::move(request));
  }

  // Not across the border of head and body: what Poco has read beyond a head it takes for the next one.
  int receiveBytes(void* buffer, int length, int /*flags*/) override {
    CarriedRequest* const request = request_.load();
    if (request == nullptr) return 0;
    request->begun = true;
    std::string_view piece = request->plainHead();
    if (read_ < piece.size()) {
      piece.remove_prefix(read_);
    } else {
      const std::string_view content = request->content();
      piece = content.substr(std::min(content.size(), read_ - piece.size()));
    }
    const std::size_t count = std::min(piece.size(), static_cast<std::size_t>(std::max(length, 0)));
    std::memcpy(buffer, piece.data(), count);
    read_ += count;
    return static_cast<int>(count);
  }
  int sendBytes(const void* /*buffer*/, int length, int /*flags*/) override { return length; }  // the answer goes another way
  bool poll(const Poco::Timespan& /*timeout*/, int mode) override { return (mode & SELECT_READ) == 0 || read_ == 0; }
  Poco::Net::SocketAddress address() override { return nowhere(); }
  Poco::Net::SocketAddress peerAddress() override { return nowhere(); }
  void setSendTimeout(const Poco::Timespan& /*timeout*/) override {}
  void setReceiveTimeout(const Poco::Timespan& /*timeout*/) override {}
  void setRawOption(int /*level*/, int /*option*/, const void* /*value*/, poco_socklen_t /*length*/) override {}
  void shutdown() override {}
  void shutdownReceive() override {}
  void shutdownSend() override {}
  void close() override {}

 private:
  std::atomic<CarriedRequest*> request_;  // null: it is home
  std::size_t read_ = 0;
};

// What Poco's server takes for the socket it listens on: whole requests, one after the other.
class CarriedQueue final : public Poco::Net::ServerSocketImpl {
 public:
  void push(std::unique_ptr<CarriedRequest> request) EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      try {
        if (!closed_) {
          waiting_.push_back(std::move(request));
          arrived_.notifyOne();
          return;
        }
      } catch (const std::bad_alloc&) {  // it is where it was
      }
    }
    sendHome(std::move(request));
  }
  void closeQueue() EXCLUDES(mutex_) {
    std::deque<std::unique_ptr<CarriedRequest>> left;
    {
      const MutexLock lock(mutex_);
      closed_ = true;
      left.swap(waiting_);
      arrived_.notifyAll();
    }
    for (std::unique_ptr<CarriedRequest>& request : left) sendHome(std::move(request));
  }

  bool poll(const Poco::Timespan& timeout, int /*mode*/) override EXCLUDES(mutex_) {
    const SteadyTime until = std::chrono::steady_clock::now() + std::chrono::microseconds(timeout.totalMicroseconds());
    const MutexLock lock(mutex_);
    while (waiting_.empty() && !closed_ && std::chrono::steady_clock::now() < until) arrived_.waitUntil(mutex_, until);
    return !waiting_.empty();
  }
  Poco::Net::SocketAddress address() override { return nowhere(); }
  Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (waiting_.empty()) throw Poco::TimeoutException("no request waits");
    client = nowhere();
    auto* const socket = new CarriedSocket(std::move(waiting_.front()));
    waiting_.pop_front();
    return socket;
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::deque<std::unique_ptr<CarriedRequest>> waiting_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

// Poco's handle to an implementation of ours; TCPServer copies the handle, the implementation stays.
struct Handle : Poco::Net::ServerSocket {
  explicit Handle(Poco::Net::SocketImpl* implementation) : ServerSocket(implementation, true) {}
};

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(HttpService& service) : service_(service) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& /*response*/) override {
    const Poco::Net::StreamSocket socket = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
    auto& carrier = *static_cast<CarriedSocket*>(socket.impl());
    CarriedRequest& carried = carrier.request();
    carried.answer = service_.serve(carried.request());
    carrier.letGo();
  }

 private:
  HttpService& service_;
};

class HandlerFactory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(HttpService& service, Poco::ThreadPool& threads) : service_(service), threads_(threads) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& /*request*/) override {
    // The pool itself looks for threads that a busy moment has left idle only when it is asked for another one.
    if (++requests_ % kCollectEvery == 0) threads_.collect();
    return new Handler(service_);
  }

 private:
  static constexpr unsigned kCollectEvery = 128;

  HttpService& service_;
  Poco::ThreadPool& threads_;
  std::atomic<unsigned> requests_{0};
};

Poco::Net::HTTPServerParams::Ptr parameters() {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(kThreads);
  params->setMaxQueued(kQueue);
  params->setKeepAlive(false);  // each connection of Poco's is one request; the client's own goes on in the loop
  params->setThreadIdleTime(Poco::Timespan(1, 0));
  return params;
}

}  // namespace

struct PocoServer::Parts {
  explicit Parts(HttpService& service)
      : queue(new CarriedQueue), socket(queue), server(new HandlerFactory(service, threads), threads, socket, parameters()) {}

  Poco::ThreadPool threads{"http", 2, kThreads + 2, 10};
  CarriedQueue* const queue;  // the socket's
  const Handle socket;
  Poco::Net::HTTPServer server;
};

PocoServer::PocoServer(HttpService& service) : parts_(std::make_unique<Parts>(service)) {}

PocoServer::~PocoServer() { stop(); }

void PocoServer::start() { parts_->server.start(); }

void PocoServer::stop() {
  parts_->queue->closeQueue();
  parts_->server.stopAll(false);
  parts_->threads.joinAll();
}

void PocoServer::take(std::unique_ptr<CarriedRequest> request) { parts_->queue->push(std::move(request)); }

}  // namespace pulsewatch
