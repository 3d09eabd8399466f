// Requests that two readers take differently: what is known for making one of them see a request in another's body. Plain functions; any
// thread.
#pragma once

#include <string>
#include <vector>

namespace pulsewatch::testing {

struct SmugglingVector {
  std::string name;
  // What is sent. The request inside asks for /smuggled, with an X-Request-ID that begins with 5eed5eed-bad0.
  std::string bytes;
};

std::vector<SmugglingVector> smugglingVectors();

}  // namespace pulsewatch::testing
