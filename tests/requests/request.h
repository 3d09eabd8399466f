// Requests as bytes and what must come of each. The same rows are read by the parser alone and sent to the program. Plain data.
//
// The program allows any Host, has no checks and takes bodies up to body_limit.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pulsewatch::testing {

enum class Outcome {
  answered,    // by what its target names; what comes after it is the next request, unless `closes`
  refused,     // with `status`, as soon as its bytes are there; nothing that comes after it is ever answered
  incomplete,  // a beginning: only a deadline ends it
};

struct Request {
  std::string name;
  std::string bytes;
  Outcome outcome = Outcome::refused;
  int status = 400;          // of the answer
  std::string content = {};  // of the body, where there is one
  bool closes = false;       // nothing that comes after it is answered, as it asks itself
};

using Requests = std::vector<Request>;

constexpr std::size_t body_limit = 65536;

// "Host: localhost" with its CRLF.
extern const std::string host_field;

// Rows that are refused, unless their outcome is changed.
Request withLine(const std::string& name, const std::string& line, int status = 400);      // and a Host
Request withFields(const std::string& name, const std::string& fields, int status = 400);  // of a GET with a Host; each with its CRLF
Request withBody(const std::string& name, const std::string& fields, const std::string& body, int status = 400);  // of a POST with a Host
Request withChunks(const std::string& name, const std::string& chunks, int status = 400);

Request answered(Request row, int status, const std::string& content = {});
Request closing(Request row);
Request incomplete(Request row);

Requests requestLineRows();  // methods, spaces, versions
Requests targetRows();       // all forms of it
Requests foreignRows();      // other protocols' first bytes
Requests hostRows();
Requests fieldRows();      // names, values, ends of lines, what is meant once
Requests lengthRows();     // Content-Length
Requests codingRows();     // Transfer-Encoding
Requests chunkRows();      // sizes, extensions, data
Requests trailerRows();    // of chunked bodies
Requests limitRows();      // sizes and numbers, at and beyond their ends
Requests smugglingRows();  // two readers, two requests
Requests rfcRows();        // every request in the examples of RFC 9110 and 9112
Requests goodRows();       // what clients send, and what is allowed though rare

Requests allRequests();

// A row's name as a message can show it.
std::string shownName(const Request& row);

}  // namespace pulsewatch::testing
