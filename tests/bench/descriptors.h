// How many files this process may have open.
#pragma once

#include <cstddef>

namespace pulsewatch::bench {

// Raises the limit so that so many more than a hundred can be; throws std::runtime_error when that is not allowed. Any thread.
void allowDescriptors(std::size_t number);

}  // namespace pulsewatch::bench
