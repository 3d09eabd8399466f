#include "serve/http_front.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>

#include <exception>
#include <utility>

namespace pulsewatch {

namespace {

// Whether one socket would have what is the other's: `::` takes IPv4, too.
bool overlap(const std::string& a, const std::string& b) {
  const Poco::Net::IPAddress one(a);
  const Poco::Net::IPAddress other(b);
  const auto covers = [](const Poco::Net::IPAddress& wide, const Poco::Net::IPAddress& narrow) {
    return wide.isWildcard() && (wide.family() == narrow.family() || wide.family() == Poco::Net::IPAddress::IPv6);
  };
  return one == other || covers(one, other) || covers(other, one);
}

}  // namespace

void HttpFront::ErrorLog::exception(const Poco::Exception& e) {
  // A client that goes away, or says nothing, is everyday.
  if (dynamic_cast<const Poco::Net::NetException*>(&e) != nullptr || dynamic_cast<const Poco::TimeoutException*>(&e) != nullptr) return;
  write(e.displayText());
}
void HttpFront::ErrorLog::exception(const std::exception& e) { write(e.what()); }
void HttpFront::ErrorLog::exception() { write("an exception that is no std::exception"); }
void HttpFront::ErrorLog::write(const std::string& what) {
  log_.write({LogLevel::warning, "pulsewatch.core.http", "connection_error", "a connection ended with an error", {{"error", what}}});
}

HttpFront::HttpFront(const std::string& address, std::uint16_t port, HttpService& service, Log& log)
    : service_(service),
      error_log_(log),
      previous_(Poco::ErrorHandler::set(&error_log_)),
      address_(address),
      current_(std::make_shared<HttpServer>(address, port, service)) {}

HttpFront::~HttpFront() {
  stop();
  Poco::ErrorHandler::set(previous_);
}

void HttpFront::start() { current()->start(); }

void HttpFront::closeConnections() {
  const MutexLock lock(mutex_);
  closing_ = true;
  current_->closeConnections();
}

void HttpFront::stop() {
  next_ = nullptr;
  current()->stop();
  clearFormer(true);
}

void HttpFront::open(const std::string& address, std::uint16_t port) {
  const std::shared_ptr<HttpServer> old = current();
  if (port == 0 || port != old->port() || !overlap(address, address_)) {
    next_ = std::make_shared<HttpServer>(address, port, service_);
    next_address_ = address;
    return;
  }
  old->stopListening();
  try {
    next_ = std::make_shared<HttpServer>(address, port, service_);
    next_address_ = address;
  } catch (const CannotListen&) {
    const auto again = std::make_shared<HttpServer>(address_, port, service_);
    again->start();
    replace(again);
    throw;
  }
}

void HttpFront::move() {
  if (next_ == nullptr) return;
  next_->start();
  address_ = next_address_;
  replace(std::exchange(next_, nullptr));
}

// The one before ends as its requests do.
void HttpFront::replace(std::shared_ptr<HttpServer> next) {
  clearFormer(false);
  const MutexLock lock(mutex_);
  if (closing_) next->closeConnections();
  Former& former = former_.emplace_back();
  former.server = std::exchange(current_, std::move(next));
  former.thread = std::thread([&former] {
    former.server->stopListening();
    former.server->finish(former.hurry);
    former.over = true;
  });
}

// Joins the threads of those that have ended, or of all.
void HttpFront::clearFormer(bool all) {
  std::list<Former> ended;
  {
    const MutexLock lock(mutex_);
    for (auto former = former_.begin(); former != former_.end();) {
      const auto next = std::next(former);
      if (all) former->hurry = true;
      if (all || former->over) ended.splice(ended.end(), former_, former);
      former = next;
    }
  }
  for (Former& former : ended) {
    former.thread.join();
    const MutexLock lock(mutex_);
    refused_before_ += former.server->refusedConnections();
  }
}

std::shared_ptr<HttpServer> HttpFront::current() const {
  const MutexLock lock(mutex_);
  return current_;
}

std::uint16_t HttpFront::port() const { return current()->port(); }

std::uint64_t HttpFront::refusedConnections() const {
  const MutexLock lock(mutex_);
  std::uint64_t refused = refused_before_ + current_->refusedConnections();
  for (const Former& former : former_) refused += former.server->refusedConnections();
  return refused;
}

}  // namespace pulsewatch
