// Bytes read as a connection reads them: the head looked for as they come, then parsed, then the body. Any thread.
#pragma once

#include "serve/request_parser.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulsewatch::testing {

struct Reading {
  int status = 0;             // of the fault; 0: there is none
  std::string why;            // it is one
  bool complete = false;      // a whole request, without a fault
  std::size_t head = 0;       // its length; 0 while there is no end of it
  std::size_t taken = 0;      // of the bytes: head and body
  std::string request;        // all that the head says, as text
  bool other_memory = false;  // a view is not of the head
  BodyFraming framing;
  std::string content;
  bool keep_alive = false;
  bool expects_continue = false;

  bool operator==(const Reading& other) const;
};

// What shows of a reading in a message.
std::string shown(const Reading& reading);

// `bytes` come in pieces that end at `ends`, in rising order, and then the rest.
Reading readRequest(std::string_view bytes, const std::vector<std::size_t>& ends = {});
// Each byte by itself.
Reading readBytes(std::string_view bytes);

// What must hold whatever the bytes are, and doesn't; "" for nothing. Compares with a reader that was written apart, trusts what it is
// given and knows no limits: where a request is taken as whole, both see the same head and the same body.
std::string readingFault(std::string_view bytes, const Reading& reading);

}  // namespace pulsewatch::testing
