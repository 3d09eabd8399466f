#include "serve/carried_request.h"

#include "serve/connection.h"

#include <limits>

namespace pulsewatch {

CarriedRequest::CarriedRequest(std::string head, std::string content, Connection& from, CarriedHome& home)
    : head_(std::move(head)),
      content_(std::move(content)),
      peer_address_(from.peer_address),
      local_address_(from.local_address),
      connection_(from),
      home_(home) {
  parseHead(head_, std::numeric_limits<std::uint64_t>::max(), parsed_);
  HttpRequest& request = parsed_.request;
  request.body = content_;
  request.peer_address = peer_address_;
  request.local_address = local_address_;
  request.secure = from.tls != nullptr;
  request.door = from.door.where().door;
  plain_head_ = "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(content_.size()) + "\r\n\r\n";
}

}  // namespace pulsewatch
