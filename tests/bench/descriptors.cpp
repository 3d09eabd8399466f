#include "bench/descriptors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

namespace pulsewatch::bench {

void allowDescriptors(std::size_t number) {
  const rlim_t wanted = number + 100;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    throw std::runtime_error("the bench needs " + std::to_string(wanted) + " open files (ulimit -n): " + std::strerror(errno));
}

}  // namespace pulsewatch::bench
