#include "requests/request.h"

#include <algorithm>

namespace pulsewatch::testing {

const std::string host_field = "Host: localhost\r\n";

Request withLine(const std::string& name, const std::string& line, int status) {
  return {.name = "line: " + name, .bytes = line + "\r\n" + host_field + "\r\n", .status = status};
}

Request withFields(const std::string& name, const std::string& fields, int status) {
  return {.name = "fields: " + name, .bytes = "GET /healthz HTTP/1.1\r\n" + host_field + fields + "\r\n", .status = status};
}

Request withBody(const std::string& name, const std::string& fields, const std::string& body, int status) {
  return {.name = "body: " + name, .bytes = "POST /healthz HTTP/1.1\r\n" + host_field + fields + "\r\n" + body, .status = status};
}

Request withChunks(const std::string& name, const std::string& chunks, int status) {
  Request row = withBody(name, "Transfer-Encoding: chunked\r\n", chunks, status);
  row.name = "chunks: " + name;
  return row;
}

Request answered(Request row, int status, const std::string& content) {
  row.outcome = Outcome::answered;
  row.status = status;
  row.content = content;
  return row;
}

Request closing(Request row) {
  row.closes = true;
  return row;
}

Request incomplete(Request row) {
  row.outcome = Outcome::incomplete;
  row.status = 408;
  return row;
}

std::string shownName(const Request& row) {
  constexpr std::size_t most = 120;
  std::string name = row.name.substr(0, most);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

Requests allRequests() {
  Requests all;
  for (const Requests& rows : {requestLineRows(), targetRows(), foreignRows(), hostRows(), fieldRows(), lengthRows(), codingRows(),
                               chunkRows(), trailerRows(), limitRows(), smugglingRows(), rfcRows(), goodRows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace pulsewatch::testing
