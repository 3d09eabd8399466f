#include "serve/carried_request.h"

#include "serve/connection.h"

#include <limits>

namespace pulsewatch {

CarriedRequest::CarriedRequest(std::string head, std::string content, Connection& from, CarriedHome& home)
    : head_(std::move(head)), content_(std::move(content)), connection_(from), home_(home) {
  parseHead(head_, std::numeric_limits<std::uint64_t>::max(), parsed_);
  parsed_.request.body = content_;
  from.complete(parsed_.request);
  plain_head_ = "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(content_.size()) + "\r\n\r\n";
}

}  // namespace pulsewatch
