// Poco's HTTPServer behind the loops: it owns the threads for requests that take longer than a loop may, and gets each as a connection of
// its own with one whole request in it. What it reads is in memory; it never sees a descriptor.
#pragma once

#include "serve/carried_request.h"
#include "serve/http_service.h"

#include <memory>

namespace pulsewatch {

class PocoServer {
 public:
  explicit PocoServer(HttpService& service);  // which must outlive stop()
  PocoServer(const PocoServer&) = delete;
  PocoServer& operator=(const PocoServer&) = delete;
  ~PocoServer();

  void start();
  void stop();  // every request has come home when it returns; one that is given later comes home at once

  // Any thread. It comes home with an answer, or without where no thread could take it up.
  void take(std::unique_ptr<CarriedRequest> request);

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace pulsewatch
