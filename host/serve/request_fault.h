// Why a request is refused; the connection is closed after the answer. Plain data.
#pragma once

#include <string_view>

namespace pulsewatch {

struct RequestFault {
  int status = 0;        // 400, 413, 414, 417, 431, 501, 505; 0: it isn't refused
  std::string_view why;  // a literal, for people
  explicit operator bool() const { return status != 0; }
};

}  // namespace pulsewatch
