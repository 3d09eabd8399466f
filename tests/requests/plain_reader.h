// A reader of whole requests that shares nothing with the program's: it looks for what must not be in one that is taken, and for where it
// ends. As simple as can be, neither quick nor tolerant. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pulsewatch::testing {

struct PlainRequest {
  std::string fault;     // "" for none
  std::size_t head = 0;  // its length
  std::size_t size = 0;  // with the body
  std::string content;
};

PlainRequest plainRequest(std::string_view bytes);

}  // namespace pulsewatch::testing
