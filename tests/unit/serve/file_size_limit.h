// A disk that is full, without one: how large a file may grow is lowered for as long as this lives. One thread, one at a time.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <sys/resource.h>

namespace pulsewatch::testing {

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_FSIZE, &limit));
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);  // NOLINT(cert-err33-c): what it was
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace pulsewatch::testing
