// The first line of a request (RFC 9112, 3). Pure; any thread.
#pragma once

#include "serve/http_message.h"
#include "serve/request_fault.h"

#include <string_view>

namespace pulsewatch {

// Sets method, target and version of `request`, as far as they are there; `authority` to the host and port of a target that is a URL.
// `line` is without its CRLF.
RequestFault readRequestLine(std::string_view line, HttpRequest& request, std::string_view& authority);

}  // namespace pulsewatch
