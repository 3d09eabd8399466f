#include "serve/answer_writer.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

#include <array>
#include <charconv>

namespace pulsewatch {

namespace {

void appendNumber(std::string& out, std::size_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

const std::string& AnswerWriter::date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(clock_.wall());
  if (now != second_ || date_.empty()) {
    second_ = now;
    date_ = Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(now), Poco::DateTimeFormat::HTTP_FORMAT);
  }
  return date_;
}

void AnswerWriter::writeHead(std::string& out, const HttpAnswer& answer, std::string_view version, bool keep_alive) {
  const bool old = version == "HTTP/1.0";
  out += old ? "HTTP/1.0 " : "HTTP/1.1 ";
  appendNumber(out, static_cast<std::size_t>(answer.status));
  out += ' ';
  out += Poco::Net::HTTPResponse::getReasonForStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  out += "\r\nDate: ";
  out += date();
  out += "\r\nContent-Type: ";
  out += answer.content_type;
  out += "\r\nContent-Length: ";
  appendNumber(out, answer.body->size());
  for (const auto& [name, value] : answer.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (!keep_alive) out += "\r\nConnection: close";
  if (keep_alive && old) out += "\r\nConnection: keep-alive";
  out += "\r\n\r\n";
}

}  // namespace pulsewatch
