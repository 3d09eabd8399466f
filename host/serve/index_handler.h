// /: a small page with links to the others, as exporters have it.
#pragma once

#include "serve/route.h"

namespace pulsewatch {

class IndexHandler final : public Route {
 public:
  IndexHandler(const std::string& version, bool metrics);

  HttpAnswer answer(const HttpTarget& /*target*/) override { return page_; }

 private:
  HttpAnswer page_;
};

}  // namespace pulsewatch
